/*
 * Decodes any byte string as BER. The input's first byte says the phase. What is taken keeps the
 * invariants of tests/ber_invariants.h; what is refused says where; the answer is the same twice;
 * what is sound is incomplete when its last byte is missing.
 */
#include "tests/ber_invariants.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct csta_message message;
static struct csta_scratch scratch;

static enum csta_result
decode(struct text pdu, enum csta_encoding phase)
{
    const char *why = NULL;
    size_t where = SIZE_MAX;
    enum csta_result result =
        ber_decode(&message, pdu.at, pdu.length, phase, &scratch, &why, &where);
    CHECK((result == CSTA_OK) == (why == NULL));
    CHECK(result == CSTA_OK ? where == SIZE_MAX : where <= pdu.length);
    if (result == CSTA_OK)
        ber_check_message(&(struct ber_checked){&message, &scratch, pdu});
    return result;
}

static bool
is_sound(enum csta_result result)
{
    return result == CSTA_OK || result == CSTA_UNUSABLE;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > CSTA_MESSAGE_MAX)
        return 0;
    enum csta_encoding phase = (enum csta_encoding)(ENCODING_BER1 + data[0] % 3);
    struct text pdu = {(const char *)data + 1, (uint32_t)(size - 1)};
    enum csta_result result = decode(pdu, phase);
    CHECK(decode(pdu, phase) == result);

    if (is_sound(result)) {
        pdu.length--;
        CHECK(decode(pdu, phase) == CSTA_INCOMPLETE);
        pdu.length++;
    }
    uint32_t shown = ber_phases(pdu.at, pdu.length);
    CHECK(shown != 0 && (shown & ~(uint32_t)BER_ANY_PHASE) == 0);
    return 0;
}
