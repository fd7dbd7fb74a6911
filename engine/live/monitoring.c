#include <inttypes.h>
#include <stdio.h>

#include "base/check.h"
#include "base/log.h"
#include "engine/live/conversation.h"
#include "engine/live/talk.h"

enum {
    SKIPPED_AT_ONCE = 64,    /* devices passed over in one step */
    RETRY_MOST_MS = 3600000, /* an hour */
    RETRY_LAST = TALK_RETRY_LINES - 1,
};

bool
errand_wants_monitor(const struct shm_errand *errand, bool *call_type)
{
    /* A route point is no DN by being one: its calls are followed. */
    *call_type = (errand->configured & EVENT_DEVICE_MONITORED) == 0;
    return (errand->configured & (EVENT_DEVICE_MONITORED | EVENT_DEVICE_ROUTE_POINT)) != 0;
}

void
monitoring_begin(const struct talk *talk)
{
    talk_touch(talk);
    resync_begin(talk);
    talk->state->unasked = talk->state->wanted;
    talk->state->ask_cursor = talk->state->all.oldest;
    talk->state->look_cursor = 0; /* each is looked at when its monitor was answered for */
}

static bool
stands(const struct talk *talk, const struct shm_errand *errand)
{
    return errand->epoch == talk->state->epoch && errand->cross_ref_length > 0;
}

static struct text
cross_ref_of(const struct shm_errand *errand)
{
    return (struct text){errand->cross_ref, errand->cross_ref_length};
}

static void
end_monitor(const struct talk *talk, struct text cross_ref)
{
    struct shm_errand *errand = errand_find(talk, ERRAND_STOP, cross_ref);
    if (errand == NULL)
        errand = errand_add(talk, ERRAND_STOP, cross_ref);
    if (errand != NULL && errand_line(talk, errand) == LINE_NONE)
        errand_move(talk, errand, LINE_STOP, 0);
}

/* The monitor the device had before the switch lost them all means nothing any more; links that are
 * lost again and again would fill the directory with such. */
static void
forget_voided(const struct talk *talk, struct shm_errand *errand)
{
    struct directory *directory = talk->link->session->directory;
    const struct shm_link *link = talk->link->link;
    struct shm_monitor *before =
        directory_find_monitor(directory, link->index, cross_ref_of(errand));
    if (before != NULL && before->granted && before->epoch != link->epoch)
        directory_remove_monitor(directory, before);
    errand->cross_ref_length = 0;
}

/* What its monitor was is so no longer. Both are touched. */
static void
drop_monitor(const struct talk *talk, struct shm_errand *errand)
{
    if (!stands(talk, errand))
        return;
    errand->cross_ref_length = 0;
    talk->state->standing--;
}

static void
forget_refusals(const struct talk *talk, struct shm_errand *errand)
{
    if (errand->epoch == talk->state->epoch && errand->refusals > 0 && talk->state->refused > 0)
        talk->state->refused--;
    errand->refusals = errand->lacks = 0;
}

void
monitoring_ask_now(const struct talk *talk, struct shm_errand *errand)
{
    bool usable = talk->link->state->talk.stage == TALK_USABLE;
    if (!usable || talk->state->held != 0 || errand_state(talk, errand) != ERRAND_RESTS)
        return; /* it is in time for the next round */
    talk_touch(talk);
    errand_touch(talk, errand);
    if (stands(talk, errand))
        end_monitor(talk, cross_ref_of(errand));
    drop_monitor(talk, errand);
    errand->leaving = 0;
    forget_refusals(talk, errand);
    errand->tries = errand->unanswered = 0;
    if (errand->epoch != talk->state->epoch)
        forget_voided(talk, errand);
    errand_move(talk, errand, LINE_FIRST, 0);
}

static void
leave_now(const struct talk *talk, struct shm_errand *errand)
{
    if (stands(talk, errand))
        end_monitor(talk, cross_ref_of(errand));
    drop_monitor(talk, errand);
    forget_refusals(talk, errand);
    errand->leaving = 0;
    if (errand->configured == 0)
        errand_forget(talk, errand);
    else
        errand_move(talk, errand, LINE_NONE, 0);
}

/* The first outcome in this epoch. */
static void
settle(const struct talk *talk, struct shm_errand *errand)
{
    if (errand->settled != talk->state->epoch && errand->wanted != 0 && talk->state->unasked > 0)
        talk->state->unasked--;
    errand->settled = talk->state->epoch;
}

void
monitoring_leave(const struct talk *talk, struct shm_errand *errand)
{
    talk_touch(talk);
    errand_touch(talk, errand);
    if (errand->wanted != 0) {
        settle(talk, errand);
        resync_look_done(talk, errand);
        talk->state->wanted--;
        errand->wanted = 0;
    }
    if (errand_state(talk, errand) != ERRAND_RESTS)
        errand->leaving = 1;
    else
        leave_now(talk, errand);
    resync_report(talk);
}

/* ---- what comes next for a device ----------------------------------------------------------- */

/* Doubles from refusal to refusal; where licences or resources lack, at once the longest. */
static enum talk_line
retry_line(const struct talk *talk, const struct shm_errand *errand, uint64_t *pause_ms)
{
    uint32_t doubles = errand->refusals > 0 ? errand->refusals - 1u : 0;
    *pause_ms = RETRY_MOST_MS;
    if (errand->lacks != 0 || doubles >= RETRY_LAST)
        return (enum talk_line)(LINE_RETRY + RETRY_LAST);
    uint64_t pause = (uint64_t)talk->link->settings->retry_ms << doubles;
    if (pause >= RETRY_MOST_MS)
        return (enum talk_line)(LINE_RETRY + RETRY_LAST);
    *pause_ms = pause;
    return (enum talk_line)(LINE_RETRY + doubles);
}

void
monitoring_rest(const struct talk *talk, struct shm_errand *errand)
{
    uint64_t pause_ms;
    talk_touch(talk);
    errand_touch(talk, errand);
    if (errand->leaving != 0) {
        leave_now(talk, errand);
    } else if (errand->wanted != 0 && naming_has_changed(talk, errand)) {
        monitoring_ask_now(talk, errand); /* while that was under way */
    } else if (resync_is_due(talk, errand)) {
        errand_move(talk, errand, LINE_SNAPSHOT, 0);
    } else if (stands(talk, errand)) {
        errand_move(talk, errand, LINE_NONE, 0);
    } else if (errand->unanswered != 0) {
        errand_move(talk, errand, LINE_AGAIN, 0);
    } else {
        enum talk_line line = retry_line(talk, errand, &pause_ms);
        errand_move(talk, errand, line, talk->now_ms + pause_ms);
    }
    resync_report(talk);
}

/* ---- what is heard -------------------------------------------------------------------------- */

static void
complain_of_filter(const struct talk *talk, uint8_t withheld, struct text device)
{
    char escaped[3 * EVENT_TEXT_LENGTH];
    if (withheld == 0 || !talk_say_once(talk, TALK_SAID_WITHHELD))
        return;
    log_say("link %s: the switch's monitors hold back%s%s%s (first seen at %s): who released "
            "cannot always be told",
            talk->link->link->name,
            (withheld & WITHHELD_CONNECTION_CLEARED) != 0 ? " ConnectionCleared" : "",
            (withheld & WITHHELD_CALL_CLEARED) != 0 ? " CallCleared" : "",
            (withheld & WITHHELD_ESTABLISHED) != 0 ? " Established" : "",
            log_escape(escaped, sizeof escaped, device));
}

static void
take_monitor(const struct talk *talk, struct shm_errand *errand)
{
    const struct csta_message *message = &talk->link->session->reader.message;
    forget_refusals(talk, errand);
    errand->cross_ref_length = (uint8_t)message->cross_ref.length;
    memcpy(errand->cross_ref, message->cross_ref.at, message->cross_ref.length);
    errand->blind = message->skips_existing;
    errand->unanswered = 0;
    talk->state->standing++;
    settle(talk, errand);
    counter_add(talk->link->session->counters, COUNTER_MONITORS_GRANTED, 1);
    complain_of_filter(talk, message->withheld, errand_text(errand));
}

void
monitoring_hear_granted(const struct talk *talk)
{
    const struct shm_front_request *request = &talk->link->session->answered;
    struct text cross_ref = talk->link->session->reader.message.cross_ref;
    if (text_is_none(cross_ref) || request->object_is_call != 0)
        return;
    struct shm_errand *errand = errand_find(talk, ERRAND_DEVICE, request_device(request));
    if (errand == NULL || errand->epoch != talk->state->epoch) {
        end_monitor(talk, cross_ref); /* asked for, and meanwhile nobody wants it */
        return;
    }
    if (stands(talk, errand)) {
        /* It was asked for twice, and answered late. */
        if (!text_is_equal(cross_ref_of(errand), cross_ref))
            end_monitor(talk, cross_ref);
        return;
    }
    talk_touch(talk);
    errand_touch(talk, errand);
    take_monitor(talk, errand);
    if (errand_state(talk, errand) == ERRAND_ASKED)
        errand_answered(talk, errand);
    if (errand_state(talk, errand) == ERRAND_RESTS)
        monitoring_rest(talk, errand);
}

/* Whether the switch has refused it, or (`why`) it cannot be asked for or used, is not the same. */
static void
say_refused(const struct talk *talk, const struct shm_errand *errand, bool is_name, const char *why)
{
    const struct csta_message *message = &talk->link->session->reader.message;
    char device[3 * EVENT_TEXT_LENGTH];
    char reason[3 * EVENT_TEXT_LENGTH];
    bool lacks = errand->lacks != 0;
    struct text words = lacks ? message->lack : message->refusal;
    uint16_t flag = lacks ? TALK_SAID_LACKS : TALK_SAID_REFUSED;
    if (!talk_say_once(talk, why != NULL ? TALK_SAID_UNSENT : flag))
        return;
    log_escape(device, sizeof device, errand_text(errand));
    log_escape(reason, sizeof reason, why != NULL ? text_of(why) : words);
    log_say("link %s: the %s of %s %s%s%s%s; asking again %s, and saying no more of others than "
            "their number",
            talk->link->link->name, is_name ? "identifier" : "monitor", device,
            why != NULL ? "cannot be had" : "was refused", reason[0] != '\0' ? " (" : "", reason,
            reason[0] != '\0' ? ")" : "",
            lacks ? "in an hour, since resources or licences lack" : "later");
}

void
monitoring_hear_refused(const struct talk *talk, struct shm_errand *errand, bool is_name,
                        const char *why)
{
    talk_touch(talk);
    errand_touch(talk, errand);
    if (errand->refusals == 0)
        talk->state->refused++;
    if (errand->refusals < UINT8_MAX)
        errand->refusals++;
    errand->lacks = why == NULL && talk->link->session->reader.message.lack.length > 0;
    errand->unanswered = 0;
    settle(talk, errand);
    counter_add(talk->link->session->counters, COUNTER_MONITORS_REFUSED, 1);
    say_refused(talk, errand, is_name, why);
    monitoring_rest(talk, errand);
}

void
monitoring_unanswered(const struct talk *talk, struct shm_errand *errand)
{
    talk_touch(talk);
    errand_touch(talk, errand);
    errand->unanswered = 1;
    settle(talk, errand);
    counter_add(talk->link->session->counters, COUNTER_MONITORS_UNANSWERED, 1);
    monitoring_rest(talk, errand);
}

/* The switch has ended a monitor of its own accord. */
void
monitoring_hear_stopped(const struct talk *talk)
{
    const struct session *session = talk->link->session;
    if (!session->has_stopped)
        return;
    const struct shm_monitor *stopped = &session->stopped;
    struct shm_errand *errand = errand_find(talk, ERRAND_DEVICE, monitor_device(stopped));
    if (errand == NULL || !stands(talk, errand) ||
        !text_is_equal(cross_ref_of(errand),
                       (struct text){stopped->cross_ref, stopped->cross_ref_length}))
        return;
    talk_touch(talk);
    errand_touch(talk, errand);
    drop_monitor(talk, errand);
    if (errand->refusals == 0)
        talk->state->refused++;
    if (errand->refusals < UINT8_MAX)
        errand->refusals++;
    talk->state->stopped++;
    if (talk_say_once(talk, TALK_SAID_STOPPED)) {
        char device[3 * EVENT_TEXT_LENGTH];
        log_say("link %s: the switch has ended the monitor of %s; asking for it again",
                talk->link->link->name, log_escape(device, sizeof device, errand_text(errand)));
    }
    if (errand_state(talk, errand) == ERRAND_RESTS)
        monitoring_rest(talk, errand);
}

void
monitoring_hear_ended(const struct talk *talk, struct text cross_ref)
{
    struct shm_errand *errand = errand_find(talk, ERRAND_STOP, cross_ref);
    if (errand == NULL)
        return;
    if (errand_state(talk, errand) == ERRAND_ENDED)
        errand_answered(talk, errand);
    errand_forget(talk, errand);
}

/* ---- what is sent --------------------------------------------------------------------------- */

/* The first thing in this epoch: all of an earlier one is void. */
static void
enter_epoch(const struct talk *talk, struct shm_errand *errand)
{
    if (errand->epoch == talk->state->epoch)
        return;
    errand->refusals = errand->lacks = errand->tries = errand->unanswered = 0;
    errand->blind = errand->leaving = 0;
    forget_voided(talk, errand);
}

static enum talk_work
ask(const struct talk *talk, struct shm_errand *errand)
{
    bool calls = false;
    char avaya[CONVERSATION_DEVICE_SIZE];
    errand_wants_monitor(errand, &calls);
    struct outgoing message = {
        .kind = OUTGOING_MONITOR_START,
        .monitors_calls = calls,
        .is_filtered = true,
    };
    bool names = naming_is_due(talk, errand);
    if (names)
        message = naming_question(talk, errand);
    else
        conversation_name_device(talk->link, &message, errand_text(errand), avaya);
    const char *why = NULL;
    enum live_sent sent = talk_request(talk, &message, &why);
    if (sent == LIVE_FULL)
        return TALK_FULL;
    talk_touch(talk);
    errand_touch(talk, errand);
    enter_epoch(talk, errand);
    if (talk->state->ask_cursor == errand_number(talk, errand))
        talk->state->ask_cursor = errand->after;
    errand->call_type = calls;
    naming_begin(talk, errand);
    if (sent == LIVE_SENT) {
        errand_sent(talk, errand, names ? ERRAND_NAMED : ERRAND_ASKED, message.invoke_id);
        talk_paced(talk);
    } else {
        errand_move(talk, errand, LINE_NONE, 0);
        if (names)
            resync_look_done(talk, errand); /* nothing else can be asked about it */
        monitoring_hear_refused(talk, errand, names, why);
    }
    return TALK_DONE;
}

/* The next that was never asked for in this epoch; NULL with *skipped: look again. */
static struct shm_errand *
next_unasked(const struct talk *talk, bool *skipped)
{
    struct shm_talk *state = talk->state;
    struct shm_errand *errand = errand_at(talk, state->ask_cursor);
    *skipped = false;
    for (uint32_t i = 0; errand != NULL; i++) {
        if (errand->wanted != 0 && errand->epoch != state->epoch)
            return errand;
        if (i == SKIPPED_AT_ONCE)
            return NULL;
        talk_touch(talk);
        *skipped = true;
        state->ask_cursor = errand->after;
        errand = errand_at(talk, state->ask_cursor);
    }
    return NULL;
}

enum talk_work
monitoring_work(const struct talk *talk, enum talk_line line)
{
    bool skipped = false;
    struct shm_errand *errand = errand_first(talk, line);
    if (errand == NULL && line == LINE_FIRST)
        errand = next_unasked(talk, &skipped);
    if (errand != NULL)
        return ask(talk, errand);
    return skipped ? TALK_DONE : TALK_NOTHING;
}

enum talk_work
monitoring_stop_work(const struct talk *talk)
{
    struct shm_errand *errand = errand_first(talk, LINE_STOP);
    if (errand == NULL)
        return TALK_NOTHING;
    struct outgoing message = {.kind = OUTGOING_MONITOR_STOP, .cross_ref = errand_text(errand)};
    const char *why = NULL;
    enum live_sent sent = talk_request(talk, &message, &why);
    if (sent == LIVE_FULL)
        return TALK_FULL;
    if (sent == LIVE_SENT) {
        errand_sent(talk, errand, ERRAND_ENDED, message.invoke_id);
        talk_paced(talk);
    } else {
        errand_forget(talk, errand);
    }
    return TALK_DONE;
}

enum talk_work
monitoring_retry_work(const struct talk *talk, uint64_t *due_ms)
{
    for (uint32_t line = LINE_RETRY; line < TALK_LINES; line++) {
        struct shm_errand *errand = errand_first(talk, (enum talk_line)line);
        if (errand == NULL)
            continue;
        if (errand->due_ms > talk->now_ms) {
            talk_wake(due_ms, errand->due_ms);
            continue;
        }
        naming_forget(talk, errand); /* it may be another by now */
        errand_move(talk, errand, LINE_AGAIN, 0);
        return TALK_DONE;
    }
    return TALK_NOTHING;
}
