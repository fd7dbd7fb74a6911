/*
 * engine/source/packets_wait.c - which end is the switch, and the messages that wait until one
 * tells.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "engine/source/packets_parts.h"
#include "engine/source/speaker.h"

/* A copy of one that was read. */
struct waiting {
    struct waiting *after;
    struct source_message message; /* its texts are in `bytes`; direction and link come later */
    uint32_t side;
    uint32_t size; /* of `bytes` */
    char bytes[];
};

/* ---- the messages -------------------------------------------------------------------------- */

static void
drop_first(struct connection *connection, struct budget *budget)
{
    struct waiting *first = connection->waiting;
    connection->waiting = first->after;
    connection->waiting_count--;
    connection->is_given = false;
    budget_give(budget, sizeof *first + first->size);
    free(first);
}

void
connection_drop_waiting(struct connection *connection, struct budget *budget)
{
    while (connection->waiting != NULL)
        drop_first(connection, budget);
}

bool
wait_add(struct packets *packets, const struct source_message *message)
{
    struct connection *connection = packets->current;
    uint32_t size = message->invoke.length + message->payload.length;
    if (connection->waiting_count == CONNECTION_PROBES_MAX ||
        !budget_take(&packets->budget, sizeof(struct waiting) + size))
        return false;
    struct waiting *waiting = malloc(sizeof *waiting + size);
    if (waiting == NULL) {
        budget_give(&packets->budget, sizeof *waiting + size);
        return false;
    }
    *waiting = (struct waiting){.message = *message, .side = packets->side, .size = size};
    char *payload = waiting->bytes + message->invoke.length;
    if (message->invoke.length > 0)
        memcpy(waiting->bytes, message->invoke.at, message->invoke.length);
    if (message->payload.length > 0)
        memcpy(payload, message->payload.at, message->payload.length);
    waiting->message.invoke.at = waiting->bytes;
    waiting->message.payload.at = payload;
    struct waiting **place = &connection->waiting;
    while (*place != NULL)
        place = &(*place)->after;
    *place = waiting;
    connection->waiting_count++;
    return true;
}

bool
wait_give(struct packets *packets, struct source_message *message)
{
    struct connection *connection = packets->current;
    if (connection->is_given)
        drop_first(connection, &packets->budget);
    if (connection->is_undecided || connection->waiting == NULL)
        return false;
    if (connection->link == NULL) {
        connection_drop_waiting(connection, &packets->budget);
        return false;
    }
    *message = connection->waiting->message;
    message->direction = side_direction(connection, connection->waiting->side);
    message->link = text_of(connection->link->name);
    connection->link->last_packet = message->packet;
    connection->is_given = true;
    return true;
}

uint64_t
wait_first(const struct connection *connection)
{
    return connection->waiting == NULL ? UINT64_MAX : connection->waiting->message.packet;
}

void
wait_date(const struct connection *connection, struct source_message *message)
{
    if (connection->waiting == NULL)
        return;
    const struct source_message *first = &connection->waiting->message;
    message->has_time = first->has_time;
    message->time_us = first->time_us;
    message->packet = first->packet;
}

/* ---- the switch ---------------------------------------------------------------------------- */

/* Is the switch the end whose name it goes by? */
static bool
is_called_right(const struct connection *connection)
{
    return endpoint_is_equal(&connection->link->server, &connection->ends[connection->server]);
}

bool
wait_end(struct packets *packets)
{
    if (!packets->current->is_undecided)
        return false;
    side_open_link(packets);
    return true;
}

bool
wait_hear(struct packets *packets, const struct frame *frame)
{
    struct connection *connection = packets->current;
    if (connection->is_told)
        return false;
    enum speaker speaker = speaker_of(connection->kind, frame);
    if (speaker == SPEAKER_UNKNOWN)
        return false;
    connection->is_told = true;
    uint32_t before = connection->server;
    connection->server = speaker == SPEAKER_SWITCH ? packets->side : 1 - packets->side;
    if (wait_end(packets))
        return true;
    if (connection->server == before || connection->link == NULL || is_called_right(connection))
        return false;
    notice_add(packets, SOURCE_DOWN, connection->link);
    connection_leave_link(&packets->table, connection);
    side_open_link(packets);
    return true;
}
