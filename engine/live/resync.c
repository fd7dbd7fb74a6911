#include <inttypes.h>

#include "base/log.h"
#include "engine/live/conversation.h"
#include "engine/live/talk.h"

enum {
    SKIPPED_AT_ONCE = 64, /* devices passed over in one step */
    TRIES_MAX = 3,        /* of a snapshot nobody answers */
    INQUIRIES_MAX = 1 << 16,
};

void
resync_begin(const struct talk *talk)
{
    struct shm_talk *state = talk->state;
    talk_touch(talk);
    state->round++;
    state->unsure = state->wanted;
    state->began_ms = talk->now_ms;
    state->said &= (uint16_t)~TALK_SAID_READY;
    state->look_cursor = state->all.oldest;
}

bool
resync_is_due(const struct talk *talk, const struct shm_errand *errand)
{
    return errand->wanted != 0 && errand->round != talk->state->round;
}

void
resync_look_done(const struct talk *talk, struct shm_errand *errand)
{
    if (resync_is_due(talk, errand) && talk->state->unsure > 0)
        talk->state->unsure--;
    errand->round = talk->state->round;
    errand->tries = 0;
}

void
resync_report(const struct talk *talk)
{
    struct shm_talk *state = talk->state;
    if (state->unasked > 0 || state->unsure > 0 || state->inquiries > 0 || state->wanted == 0 ||
        state->roster_done == 0 || state->held != 0 ||
        talk->link->state->talk.stage != TALK_USABLE || !talk_say_once(talk, TALK_SAID_READY))
        return;
    state->regains = 0;
    uint64_t took_ms = talk->now_ms - state->began_ms;
    counter_add(talk->link->session->counters, COUNTER_RESYNCS, 1);
    log_say("link %s: %" PRIu32 " of %" PRIu32 " monitors stand, resynchronised in %" PRIu64
            ".%" PRIu64 " s",
            talk->link->link->name, state->standing, state->wanted, took_ms / 1000,
            took_ms % 1000 / 100);
}

/* ---- calls ---------------------------------------------------------------------------------- */

void
resync_ask_call(const struct talk *talk, struct text call)
{
    if (text_is_none(call) || call.length > EVENT_TEXT_LENGTH ||
        talk->state->inquiries >= INQUIRIES_MAX || errand_find(talk, ERRAND_CALL, call) != NULL)
        return;
    struct shm_errand *errand = errand_add(talk, ERRAND_CALL, call);
    if (errand == NULL)
        return;
    talk->state->inquiries++;
    errand_move(talk, errand, LINE_CALL, 0);
}

static void
forget_call(const struct talk *talk, struct shm_errand *errand)
{
    talk_touch(talk);
    errand_forget(talk, errand);
    talk->state->inquiries--;
    resync_report(talk);
}

void
resync_hear_call(const struct talk *talk, struct shm_errand *errand)
{
    counter_add(talk->link->session->counters, COUNTER_SNAPSHOTS, 1);
    if (errand_state(talk, errand) == ERRAND_LOOKED)
        errand_answered(talk, errand);
    forget_call(talk, errand);
}

enum talk_work
resync_call_work(const struct talk *talk)
{
    struct shm_errand *errand = errand_first(talk, LINE_CALL);
    if (errand == NULL)
        return TALK_NOTHING;
    struct outgoing message = {.kind = OUTGOING_SNAPSHOT_CALL, .call = errand_text(errand)};
    const char *why = NULL;
    enum live_sent sent = talk_request(talk, &message, &why);
    if (sent == LIVE_FULL)
        return TALK_FULL;
    if (sent == LIVE_SENT) {
        errand_sent(talk, errand, ERRAND_LOOKED, message.invoke_id);
        talk_paced(talk);
    } else {
        forget_call(talk, errand);
    }
    return TALK_DONE;
}

/* ---- devices -------------------------------------------------------------------------------- */

static bool
was_lost(const struct talk *talk, struct text call)
{
    const struct route *route = &talk->link->session->route;
    return talk->state->regains != 0 &&
           (talk->state->regains >> route_worker(route, talk->link->link->index, call) & 1) != 0;
}

/* A call whose connections send no events yet, whose state is not told, or of which we knew more
 * than that device, is asked about. */
static void
ask_about_calls(const struct talk *talk, const struct shm_errand *errand)
{
    const struct event *event = &talk->link->session->reader.message.event;
    for (uint16_t i = 0; i < event->item_count; i++) {
        struct text call = event->items[i].new_call;
        if (errand->blind != 0 || event->items[i].state == LOCAL_ABSENT || was_lost(talk, call))
            resync_ask_call(talk, call);
    }
}

void
resync_hear_device(const struct talk *talk, struct shm_errand *errand)
{
    if (errand_state(talk, errand) != ERRAND_LOOKED)
        return;
    counter_add(talk->link->session->counters, COUNTER_SNAPSHOTS, 1);
    errand_answered(talk, errand);
    ask_about_calls(talk, errand);
    if (errand->looked == talk->state->round)
        resync_look_done(talk, errand);
    monitoring_rest(talk, errand);
}

void
resync_failed(const struct talk *talk, struct shm_errand *errand, bool again)
{
    talk_touch(talk);
    errand_touch(talk, errand);
    if (again && errand->tries + 1 < TRIES_MAX) {
        errand->tries++;
        if (errand->kind == ERRAND_CALL)
            errand_move(talk, errand, LINE_CALL, 0);
        else
            monitoring_rest(talk, errand);
        return;
    }
    counter_add(talk->link->session->counters, COUNTER_SNAPSHOTS_FAILED, 1);
    if (errand->kind == ERRAND_CALL) {
        forget_call(talk, errand);
        return;
    }
    if (errand->looked == talk->state->round)
        resync_look_done(talk, errand);
    monitoring_rest(talk, errand);
}

static enum talk_work
look(const struct talk *talk, struct shm_errand *errand)
{
    char avaya[CONVERSATION_DEVICE_SIZE];
    struct outgoing message = {.kind = OUTGOING_SNAPSHOT_DEVICE};
    conversation_name_device(talk->link, &message, errand_text(errand), avaya);
    const char *why = NULL;
    enum live_sent sent = talk_request(talk, &message, &why);
    if (sent == LIVE_FULL)
        return TALK_FULL;
    talk_touch(talk);
    errand_touch(talk, errand);
    errand->looked = talk->state->round;
    if (sent == LIVE_SENT) {
        errand_sent(talk, errand, ERRAND_LOOKED, message.invoke_id);
        talk_paced(talk);
    } else {
        errand_move(talk, errand, LINE_NONE, 0);
        resync_failed(talk, errand, false);
    }
    return TALK_DONE;
}

/* The next that may be looked at; what is under way comes by itself. */
static struct shm_errand *
next_unsure(const struct talk *talk, bool *skipped)
{
    struct shm_talk *state = talk->state;
    struct shm_errand *errand = errand_at(talk, state->look_cursor);
    *skipped = false;
    for (uint32_t i = 0; errand != NULL; i++) {
        if (resync_is_due(talk, errand) && errand->settled == state->epoch &&
            errand_state(talk, errand) == ERRAND_RESTS)
            return errand;
        if (i == SKIPPED_AT_ONCE)
            return NULL;
        talk_touch(talk);
        *skipped = true;
        state->look_cursor = errand->after;
        errand = errand_at(talk, state->look_cursor);
    }
    return NULL;
}

enum talk_work
resync_work(const struct talk *talk)
{
    bool skipped = false;
    struct shm_errand *errand = errand_first(talk, LINE_SNAPSHOT);
    if (errand == NULL)
        errand = next_unsure(talk, &skipped);
    if (errand != NULL)
        return look(talk, errand);
    return skipped ? TALK_DONE : TALK_NOTHING;
}
