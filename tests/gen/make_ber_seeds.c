/* make_ber_seeds DIR - seeds for fuzz_ber_oracle: for each phase one PDU of every kind. */
#include <stdio.h>
#include <string.h>

#include "tests/asn1/ber_oracle.h"
#include "tests/gen/ber_generate.h"

static bool
write_seed(const char *folder, enum csta_encoding phase, int class, int kind,
           const struct ber_writer *pdu)
{
    char path[512];
    uint8_t first = (uint8_t)(phase - ENCODING_BER1);
    snprintf(path, sizeof(path), "%s/phase%d-%02d-%02d", folder, first + 1, class, kind);
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return false;
    bool is_written =
        fwrite(&first, 1, 1, file) == 1 && fwrite(pdu->bytes, 1, pdu->size, file) == pdu->size;
    return fclose(file) == 0 && is_written;
}

int
main(int count, char **arguments)
{
    static struct ber_writer writer;
    static struct ber_oracle oracle;
    if (count != 2) {
        fprintf(stderr, "usage: make_ber_seeds DIR\n");
        return 2;
    }
    for (int phase = ENCODING_BER1; phase <= ENCODING_BER3; phase++) {
        bool seen[MESSAGE_ASSOCIATION_ENDED + 1][EVENT_KIND_COUNT] = {{false}};
        for (uint64_t seed = 0; seed < 4000; seed++) {
            ber_generate(&writer, (enum csta_encoding)phase, seed);
            ber_oracle_read(&oracle, (const char *)writer.bytes, writer.size,
                            (enum csta_encoding)phase);
            bool *is_seen = &seen[oracle.message.message_class][oracle.message.event.kind];
            if (*is_seen || writer.size > 250)
                continue;
            *is_seen = true;
            if (!write_seed(arguments[1], (enum csta_encoding)phase,
                            (int)oracle.message.message_class, oracle.message.event.kind, &writer))
                return 1;
        }
    }
    return 0;
}
