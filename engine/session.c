#include "engine/session.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"
#include "engine/announce.h"
#include "engine/declared.h"
#include "engine/front_check.h"
#include "engine/last_call.h"
#include "engine/message.h"
#include "ipc/process_state.h"

/* Can the tables be what a predecessor left? Else it is said what is not. */
static bool
tables_are_sound(const struct session *session)
{
    const struct shared_engine *engine = session->engine;
    bool doubted = process_is_doubted(&engine->frontends[session->index]);
    const char *fault = doubted ? front_fault(&session->front, engine->shape.workers) : NULL;
    if (fault != NULL)
        log_say("front-end %u: its tables are damaged: %s", (unsigned)session->index, fault);
    return fault == NULL;
}

static bool
open_parts(struct session *session)
{
    struct shared_engine *engine = session->engine;
    struct front *front = &session->front;
    if (!front_open(front, engine->frontend_memory[session->index], session->index,
                    engine->shape.frontends) ||
        !tables_are_sound(session) || !link_table_open(&session->links, front))
        return false;
    session->directory = directory_open(front, DIRECTORY_MAX);
    if (session->directory == NULL)
        return false;
    request_table_open(&session->requests, front, REQUESTS_MAX);
    route_open(&session->route, engine, session->index, front, ROUTE_MAP_MAX);
    declared_apply(front, session->settings);
    return true;
}

struct session *
session_open(struct shared_engine *engine, uint32_t index, struct settings *settings)
{
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return NULL;
    session->engine = engine;
    session->index = index;
    session->settings = settings;
    session->counters = &engine->frontends[index].counters;
    session->reader.completer.settings = settings;
    if (open_parts(session))
        return session;
    session_close(session);
    return NULL;
}

void
session_close(struct session *session)
{
    link_table_close(&session->links);
    if (session->directory != NULL)
        directory_close(session->directory);
    free(session);
}

void
session_begin(struct session *session)
{
    front_begin(&session->front);
}

void
session_publish(struct session *session, bool pause)
{
    route_publish(&session->route, pause);
    directory_quiescent(session->directory);
}

void
session_sleep(struct session *session)
{
    directory_pause(session->directory);
}

void
session_wake(struct session *session)
{
    directory_resume(session->directory);
    session->slept = true;
}

const struct link_settings *
session_settings(struct session *session, const struct shm_link *link)
{
    struct settings *settings = session->settings;
    uint32_t count = settings->link_count;
    const struct link_settings *known = settings_link(settings, text_of(link->name));
    if (settings->link_count != count)
        declared_note(&session->front, text_of(link->name), TEXT_NONE, TEXT_NONE);
    return known != NULL ? known : &settings->defaults;
}

void
session_unconfigure(struct session *session, struct shm_link *link, struct text number,
                    uint32_t flags)
{
    struct monitor_changes changes = {.count = 0};
    route_reserve(&session->route);
    if (link->announced == 0)
        return;
    session->front.now->order++;
    device_unconfigure(session->directory, link, number, flags, &changes);
    announce_devices(session, link, &changes);
    route_complete(&session->route, session->front.now->order);
}

void
session_expect(struct session *session, struct text name, uint32_t file_number)
{
    route_reserve(&session->route);
    struct shm_link *link = link_table_find(&session->links, name);
    if (link == NULL || link->last_file >= file_number)
        return;
    link_touch(&session->front, link);
    link->last_file = file_number;
}

/* The input's own clock; where it has none, the time stamp of the message in hand. */
static bool
advance(struct shm_link *link, const struct source_message *source,
        const struct csta_message *message, bool counts)
{
    /* A line of a trace whose time cannot be read does not settle that the link has none. */
    if (!source->has_time && source->line > 0 && !link->started)
        return false;
    struct link_moment moment = {
        .has_time = source->has_time,
        .was_set = source->kind == SOURCE_SET,
        .counts = counts,
        .time_us = source->time_us,
    };
    if (!source->has_time && message != NULL && message->has_time)
        moment = (struct link_moment){
            .has_time = true, .is_stamp = true, .counts = counts, .time_us = message->time_us};
    return link_advance(link, &moment);
}

/*
 * Takes the next place in the order, moves the clock and tells what is due before the message,
 * unless that is done. A link is announced before its first tick, so that workers know it when the
 * tick comes. Announcing may take many transactions, hence the steps. `message`: the one that was
 * read; NULL when it could not be, or the source says no message.
 */
static void
begin(struct session *session, struct shm_link *link, const struct source_message *source,
      const struct csta_message *message, bool counts)
{
    struct front *front = &session->front;
    if (front->now->begun.step == BEGUN_BODY)
        return;
    if (front->now->begun.step == BEGUN_NOTHING) {
        front->now->order++;
        bool tick = advance(link, source, message, counts);
        front->now->begun = (struct shm_front_begun){.step = BEGUN_TELLING, .tick_due = tick};
    }
    if (link->announced == 0 || link->changed != 0)
        announce_link(session, link);
    if (front->now->begun.tick_due != 0)
        announce_tick(session, link);
    front->now->begun = (struct shm_front_begun){.step = BEGUN_BODY};
    link_touch(front, link);
    if (!counts)
        return;
    link->seq++;
    counter_add(session->counters, COUNTER_MESSAGES, 1);
}

static enum session_result
declare_alias(struct session *session, const struct source_message *message, const char **why)
{
    const char *problem = settings_trace_alias(session->settings, message->key, message->value);
    if (problem == NULL) {
        declared_note(&session->front, TEXT_NONE, message->key, message->value);
        return SESSION_OK;
    }
    *why = problem;
    counter_add(session->counters, COUNTER_UNREADABLE, 1);
    return SESSION_UNREADABLE;
}

static enum session_result
declare(struct session *session, struct shm_link *link, const struct source_message *message,
        const char **why)
{
    struct link_settings *settings = settings_link(session->settings, message->link);
    const char *problem = "too many links";
    if (settings != NULL)
        declared_note(&session->front, message->link, message->key, message->value);
    if (settings != NULL && text_is_none(message->key))
        return SESSION_OK;
    if (settings != NULL)
        problem = settings_trace_key(settings, message->key, message->value);
    link->changed = 1;
    if (problem == NULL)
        return SESSION_OK;
    *why = problem;
    counter_add(session->counters, COUNTER_UNREADABLE, 1);
    return SESSION_UNREADABLE;
}

/* A line nobody can read is nobody's message unless its link can be read. */
static enum session_result
take_bad(struct session *session, struct shm_link *link, const struct source_message *message,
         const char **why)
{
    if (link != NULL)
        begin(session, link, message, NULL, true);
    counter_add(session->counters, COUNTER_UNREADABLE, 1);
    *why = message->why;
    return SESSION_UNREADABLE;
}

/* Reads the message. What it is written in may become known by it; then that is said. */
static const char *
read_message(struct session *session, struct shm_link *link, const struct source_message *source,
             size_t *where)
{
    struct shm_dialect *dialect = &link->dialect;
    if (!link->announced || link->changed)
        dialect_settle(dialect, session_settings(session, link));
    uint8_t before = dialect->found;
    const char *why = dialect_read(&session->reader, dialect, source->payload, source->by, where);
    if (before != dialect->found && dialect->found != ENCODING_XML)
        log_say("link %s: %s, as its messages show", link->name,
                dialect_name((enum csta_encoding)dialect->found));
    return why;
}

static bool
ends_association(enum message_class message_class)
{
    return message_class == MESSAGE_ASSOCIATION_REFUSED ||
           message_class == MESSAGE_ASSOCIATION_RELEASE ||
           message_class == MESSAGE_ASSOCIATION_ENDED;
}

/* What the event will need comes from memory while the link's clock is looked at. */
static void
expect_event(struct session *session, const struct shm_link *link)
{
    const struct csta_message *message = &session->reader.message;
    if (message->message_class != MESSAGE_CALL_EVENT)
        return;
    directory_expect_monitor(session->directory, link->index, message->cross_ref);
    last_call_expect(&session->front, link->index, message->event.texts[EVENT_TEXT_DEVICE]);
}

static enum session_result
take_message(struct session *session, struct shm_link *link, const struct source_message *source,
             const char **why, size_t *where)
{
    *why = read_message(session, link, source, where);
    if (*why == NULL)
        expect_event(session, link);
    begin(session, link, source, *why == NULL ? &session->reader.message : NULL, true);
    if (*why == NULL && !ends_association(session->reader.message.message_class))
        link->down = 0;
    if (*why == NULL)
        *why = message_take(session, link, source);
    if (*why == NULL)
        return SESSION_OK;
    counter_add(session->counters, COUNTER_UNREADABLE, 1);
    return SESSION_UNREADABLE;
}

static enum session_result
take_kind(struct session *session, struct shm_link *link, const struct source_message *message,
          const char **why, size_t *where)
{
    /* Only aliases, and what cannot be read, may be about no link. */
    CHECK(link != NULL || message->kind == SOURCE_BAD || message->kind == SOURCE_BROKEN ||
          message->kind == SOURCE_DECLARE);
    switch (message->kind) {
    case SOURCE_MESSAGE:
        return take_message(session, link, message, why, where);
    case SOURCE_DECLARE:
        return link == NULL ? declare_alias(session, message, why)
                            : declare(session, link, message, why);
    case SOURCE_UP:
        begin(session, link, message, NULL, false);
        link->down = 0;
        announce_notice(session, link, EVENT_LINK_UP);
        return SESSION_OK;
    case SOURCE_DOWN:
        begin(session, link, message, NULL, false);
        if (link_goes_down(link))
            announce_notice(session, link, EVENT_LINK_DOWN);
        return SESSION_OK;
    case SOURCE_TICK:
    case SOURCE_SET:
        begin(session, link, message, NULL, false);
        return SESSION_OK;
    case SOURCE_BAD:
        return take_bad(session, link, message, why);
    case SOURCE_BROKEN:
        counter_add(session->counters, COUNTER_FRAMING_ERRORS, 1);
        *why = message->why;
        return SESSION_UNREADABLE;
    }
    return SESSION_OK;
}

enum session_result
session_take(struct session *session, const struct source_message *message, uint32_t file_number,
             const char **why, size_t *where)
{
    *where = 0;
    struct front *front = &session->front;
    struct shm_link *link = NULL;
    session->has_answered = session->has_stopped = false;
    route_reserve(&session->route);
    if (!text_is_none(message->link) && message->kind != SOURCE_BROKEN) {
        link = link_table_find(&session->links, message->link);
        if (link == NULL) {
            counter_add(session->counters, COUNTER_UNREADABLE, 1);
            *why = "more links than one run can have";
            return SESSION_UNREADABLE;
        }
        link_touch(front, link);
        if (link->last_file < file_number)
            link->last_file = file_number;
    }
    enum session_result result = take_kind(session, link, message, why, where);
    front->now->begun = (struct shm_front_begun){.step = BEGUN_NOTHING};
    route_complete(&session->route, front->now->order);
    return result;
}

void
session_end_links(struct session *session, uint32_t file_number)
{
    struct front *front = &session->front;
    for (uint32_t i = 0; i < front->now->links.count; i++) {
        struct shm_link *link = front_link(front, i);
        if (link->announced == 0 || link->last_file > file_number)
            continue;
        route_reserve(&session->route);
        front->now->order++;
        announce_notice(session, link, EVENT_LINK_END);
        link_touch(front, link);
        link->announced = 0;
        route_complete(&session->route, front->now->order);
    }
}

void
session_finish(struct session *session)
{
    struct front *front = &session->front;
    struct event *last = &session->notice;
    route_reserve(&session->route);
    front->now->order++;
    event_reset(last);
    last->kind = EVENT_FINISH;
    last->local_state = LOCAL_ABSENT;
    last->order = front->now->order;
    route_broadcast(&session->route, last);
    route_complete(&session->route, front->now->order);
    front->input.phase = INPUT_FINISHED;
    session_publish(session, true);
}
