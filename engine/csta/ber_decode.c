#include "engine/csta/ber_decode.h"
enum csta_result
ber_decode(struct csta_message *message, const char *bytes, size_t length,
           enum csta_encoding phase, struct csta_scratch *scratch, const char **why, size_t *where)
{
    (void)message; (void)bytes; (void)length; (void)phase; (void)scratch;
    *why = "not BER"; *where = 0;
    return CSTA_MALFORMED;
}
enum csta_encoding
ber_phase(const char *bytes, size_t length)
{
    (void)bytes; (void)length;
    return ENCODING_AUTO;
}
