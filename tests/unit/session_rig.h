#ifndef TESTS_UNIT_SESSION_RIG_H
#define TESTS_UNIT_SESSION_RIG_H

/*
 * tests/unit/session_rig.h - a front-end without a process: trace lines go in, what the workers
 * would read comes out as text, a record a line:
 *
 *   WORKER KIND @ORDER/SEQ [clock=MS] [TEXT=value ...] [name=number ...]
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/session.h"

enum {
    RIG_TEXT = 1 << 16,
};

struct rig {
    struct shared_engine engine;
    struct shared_engine readers; /* the same, attached as every worker */
    struct settings settings;
    struct session *session;
    char said[RIG_TEXT]; /* what was read last */
    size_t used;
    char why[256];       /* the last complaint */
    unsigned unreadable; /* complaints */
};

static uint32_t rig_ring_slots = 1024;

/* Without a session: for a front-end in a process of its own. */
static inline void
rig_open_engine(struct rig *rig, uint32_t workers)
{
    char why[SHARED_ENGINE_WHY];
    char name[40];
    snprintf(name, sizeof name, "test-%d", (int)getpid());
    struct engine_shape shape = {.workers = workers,
                                 .ring_slots = rig_ring_slots,
                                 .result_slots = 64,
                                 .calls_bytes = 4096,
                                 .frontend_bytes = front_state_bytes()};
    if (!shared_engine_create(&rig->engine, name, &shape, why))
        fail_msg("%s", why);
    rig->readers = rig->engine;
    for (uint32_t worker = 0; worker < workers; worker++)
        shared_engine_attach(&rig->readers, ROLE_WORKER, worker);
    settings_default(&rig->settings);
    rig->session = NULL;
    rig->unreadable = 0;
    rig->why[0] = '\0';
}

static inline void
rig_open(struct rig *rig, uint32_t workers)
{
    rig_open_engine(rig, workers);
    rig->session = session_open(&rig->engine, 0, &rig->settings);
    assert_non_null(rig->session);
}

static inline void
rig_close(struct rig *rig)
{
    if (rig->session != NULL)
        session_close(rig->session);
    settings_free(&rig->settings);
    shared_engine_destroy(&rig->engine);
}

/* Everything an input says, and everything published. */
static inline void
rig_feed_as(struct rig *rig, const char *link, const void *bytes, size_t length, uint32_t file)
{
    struct source source;
    struct source_message message;
    assert_true(source_open_bytes(&source, link, bytes, length));
    while (source_next(&source, &message) == SOURCE_OK) {
        const char *why = NULL;
        size_t where = 0;
        if (session_take(rig->session, &message, file, &why, &where) == SESSION_OK)
            continue;
        rig->unreadable++;
        snprintf(rig->why, sizeof rig->why, "%s", why);
    }
    source_close(&source);
    session_publish(rig->session, false);
}

static inline void
rig_feed(struct rig *rig, const char *lines)
{
    char *trace = malloc(strlen(lines) + 64);
    int length = sprintf(trace, "# onhook-trace 1\n%s", lines);
    rig_feed_as(rig, "trace", trace, (size_t)length, 1);
    free(trace);
}

__attribute__((format(printf, 2, 3))) static inline void
rig_say(struct rig *rig, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(rig->said + rig->used, sizeof rig->said - rig->used, format, arguments);
    va_end(arguments);
    rig->used += (size_t)length;
    assert_true(rig->used < sizeof rig->said);
}

static inline void
rig_say_text(struct rig *rig, const char *name, struct text text)
{
    if (text.length > 0)
        rig_say(rig, " %s=%.*s", name, (int)text.length, text.at);
}

static inline void
rig_say_number(struct rig *rig, const char *name, uint64_t number)
{
    if (number != 0)
        rig_say(rig, " %s=%" PRIu64, name, number);
}

static inline void
rig_say_event(struct rig *rig, uint32_t worker, const struct event *event)
{
    static const char *const names[] = {
#define EVENT_TEXT(name, holds) #name,
#include "ipc/event_text.def"
#undef EVENT_TEXT
    };
    rig_say(rig, "%u %s @%" PRIu64 "/%" PRIu64, worker, event_kind_name(event->kind), event->order,
            event->seq);
    if (event->kind == EVENT_TICK)
        rig_say(rig, " clock=%" PRIu64, event->clock_ms);
    for (uint32_t i = 0; i < EVENT_TEXT_COUNT; i++)
        rig_say_text(rig, names[i], event->texts[i]);
    rig_say_number(rig, "monitor", event->monitor);
    if (event->kind == EVENT_DEVICE)
        rig_say_number(rig, "flags", event->flags >> 16);
    if (event->kind == EVENT_LINK)
        rig_say_number(rig, "all", event->flags & EVENT_LINK_ALL_MONITORED ? 1 : 0);
    else
        rig_say_number(rig, "request", event->request);
    if (event->kind == EVENT_MOVE_OUT || event->kind == EVENT_MOVE_IN)
        rig_say(rig, " other=%" PRIu64, event->extra);
    for (uint32_t i = 0; i < event->item_count; i++)
        rig_say(rig, " [%.*s %.*s]", (int)event->items[i].new_call.length,
                event->items[i].new_call.at, (int)event->items[i].endpoint.length,
                event->items[i].endpoint.at);
    rig_say(rig, "\n");
}

/* What worker `worker` finds in its ring; `skip`: kinds not to be said, as a mask. */
static inline const char *
rig_read(struct rig *rig, uint32_t worker, uint64_t skip)
{
    struct ring_spsc *ring = &rig->readers.rings[worker];
    rig->used = 0;
    rig->said[0] = '\0';
    uint32_t ready;
    while ((ready = ring_spsc_poll(ring, UINT32_MAX)) > 0) {
        struct event event;
        uint32_t slots = event_unpack(&event, ring_spsc_slot(ring, ring->position), ready);
        assert_int_not_equal(slots, 0);
        if ((skip >> event.kind & 1) == 0)
            rig_say_event(rig, worker, &event);
        ring_spsc_release(ring, slots);
    }
    return rig->said;
}

#define SKIP(kind) (UINT64_C(1) << EVENT_##kind)

static inline uint64_t
rig_count(const struct rig *rig, enum counter which)
{
    return counter_read(&rig->engine.frontends->counters, which);
}

/* Pieces of messages. */
#define CONNECTION(call, device) "<callID>" call "</callID><deviceID>" device "</deviceID>"
#define SUBJECT(element, device)                                                                   \
    "<" element "><deviceIdentifier>" device "</deviceIdentifier></" element ">"
#define ORIGINATED(call, device)                                                                   \
    "<OriginatedEvent><monitorCrossRefID>m" device                                                 \
    "</monitorCrossRefID><originatedConnection>" CONNECTION(                                       \
        call,                                                                                      \
        device) "</originatedConnection>" SUBJECT("callingDevice",                                 \
                                                  device) "<localConnectionInfo>connected</"       \
                                                          "localConnectionInfo></OriginatedEvent>"

/* The one rig of a test program, open for each test with one worker or two. */
static struct rig rig;

static inline int
setup_one(void **state)
{
    (void)state;
    rig_open(&rig, 1);
    return 0;
}

static inline int
setup_two(void **state)
{
    (void)state;
    rig_open(&rig, 2);
    return 0;
}

static inline int
teardown(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

#endif
