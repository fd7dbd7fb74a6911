#include "engine/source/segment.h"

#include "base/check.h"

enum {
    ETHERNET_SIZE = 14,
    ETHERNET_TYPE = 12,
    COOKED_SIZE = 16,
    COOKED_TYPE = 14,
    COOKED2_SIZE = 20,
    LOOPBACK_SIZE = 4,
    TAG_SIZE = 4,
    TYPE_IPV4 = 0x0800,
    TYPE_IPV6 = 0x86DD,
    TYPE_TAG = 0x8100,
    TYPE_SERVICE_TAG = 0x88A8,
    TYPE_OLD_TAG = 0x9100, /* QinQ before 802.1ad */

    IPV4_SIZE = 20,
    IPV6_SIZE = 40,
    TCP_SIZE = 20,
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_TCP = 6,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_AUTHENTICATION = 51,
    PROTOCOL_DESTINATION = 60,
};

/* What is left of a packet: what was captured of it, and how long it was. */
struct rest {
    struct text bytes;
    uint32_t sent; /* at least bytes.length */
};

static uint8_t
byte_at(struct text bytes, uint32_t at)
{
    DCHECK(at < bytes.length);
    return (uint8_t)bytes.at[at];
}

static uint32_t
word_at(struct text bytes, uint32_t at)
{
    return (uint32_t)byte_at(bytes, at) << 8 | byte_at(bytes, at + 1);
}

static uint32_t
long_at(struct text bytes, uint32_t at)
{
    return word_at(bytes, at) << 16 | word_at(bytes, at + 2);
}

static bool
skip(struct rest *rest, uint32_t count)
{
    if (rest->bytes.length < count)
        return false;
    rest->bytes = text_skip(rest->bytes, count);
    rest->sent -= count;
    return true;
}

/* What follows a length field's end is padding of the link layer. */
static void
shorten(struct rest *rest, uint32_t length)
{
    if (rest->sent > length)
        rest->sent = length;
    if (rest->bytes.length > length)
        rest->bytes.length = length;
}

static enum segment_result
read_tcp(struct segment *segment, const struct endpoint *from, const struct endpoint *to,
         struct rest rest)
{
    struct text bytes = rest.bytes;
    if (bytes.length < TCP_SIZE)
        return SEGMENT_CUT;
    uint32_t header = (uint32_t)(byte_at(bytes, 12) >> 4) * 4;
    if (header < TCP_SIZE || header > rest.sent)
        return SEGMENT_CUT;
    *segment = (struct segment){
        .from = *from,
        .to = *to,
        .sequence = long_at(bytes, 4),
        .acknowledged = long_at(bytes, 8),
        .flags = byte_at(bytes, 13),
        .length = rest.sent - header,
        .bytes = text_skip(bytes, header),
    };
    segment->from.port = (uint16_t)word_at(bytes, 0);
    segment->to.port = (uint16_t)word_at(bytes, 2);
    return SEGMENT_OK;
}

static enum segment_result
give_fragment(struct fragment *fragment, struct rest rest)
{
    if (rest.bytes.length < rest.sent)
        return SEGMENT_CUT;
    fragment->bytes = rest.bytes;
    return SEGMENT_FRAGMENT;
}

static enum segment_result
read_ipv4(struct segment *segment, struct fragment *fragment, struct rest rest)
{
    struct text bytes = rest.bytes;
    if (bytes.length < IPV4_SIZE)
        return SEGMENT_CUT;
    uint32_t header = (uint32_t)(byte_at(bytes, 0) & 0x0F) * 4;
    uint32_t total = word_at(bytes, 2);
    /* A packet that the sender's network card was to cut into segments may say 0. */
    if (total != 0)
        shorten(&rest, total);
    if (header < IPV4_SIZE || rest.sent < header)
        return SEGMENT_CUT;
    uint8_t protocol = byte_at(bytes, 9);
    if (protocol != PROTOCOL_TCP)
        return SEGMENT_OTHER;
    struct endpoint from = {.port = 0};
    struct endpoint to = {.port = 0};
    memcpy(from.address, bytes.at + 12, 4);
    memcpy(to.address, bytes.at + 16, 4);
    uint32_t part = word_at(bytes, 6);
    if (!skip(&rest, header))
        return SEGMENT_CUT;
    if ((part & 0x3FFF) == 0)
        return read_tcp(segment, &from, &to, rest);

    struct fragment found = {
        .from = from,
        .to = to,
        .identification = word_at(bytes, 4),
        .protocol = protocol,
        .offset = (part & 0x1FFF) * 8,
        .more = (part & 0x2000) != 0,
    };
    enum segment_result result = give_fragment(&found, rest);
    if (result == SEGMENT_FRAGMENT)
        *fragment = found;
    return result;
}

/* Bytes of an extension header that another follows; 0 when `protocol` is none of those. */
static uint32_t
extension_size(uint8_t protocol, struct text bytes)
{
    if (protocol == PROTOCOL_HOP_BY_HOP || protocol == PROTOCOL_ROUTING ||
        protocol == PROTOCOL_DESTINATION)
        return ((uint32_t)byte_at(bytes, 1) + 1) * 8;
    if (protocol == PROTOCOL_AUTHENTICATION)
        return ((uint32_t)byte_at(bytes, 1) + 2) * 4;
    return 0;
}

static enum segment_result
read_fragment_header(struct segment *segment, struct fragment *found, struct rest rest)
{
    struct text bytes = rest.bytes;
    if (bytes.length < 8)
        return SEGMENT_CUT;
    uint32_t part = word_at(bytes, 2);
    found->protocol = byte_at(bytes, 0);
    found->offset = part & 0xFFF8;
    found->more = (part & 1) != 0;
    found->identification = long_at(bytes, 4);
    skip(&rest, 8);
    if (found->protocol != PROTOCOL_TCP)
        return SEGMENT_OTHER;
    if (found->offset == 0 && !found->more) /* RFC 6946: a fragment that is the whole */
        return read_tcp(segment, &found->from, &found->to, rest);
    return give_fragment(found, rest);
}

static enum segment_result
read_ipv6(struct segment *segment, struct fragment *fragment, struct rest rest)
{
    struct text bytes = rest.bytes;
    if (bytes.length < IPV6_SIZE)
        return SEGMENT_CUT;
    struct fragment found = {.from = {.is_v6 = true}, .to = {.is_v6 = true}};
    memcpy(found.from.address, bytes.at + 8, 16);
    memcpy(found.to.address, bytes.at + 24, 16);
    uint8_t protocol = byte_at(bytes, 6);
    uint32_t length = word_at(bytes, 4);
    skip(&rest, IPV6_SIZE);
    if (length != 0) /* 0: a jumbogram, or not cut into segments yet */
        shorten(&rest, length);
    for (int i = 0; i < SEGMENT_HEADERS_MAX; i++) {
        if (protocol == PROTOCOL_TCP)
            return read_tcp(segment, &found.from, &found.to, rest);
        if (protocol == PROTOCOL_FRAGMENT) {
            enum segment_result result = read_fragment_header(segment, &found, rest);
            if (result == SEGMENT_FRAGMENT)
                *fragment = found;
            return result;
        }
        if (rest.bytes.length < 2)
            return SEGMENT_CUT;
        uint32_t size = extension_size(protocol, rest.bytes);
        if (size == 0)
            return SEGMENT_OTHER;
        protocol = byte_at(rest.bytes, 0);
        if (!skip(&rest, size))
            return SEGMENT_CUT;
    }
    return SEGMENT_OTHER;
}

static enum segment_result
read_ip(struct segment *segment, struct fragment *fragment, struct rest rest)
{
    if (rest.bytes.length == 0)
        return SEGMENT_CUT;
    uint8_t version = byte_at(rest.bytes, 0) >> 4;
    if (version == 4)
        return read_ipv4(segment, fragment, rest);
    return version == 6 ? read_ipv6(segment, fragment, rest) : SEGMENT_OTHER;
}

static bool
is_tag(uint32_t type)
{
    return type == TYPE_TAG || type == TYPE_SERVICE_TAG || type == TYPE_OLD_TAG;
}

/* `type` is what the link layer says follows its header, which *rest no longer has. */
static enum segment_result
read_tagged(struct segment *segment, struct fragment *fragment, uint32_t type, struct rest rest)
{
    for (int i = 0; i < SEGMENT_TAGS_MAX && is_tag(type); i++) {
        if (rest.bytes.length < TAG_SIZE)
            return SEGMENT_CUT;
        type = word_at(rest.bytes, 2);
        skip(&rest, TAG_SIZE);
    }
    if (type != TYPE_IPV4 && type != TYPE_IPV6)
        return SEGMENT_OTHER;
    return read_ip(segment, fragment, rest);
}

static enum segment_result
read_layer(struct segment *segment, struct fragment *fragment, uint32_t type_at, uint32_t size,
           struct rest rest)
{
    if (rest.bytes.length < size)
        return SEGMENT_CUT;
    uint32_t type = word_at(rest.bytes, type_at);
    skip(&rest, size);
    return read_tagged(segment, fragment, type, rest);
}

enum segment_result
segment_read(struct segment *segment, struct fragment *fragment, enum segment_layer layer,
             struct text bytes, uint32_t sent)
{
    struct rest rest = {bytes, sent < bytes.length ? bytes.length : sent};
    switch (layer) {
    case LAYER_ETHERNET:
        return read_layer(segment, fragment, ETHERNET_TYPE, ETHERNET_SIZE, rest);
    case LAYER_COOKED:
        return read_layer(segment, fragment, COOKED_TYPE, COOKED_SIZE, rest);
    case LAYER_COOKED2:
        return read_layer(segment, fragment, 0, COOKED2_SIZE, rest);
    case LAYER_LOOPBACK: /* the family in its four bytes differs by system: IP says it as well */
        return skip(&rest, LOOPBACK_SIZE) ? read_ip(segment, fragment, rest) : SEGMENT_CUT;
    case LAYER_RAW:
        return read_ip(segment, fragment, rest);
    case LAYER_UNKNOWN:
        break;
    }
    return SEGMENT_OTHER;
}

enum segment_result
segment_of_whole(struct segment *segment, const struct fragment *fragment, struct text bytes)
{
    CHECK(fragment->protocol == PROTOCOL_TCP);
    return read_tcp(segment, &fragment->from, &fragment->to, (struct rest){bytes, bytes.length});
}
