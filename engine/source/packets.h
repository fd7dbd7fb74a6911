#ifndef ENGINE_SOURCE_PACKETS_H
#define ENGINE_SOURCE_PACKETS_H

/*
 * engine/source/packets.h - the messages in a capture (pcap, pcapng).
 *
 *   pcap_file -> segment [-> fragment] -> connection -> reassembly -> frame -> source_message
 *
 * A connection carries CSTA if the bytes of one side say so: those after its SYN, or, where the
 * capture begins in its midst, those at the beginning of one of the first CONNECTION_PROBES_MAX
 * segments. In the midst only a certain beginning counts: an XML header with digits, or frames of
 * BER that end where the segment does or before the header of another; what was passed over before
 * it is said, one SOURCE_BAD of no link. With ports only connections of these are looked at, and
 * one that carries no CSTA is said.
 *
 * The switch is the end that the first message says that tells (speaker.h). Until then it is the
 * one end that has one of the ports; else the messages wait, up to CONNECTION_PROBES_MAX of them,
 * to a gap or to the end. If none tells, it is the end that was connected to (SYN); where that was
 * not seen, messages are SOURCE_EITHER. A link that turns out to have the wrong end's name goes,
 * and comes with the right one.
 *
 * SOURCE_UP where a connection begins, with its first message: if its SYN was seen, or if the
 * link was there before. SOURCE_DOWN where it ends: RST, FIN of both sides, a new SYN; and where
 * what the switch says cannot be followed any more.
 *
 * A RST or FIN whose sequence number its sender cannot have got to ends nothing (RFC 5961, 3.2).
 * New bytes of a connection that ended are not read: one SOURCE_BAD, of no link.
 *
 * A link's messages come in the order of the packets that completed them, with their times; those
 * that waited come later than other links'.
 *
 * Bytes that are missing: when the header of the message they belong to is there, its length
 * says where the next begins: one SOURCE_BAD. Else the side is over until a new connection: one
 * SOURCE_BROKEN. Nobody looks for the next header.
 */

#include "engine/source/source.h"

struct packets;

/* What was in a capture so far. */
struct packet_figures {
    uint64_t packets;
    uint64_t segments; /* of TCP, on the ports that count */
    uint64_t cut;      /* packets whose headers were not captured whole */
    uint64_t connections;
    uint64_t csta_connections;
    uint64_t forgotten;    /* that carry CSTA, for want of room */
    uint64_t lost_bytes;   /* of connections that carry CSTA */
    uint64_t passed_bytes; /* before the first message of a side whose beginning was not captured */
    uint64_t late_bytes;   /* of connections that carry CSTA, after their end */
    uint64_t memory_most;  /* bytes held of unfinished messages, ever at once */
};

/* packets_figures - NULL when the source is no capture, or was not read yet. */
const struct packet_figures *packets_figures(const struct source *source);

/* packets_close - `packets` may be NULL. */
void packets_close(struct packets *packets);

#endif
