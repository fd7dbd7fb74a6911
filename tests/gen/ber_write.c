#include "tests/gen/ber_write.h"

#include <string.h>

uint32_t
ber_random(struct ber_writer *writer, uint32_t limit)
{
    /* SplitMix64 */
    uint64_t mixed = writer->seed += 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return (uint32_t)((mixed ^ (mixed >> 31)) % limit);
}

void
ber_write_bytes(struct ber_writer *writer, const void *bytes, size_t length)
{
    if (length == 0 || writer->size + length > BER_WRITE_MAX)
        return;
    memcpy(writer->bytes + writer->size, bytes, length);
    writer->size += length;
}

static size_t
put_tag(uint8_t *header, uint32_t tag, bool is_constructed)
{
    uint32_t number = tag & 0xffffff;
    header[0] = (uint8_t)(tag >> 24 | (is_constructed ? 0x20 : 0));
    if (number < 31) {
        header[0] |= (uint8_t)number;
        return 1;
    }
    size_t size = 1;
    header[0] |= 31;
    for (int shift = 21; shift > 0; shift -= 7)
        if (number >> shift != 0)
            header[size++] = (uint8_t)(0x80 | ((number >> shift) & 0x7f));
    header[size++] = (uint8_t)(number & 0x7f);
    return size;
}

static size_t
put_length(struct ber_writer *writer, uint8_t *header, size_t length)
{
    size_t octets = length < 128 ? 0 : length < 256 ? 1 : 2;
    if (!writer->plain && ber_random(writer, 8) == 0)
        octets += ber_random(writer, (uint32_t)(5 - octets));
    if (octets == 0) {
        header[0] = (uint8_t)length;
        return 1;
    }
    header[0] = (uint8_t)(0x80 | octets);
    for (size_t i = 0; i < octets; i++)
        header[octets - i] = (uint8_t)(i < 2 ? length >> (8 * i) : 0);
    return 1 + octets;
}

void
ber_write_wrap(struct ber_writer *writer, size_t start, uint32_t tag, bool is_constructed)
{
    uint8_t header[16];
    size_t length = writer->size - start, size = put_tag(header, tag, is_constructed);
    bool is_indefinite = is_constructed && !writer->plain && ber_random(writer, 10) == 0;
    if (is_indefinite)
        header[size++] = 0x80;
    else
        size += put_length(writer, header + size, length);
    if (writer->size + size + 2 > sizeof(writer->bytes))
        return;
    memmove(writer->bytes + start + size, writer->bytes + start, length);
    memcpy(writer->bytes + start, header, size);
    writer->size += size;
    if (is_indefinite) {
        writer->bytes[writer->size++] = 0;
        writer->bytes[writer->size++] = 0;
    }
}
