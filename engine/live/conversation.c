#include "engine/live/conversation.h"

#include <inttypes.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "engine/live/talk.h"

enum {
    BUFFER_PAUSE_MS = 20, /* before a buffer that was full is tried again */
};

struct talk
talk_of(struct live_link *link)
{
    struct front *front = &link->session->front;
    return (struct talk){
        .link = link,
        .front = front,
        .state = &front->tables->talks[link->place],
        .now_ms = live_now_ms(link),
    };
}

void
talk_touch(const struct talk *talk)
{
    front_begin(talk->front);
    front_touch(talk->front, talk->state, sizeof *talk->state);
}

bool
talk_say_once(const struct talk *talk, uint16_t what)
{
    talk_touch(talk);
    bool is_first = (talk->state->said & what) == 0;
    talk->state->said |= what;
    return is_first;
}

enum csta_encoding
talk_encoding(const struct talk *talk)
{
    const struct link_settings *settings = talk->link->settings;
    if (settings->encoding != ENCODING_AUTO)
        return settings->encoding;
    if ((profile_row(settings->profile)->flags & PROFILE_PHASE_II) != 0)
        return ENCODING_BER2;
    enum csta_encoding found = (enum csta_encoding)talk->link->link->dialect.found;
    return found != ENCODING_AUTO ? found : ENCODING_XML;
}

uint32_t
talk_invoke_number(const struct talk *talk, struct text invoke)
{
    bool is_xml = talk_encoding(talk) == ENCODING_XML;
    uint32_t number = 0;
    if (invoke.length == 0 || invoke.length > TALK_INVOKE_LENGTH)
        return UINT32_MAX;
    for (uint32_t i = 0; i < invoke.length; i++) {
        if (!is_xml)
            number = number << 8 | (uint8_t)invoke.at[i];
        else if (invoke.at[i] >= '0' && invoke.at[i] <= '9')
            number = number * 10 + (uint32_t)(invoke.at[i] - '0');
        else
            return UINT32_MAX;
    }
    return number;
}

enum live_sent
talk_request(const struct talk *talk, struct outgoing *message, const char **why)
{
    return live_send(talk->link, message, TEXT_NONE, TEXT_NONE, why);
}

/* ---- pace ----------------------------------------------------------------------------------- */

bool
talk_may_ask(const struct talk *talk, uint64_t *due_ms)
{
    const struct shm_talk *state = talk->state;
    if (state->held != 0 || state->open >= talk->link->settings->requests_open)
        return false;                       /* what is heard, or is not in time, goes on with it */
    uint64_t at_ms = state->next_us / 1000; /* as many as one millisecond takes, at once */
    if (at_ms < state->paused_ms)
        at_ms = state->paused_ms;
    if (at_ms <= talk->now_ms)
        return true;
    talk_wake(due_ms, at_ms);
    return false;
}

void
talk_paced(const struct talk *talk)
{
    uint64_t now_us = talk->now_ms * 1000;
    uint64_t from_us = talk->state->next_us > now_us ? talk->state->next_us : now_us;
    talk->state->next_us = from_us + talk->link->settings->request_gap_us;
}

/* ---- answers -------------------------------------------------------------------------------- */

void
talk_answer(const struct talk *talk, enum outgoing_kind kind, struct text invoke)
{
    struct shm_talk *state = talk->state;
    if (invoke.length > TALK_INVOKE_LENGTH)
        return; /* its answer could not be told from another */
    talk_touch(talk);
    if (state->answers_count == TALK_ANSWERS_MAX)
        return; /* it is over: conversation_may_hear() is not asked for what came before */
    uint32_t at = ((uint32_t)state->answers_first + state->answers_count) % TALK_ANSWERS_MAX;
    struct shm_talk_answer *answer = &state->answers[at];
    *answer =
        (struct shm_talk_answer){.kind = (uint8_t)kind, .invoke_length = (uint8_t)invoke.length};
    if (invoke.length > 0)
        memcpy(answer->invoke, invoke.at, invoke.length);
    state->answers_count++;
}

struct outgoing
talk_answer_message(enum outgoing_kind kind)
{
    return (struct outgoing){.kind = kind, .status = STATUS_NORMAL, .register_id = TEXT("01")};
}

static enum talk_work
answer_work(const struct talk *talk)
{
    struct shm_talk *state = talk->state;
    if (state->answers_count == 0)
        return TALK_NOTHING;
    struct shm_talk_answer answer = state->answers[state->answers_first];
    struct text invoke = {answer.invoke, answer.invoke_length};
    struct outgoing message = talk_answer_message((enum outgoing_kind)answer.kind);
    uint32_t number = talk_invoke_number(talk, invoke);
    message.invoke_id = number == UINT32_MAX ? 0 : number;
    const char *why = NULL;
    enum live_sent sent = live_send(talk->link, &message, TEXT_NONE, invoke, &why);
    if (sent == LIVE_FULL)
        return TALK_FULL;
    talk_touch(talk);
    state->answers_first = (uint8_t)((state->answers_first + 1) % TALK_ANSWERS_MAX);
    state->answers_count--;
    return TALK_DONE;
}

/* ---- closing -------------------------------------------------------------------------------- */

static const char *
close_reason(enum talk_close close)
{
    switch (close) {
    case CLOSE_ASSOCIATION_REFUSED:
        return "the switch refused the association";
    case CLOSE_ASSOCIATION_ENDED:
        return "the switch ended the association";
    case CLOSE_NO_GREETING:
        return "the switch does not answer our greeting";
    case CLOSE_SESSION_REFUSED:
        return "the switch refused the application session";
    case CLOSE_NO_PASSWORD:
        return "the password file cannot be read";
    case CLOSE_SILENT:
        return "the switch is silent, and does not answer when asked";
    case CLOSE_NOT:
    case CLOSE_LEAVING:
        break;
    }
    return "";
}

static enum talk_work
close_work(const struct talk *talk, uint64_t *due_ms)
{
    if (talk->state->close_due == CLOSE_NOT || talk->state->closing != 0)
        return TALK_NOTHING;
    if (talk->state->close_due == CLOSE_LEAVING)
        return parting_work(talk, due_ms);
    live_close(talk->link, close_reason((enum talk_close)talk->state->close_due));
    talk_touch(talk);
    talk->state->closing = 1;
    return TALK_DONE;
}

/* ---- keep-alive ----------------------------------------------------------------------------- */

static enum talk_work
keep_alive_work(const struct talk *talk, uint64_t *due_ms)
{
    struct shm_talk *state = talk->state;
    const struct link_settings *settings = talk->link->settings;
    uint64_t heard_ms = talk->link->state->stream.heard_ms;
    uint64_t last_ms = heard_ms > state->asked_ms ? heard_ms : state->asked_ms;
    if (talk->now_ms < last_ms + settings->keep_alive_ms) {
        talk_wake(due_ms, last_ms + settings->keep_alive_ms);
        return TALK_NOTHING;
    }
    uint32_t questions = heard_ms >= state->asked_ms ? 0 : state->questions;
    if (questions >= settings->keep_alive_count) {
        talk_touch(talk);
        state->close_due = CLOSE_SILENT;
        return TALK_DONE;
    }
    enum csta_encoding encoding = talk_encoding(talk);
    bool is_early = encoding == ENCODING_BER1 || encoding == ENCODING_BER2;
    struct outgoing message = {
        .kind = is_early ? OUTGOING_SYSTEM_STATUS : OUTGOING_REQUEST_SYSTEM_STATUS,
        .status = STATUS_NORMAL,
        .register_id = {state->register_id, state->register_length},
    };
    const char *why = NULL;
    if (talk_request(talk, &message, &why) == LIVE_FULL)
        return TALK_FULL;
    talk_touch(talk);
    state->asked_ms = talk->now_ms;
    state->questions = questions + 1;
    counter_add(talk->link->session->counters, COUNTER_KEEP_ALIVES, 1);
    return TALK_DONE;
}

/* ---- what is due ---------------------------------------------------------------------------- */

static enum talk_work
down_work(const struct talk *talk)
{
    if (talk->state->down_due == 0)
        return TALK_NOTHING;
    live_notice(talk->link, SOURCE_DOWN);
    talk_touch(talk);
    talk->state->down_due = 0;
    return TALK_DONE;
}

/* The oldest request of a line was not answered in time. */
static enum talk_work
time_out_work(const struct talk *talk, enum talk_line line, uint64_t *due_ms)
{
    struct shm_errand *errand = errand_first(talk, line);
    if (errand == NULL)
        return TALK_NOTHING;
    if (errand->due_ms > talk->now_ms) {
        talk_wake(due_ms, errand->due_ms);
        return TALK_NOTHING;
    }
    enum errand_state state = errand_state(talk, errand);
    errand_answered(talk, errand);
    if (state == ERRAND_NAMED)
        resync_look_done(talk, errand);
    if (state == ERRAND_ASKED || state == ERRAND_NAMED)
        monitoring_unanswered(talk, errand);
    else if (state == ERRAND_LOOKED)
        resync_failed(talk, errand, true);
    else
        errand_forget(talk, errand);
    return TALK_DONE;
}

/* Calls of which a worker waits to know who is in them; then monitors, so that as little as
 * possible is missed; then what they may have missed. */
static enum talk_work
request_work(const struct talk *talk, uint64_t *due_ms)
{
    if (!talk_may_ask(talk, due_ms))
        return TALK_NOTHING;
    enum talk_work work = monitoring_stop_work(talk);
    if (work == TALK_NOTHING)
        work = resync_call_work(talk);
    if (work == TALK_NOTHING)
        work = monitoring_work(talk, LINE_FIRST);
    if (work == TALK_NOTHING)
        work = resync_work(talk);
    if (work == TALK_NOTHING)
        work = monitoring_work(talk, LINE_AGAIN);
    return work;
}

static enum talk_work
usable_work(const struct talk *talk, uint64_t *due_ms)
{
    enum talk_work work = session_timer_work(talk, due_ms);
    if (work == TALK_NOTHING)
        work = keep_alive_work(talk, due_ms);
    if (work == TALK_NOTHING)
        work = time_out_work(talk, LINE_OPEN, due_ms);
    if (work == TALK_NOTHING)
        work = time_out_work(talk, LINE_OPEN_OTHER, due_ms);
    if (work == TALK_NOTHING)
        work = monitoring_retry_work(talk, due_ms);
    if (work == TALK_NOTHING)
        work = request_work(talk, due_ms);
    return work;
}

static enum talk_work
work_once(const struct talk *talk, uint64_t *due_ms)
{
    uint8_t stage = talk->link->state->talk.stage;
    enum talk_work work = down_work(talk);
    if (work == TALK_NOTHING && stage != TALK_SILENT && talk->state->closing == 0)
        work = answer_work(talk);
    if (work == TALK_NOTHING && stage != TALK_SILENT)
        work = close_work(talk, due_ms);
    if (work == TALK_NOTHING && errand_forget_junk(talk))
        work = TALK_DONE;
    if (work == TALK_NOTHING)
        work = roster_work(talk);
    if (work != TALK_NOTHING || talk->state->close_due != CLOSE_NOT || stage == TALK_SILENT)
        return work;
    return stage == TALK_GREETING ? greeting_work(talk, due_ms) : usable_work(talk, due_ms);
}

bool
conversation_work(struct live_link *link, uint64_t *due_ms)
{
    struct talk talk = talk_of(link);
    struct front *front = talk.front;
    *due_ms = UINT64_MAX;
    /* Steps that send nothing reach no session_take(), which would see to it. */
    if (transaction_is_open(&front->transaction) && !front_has_room(front))
        route_reserve(&link->session->route);
    enum talk_work work = work_once(&talk, due_ms);
    if (work == TALK_FULL)
        talk_wake(due_ms, talk.now_ms + BUFFER_PAUSE_MS);
    return work == TALK_DONE;
}

/* ---- beginning and end ---------------------------------------------------------------------- */

void
conversation_open(struct live_link *link, bool reloaded)
{
    struct talk talk = talk_of(link);
    if (reloaded && link->link->announced != 0) {
        front_begin(talk.front);
        link_touch(talk.front, link->link);
        link->link->changed = 1; /* the workers are told at the next message */
    }
    roster_read_again(&talk);
}

/* Whatever was said and heard on a connection. */
static void
forget_connection(const struct talk *talk)
{
    struct shm_talk *state = talk->state;
    errand_void_all(talk);
    state->answers_first = state->answers_count = 0;
    state->close_due = CLOSE_NOT;
    state->closing = state->held = 0;
    state->said = 0;
    state->paused_ms = state->next_us = 0;
    state->session_due_ms = state->session_end_ms = 0;
    state->greeting_invoke = state->session_invoke = UINT32_MAX;
}

static void
set_stage(const struct talk *talk, enum talk_stage stage)
{
    live_touch(talk->link);
    talk->link->state->talk.stage = (uint8_t)stage;
}

void
conversation_begin(struct live_link *link)
{
    struct talk talk = talk_of(link);
    talk_touch(&talk);
    forget_connection(&talk);
    set_stage(&talk, TALK_GREETING);
    greeting_begin(&talk);
}

void
conversation_end(struct live_link *link)
{
    struct talk talk = talk_of(link);
    talk_touch(&talk);
    forget_connection(&talk);
    if (link->state->talk.stage == TALK_USABLE)
        talk.state->down_due = 1;
    set_stage(&talk, TALK_SILENT);
}

void
conversation_ask_call(struct live_link *link, struct text call)
{
    struct talk talk = talk_of(link);
    if (link->state->talk.stage == TALK_USABLE && talk.state->held == 0 &&
        talk.state->close_due == CLOSE_NOT)
        resync_ask_call(&talk, call);
}

void
conversation_regain(struct live_link *link, uint32_t worker)
{
    struct talk talk = talk_of(link);
    talk_touch(&talk);
    talk.state->regains |= UINT64_C(1) << worker;
    if (link->state->talk.stage == TALK_USABLE && talk.state->held == 0)
        resync_begin(&talk);
}

bool
conversation_may_hear(const struct live_link *link)
{
    const struct shm_talk *state = &link->session->front.tables->talks[link->place];
    return state->answers_count < TALK_ANSWERS_MAX;
}

bool
conversation_may_request(const struct live_link *link, const char **why)
{
    const struct shm_talk *state = &link->session->front.tables->talks[link->place];
    if (link->state->talk.stage != TALK_USABLE || state->close_due != CLOSE_NOT)
        *why = "the link is not up";
    else if (state->held != 0)
        *why = "the switch is disabled";
    else if (state->paused_ms > live_now_ms(link))
        *why = "the switch is overloaded";
    else
        return true;
    return false;
}
