/*
 * engine/source/packet_side.c - what one end of a connection sends, message after message.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/check.h"
#include "engine/source/packets_parts.h"

enum {
    TIME_SIZE = 40,
};

static struct side *
side_of(struct packets *packets)
{
    return &packets->current->sides[packets->side];
}

static const char *
say_time(char text[TIME_SIZE], int64_t time_us)
{
    time_t seconds = (time_t)(time_us / 1000000);
    struct tm parts;
    if (gmtime_r(&seconds, &parts) == NULL)
        return "unknown time";
    size_t length = strftime(text, TIME_SIZE, "%Y-%m-%d %H:%M:%S", &parts);
    snprintf(text + length, TIME_SIZE - length, ".%06d UTC", (int)(time_us % 1000000));
    return text;
}

/* ---- giving up ----------------------------------------------------------------------------- */

/*
 * Nothing more is read of this side. Without what the switch says the link is as good as gone:
 * its calls must not wait for events that will never be seen.
 */
static void
give_up(struct packets *packets, uint32_t index, const char *why)
{
    struct connection *connection = packets->current;
    struct side *side = &connection->sides[index];
    if (connection->link != NULL || connection->is_wanted) {
        char between[CONNECTION_TEXT_SIZE];
        char when[TIME_SIZE];
        struct notice *notice = notice_add(packets, SOURCE_BROKEN, connection->link);
        notice->message.offset = side->direction.offset;
        int64_t time_us = packets->packet.time_us;
        if (side->hole_packet != 0) {
            notice->message.packet = side->hole_packet;
            time_us = side->hole_us;
        }
        snprintf(notice->why, sizeof notice->why, "%s, at %s: %s; no more is read of it",
                 connection_say(between, connection, index), say_time(when, time_us), why);
    }
    side->state = SIDE_OVER;
    direction_drop(&side->direction, &packets->budget);
    bool is_client = connection->server == 1 - index;
    connection->is_said |= !is_client;
    if (connection->link != NULL && !is_client)
        packets_retire(packets, connection);
}

/* False: not yet, messages wait that come first. */
static bool
give_up_for_memory(struct packets *packets)
{
    if (wait_end(packets))
        return false;
    give_up(packets, packets->side,
            "64 MiB of unfinished messages are held, there is no room for more");
    return true;
}

/* ---- is it CSTA? --------------------------------------------------------------------------- */

static void
reject(struct packets *packets, uint32_t index)
{
    give_up(packets, index, "this is neither framed CSTA XML nor BER with 2-byte lengths");
}

/* A link begins where its first message does. */
static void
say_up(struct packets *packets)
{
    const struct connection *connection = packets->current;
    struct notice *notice = notice_add(packets, SOURCE_UP, connection->link);
    wait_date(connection, &notice->message);
}

void
side_open_link(struct packets *packets)
{
    struct connection *connection = packets->current;
    bool is_first = !connection->was_link;
    connection->is_undecided = false;
    connection->was_link = true;
    struct connection *rival = connection_rival(&packets->table, connection);
    if (rival != NULL)
        packets_retire(packets, rival);
    if (!connection_become_link(&packets->table, connection, wait_first(connection))) {
        connection->is_wanted = true; /* so that it is said */
        give_up(packets, packets->side, "there are more than 4096 links in this capture");
        connection->sides[1 - packets->side].state = SIDE_OVER;
        return;
    }
    packets->figures.csta_connections += is_first;
    if (connection->begun || connection->link->was_open)
        say_up(packets);
    for (uint32_t i = 0; is_first && i < 2; i++) {
        if (connection->link != NULL && connection->sides[i].state == SIDE_OVER)
            reject(packets, i);
    }
}

static void
identify(struct packets *packets, enum frame_kind kind)
{
    struct connection *connection = packets->current;
    connection->kind = kind;
    side_of(packets)->state = SIDE_READING;
    if (connection->link != NULL || connection->is_undecided)
        return;
    connection->is_undecided = true;
    if (connection->has_port)
        side_open_link(packets);
}

/* How the user says messages are written, if it helps with the ports the user named. */
static enum frame_kind
given_kind(const struct packets *packets)
{
    enum csta_encoding encoding = packets->source->options.encoding;
    if (!packets->current->is_wanted || encoding == ENCODING_AUTO)
        return FRAME_UNDECIDED;
    return encoding == ENCODING_XML ? FRAME_XML : FRAME_BER;
}

/* The bytes behind a SYN. False: too few to tell. */
static bool
probe_beginning(struct packets *packets, struct text unread)
{
    enum frame_kind kind = packets->current->kind;
    if (kind == FRAME_UNDECIDED)
        kind = given_kind(packets);
    if (kind == FRAME_UNDECIDED)
        kind = frame_sniff(unread.at, unread.length);
    if (kind == FRAME_UNDECIDED)
        return false;
    if (kind == FRAME_NONE)
        reject(packets, packets->side);
    else
        identify(packets, kind);
    return true;
}

/* Frames up to the end, or one at least and the header of the next. */
static bool
is_sure_ber(struct text bytes)
{
    struct frame frame;
    const char *why;
    uint32_t length = bytes.length;
    while (bytes.length > 0 && frame_next_ber(&frame, bytes.at, bytes.length, &why) == FRAME_OK)
        bytes = text_skip(bytes, frame.size);
    bool is_next = frame_sniff(bytes.at, bytes.length) == FRAME_BER;
    return bytes.length == 0 || (bytes.length < length && is_next);
}

static bool
has_digits(struct text bytes)
{
    for (uint32_t i = 4; i < FRAME_HEADER_SIZE; i++) {
        if (bytes.at[i] < '0' || bytes.at[i] > '9')
            return false;
    }
    return true;
}

/* Sent twice they count twice: nobody knows yet what is new. */
static void
say_passed(struct packets *packets, uint32_t index)
{
    uint64_t passed = packets->current->sides[index].passed;
    if (passed == 0)
        return;
    packets->figures.passed_bytes += passed;
    char between[CONNECTION_TEXT_SIZE];
    struct notice *notice = notice_add(packets, SOURCE_BAD, NULL);
    snprintf(notice->why, sizeof notice->why,
             "%s: %" PRIu64 " bytes before the first message that surely begins were not read",
             connection_say(between, packets->current, index), passed);
}

/* A segment somewhere in the midst of a stream: does it surely begin with a message? */
static void
probe_midst(struct packets *packets)
{
    struct connection *connection = packets->current;
    struct side *side = side_of(packets);
    struct text bytes = packets->segment.bytes;
    if (bytes.length == 0)
        return;
    enum frame_kind kind = frame_sniff(bytes.at, bytes.length);
    bool is_sure =
        (kind == FRAME_XML && has_digits(bytes)) || (kind == FRAME_BER && is_sure_ber(bytes));
    if (is_sure && (connection->kind == FRAME_UNDECIDED || connection->kind == kind)) {
        direction_start(&side->direction, packets->segment.sequence);
        say_passed(packets, packets->side);
        identify(packets, kind);
        return;
    }
    side->passed += packets->segment.length;
    if (++side->probes == CONNECTION_PROBES_MAX)
        reject(packets, packets->side);
}

/* ---- bytes that are missing ---------------------------------------------------------------- */

static void
say_incomplete(struct packets *packets, uint32_t count, uint64_t offset)
{
    struct notice *notice = notice_add(packets, SOURCE_BAD, packets->current->link);
    notice->message.offset = offset;
    side_of(packets)->hole_packet = 0;
    snprintf(notice->why, sizeof notice->why,
             "%" PRIu32 " bytes of a message were not captured: it is lost", count);
}

/* `count` bytes will not come. If all are of one message, its length says where the next is. */
static void
lose(struct packets *packets, uint32_t count)
{
    struct connection *connection = packets->current;
    struct side *side = side_of(packets);
    struct direction *direction = &side->direction;
    if (connection->link != NULL)
        packets->figures.lost_bytes += count;
    if (count <= side->skip) {
        side->skip -= count;
        direction_lose(direction, count);
        return;
    }
    uint32_t kept = direction->kept_length - direction->kept_read;
    uint32_t size = 0;
    if (side->state == SIDE_READING && kept > 0)
        size = frame_size(connection->kind, direction->kept + direction->kept_read, kept);
    if (size != 0 && count <= size - kept) {
        say_incomplete(packets, count, direction->offset);
        side->skip = size - kept - count;
        direction_skip(direction, kept);
        direction_lose(direction, count);
        return;
    }
    char why[NOTICE_WHY / 2];
    snprintf(why, sizeof why,
             "%" PRIu32 " bytes are missing, and where the next message begins cannot be told",
             count);
    give_up(packets, packets->side, why);
}

bool
side_cut(struct packets *packets)
{
    struct segment *segment = &packets->segment;
    uint32_t cut = segment->length - segment->bytes.length;
    const struct side *side = side_of(packets);
    const struct direction *direction = &side->direction;
    if (cut == 0)
        return false;
    segment->length = segment->bytes.length; /* once is enough */
    uint32_t end = segment->sequence + segment->bytes.length;
    if (side->state == SIDE_OVER || !direction->started || direction->next != end)
        return false;
    if (wait_end(packets)) {
        segment->length += cut; /* first what waited */
        return true;
    }
    uint32_t hole = direction_hole(direction);
    lose(packets, hole != 0 && hole < cut ? hole : cut);
    return true;
}

void
side_end(struct packets *packets, uint32_t index)
{
    struct connection *connection = packets->current;
    const struct side *side = &connection->sides[index];
    const struct direction *direction = &side->direction;
    if (connection->link != NULL && !direction->started)
        say_passed(packets, index);
    bool inside = side->skip > 0 || direction->kept_read < direction->kept_length;
    if (side->state == SIDE_READING && inside && connection->link != NULL)
        give_up(packets, index,
                packets->closing == CLOSING_INPUT ? "the capture ends inside a message"
                                                  : "the connection ended inside a message");
}

/* ---- reading ------------------------------------------------------------------------------- */

enum source_direction
side_direction(const struct connection *connection, uint32_t side)
{
    if (connection->server == SERVER_UNKNOWN)
        return SOURCE_EITHER;
    return connection->server == side ? SOURCE_FROM_SWITCH : SOURCE_TO_SWITCH;
}

static enum side_result
give(struct packets *packets, const struct frame *frame, struct source_message *message)
{
    const struct connection *connection = packets->current;
    struct direction *direction = &side_of(packets)->direction;
    if (wait_hear(packets, frame))
        return SIDE_AGAIN;
    *message = (struct source_message){
        .kind = SOURCE_MESSAGE,
        .direction = side_direction(connection, packets->side),
        .link = connection->link == NULL ? TEXT_NONE : text_of(connection->link->name),
        .invoke = frame->invoke,
        .payload = frame->payload,
        .has_time = packets->packet.has_time,
        .time_us = packets->packet.time_us,
        .packet = packets->figures.packets,
        .offset = direction->offset + (frame->size - frame->payload.length),
    };
    if (connection->is_undecided && !wait_add(packets, message)) {
        wait_end(packets);
        return SIDE_AGAIN;
    }
    direction_skip(direction, frame->size);
    if (connection->is_undecided)
        return SIDE_AGAIN;
    if (connection->link != NULL)
        connection->link->last_packet = message->packet;
    return SIDE_MESSAGE;
}

static enum side_result
read_frame(struct packets *packets, struct text unread, struct source_message *message)
{
    struct frame frame;
    const char *why;
    switch (frame_read(packets->current->kind, &frame, unread.at, unread.length, &why)) {
    case FRAME_OK:
        return give(packets, &frame, message);
    case FRAME_BAD:
        if (!wait_end(packets))
            give_up(packets, packets->side, why);
        return SIDE_AGAIN;
    case FRAME_NEED_MORE:
        break;
    }
    return SIDE_DONE;
}

static enum side_result
read_unread(struct packets *packets, struct text unread, struct source_message *message)
{
    struct side *side = side_of(packets);
    if (unread.length == 0)
        return SIDE_DONE;
    if (side->skip > 0) {
        uint32_t count = side->skip < unread.length ? side->skip : unread.length;
        direction_skip(&side->direction, count);
        side->skip -= count;
        return SIDE_AGAIN;
    }
    if (side->state == SIDE_PROBING)
        return probe_beginning(packets, unread) ? SIDE_AGAIN : SIDE_DONE;
    return read_frame(packets, unread, message);
}

enum side_result
side_read(struct packets *packets, struct source_message *message)
{
    struct side *side = side_of(packets);
    struct direction *direction = &side->direction;
    if (side->state == SIDE_OVER || !direction->started)
        return SIDE_DONE;
    struct text unread;
    if (direction_unread(direction, &packets->budget, &unread) != DIRECTION_OK) {
        give_up_for_memory(packets);
        return SIDE_AGAIN;
    }
    enum side_result result = read_unread(packets, unread, message);
    if (result != SIDE_DONE)
        return result;
    if (direction_settle(direction, &packets->budget) != DIRECTION_OK) {
        give_up_for_memory(packets);
        return SIDE_AGAIN;
    }
    if (direction_more(direction, &packets->budget))
        return SIDE_AGAIN;
    uint32_t hole = direction_hole(direction);
    bool is_lost = packets->is_full || packets->closing != CLOSING_NOT;
    if (hole > 0 && (is_lost || direction_is_hopeless(direction))) {
        if (wait_end(packets))
            return SIDE_AGAIN;
        packets->is_full = false;
        lose(packets, hole);
        return SIDE_AGAIN;
    }
    return SIDE_DONE;
}

/* A hole may be given up long after it showed; what is said names the packet that showed it. */
static void
note_hole(struct packets *packets)
{
    struct side *side = side_of(packets);
    if (direction_hole(&side->direction) == 0) {
        side->hole_packet = 0;
    } else if (side->hole_packet == 0) {
        side->hole_packet = packets->figures.packets;
        side->hole_us = packets->packet.time_us;
    }
}

void
side_take(struct packets *packets)
{
    struct side *side = side_of(packets);
    packets->pending = false;
    if (side->state != SIDE_OVER && !side->direction.started)
        probe_midst(packets);
    if (side->state == SIDE_OVER || !side->direction.started)
        return;
    switch (direction_take(&side->direction, &packets->budget, packets->segment.sequence,
                           packets->segment.bytes)) {
    case DIRECTION_OK:
        note_hole(packets);
        break;
    case DIRECTION_FULL:
        packets->is_full = packets->pending = true;
        break;
    case DIRECTION_MEMORY:
        packets->pending = !give_up_for_memory(packets);
        break;
    }
}
