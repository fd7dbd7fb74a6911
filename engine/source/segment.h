#ifndef ENGINE_SOURCE_SEGMENT_H
#define ENGINE_SOURCE_SEGMENT_H

/*
 * engine/source/segment.h - the TCP segment in a captured packet.
 *
 *   link layer -> [VLAN tags] -> IPv4 (RFC 791) or IPv6 (RFC 8200) -> TCP (RFC 9293)
 *
 * Pure functions over the packet's bytes; nothing is copied. A packet is hostile input: every
 * length in it is checked against what was captured. Checksums are not looked at: a sender's
 * network card writes them after the capture, and what the receiver acknowledged was right.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum segment_layer {
    LAYER_UNKNOWN = 0,
    LAYER_ETHERNET, /* with any number of 802.1Q, 802.1ad tags up to SEGMENT_TAGS_MAX */
    LAYER_COOKED,   /* Linux "any" device, SLL: 16 bytes */
    LAYER_COOKED2,  /* SLL2: 20 bytes */
    LAYER_LOOPBACK, /* BSD null and loop: 4 bytes */
    LAYER_RAW,      /* the packet begins with IP */
};

enum {
    SEGMENT_TAGS_MAX = 4,
    SEGMENT_HEADERS_MAX = 8, /* IPv6 extension headers */
};

struct endpoint {
    uint8_t address[16]; /* IPv4: the first four, zeros behind them */
    uint16_t port;
    bool is_v6;
};

enum segment_flag {
    SEGMENT_FIN = 0x01,
    SEGMENT_SYN = 0x02,
    SEGMENT_RST = 0x04,
    SEGMENT_ACK = 0x10,
};

struct segment {
    struct endpoint from;
    struct endpoint to;
    uint32_t sequence;
    uint32_t acknowledged; /* where SEGMENT_ACK is set */
    uint8_t flags;
    uint32_t length;   /* bytes of payload that were sent */
    struct text bytes; /* of them, those that were captured: at most `length` */
};

/* An IP packet that is a part of one: RFC 791, 3.2; RFC 8200, 4.5. */
struct fragment {
    struct endpoint from; /* port 0 */
    struct endpoint to;
    uint32_t identification;
    uint8_t protocol;
    uint32_t offset; /* of its bytes in the whole packet's payload */
    bool more;       /* it is not the last */
    struct text bytes;
};

enum segment_result {
    SEGMENT_OK = 0,
    SEGMENT_OTHER,    /* no TCP over IP, or of a kind that is not looked into */
    SEGMENT_FRAGMENT, /* *fragment is filled, all its bytes were captured */
    SEGMENT_CUT,      /* its headers were not captured whole, or contradict each other */
};

/*
 * segment_read - the TCP segment of one packet
 *
 * `bytes` is what was captured of it, `sent` how long it was. Fills *segment on SEGMENT_OK,
 * *fragment on SEGMENT_FRAGMENT, nothing else.
 */
enum segment_result segment_read(struct segment *segment, struct fragment *fragment,
                                 enum segment_layer layer, struct text bytes, uint32_t sent);

/* segment_of_whole - the TCP segment whose fragments came together: `bytes` is TCP and on. */
enum segment_result segment_of_whole(struct segment *segment, const struct fragment *fragment,
                                     struct text bytes);

static inline bool
endpoint_is_equal(const struct endpoint *left, const struct endpoint *right)
{
    return left->port == right->port && left->is_v6 == right->is_v6 &&
           memcmp(left->address, right->address, sizeof left->address) == 0;
}

#endif
