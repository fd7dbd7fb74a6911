/* Any bytes: our BER decoder and asn1c's agree (ber_compare.h); the first byte says the phase. */
#include <stdint.h>
#include <stdlib.h>

#include "tests/asn1/ber_compare.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum csta_encoding phases[] = {ENCODING_BER1, ENCODING_BER2, ENCODING_BER3};
    static struct ber_comparison comparison;
    if (size == 0 || size > CSTA_MESSAGE_MAX)
        return 0;
    enum csta_encoding phase = phases[data[0] % 3];
    const char *bytes = (const char *)data + 1;
    if (ber_compare(&comparison, bytes, size - 1, phase) == BER_DISAGREE) {
        ber_compare_print(&comparison, bytes, size - 1, phase);
        abort();
    }
    return 0;
}
