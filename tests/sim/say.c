#include "tests/sim/say.h"

#include <string.h>

#include "tests/sim/draft.h"

static const char *const state_names[] = {
    [PARTY_NULL] = "null",           [PARTY_INITIATED] = "initiated", [PARTY_ALERTING] = "alerting",
    [PARTY_CONNECTED] = "connected", [PARTY_HOLD] = "hold",           [PARTY_QUEUED] = "queued",
    [PARTY_FAIL] = "fail",
};

/* ---- who sees a step ------------------------------------------------------------------------- */

static void
add_copies(struct step *step, struct device *device, const char *state, bool late)
{
    for (uint32_t m = 0; m < device->monitor_count; m++) {
        CHECK(step->copy_count < SIM_COPIES_MAX);
        step->copies[step->copy_count++] =
            (struct copy){.device = device, .monitor = m, .state = state, .late = late};
    }
}

static bool
is_added(const struct step *step, const struct device *device)
{
    for (uint32_t i = 0; i < step->copy_count; i++)
        if (step->copies[i].device == device)
            return true;
    return false;
}

/*
 * A monitor may or may not still tell of a clearing after its own connection is null; never of
 * a party it never told of.
 */
static void
add_party(struct step *step, const struct party *party)
{
    struct scene *scene = step->call->scene;
    bool is_subject = party->device == step->subject;
    if (party->device->monitors_calls || is_added(step, party->device))
        return;
    if (is_subject && step->clearing)
        add_copies(step, party->device, state_names[PARTY_NULL], false);
    else if (is_subject || party->state != PARTY_NULL)
        add_copies(step, party->device, state_names[party->state], false);
    else if (step->clearing && step->subject_seen && party->ended_ms + 2000 > scene->now_ms &&
             random_chance(scene_random(scene), 30))
        add_copies(step, party->device, state_names[PARTY_NULL], true);
}

static void
find_copies(struct step *step)
{
    struct sim_call *call = step->call;
    if (step->clearing && call->own_only && !step->subject->monitored)
        return;
    for (uint32_t i = 0; i < call->party_count; i++)
        step->subject_seen |= call->parties[i].device == step->subject && call->parties[i].seen;
    for (uint32_t i = 0; !step->watchers_only && i < call->party_count; i++)
        add_party(step, &call->parties[i]);
    for (uint32_t i = 0; i < call->watcher_count; i++)
        add_copies(step, step->call->watchers[i], NULL, false);
    if (step->failing != NULL && !is_added(step, step->failing))
        add_copies(step, step->failing, state_names[PARTY_FAIL], false);
}

/* ---- when its copies are sent ---------------------------------------------------------------- */

static uint64_t *
heard(const struct copy *copy)
{
    return &copy->device->heard_ms[copy->monitor];
}

/*
 * The first copy makes the fact known, so it must come at the fact's own time: from a monitor
 * that has nothing older to tell. If all have, the fact itself waits for the quickest.
 */
static void
choose_first(struct step *step)
{
    struct scene *scene = step->call->scene;
    uint32_t first = 0;
    uint32_t start = random_below(scene_random(scene), step->copy_count);
    bool found = false;
    for (uint32_t i = 0; i < step->copy_count; i++) {
        uint32_t at = (start + i) % step->copy_count;
        const struct copy *copy = &step->copies[at];
        if (copy->late && step->has_prompt)
            continue;
        if (step->by_subject && copy->device != step->subject)
            continue;
        if (found && *heard(copy) >= *heard(&step->copies[first]))
            continue;
        first = at;
        found = true;
        if (*heard(copy) <= scene->now_ms)
            break;
    }
    struct copy chosen = step->copies[first];
    step->copies[first] = step->copies[0];
    step->copies[0] = chosen;
    if (*heard(&chosen) > scene->now_ms)
        scene->now_ms = *heard(&chosen);
}

static uint32_t
lag_ms(struct scene *scene, const struct copy *copy)
{
    uint32_t chance = random_below(scene_random(scene), 100);
    if (copy->late || copy->device->monitors_calls || chance < 65)
        return 0;
    return chance < 85 ? random_between(scene_random(scene), 1, 40)
                       : random_between(scene_random(scene), 50, 2000);
}

static void
send_copy(struct step *step, const struct copy *copy, uint64_t time_ms)
{
    struct draft draft = {.length = 0};
    if (*heard(copy) > time_ms)
        time_ms = *heard(copy);
    *heard(copy) = time_ms;
    draft_event(&draft, step, copy);
    struct message message = {.time_ms = time_ms,
                              .link = step->call->link,
                              .scene = step->call->scene,
                              .about = {step->call, step->second},
                              .head = "< 9999 "};
    site_tell(step->call->scene->site, &message, draft.text);
}

bool
step_tell(struct step *step)
{
    struct scene *scene = step->call->scene;
    find_copies(step);
    if (step->copy_count == 0)
        return false;
    for (uint32_t i = 0; i < step->copy_count; i++)
        step->has_prompt |= !step->copies[i].late;
    choose_first(step);
    send_copy(step, &step->copies[0], scene->now_ms);
    for (uint32_t i = 1; i < step->copy_count; i++)
        send_copy(step, &step->copies[i], scene->now_ms + lag_ms(scene, &step->copies[i]));
    return true;
}

/* ---- the plain steps ------------------------------------------------------------------------- */

static struct step
step_begin(struct sim_call *call, const char *root, const char *connection, struct device *subject,
           const char *cause)
{
    scene_wait(call->scene, 1, 30);
    return (struct step){
        .call = call, .root = root, .connection = connection, .subject = subject, .cause = cause};
}

/* The message that opens a call makes its caller known as well. */
static void
step_finish(struct step *step)
{
    struct sim_call *call = step->call;
    if (!step_tell(step))
        return;
    if (call_live(call) == 0 && call->caller != NULL)
        call_show(call, call->caller);
    call_show(call, step->subject);
}

void
say_initiated(struct sim_call *call, struct device *device, const char *cause)
{
    call->caller = device;
    call_enter(call, device, PARTY_INITIATED);
    struct step step =
        step_begin(call, "ServiceInitiatedEvent", "initiatedConnection", device, cause);
    if (!call->scene->site->phase2_only)
        draft_device(&step.body, "initiatingDevice", call->link, device);
    step_finish(&step);
}

void
say_originated(struct sim_call *call, struct device *device, const char *called, const char *cause)
{
    call->caller = device;
    call->called = called;
    call_enter(call, device, PARTY_CONNECTED);
    struct step step = step_begin(call, "OriginatedEvent", "originatedConnection", device, cause);
    draft_device(&step.body, "callingDevice", call->link, device);
    draft_number(&step.body, "calledDevice", call->link, called);
    step_finish(&step);
}

/* Where phase II does not say who called whom. */
static void
draft_sides(struct step *step, bool with_called)
{
    const struct sim_call *call = step->call;
    bool phase2_only = call->scene->site->phase2_only;
    if (!phase2_only)
        draft_device(&step->body, "callingDevice", call->link, call->caller);
    if (!phase2_only || with_called)
        draft_number(&step->body, "calledDevice", call->link, call->called);
}

static void
draft_parties(struct step *step, const struct device *redirected)
{
    const struct sim_call *call = step->call;
    draft_device(&step->body, "callingDevice", call->link, call->caller);
    draft_number(&step->body, "calledDevice", call->link, call->called);
    if (redirected != NULL)
        draft_device(&step->body, "lastRedirectionDevice", call->link, redirected);
    else if (random_chance(scene_random(call->scene), 30))
        draft_add(&step->body, "<lastRedirectionDevice><notRequired/></lastRedirectionDevice>");
}

static void
draft_origin(struct step *step, const char *element)
{
    const struct device *caller = step->call->caller;
    if (caller->trunk[0] != '\0' && !caller->anonymous)
        draft_connection(&step->body, element, call_id(step->call), caller);
}

void
say_delivered(struct sim_call *call, struct device *device, const struct device *redirected,
              const char *cause)
{
    call->answerer = NULL;
    call->failure = NULL;
    call_enter(call, device, PARTY_ALERTING);
    struct step step = step_begin(call, "DeliveredEvent", "connection", device, cause);
    draft_device(&step.body, "alertingDevice", call->link, device);
    draft_parties(&step, redirected);
    draft_origin(&step, "originatingNIDConnection");
    if (redirected != NULL && call_party(call, redirected) != NULL &&
        call_party(call, redirected)->state == PARTY_QUEUED)
        call_leave_silently(call, redirected, cause);
    step_finish(&step);
}

void
say_queued(struct sim_call *call, struct device *queue, const char *cause)
{
    call->failure = NULL;
    call_enter(call, queue, PARTY_QUEUED);
    if (queue->monitors_calls) {
        CHECK(call->watcher_count < SIM_WATCHERS_MAX);
        call->watchers[call->watcher_count++] = queue;
    }
    struct step step = step_begin(call, "QueuedEvent", "queuedConnection", queue, cause);
    draft_device(&step.body, "queue", call->link, queue);
    draft_parties(&step, NULL);
    step_finish(&step);
}

void
say_network_reached(struct sim_call *call, struct device *device)
{
    call_enter(call, device, PARTY_CONNECTED);
    struct step step =
        step_begin(call, "NetworkReachedEvent", "outboundConnection", device, "makeCall");
    draft_add(&step.body,
              "<networkInterfaceUsed><deviceIdentifier>TG%u</deviceIdentifier>"
              "</networkInterfaceUsed>",
              call->link->number + 1);
    draft_sides(&step, true);
    step_finish(&step);
}

void
say_established(struct sim_call *call, struct device *device, const struct device *redirected,
                const char *cause)
{
    struct party *party = call_party(call, device);
    bool alerted = party != NULL && party->state == PARTY_ALERTING;
    call->failure = NULL;
    call->answerer = device;
    for (uint32_t i = 0; i < call->party_count; i++)
        if (call->parties[i].state == PARTY_QUEUED &&
            (alerted || call->parties[i].device == redirected))
            call_leave_silently(call, call->parties[i].device, cause);
    call_enter(call, device, PARTY_CONNECTED);
    struct step step = step_begin(call, "EstablishedEvent", "establishedConnection", device, cause);
    draft_device(&step.body, "answeringDevice", call->link, device);
    draft_parties(&step, redirected);
    draft_origin(&step, "originatinNIDConnection");
    step_finish(&step);
    for (uint32_t i = 0; i < call->party_count; i++)
        call->parties[i].talked |=
            call->parties[i].state == PARTY_CONNECTED || call->parties[i].state == PARTY_HOLD;
}

void
say_held(struct sim_call *call, struct device *device)
{
    call_enter(call, device, PARTY_HOLD);
    struct step step = step_begin(call, "HeldEvent", "heldConnection", device, NULL);
    draft_device(&step.body, "holdingDevice", call->link, device);
    step_finish(&step);
}

void
say_retrieved(struct sim_call *call, struct device *device)
{
    call_enter(call, device, PARTY_CONNECTED);
    struct step step = step_begin(call, "RetrievedEvent", "retrievedConnection", device, NULL);
    draft_device(&step.body, "retrievingDevice", call->link, device);
    step_finish(&step);
}

void
say_failed(struct sim_call *call, struct device *called, bool own, const char *cause)
{
    struct device *failed = own ? call->caller : called;
    struct step step = step_begin(call, "FailedEvent", "failedConnection", failed, cause);
    draft_device(&step.body, "failingDevice", call->link, failed);
    draft_sides(&step, true);
    if (own)
        call_enter(call, failed, PARTY_FAIL);
    else if (random_chance(scene_random(call->scene), 50))
        step.failing = called;
    if (!step_tell(&step))
        return;
    call->failure = cause;
    call_end_alone(call);
}

/* ---- parties that leave ---------------------------------------------------------------------- */

/* Who was seen coming and not seen leaving is still there, to whoever reads the messages. */
static void
leave_as_told(struct sim_call *call, struct device *device, const char *cause, bool told)
{
    const struct party *party = call_party(call, device);
    if (told || party == NULL || !party->seen)
        call_leave_silently(call, device, cause);
}

void
say_diverted(struct sim_call *call, struct device *device, const struct device *destination,
             const char *cause)
{
    struct step step = step_begin(call, "DivertedEvent", "connection", device, cause);
    draft_device(&step.body, "divertingDevice", call->link, device);
    if (destination != NULL)
        draft_device(&step.body, "newDestination", call->link, destination);
    draft_sides(&step, false);
    step.nulls_subject = true;
    leave_as_told(call, device, cause, step_tell(&step));
}

static struct step
clearing_step(struct sim_call *call, struct device *device, const struct device *named,
              const char *cause)
{
    struct step step =
        step_begin(call, "ConnectionClearedEvent", "droppedConnection", device, cause);
    step.clearing = true;
    step.nulls_subject = true;
    step.named = step.later_named = named;
    return step;
}

void
say_cleared(struct sim_call *call, struct device *device, const struct cue *cue)
{
    struct step step = clearing_step(call, device, cue->named, cue->cause);
    if (step_tell(&step))
        judge_clearing(call, device, cue);
}

void
say_cleared_twice(struct sim_call *call, struct device *device, const struct device *who,
                  const char *cause)
{
    struct step step = clearing_step(call, device, NULL, cause);
    struct cue cue = {.truth = who, .cause = cause};
    uint32_t act = call->act_count;
    step.later_named = who;
    if (!step_tell(&step))
        return;
    judge_clearing(call, device, &cue);
    if (step.copy_count > 1 && !call->over && call->act_count > act)
        judge_late(call, act, who);
}

void
say_transfer_clearing(struct sim_call *call, const char *id, struct device *device)
{
    struct step step = clearing_step(call, device, device, "transfer");
    step.old_id = id;
    CHECK(step_tell(&step));
    judge_transfer_leave(call, device);
}

void
say_cleared_away(struct sim_call *call, struct device *device, const char *cause)
{
    struct step step = clearing_step(call, device, NULL, cause);
    leave_as_told(call, device, cause, step_tell(&step));
}

void
say_call_cleared(struct sim_call *call, const struct cue *cue)
{
    struct step step = step_begin(call, "CallClearedEvent", NULL, NULL, cue->cause);
    step.watchers_only = true;
    if (step_tell(&step))
        judge_call_cleared(call, cue);
}
