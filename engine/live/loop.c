/*
 * engine/live/loop.c - the front-end process over live links: what is waited for, and in which turn
 * things are done.
 *
 *   wait -> signals, commands -> bytes -> frames -> conversations, desk -> ticks -> publish -> send
 *
 * Each of these may have to wait for the workers; early.c answers the switches meanwhile.
 */
#include "engine/live/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "engine/live/conversation.h"
#include "engine/live/early.h"
#include "engine/live/live_parts.h"
#include "ipc/process_state.h"

enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    NAP_MS = 1000,                  /* longest sleep */
    EVENTS_MAX = 64,                /* that one wait tells */
    EVENT_SIGNALS = LIVE_LINKS_MAX, /* epoll's word for what is no link */
    EVENT_CONTROL,
    STILL_MS = 1000, /* so much longer than meant between two looks: it stood still */
};

/* The clock of the day moves that much otherwise than time does from one look to the next: it was
 * set. Who corrects it gently does far less. */
#define SET_US    INT64_C(500000)
#define NS_PER_MS INT64_C(1000000)
#define US_PER_S  INT64_C(1000000)

/* Times of day are for people; spans follow the other clock, while somebody listens. */
static void
look_at_clock(struct live *live, uint64_t meant_ms)
{
    struct timespec now;
    int64_t time_us = live->time_us;
    uint64_t now_ms = live->now_ms;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    live->now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)(now.tv_nsec / NS_PER_MS);
    CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
    live->time_us = now.tv_sec * US_PER_S + now.tv_nsec / 1000;
    int64_t strange_us = live->time_us - time_us - (int64_t)(live->now_ms - now_ms) * 1000;
    if (now_ms == 0)
        return;
    if (strange_us > SET_US || strange_us < -SET_US)
        live->clock_set = true;
    live->stood_still = live->now_ms - now_ms > meant_ms + STILL_MS;
}

/* Before anything else is said at the new time; a recording says it, too. */
static void
tell_no_time_passed(struct live *live)
{
    for (uint32_t i = 0; i < live->count; i++) {
        struct live_link *link = &live->links[i];
        if (link->link == NULL || !link->link->announced)
            continue;
        struct source_message set = live_message(link, SOURCE_SET);
        live_step(link, LIVE_HAND_TICK);
        live_take(link, &set);
        live_step_done(live);
    }
    log_say(live->clock_set ? "the clock of this machine was set: spans go on as if it had not been"
                            : "standing still for more than a second, or without room for its "
                              "input: spans go on as if that time had not been");
    live->clock_set = live->stood_still = false;
}

/* Was it set back while no front-end was there? Forwards, it would be no other than time. */
static void
tell_clock_set_back(struct live *live)
{
    for (uint32_t i = 0; i < live->count && !live->clock_set; i++) {
        const struct shm_link *link = live->links[i].link;
        live->clock_set = link != NULL && link->time_us > live->time_us + SET_US;
    }
    if (live->clock_set)
        tell_no_time_passed(live);
}

/* ---- beginning and end --------------------------------------------------------------------- */

static bool
watch_descriptor(const struct live *live, int descriptor, uint32_t word)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = word};
    return epoll_ctl(live->epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

/* SIGTERM: stop; SIGHUP: read the configuration again. */
static bool
open_signals(struct live *live)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    live->epoll = epoll_create1(EPOLL_CLOEXEC);
    live->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return live->epoll >= 0 && live->signals >= 0 &&
           watch_descriptor(live, live->signals, EVENT_SIGNALS);
}

static bool
open_control(struct live *live)
{
    const struct live_options *options = live->options;
    live->control = control_open(options->control_listener, options->config_file, live->settings);
    live->desk = live->control != NULL ? desk_open(live->control) : NULL;
    return live->desk != NULL &&
           watch_descriptor(live, control_descriptor(live->control), EVENT_CONTROL);
}

/* Before anything is committed, its lines are in the file. */
static void
flush_record(void *context)
{
    const struct live *live = context;
    struct shm_front_cursors *now = live->session->front.now;
    if (live->record == NULL)
        return;
    now->record_failed = !record_flush(live->record, &now->record_bytes);
    now->record_run = live->options->record_run;
}

/* A recording that cannot be begun is a reason not to begin; one that cannot be gone on with is
 * none to stop. */
static bool
open_record(struct live *live)
{
    const struct live_options *options = live->options;
    struct shm_front_cursors *now = live->session->front.now;
    bool goes_on = now->record_run == options->record_run;
    if (options->record_file == NULL || (goes_on && now->record_failed))
        return true;
    live->record = record_open(options->record_file, goes_on ? now->record_bytes : 0);
    if (live->record != NULL)
        return true;
    if (!goes_on) {
        log_at(options->record_file, 0, "%s", strerror(errno));
        return false;
    }
    log_warn("the recording ends here: %s: %s", options->record_file,
             errno == ENODATA ? "it is shorter than what was recorded" : strerror(errno));
    session_begin(live->session);
    live->session->front.now->record_failed = true;
    return true;
}

/*
 * What a front-end before us was in the middle of, if something of it is committed: a frame is
 * there again; whatever else it was, the conversation says again what is due, and a tick ends what
 * was begun. places_open() came before, for there is no taking without a link: it may have
 * committed that connections were lost, but it takes nothing, so begun and in hand is the same.
 * The settings may be others, so they are told from their first device on.
 */
static void
finish_step(struct live *live)
{
    const struct shm_front_cursors *now = live->session->front.now;
    struct shm_live_hand hand = now->hand;
    if (now->begun.step == BEGUN_NOTHING || hand.kind == LIVE_HAND_NOTHING ||
        hand.link >= live->count || live->links[hand.link].link == NULL)
        return;
    struct live_link *link = &live->links[hand.link];
    session_begin(live->session); /* from here on the cursors are others: those committed stay */
    live->session->front.now->begun.told_list = 0;
    live->session->front.now->begun.told_index = 0;
    if (hand.kind == LIVE_HAND_FRAME && live->wires[hand.link].socket >= 0) {
        wire_take_frames(link);
        return;
    }
    struct source_message tick = live_message(link, SOURCE_TICK);
    live_take(link, &tick);
    live_step_done(live);
}

/* A worker says so (engine/route.h). */
static void
ask_about_stale(void *context, uint16_t link, struct text call)
{
    struct live *live = context;
    for (uint32_t i = 0; i < live->count; i++) {
        if (live->links[i].link == NULL || live->links[i].link->index != link)
            continue;
        conversation_ask_call(&live->links[i], call);
        live->wires[i].due_ms = 0;
    }
}

static struct settings *
own_settings(const struct settings *settings)
{
    struct settings *own = malloc(sizeof *own);
    if (own != NULL)
        *own = *settings;
    return own;
}

static bool
open_all(struct live *live, struct shared_engine *engine, uint32_t index,
         const struct settings *settings, const struct live_options *options)
{
    live->engine = engine;
    live->index = index;
    live->options = options;
    live->settings = own_settings(settings);
    look_at_clock(live, 0);
    if (live->settings == NULL)
        return false;
    live->session = session_open(engine, index, live->settings);
    if (live->session == NULL) {
        log_say("no memory for the front-end, or what one before it left is damaged");
        return false;
    }
    live->session->regains = options->regains;
    if (!open_signals(live) || !open_control(live)) {
        log_say("cannot begin: %s", strerror(errno));
        return false;
    }
    struct shm_front_input *input = &live->session->front.input;
    live->fresh = input->phase == INPUT_EXPECTING;
    if (live->fresh)
        *input = (struct shm_front_input){.file = 1, .phase = INPUT_READING};
    if (!open_record(live))
        return false;
    live->session->route.ask_about = ask_about_stale;
    live->session->route.waits = early_look;
    live->session->route.before_commit = flush_record;
    live->session->route.context = live;
    if (!places_open(live))
        return false;
    finish_step(live);
    tell_clock_set_back(live);
    live_publish(live, false);
    return true;
}

static void
stop(struct live *live)
{
    if (live->options->lasting) {
        places_leave(live);
    } else {
        session_end_links(live->session, 1);
        session_finish(live->session);
    }
    if (live->record != NULL)
        record_close(live->record);
}

static void
close_all(struct live *live)
{
    places_close(live);
    if (live->desk != NULL)
        desk_close(live->desk);
    if (live->control != NULL)
        control_close(live->control);
    if (live->session != NULL)
        session_close(live->session);
}

/* ---- one turn ------------------------------------------------------------------------------ */

static void
read_commands(struct live *live)
{
    struct control_command command;
    while (control_next(live->control, &command)) {
        if (command.kind == CONTROL_RELOAD)
            places_reload(live, command.settings);
        else
            desk_take(live->desk, &command, live->links, live->count);
    }
}

static void
read_signals(struct live *live)
{
    struct signalfd_siginfo info;
    while (read(live->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGTERM)
            live->stopping = true;
        else if (live->control != NULL)
            control_ask_reload(live->control);
    }
}

static void
note_event(struct live *live, const struct epoll_event *event)
{
    if (event->data.u32 == EVENT_SIGNALS) {
        read_signals(live);
        return;
    }
    if (event->data.u32 == EVENT_CONTROL) {
        read_commands(live);
        return;
    }
    struct live_wire *wire = &live->wires[event->data.u32];
    if (wire->socket < 0)
        wire->dial_due_ms = 0;
    else if ((event->events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        wire->readable = true;
}

static void
converse(struct live_link *link)
{
    struct live_wire *wire = live_wire_of(link);
    for (uint32_t i = 0; i < LIVE_WORDS_PER_TURN && wire->due_ms <= link->live->now_ms; i++) {
        if (!conversation_work(link, &wire->due_ms))
            return;
        wire->due_ms = 0;
    }
}

static void
serve_link(struct live_link *link)
{
    if (link->link == NULL)
        return;
    if (!live_wire_of(link)->waits) {
        wire_receive(link);
        wire_take_frames(link);
    }
    converse(link);
    wire_look(link);
    if (live_wire_of(link)->dial_due_ms <= link->live->now_ms)
        wire_dial(link);
}

/* Those that come last, or those that do not. */
static void
serve_links(struct live *live, bool last)
{
    for (uint32_t i = 0; i < live->count; i++) {
        if (live->wires[i].is_last != last)
            continue;
        serve_link(&live->links[i]);
        if (live->taken >= LIVE_STEPS_MAX)
            live_publish(live, false);
    }
}

/* Every link whose own messages do not move its clock learns that time passed; all at one moment,
 * so that an idle engine wakes up once. */
static void
tick_links(struct live *live)
{
    if (live->now_ms - live->tick_ms < LINK_TICK_MS)
        return;
    live->tick_ms = live->now_ms;
    for (uint32_t i = 0; i < live->count; i++) {
        struct live_link *link = &live->links[i];
        if (link->link == NULL || !link->link->announced ||
            live->time_us - link->link->time_us < LINK_TICK_MS * 1000)
            continue;
        struct source_message tick = live_message(link, SOURCE_TICK);
        live_step(link, LIVE_HAND_TICK);
        live_take(link, &tick);
        live_step_done(live);
    }
}

static uint64_t
earlier(uint64_t left, uint64_t right)
{
    return left < right ? left : right;
}

/* Until when there is nothing to do unless something happens; 0: there is work. */
static uint64_t
idle_until(const struct live *live, uint64_t desk_due_ms)
{
    uint64_t until = earlier(live->tick_ms + LINK_TICK_MS, desk_due_ms);
    for (uint32_t i = 0; i < live->count; i++) {
        const struct live_wire *wire = &live->wires[i];
        if (live->links[i].link == NULL)
            continue;
        bool hears = wire->deaf_since_ms == 0 && !wire->waits;
        if (wire->waits)
            until = earlier(until, live->now_ms + 1);
        if (wire->socket >= 0 &&
            ((hears && (wire->readable || wire->frames_left)) || wire->over != NULL))
            return 0;
        if (wire->deaf_since_ms != 0)
            until = earlier(until, wire->deaf_since_ms + LIVE_DEAF_MS);
        until = earlier(until, wire->due_ms);
        if (wire->socket < 0 && !wire->removed && !live->stopping) /* then nobody is called */
            until = earlier(until, wire->dial_due_ms);
        if (wire->partial_since_ms != 0)
            until = earlier(until, wire->partial_since_ms + LIVE_PARTIAL_MS);
        if (wire->closing_since_ms != 0)
            until = earlier(until, wire->closing_since_ms + LIVE_CLOSING_MS);
        if (wire->leave_until_ms != 0)
            until = earlier(until, wire->leave_until_ms);
    }
    return until;
}

static void
wait_for_events(struct live *live, uint64_t until)
{
    struct epoll_event events[EVENTS_MAX];
    int timeout = 0;
    if (until > live->now_ms)
        timeout = until - live->now_ms < NAP_MS ? (int)(until - live->now_ms) : NAP_MS;
    if (timeout > 0)
        session_sleep(live->session);
    int count = epoll_wait(live->epoll, events, EVENTS_MAX, timeout);
    if (timeout > 0)
        session_wake(live->session);
    look_at_clock(live, (uint64_t)timeout);
    if (live->clock_set || live->stood_still)
        tell_no_time_passed(live);
    for (int i = 0; i < count; i++)
        note_event(live, &events[i]);
}

static void
turn(struct live *live)
{
    uint64_t desk_due_ms = UINT64_MAX;
    process_beat(&live->engine->frontends[live->index]);
    log_rest();
    regain_work(live);
    bool some_last = turns_begin(live);
    serve_links(live, false);
    if (some_last && live->taken > 0)
        live_publish(live, false); /* it is not to wait for what comes last */
    serve_links(live, true);
    while (desk_work(live->desk, &desk_due_ms))
        continue;
    tick_links(live);
    uint64_t until = idle_until(live, desk_due_ms);
    if (live->taken > 0)
        live_publish(live, until > live->now_ms);
    for (uint32_t i = 0; i < live->count; i++)
        if (live->links[i].link != NULL)
            wire_send(&live->links[i]);
    wait_for_events(live, until);
}

/* ---- the end ------------------------------------------------------------------------------- */

/* Every switch is told that we go; what it says until it has agreed is still taken. */
static void
say_goodbye(struct live *live)
{
    uint64_t span_ms = live->settings->drain_ms / 2; /* the rest is for what is on its way */
    if (span_ms > LIVE_LEAVE_MS)
        span_ms = LIVE_LEAVE_MS;
    uint64_t until_ms = live->now_ms + span_ms;
    for (uint32_t i = 0; i < live->count; i++)
        if (live->links[i].link != NULL)
            wire_leave(&live->links[i], until_ms);
    while (places_are_connected(live) && live->now_ms < until_ms)
        turn(live);
}

int
live_run(struct shared_engine *engine, uint32_t index, struct settings *settings,
         const struct live_options *options)
{
    struct live *live = calloc(1, sizeof *live);
    if (live == NULL)
        return EXIT_FAILED;
    bool opened = open_all(live, engine, index, settings, options);
    bool damaged = live->session == NULL && live->settings != NULL;
    while (opened && !live->stopping)
        turn(live);
    if (opened) {
        say_goodbye(live);
        stop(live);
    }
    close_all(live);
    free(live->ahead);
    free(live);
    if (opened && !options->lasting)
        process_done_set(&engine->frontends[index]);
    if (!opened && damaged)
        return PROCESS_EXIT_DAMAGED;
    return opened ? EXIT_DONE : EXIT_FAILED;
}
