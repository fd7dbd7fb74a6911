#ifndef TESTS_CAPTURE_RIG_H
#define TESTS_CAPTURE_RIG_H

/*
 * tests/capture_rig.h - writes captures, byte by byte after the formats' own descriptions: pcap,
 * pcapng; link layers; IPv4, IPv6; TCP. Shares no code with what reads them.
 *
 *   struct rig_capture capture = {.layer = RIG_ETHERNET};
 *   struct rig_connection pbx = {.client = {.host = 9, .port = 40000, .next = 100}, ...};
 *   rig_begin(&capture); rig_syn(&capture, &pbx); rig_send(&capture, &pbx, RIG_SERVER, "...", n);
 *
 * An end is 10.0.0.HOST, or fd00::HOST.
 */

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
    RIG_CAPTURE_MAX = 8 << 20,
    RIG_PACKET_MAX = 70000,
};

enum rig_layer {
    RIG_ETHERNET = 1,
    RIG_NULL = 0,
    RIG_RAW = 101,
    RIG_LOOP = 108,
    RIG_SLL = 113,
    RIG_SLL2 = 276,
};

enum rig_file {
    RIG_PCAP = 0,
    RIG_PCAPNG,
};

enum rig_end {
    RIG_CLIENT = 0,
    RIG_SERVER = 1,
};

enum {
    RIG_FIN = 0x01,
    RIG_SYN = 0x02,
    RIG_RST = 0x04,
    RIG_PSH = 0x08,
    RIG_ACK = 0x10,
};

struct rig_endpoint {
    uint8_t host;
    uint16_t port;
    uint32_t next; /* sequence number of what it sends next */
};

struct rig_connection {
    struct rig_endpoint ends[2]; /* by enum rig_end */
    bool is_v6;
};

struct rig_capture {
    enum rig_file file;
    enum rig_layer layer;
    bool big_endian;
    bool nanoseconds;   /* pcap */
    uint32_t snap;      /* 0: whole packets */
    uint32_t tags;      /* VLAN tags */
    uint32_t options;   /* bytes of IPv4 options, a multiple of 4 */
    uint32_t extension; /* IPv6 hop-by-hop and destination headers: 0 or 1 */
    uint32_t padding;   /* bytes behind the IP packet */
    uint32_t fragment;  /* largest part of an IP payload, a multiple of 8; 0: one part */
    bool backwards;     /* the last fragment first */
    uint32_t interface; /* pcapng: of the next packets */
    uint64_t ticks;     /* pcapng: of a second, of that interface */
    int64_t time_us;    /* of the next packet */
    uint16_t identification;
    uint32_t packets;
    size_t length;
    uint8_t *bytes; /* RIG_CAPTURE_MAX */
};

static inline void
rig_bytes(struct rig_capture *capture, const void *bytes, size_t length)
{
    assert(capture->length + length <= RIG_CAPTURE_MAX);
    if (length > 0)
        memcpy(capture->bytes + capture->length, bytes, length);
    capture->length += length;
}

/* A number of the file's own headers. */
static inline void
rig_number(struct rig_capture *capture, uint32_t value, int size)
{
    uint8_t bytes[4];
    for (int i = 0; i < size; i++)
        bytes[capture->big_endian ? size - 1 - i : i] = (uint8_t)(value >> (8 * i));
    rig_bytes(capture, bytes, (size_t)size);
}

/* ---- pcapng -------------------------------------------------------------------------------- */

static inline void
rig_section(struct rig_capture *capture)
{
    rig_number(capture, 0x0A0D0D0A, 4);
    rig_number(capture, 28, 4);
    rig_number(capture, 0x1A2B3C4D, 4);
    rig_number(capture, 1, 2);
    rig_number(capture, 0, 2);
    rig_number(capture, UINT32_MAX, 4);
    rig_number(capture, UINT32_MAX, 4);
    rig_number(capture, 28, 4);
}

/* `resolution` is the option if_tsresol; 6 is microseconds, 0x80 | n is 2 to the -n. */
static inline void
rig_interface(struct rig_capture *capture, uint8_t resolution)
{
    rig_number(capture, 1, 4);
    rig_number(capture, 32, 4);
    rig_number(capture, capture->layer, 2);
    rig_number(capture, 0, 2);
    rig_number(capture, capture->snap, 4);
    rig_number(capture, 9, 2);
    rig_number(capture, 1, 2);
    rig_bytes(capture, (uint8_t[]){resolution, 0, 0, 0}, 4);
    rig_number(capture, 0, 4);
    rig_number(capture, 32, 4);
}

static inline void
rig_packet_block(struct rig_capture *capture, const uint8_t *packet, uint32_t length,
                 uint32_t captured)
{
    uint32_t padded = (captured + 3) & ~3U;
    uint64_t seconds = (uint64_t)capture->time_us / 1000000;
    uint64_t rest = (uint64_t)capture->time_us % 1000000;
    uint64_t stamp = seconds * capture->ticks + rest * capture->ticks / 1000000;
    rig_number(capture, 6, 4);
    rig_number(capture, 32 + padded, 4);
    rig_number(capture, capture->interface, 4);
    rig_number(capture, (uint32_t)(stamp >> 32), 4);
    rig_number(capture, (uint32_t)stamp, 4);
    rig_number(capture, captured, 4);
    rig_number(capture, length, 4);
    rig_bytes(capture, packet, captured);
    rig_bytes(capture, "\0\0\0", padded - captured);
    rig_number(capture, 32 + padded, 4);
}

/* ---- pcap ---------------------------------------------------------------------------------- */

static inline void
rig_begin(struct rig_capture *capture)
{
    capture->ticks = capture->ticks == 0 ? 1000000 : capture->ticks;
    if (capture->file == RIG_PCAPNG) {
        rig_section(capture);
        rig_interface(capture, 6);
        return;
    }
    rig_number(capture, capture->nanoseconds ? 0xA1B23C4D : 0xA1B2C3D4, 4);
    rig_number(capture, 2, 2);
    rig_number(capture, 4, 2);
    rig_number(capture, 0, 4);
    rig_number(capture, 0, 4);
    rig_number(capture, capture->snap == 0 ? 262144 : capture->snap, 4);
    rig_number(capture, capture->layer, 4);
}

static inline void
rig_record(struct rig_capture *capture, const uint8_t *packet, uint32_t length)
{
    uint32_t captured = capture->snap != 0 && length > capture->snap ? capture->snap : length;
    capture->packets++;
    if (capture->file == RIG_PCAPNG) {
        rig_packet_block(capture, packet, length, captured);
        return;
    }
    rig_number(capture, (uint32_t)(capture->time_us / 1000000), 4);
    rig_number(capture,
               (uint32_t)(capture->time_us % 1000000) * (capture->nanoseconds ? 1000U : 1U), 4);
    rig_number(capture, captured, 4);
    rig_number(capture, length, 4);
    rig_bytes(capture, packet, captured);
}

/* ---- packets ------------------------------------------------------------------------------- */

struct rig_packet {
    uint8_t bytes[RIG_PACKET_MAX];
    uint32_t length;
};

static inline void
rig_put(struct rig_packet *packet, const void *bytes, uint32_t length)
{
    assert(packet->length + length <= RIG_PACKET_MAX);
    if (length > 0)
        memcpy(packet->bytes + packet->length, bytes, length);
    packet->length += length;
}

/* A number of a packet: always big-endian. */
static inline void
rig_put_number(struct rig_packet *packet, uint32_t value, uint32_t size)
{
    for (uint32_t i = size; i-- > 0;)
        rig_put(packet, &(uint8_t){(uint8_t)(value >> (8 * i))}, 1);
}

static inline void
rig_put_type(const struct rig_capture *capture, struct rig_packet *packet, bool is_v6)
{
    for (uint32_t i = 0; i < capture->tags; i++) {
        rig_put_number(packet, i + 1 < capture->tags ? 0x88A8 : 0x8100, 2);
        rig_put_number(packet, 7 + i, 2);
    }
    rig_put_number(packet, is_v6 ? 0x86DD : 0x0800, 2);
}

static inline void
rig_put_layer(const struct rig_capture *capture, struct rig_packet *packet, bool is_v6)
{
    static const uint8_t zeros[16];
    switch (capture->layer) {
    case RIG_ETHERNET:
        rig_put(packet, zeros, 12);
        rig_put_type(capture, packet, is_v6);
        break;
    case RIG_NULL:
        rig_put(packet, &(uint32_t){is_v6 ? 30 : 2}, 4); /* in the writer's byte order */
        break;
    case RIG_LOOP:
        rig_put_number(packet, is_v6 ? 24 : 2, 4);
        break;
    case RIG_RAW:
        break;
    case RIG_SLL:
        rig_put(packet, zeros, 14);
        rig_put_type(capture, packet, is_v6);
        break;
    case RIG_SLL2:
        rig_put_number(packet, is_v6 ? 0x86DD : 0x0800, 2);
        rig_put(packet, zeros, 16);
        rig_put(packet, zeros, 2);
        break;
    }
}

static inline void
rig_put_v4(const struct rig_capture *capture, struct rig_packet *packet, uint8_t from, uint8_t to,
           uint32_t payload, uint32_t fragment)
{
    static const uint8_t no_operations[40] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    uint32_t header = 20 + capture->options;
    rig_put_number(packet, 0x40 | header / 4, 1);
    rig_put_number(packet, 0, 1);
    rig_put_number(packet, header + payload, 2);
    rig_put_number(packet, capture->identification, 2);
    rig_put_number(packet, fragment, 2);
    rig_put_number(packet, 64, 1);
    rig_put_number(packet, 6, 1);
    rig_put_number(packet, 0, 2);
    rig_put(packet, (uint8_t[]){10, 0, 0, from}, 4);
    rig_put(packet, (uint8_t[]){10, 0, 0, to}, 4);
    rig_put(packet, no_operations, capture->options);
}

static inline void
rig_put_v6(const struct rig_capture *capture, struct rig_packet *packet, uint8_t from, uint8_t to,
           uint32_t payload, uint32_t fragment, bool is_part)
{
    uint32_t before = (capture->extension ? 16U : 0U) + (is_part ? 8U : 0U);
    uint8_t next = is_part ? 44 : 6;
    rig_put_number(packet, 0x60000000, 4);
    rig_put_number(packet, payload + before, 2);
    rig_put_number(packet, capture->extension ? 0 : next, 1);
    rig_put_number(packet, 64, 1);
    rig_put(packet, (uint8_t[]){0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, from}, 16);
    rig_put(packet, (uint8_t[]){0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, to}, 16);
    if (capture->extension) {
        rig_put(packet, (uint8_t[]){60, 0, 1, 4, 0, 0, 0, 0}, 8);
        rig_put(packet, (uint8_t[]){next, 0, 1, 4, 0, 0, 0, 0}, 8);
    }
    if (is_part) {
        rig_put(packet, (uint8_t[]){6, 0}, 2);
        rig_put_number(packet, fragment, 2);
        rig_put_number(packet, capture->identification, 4);
    }
}

/* One IP packet with that part of the payload; `more` parts follow. */
static inline void
rig_part(struct rig_capture *capture, const struct rig_connection *connection, enum rig_end from,
         const struct rig_packet *payload, uint32_t at, uint32_t length, bool is_part)
{
    static struct rig_packet packet;
    static const uint8_t zeros[64];
    packet.length = 0;
    bool more = at + length < payload->length;
    uint8_t source = connection->ends[from].host;
    uint8_t destination = connection->ends[1 - from].host;
    rig_put_layer(capture, &packet, connection->is_v6);
    if (connection->is_v6)
        rig_put_v6(capture, &packet, source, destination, length, at | more, is_part);
    else
        rig_put_v4(capture, &packet, source, destination, length, (more ? 0x2000U : 0U) | at / 8);
    rig_put(&packet, payload->bytes + at, length);
    rig_put(&packet, zeros, capture->padding);
    rig_record(capture, packet.bytes, packet.length);
}

/* A segment with any sequence number; nothing of the connection moves. */
static inline void
rig_segment(struct rig_capture *capture, const struct rig_connection *connection, enum rig_end from,
            uint8_t flags, uint32_t sequence, const void *bytes, uint32_t length)
{
    static struct rig_packet payload;
    const struct rig_endpoint *source = &connection->ends[from];
    const struct rig_endpoint *destination = &connection->ends[1 - from];
    payload.length = 0;
    rig_put_number(&payload, source->port, 2);
    rig_put_number(&payload, destination->port, 2);
    rig_put_number(&payload, sequence, 4);
    rig_put_number(&payload, destination->next, 4);
    rig_put_number(&payload, 0x80, 1); /* with twelve bytes of options */
    rig_put_number(&payload, flags, 1);
    rig_put(&payload, (uint8_t[]){0x20, 0, 0, 0, 0, 0, 1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0}, 18);
    rig_put(&payload, bytes, length);
    capture->identification++;
    uint32_t part = capture->fragment == 0 ? payload.length : capture->fragment;
    uint32_t parts = (payload.length + part - 1) / part;
    for (uint32_t i = 0; i < parts; i++) {
        uint32_t at = (capture->backwards ? parts - 1 - i : i) * part;
        uint32_t rest = payload.length - at;
        rig_part(capture, connection, from, &payload, at, rest < part ? rest : part, parts > 1);
    }
    capture->time_us += 1000;
}

static inline void
rig_syn(struct rig_capture *capture, struct rig_connection *connection)
{
    struct rig_endpoint *ends = connection->ends;
    rig_segment(capture, connection, RIG_CLIENT, RIG_SYN, ends[RIG_CLIENT].next++, "", 0);
    rig_segment(capture, connection, RIG_SERVER, RIG_SYN | RIG_ACK, ends[RIG_SERVER].next++, "", 0);
    rig_segment(capture, connection, RIG_CLIENT, RIG_ACK, ends[RIG_CLIENT].next, "", 0);
}

static inline void
rig_send(struct rig_capture *capture, struct rig_connection *connection, enum rig_end from,
         const void *bytes, uint32_t length)
{
    uint32_t sequence = connection->ends[from].next;
    connection->ends[from].next += length;
    rig_segment(capture, connection, from, RIG_ACK | RIG_PSH, sequence, bytes, length);
}

static inline void
rig_fin(struct rig_capture *capture, struct rig_connection *connection, enum rig_end from)
{
    rig_segment(capture, connection, from, RIG_FIN | RIG_ACK, connection->ends[from].next++, "", 0);
}

static inline void
rig_close(struct rig_capture *capture, struct rig_connection *connection)
{
    rig_fin(capture, connection, RIG_CLIENT);
    rig_fin(capture, connection, RIG_SERVER);
    rig_segment(capture, connection, RIG_CLIENT, RIG_ACK, connection->ends[RIG_CLIENT].next, "", 0);
}

/* ---- messages ------------------------------------------------------------------------------ */

/* A frame of XML; returns its size. */
static inline uint32_t
rig_xml(char *frame, const char *invoke, const char *xml)
{
    uint32_t size = 8 + (uint32_t)strlen(xml);
    frame[0] = frame[1] = 0;
    frame[2] = (char)(size >> 8);
    frame[3] = (char)size;
    memcpy(frame + 4, invoke, 4);
    memcpy(frame + 8, xml, size - 8);
    return size;
}

static inline void
rig_send_xml(struct rig_capture *capture, struct rig_connection *connection, enum rig_end from,
             const char *invoke, const char *xml)
{
    static char frame[RIG_PACKET_MAX];
    rig_send(capture, connection, from, frame, rig_xml(frame, invoke, xml));
}

#endif
