#include "engine/source/packets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "engine/source/packets_parts.h"

/* ---- opening ------------------------------------------------------------------------------- */

static struct packets *
open_packets(struct source *source)
{
    struct packets *packets = calloc(1, sizeof *packets);
    if (packets == NULL)
        return NULL;
    packets->source = source;
    packets->file = pcap_file_open(&source->reader);
    packets->fragments = fragments_open();
    if (connection_table_open(&packets->table) && packets->file != NULL &&
        packets->fragments != NULL)
        return packets;
    packets_close(packets);
    return NULL;
}

void
packets_close(struct packets *packets)
{
    if (packets == NULL)
        return;
    connection_table_close(&packets->table, &packets->budget);
    CHECK(packets->budget.used == 0);
    fragments_close(packets->fragments);
    pcap_file_close(packets->file);
    free(packets);
}

const struct packet_figures *
packets_figures(const struct source *source)
{
    if (source->packets == NULL)
        return NULL;
    source->packets->figures.memory_most = source->packets->budget.most;
    return &source->packets->figures;
}

/* ---- notices ------------------------------------------------------------------------------- */

struct notice *
notice_add(struct packets *packets, enum source_kind kind, const struct capture_link *link)
{
    CHECK(packets->notice_count < NOTICES_MAX);
    struct notice *notice = &packets->notices[packets->notice_count++];
    notice->why[0] = '\0';
    notice->message = (struct source_message){
        .kind = kind,
        .link = link == NULL ? TEXT_NONE : text_of(link->name),
        .has_time = packets->packet.has_time,
        .time_us = packets->packet.time_us,
        .packet = packets->figures.packets,
    };
    return notice;
}

static bool
give_notice(struct packets *packets, struct source_message *message)
{
    if (packets->notice_first == packets->notice_count) {
        packets->notice_first = packets->notice_count = 0;
        return false;
    }
    const struct notice *notice = &packets->notices[packets->notice_first++];
    *message = notice->message;
    if (notice->why[0] != '\0')
        message->why = notice->why;
    return true;
}

/* The capture itself is wrong, not one of its connections. */
static void
say_broken(struct packets *packets, const char *what, const char *why)
{
    struct notice *notice = notice_add(packets, SOURCE_BROKEN, NULL);
    notice->message.offset = packets->source->reader.offset;
    snprintf(notice->why, sizeof notice->why, "%s%s", what, why);
    packets->at_end = packets->said_none = true;
}

/* ---- ends of connections ------------------------------------------------------------------- */

void
packets_retire(struct packets *packets, struct connection *connection)
{
    if (connection->link != NULL)
        notice_add(packets, SOURCE_DOWN, connection->link);
    connection_leave_link(&packets->table, connection);
    connection->is_closed = true;
    for (int i = 0; i < 2; i++) {
        connection->sides[i].state = SIDE_OVER;
        direction_drop(&connection->sides[i].direction, &packets->budget);
    }
}

static void
begin_close(struct packets *packets, enum closing closing)
{
    packets->closing = closing;
    packets->first_side_done = false;
    wait_end(packets);
}

/* Both sides were read to their ends. A closed link is remembered: what still comes is late. */
static void
finish_close(struct packets *packets)
{
    struct connection *connection = packets->current;
    bool was_link = connection->link != NULL;
    side_end(packets, 0);
    side_end(packets, 1);
    if (packets->closing == CLOSING_INPUT) {
        connection->is_closed = true;
    } else if (was_link) {
        if (!connection->is_closed)
            packets_retire(packets, connection);
    } else if (!connection->is_closed) {
        connection_remove(&packets->table, connection, &packets->budget);
    }
    if (packets->closing != CLOSING_REPLACED)
        packets->pending = false;
    packets->closing = CLOSING_NOT;
    packets->current = NULL;
}

static bool
is_finished(const struct side *side)
{
    return side->direction.has_end && (side->state == SIDE_OVER || !side->direction.started ||
                                       direction_is_complete(&side->direction));
}

static bool
must_close(const struct packets *packets)
{
    const struct connection *connection = packets->current;
    return (packets->segment.flags & SEGMENT_RST) != 0 ||
           (is_finished(&connection->sides[0]) && is_finished(&connection->sides[1]));
}

/* ---- a segment ----------------------------------------------------------------------------- */

static bool
has_port(const struct packets *packets, uint16_t port)
{
    const struct source_options *options = &packets->source->options;
    for (uint32_t i = 0; i < options->port_count; i++) {
        if (options->ports[i] == port)
            return true;
    }
    return false;
}

/* Does this SYN begin another connection between the same endpoints? */
static bool
is_another(const struct connection *connection, const struct segment *segment, uint32_t from)
{
    if ((segment->flags & SEGMENT_SYN) == 0)
        return false;
    if (connection->is_closed)
        return true;
    if ((segment->flags & SEGMENT_ACK) != 0)
        return false;
    if (connection->begun)
        return connection->begun_from != from || connection->begun_by != segment->sequence;
    return connection->sides[0].state != SIDE_PROBING || connection->sides[1].state != SIDE_PROBING;
}

static void
start(struct direction *direction, uint32_t sequence)
{
    if (!direction->started)
        direction_start(direction, sequence);
}

/* RFC 9293, 3.5: a SYN takes a sequence number of its own, before the first byte. */
static void
note_beginning(struct connection *connection, struct segment *segment, uint32_t from)
{
    if ((segment->flags & SEGMENT_SYN) == 0)
        return;
    bool is_answer = (segment->flags & SEGMENT_ACK) != 0;
    uint32_t client = is_answer ? 1 - from : from;
    if (!connection->begun) {
        connection->begun = true;
        connection->begun_from = client;
        connection->begun_by = is_answer ? segment->acknowledged - 1 : segment->sequence;
    }
    if (!connection->is_told)
        connection->server = 1 - client;
    segment->sequence++;
    start(&connection->sides[from].direction, segment->sequence);
    if (is_answer)
        start(&connection->sides[client].direction, segment->acknowledged);
}

/* A RST is for the receiver: what it awaits may be behind what was captured. */
static bool
is_reset(const struct side *side, const struct segment *segment)
{
    const struct direction *direction = &side->direction;
    return side->state == SIDE_OVER || direction_can_end(direction, segment->sequence) ||
           (direction->acked_set && direction->acked == segment->sequence);
}

static void
note_end(struct side *side, struct segment *segment)
{
    if ((segment->flags & SEGMENT_RST) != 0 && !is_reset(side, segment))
        segment->flags &= (uint8_t)~SEGMENT_RST;
    uint32_t end = segment->sequence + segment->length;
    if ((segment->flags & SEGMENT_FIN) == 0 ||
        (side->state != SIDE_OVER && !direction_can_end(&side->direction, end)))
        return;
    side->direction.has_end = true;
    side->direction.end = end;
}

static void
note_late(struct packets *packets, struct connection *connection, uint32_t from)
{
    const struct segment *segment = &packets->segment;
    uint32_t count =
        direction_late(&connection->sides[from].direction, segment->sequence, segment->length);
    if (count == 0)
        return;
    packets->figures.late_bytes += count;
    if (connection->is_said)
        return;
    connection->is_said = true;
    char between[CONNECTION_TEXT_SIZE];
    struct notice *notice = notice_add(packets, SOURCE_BAD, NULL);
    snprintf(notice->why, sizeof notice->why,
             "%s: %" PRIu32 " bytes after the connection's end; what comes of it is not read",
             connection_say(between, connection, from), count);
}

static void
note_flags(struct packets *packets, struct connection *connection, uint32_t from)
{
    struct segment *segment = &packets->segment;
    note_beginning(connection, segment, from);
    bool is_wanted[2] = {has_port(packets, connection->ends[0].port),
                         has_port(packets, connection->ends[1].port)};
    connection->is_wanted = is_wanted[0] || is_wanted[1];
    connection->has_port = is_wanted[0] != is_wanted[1];
    if (connection->has_port && !connection->is_told)
        connection->server = is_wanted[0] ? 0 : 1;
    if ((segment->flags & SEGMENT_ACK) != 0)
        direction_acknowledge(&connection->sides[1 - from].direction, segment->acknowledged);
    note_end(&connection->sides[from], segment);
}

static void
forget(struct packets *packets, struct connection *connection)
{
    packets->current = connection;
    wait_end(packets);
    packets->current = NULL;
    if (connection->link != NULL) {
        char between[CONNECTION_TEXT_SIZE];
        struct notice *notice = notice_add(packets, SOURCE_BROKEN, connection->link);
        snprintf(notice->why, sizeof notice->why,
                 "%s: more than %d connections at once, this one is not followed any more",
                 connection_say(between, connection, 0), CONNECTIONS_MAX);
        packets->figures.forgotten++;
        packets_retire(packets, connection);
    }
    connection_remove(&packets->table, connection, &packets->budget);
}

static struct connection *
new_connection(struct packets *packets)
{
    const struct segment *segment = &packets->segment;
    bool begins = (segment->flags & SEGMENT_SYN) != 0;
    if ((segment->flags & SEGMENT_RST) != 0 || (!begins && segment->length == 0))
        return NULL;
    struct connection *oldest = connection_full(&packets->table);
    if (oldest != NULL)
        forget(packets, oldest);
    packets->figures.connections++;
    return connection_add(&packets->table, segment);
}

static void
take_segment(struct packets *packets)
{
    struct segment *segment = &packets->segment;
    packets->pending = false;
    uint32_t from = 0;
    struct connection *connection = connection_find(&packets->table, segment, &from);
    if (connection != NULL && is_another(connection, segment, from)) {
        if (connection->link != NULL || connection->is_undecided) {
            packets->current = connection;
            packets->pending = true;
            begin_close(packets, CLOSING_REPLACED);
            return;
        }
        connection_remove(&packets->table, connection, &packets->budget);
        connection = NULL;
    }
    if (connection == NULL) {
        connection = new_connection(packets);
        from = 0;
    }
    if (connection == NULL)
        return;
    if (connection->is_closed) {
        note_late(packets, connection, from);
        return;
    }
    note_flags(packets, connection, from);
    packets->current = connection;
    packets->side = from;
    packets->pending = true;
}

/* ---- packets ------------------------------------------------------------------------------- */

static enum segment_result
find_segment(struct packets *packets)
{
    struct fragment fragment;
    struct text whole;
    enum segment_result result =
        segment_read(&packets->segment, &fragment, pcap_file_layer(packets->file),
                     packets->packet.bytes, packets->packet.sent);
    if (result != SEGMENT_FRAGMENT || !fragments_take(packets->fragments, &fragment, &whole))
        return result;
    return segment_of_whole(&packets->segment, &fragment, whole);
}

static void
take_packet(struct packets *packets)
{
    packets->figures.packets++;
    if (pcap_file_layer(packets->file) == LAYER_UNKNOWN) {
        say_broken(packets, "packets of a link layer that is not read: ",
                   pcap_file_layer_name(packets->file));
        return;
    }
    enum segment_result result = find_segment(packets);
    packets->figures.cut += result == SEGMENT_CUT;
    if (result != SEGMENT_OK)
        return;
    const struct segment *segment = &packets->segment;
    bool counts = packets->source->options.port_count == 0 ||
                  has_port(packets, segment->from.port) || has_port(packets, segment->to.port);
    if (!counts)
        return;
    packets->figures.segments++;
    take_segment(packets);
}

static enum source_result
next_packet(struct packets *packets)
{
    switch (pcap_file_next(packets->file, &packets->packet)) {
    case PCAP_FILE_OK:
        take_packet(packets);
        break;
    case PCAP_FILE_END:
        packets->at_end = true;
        break;
    case PCAP_FILE_WAIT:
        return SOURCE_WAIT;
    case PCAP_FILE_FAILED:
        packets->failed = true;
        return SOURCE_FAILED;
    case PCAP_FILE_BROKEN:
        say_broken(packets, "the capture cannot be read on: ", pcap_file_why(packets->file));
        break;
    }
    return SOURCE_OK;
}

/* ---- one step ------------------------------------------------------------------------------ */

/* True: *message is filled. */
static bool
step(struct packets *packets, struct source_message *message)
{
    if (packets->closing != CLOSING_NOT)
        packets->side = packets->first_side_done ? 1 : 0;
    if (wait_give(packets, message))
        return true;
    switch (side_read(packets, message)) {
    case SIDE_MESSAGE:
        return true;
    case SIDE_AGAIN:
        return false;
    case SIDE_DONE:
        break;
    }
    if (packets->closing != CLOSING_NOT) {
        if (packets->first_side_done)
            finish_close(packets);
        packets->first_side_done = true;
    } else if (packets->pending) {
        side_take(packets);
    } else if (!side_cut(packets)) {
        if (must_close(packets))
            begin_close(packets, CLOSING_ENDED);
        else
            packets->current = NULL;
    }
    return false;
}

/* After the last packet: what is left in the connections. False: nothing is left. */
static bool
step_end(struct packets *packets)
{
    while (packets->ended < packets->table.made) {
        struct connection *connection = &packets->table.connections[packets->ended++];
        bool is_csta = connection->link != NULL || connection->is_undecided;
        if (!is_csta || connection->is_closed)
            continue;
        packets->current = connection;
        begin_close(packets, CLOSING_INPUT);
        return true;
    }
    if (packets->said_none || packets->figures.packets == 0 ||
        packets->figures.csta_connections > 0)
        return false;
    say_broken(packets, "none of its TCP connections carries CSTA",
               packets->source->options.port_count > 0 ? " on the ports that were named" : "");
    return true;
}

enum source_result
packets_next(struct source *source, struct source_message *message)
{
    if (source->packets == NULL)
        source->packets = open_packets(source);
    struct packets *packets = source->packets;
    if (packets == NULL) {
        source->over = true;
        *message = (struct source_message){.kind = SOURCE_BROKEN, .why = "memory is out"};
        return SOURCE_OK;
    }
    for (;;) {
        if (give_notice(packets, message))
            return SOURCE_OK;
        if (packets->failed)
            return SOURCE_FAILED;
        if (packets->current != NULL) {
            if (step(packets, message))
                return SOURCE_OK;
        } else if (packets->pending) {
            take_segment(packets); /* the one before between these endpoints is closed now */
        } else if (packets->at_end) {
            if (!step_end(packets))
                return SOURCE_END;
        } else {
            enum source_result result = next_packet(packets);
            if (result != SOURCE_OK)
                return result;
        }
    }
}
