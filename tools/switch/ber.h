#ifndef TOOLS_SWITCH_BER_H
#define TOOLS_SWITCH_BER_H

/*
 * tools/switch/ber.h - elements of BER as the simulator writes them, used by write_ber*.c only.
 *
 * Written forwards: an element is opened with one length octet, which grows when it is closed and
 * turns out to be longer. A message that does not fit WRITE_MAX is a broken promise.
 */

#include "tools/switch/write.h"

struct ber {
    const struct pbx *pbx;
    int phase;
    uint8_t *start, *at, *end;
};

size_t ber_open(struct ber *ber, unsigned tag);
void ber_close(struct ber *ber, size_t begin);
void ber_put_octets(struct ber *ber, unsigned tag, const void *octets, size_t length);
void ber_put_empty(struct ber *ber, unsigned tag);
void ber_put_number(struct ber *ber, unsigned tag, uint32_t value);
void ber_put_four(struct ber *ber, unsigned tag, uint32_t value);
void ber_put_device_id(struct ber *ber, const char *number);
void ber_put_device(struct ber *ber, unsigned application, const char *number);
void ber_put_connection(struct ber *ber, uint64_t serial, const struct pbx_device *device);
struct ber ber_begin(char *out, const struct pbx *pbx);

#endif
