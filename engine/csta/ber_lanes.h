#ifndef ENGINE_CSTA_BER_LANES_H
#define ENGINE_CSTA_BER_LANES_H

/*
 * engine/csta/ber_lanes.h - eight bytes at once, each a lane of a word. Pure functions.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Times a byte: that byte in every lane. */
#define BER_LANES UINT64_C(0x0101010101010101)

/* The top bit of every lane. */
#define BER_LANE_TOPS (0x80 * BER_LANES)

/* ber_lanes_read - eight bytes; which lane is whose is the machine's. */
static inline uint64_t
ber_lanes_read(const char *at)
{
    uint64_t lanes;
    memcpy(&lanes, at, sizeof(lanes));
    return lanes;
}

/* ber_lanes_in_range - the top bit of each lane says so, if no lane is above 0x7f; `most` too. */
static inline uint64_t
ber_lanes_in_range(uint64_t lanes, uint8_t least, uint8_t most)
{
    return (lanes + (0x80U - least) * BER_LANES) & ~(lanes + (0x7fU - most) * BER_LANES);
}

/* ber_lanes_all - are the top bits of `fit` all set, and those of the lanes all clear? */
static inline bool
ber_lanes_all(uint64_t fit, uint64_t lanes)
{
    return (fit & ~lanes & BER_LANE_TOPS) == BER_LANE_TOPS;
}

#endif
