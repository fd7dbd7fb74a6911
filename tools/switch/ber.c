#include "tools/switch/ber.h"

#include <string.h>

#include "base/check.h"
#include "base/hash.h"

static void
ber_put_byte(struct ber *ber, unsigned byte)
{
    CHECK(ber->at < ber->end);
    *ber->at++ = (uint8_t)byte;
}

size_t
ber_open(struct ber *ber, unsigned tag)
{
    ber_put_byte(ber, tag);
    ber_put_byte(ber, 0);
    return (size_t)(ber->at - ber->start);
}

void
ber_close(struct ber *ber, size_t begin)
{
    uint8_t *content = ber->start + begin;
    size_t length = (size_t)(ber->at - content);
    if (length < 128) {
        content[-1] = (uint8_t)length;
        return;
    }
    size_t more = length < 256 ? 1 : 2;
    CHECK((size_t)(ber->end - ber->at) >= more);
    memmove(content + more, content, length);
    content[-1] = (uint8_t)(0x80 | more);
    if (more == 2)
        content[0] = (uint8_t)(length >> 8);
    content[more - 1] = (uint8_t)length;
    ber->at += more;
}

void
ber_put_octets(struct ber *ber, unsigned tag, const void *octets, size_t length)
{
    size_t begin = ber_open(ber, tag);
    CHECK((size_t)(ber->end - ber->at) > length);
    memcpy(ber->at, octets, length);
    ber->at += length;
    ber_close(ber, begin);
}

void
ber_put_empty(struct ber *ber, unsigned tag)
{
    ber_put_octets(ber, tag, "", 0);
}

/* An INTEGER or ENUMERATED, shortest form, not negative. */
void
ber_put_number(struct ber *ber, unsigned tag, uint32_t value)
{
    uint8_t octets[5] = {0, (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                         (uint8_t)value};
    int first = 4;
    while (first > 0 && (octets[first] >= 0x80 || (uint64_t)value >> (8 * (5 - first)) != 0))
        first--;
    ber_put_octets(ber, tag, octets + first, (size_t)(5 - first));
}

void
ber_put_four(struct ber *ber, unsigned tag, uint32_t value)
{
    uint8_t octets[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                         (uint8_t)value};
    ber_put_octets(ber, tag, octets, sizeof octets);
}

/* ---- devices and connections ---------------------------------------------------------------- */

uint32_t
device_dynamic(const struct pbx_device *device, uint64_t serial)
{
    uint64_t hash = hash_text(serial, text_of(device->number));
    return UINT32_C(0x08000000) | (uint32_t)(hash & 0xffffff);
}

bool
device_goes_by_dynamic(const struct pbx *pbx)
{
    return pbx->profile == PBX_OXE &&
           (pbx->encoding == ENCODING_BER2 || pbx->encoding == ENCODING_BER3);
}

/* [0] dialingNumber; in phase III a DeviceID is a sequence. */
void
ber_put_device_id(struct ber *ber, const char *number)
{
    size_t begin = ber->phase == 3 ? ber_open(ber, 0x30) : 0;
    ber_put_octets(ber, 0x80, number, strlen(number));
    if (ber->phase == 3)
        ber_close(ber, begin);
}

void
ber_put_device(struct ber *ber, unsigned application, const char *number)
{
    size_t begin = ber_open(ber, 0x60 + application);
    if (number != NULL)
        ber_put_device_id(ber, number);
    else
        ber_put_empty(ber, application == 4 && ber->phase != 3 ? 0x88 : 0x87);
    ber_close(ber, begin);
}

static void
put_local_device(struct ber *ber, uint64_t serial, const struct pbx_device *device)
{
    if (device_goes_by_dynamic(ber->pbx))
        ber_put_four(ber, 0x83, device_dynamic(device, serial));
    else
        ber_put_device_id(ber, device->number);
}

static void
ber_put_connection_in(struct ber *ber, unsigned tag, uint64_t serial,
                      const struct pbx_device *device)
{
    size_t outer = ber_open(ber, tag), inner = 0;
    if (ber->phase < 3) {
        ber_put_four(ber, 0x82, (uint32_t)serial);
        if (device != NULL)
            put_local_device(ber, serial, device);
    } else if (device == NULL) {
        ber_put_four(ber, 0x80, (uint32_t)serial);
    } else {
        inner = ber_open(ber, 0x30);
        ber_put_four(ber, 0x80, (uint32_t)serial);
        size_t local = ber_open(ber, 0xa1);
        put_local_device(ber, serial, device);
        ber_close(ber, local);
        ber_close(ber, inner);
    }
    ber_close(ber, outer);
}

void
ber_put_connection(struct ber *ber, uint64_t serial, const struct pbx_device *device)
{
    ber_put_connection_in(ber, 0x6b, serial, device);
}

struct ber
ber_begin(char *out, const struct pbx *pbx)
{
    uint8_t *start = (uint8_t *)out;
    return (struct ber){.pbx = pbx,
                        .phase = pbx->encoding == ENCODING_BER1   ? 1
                                 : pbx->encoding == ENCODING_BER2 ? 2
                                                                  : 3,
                        .start = start,
                        .at = start,
                        .end = start + WRITE_MAX};
}
