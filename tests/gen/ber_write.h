#ifndef TESTS_GEN_BER_WRITE_H
#define TESTS_GEN_BER_WRITE_H

/*
 * tests/gen/ber_write.h - elements of BER in every form X.690 allows, chosen by a seed.
 *
 * Contents are written first and then wrapped: ber_write_wrap() puts tag and length before
 * everything written since `start`.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BER_WRITE_MAX = 60000,
    BER_TAG_UNKNOWN = 1000, /* no type has a tag number of 1000 or more */
};

struct ber_writer {
    uint64_t seed;
    bool plain; /* only the shortest lengths, only definite */
    size_t size;
    uint8_t bytes[BER_WRITE_MAX + 1024];
};

/* ber_random - a number below `limit`; the next one is another. Same seed, same numbers. */
uint32_t ber_random(struct ber_writer *writer, uint32_t limit);

/* ber_write_bytes - as they are. Once BER_WRITE_MAX bytes stand there, nothing is added. */
void ber_write_bytes(struct ber_writer *writer, const void *bytes, size_t length);

/*
 * ber_write_wrap - make the bytes since `start` the contents of one element
 *
 * `tag` is class bits (0x00, 0x40, 0x80, 0xC0) and number: class << 24 | number. Length in a
 * form chosen by the seed: short, long with leading zeros (at most four octets), indefinite.
 */
void ber_write_wrap(struct ber_writer *writer, size_t start, uint32_t tag, bool is_constructed);

#endif
