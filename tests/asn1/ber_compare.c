#include "tests/asn1/ber_compare.h"

#include <stdio.h>
#include <string.h>

#include "engine/csta/ber_decode.h"

static bool
is_justified(enum csta_result result, const char *why)
{
#define JUSTIFIED(justified, says, reason)                                                         \
    if (result == (justified) && strcmp(why, says) == 0)                                           \
        return true;
#include "tests/asn1/ber_justified.def"
#undef JUSTIFIED
    return false;
}

/* Where the oracle has no fields to compare: is our result one it can be? */
static enum ber_agreement
compare_refused(struct ber_comparison *comparison, const char *why)
{
    bool is_taken = comparison->result == CSTA_OK || comparison->result == CSTA_UNUSABLE;
    if (!comparison->oracle.is_sound && is_taken) {
        comparison->difference = "an element reaches out of the one that holds it";
        return BER_DISAGREE;
    }
    if (comparison->oracle.is_sound && !is_taken && comparison->result != CSTA_REFUSED &&
        !is_justified(comparison->result, why)) {
        comparison->difference = why;
        return BER_DISAGREE;
    }
    return comparison->result == CSTA_OK ? BER_AGREE_LENIENT : BER_AGREE_REFUSED;
}

enum ber_agreement
ber_compare(struct ber_comparison *comparison, const char *bytes, size_t length,
            enum csta_encoding phase)
{
    const char *why = "";
    size_t where = 0;
    comparison->result =
        ber_decode(&comparison->message, bytes, length, phase, &comparison->scratch, &why, &where);
    ber_oracle_read(&comparison->oracle, bytes, length, phase);
    comparison->difference = NULL;
    if (!comparison->oracle.is_accepted)
        return compare_refused(comparison, why);
    if (comparison->result != CSTA_OK) {
        comparison->difference = why;
        return is_justified(comparison->result, why) ? BER_AGREE_JUSTIFIED : BER_DISAGREE;
    }
    comparison->difference =
        ber_oracle_difference(&comparison->message, &comparison->oracle.message);
    if (comparison->difference == NULL)
        return BER_AGREE_FIELDS;
    return comparison->oracle.is_doubtful ? BER_AGREE_JUSTIFIED : BER_DISAGREE;
}

void
ber_compare_print(const struct ber_comparison *comparison, const char *bytes, size_t length,
                  enum csta_encoding phase)
{
    fprintf(stderr, "phase %d, class %d, kind %d: %s\n", phase - ENCODING_BER1 + 1,
            comparison->oracle.message.message_class, comparison->oracle.message.event.kind,
            comparison->difference == NULL ? "" : comparison->difference);
    for (size_t i = 0; i < length; i++)
        fprintf(stderr, "%02X", (uint8_t)bytes[i]);
    fprintf(stderr, "\n");
}
