#include "tools/switch/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "tools/switch/clearing.h"
#include "tools/switch/tell.h"
#include "tools/switch/truth.h"

/* ---- steps ---------------------------------------------------------------------------------- */

/* What one step is about. */
struct stage {
    struct scene *scene;
    const struct scenario_step *step;
    struct call *call, *second;
    struct pbx_device *who, *whom;
};

static void
tell_simple(struct call *call, enum event_name event, struct pbx_device *subject,
            struct pbx_device *other, const char *cause)
{
    struct telling telling = {
        .event = event, .call = call, .subject = subject, .by = subject, .cause = cause};
    if (event == SAID_DIVERTED)
        telling.target = other;
    else
        telling.redirected = other;
    tell(&telling);
}

static bool
is_in(struct call *call, const struct pbx_device *device)
{
    const struct pbx_party *party = pbx_party_of(call, device);
    return party != NULL && party->state != STATE_NULL;
}

static void
dial(struct stage *stage)
{
    struct scene *scene = stage->scene;
    struct pbx *pbx = scene->pbx;
    struct call *call = pbx_new_call(pbx, scene);
    CHECK(stage->who != NULL && stage->whom != NULL); /* scenario_read() saw to it */
    if (call == NULL)
        return;
    scene->calls[stage->step->call] = call->serial;
    call->story = scene->scenario->name;
    call->started_ms = pbx->simulator->now_ms;
    call->started_us = pbx->simulator->now_us;
    call->caller = stage->who;
    memcpy(call->called, stage->whom->number, sizeof call->called);
    bool inside = device_is_inside(stage->who);
    pbx_enter(call, stage->who, inside ? STATE_INITIATED : STATE_CONNECTED);
    if (!inside)
        return;
    tell_simple(call, SAID_INITIATED, stage->who, NULL, stage->step->cause);
    pbx_enter(call, stage->who, STATE_CONNECTED);
    tell_simple(call, SAID_ORIGINATED, stage->who, NULL, stage->step->cause);
}

/* The device a call was diverted from last, for lastRedirectionDevice. */
static struct pbx_device *
last_queue(struct call *call)
{
    for (uint32_t i = call->party_count; i-- > 0;)
        if (call->parties[i].state == STATE_NULL && call->parties[i].device->kind == DEVICE_QUEUE)
            return call->parties[i].device;
    return NULL;
}

static void
enter(struct stage *stage, enum connection_state state, enum event_name event, const char *cause)
{
    if (pbx_enter(stage->call, stage->who, state) == NULL)
        return;
    struct pbx_device *redirected = event == SAID_DELIVERED ? last_queue(stage->call) : NULL;
    tell_simple(stage->call, event, stage->who, redirected, cause);
}

static void
answer(struct stage *stage)
{
    if (is_in(stage->call, stage->who))
        enter(stage, STATE_CONNECTED, SAID_ESTABLISHED, NULL);
}

/* An avaya clears a line that goes on hold, without ending anything. */
static void
hold(struct stage *stage)
{
    struct call *call = stage->call;
    enter(stage, STATE_HOLD, SAID_HELD, NULL);
    if (call->pbx->profile != PBX_AVAYA)
        return;
    struct telling telling = {
        .event = SAID_CLEARED, .call = call, .subject = stage->who, .own_only = true};
    tell(&telling);
}

static void
divert(struct stage *stage)
{
    struct call *call = stage->call;
    if (!is_in(call, stage->who))
        return;
    pbx_party_of(call, stage->who)->state = STATE_NULL;
    tell_simple(call, SAID_DIVERTED, stage->who, stage->whom,
                stage->step->cause != NULL ? stage->step->cause : "redirected");
}

/* Cleared because another answered: no release, so no end is noted. */
static void
unring(struct stage *stage)
{
    struct pbx_party *party = pbx_party_of(stage->call, stage->who);
    if (party == NULL || party->state != STATE_ALERTING)
        return;
    party->state = STATE_NULL;
    struct telling telling = {
        .event = SAID_CLEARED, .call = stage->call, .subject = stage->who, .cause = "callPickup"};
    tell(&telling);
}

static void
fail(struct stage *stage)
{
    const char *cause = stage->step->cause != NULL ? stage->step->cause : "busy";
    bool busy = strcmp(cause, "busy") == 0 || strcmp(cause, "aCDBusy") == 0;
    stage->call->failure = busy ? END_BUSY : END_BLOCKED;
    tell_simple(stage->call, SAID_FAILED, stage->who, NULL, cause);
}

static void
stop_ringing(struct stage *stage)
{
    struct act act = {.reason = END_NO_ANSWER, .cause = "callNotAnswered"};
    const struct pbx_party *party = pbx_party_of(stage->call, stage->who);
    if (party != NULL && party->state == STATE_ALERTING)
        clear_party(stage->call, stage->who, &act);
}

static void
add_joined(struct telling *telling, const struct call *call, const struct pbx_device *without)
{
    for (uint32_t i = 0; i < call->party_count; i++) {
        const struct pbx_party *party = &call->parties[i];
        bool is_there = false;
        for (uint32_t j = 0; j < telling->joined_count; j++)
            is_there |= telling->joined[j].device == party->device;
        if (party->state == STATE_NULL || party->device == without || is_there ||
            telling->joined_count == PBX_PARTIES_MAX)
            continue;
        telling->joined[telling->joined_count++] =
            (struct joined){.device = party->device, .old_serial = call->serial};
    }
}

/* The parties of the other call come in; one that is in both keeps what it is here. */
static void
move_parties(struct call *to, struct call *from)
{
    for (uint32_t i = 0; i < from->party_count; i++) {
        struct pbx_party *party = &from->parties[i];
        if (party->state != STATE_NULL && !is_in(to, party->device))
            pbx_enter(to, party->device, party->state);
    }
    if (from->touched_us != 0)
        tell_touch(to);
    to->is_unwatched |= from->is_unwatched;
}

/* The scene's names of both calls mean the one that goes on. */
static void
rename_calls(struct scene *scene, uint64_t gone, uint64_t stays)
{
    for (int i = 0; i < SCENARIO_CALLS_MAX; i++)
        if (scene->calls[i] == gone)
            scene->calls[i] = stays;
}

static struct pbx_device *
other_of(struct call *call, const struct pbx_device *device)
{
    for (uint32_t i = 0; i < call->party_count; i++)
        if (call->parties[i].device != device && call->parties[i].state != STATE_NULL)
            return call->parties[i].device;
    return NULL;
}

static void
unhold(struct call *call)
{
    for (uint32_t i = 0; i < call->party_count; i++)
        if (call->parties[i].state == STATE_HOLD)
            call->parties[i].state = STATE_CONNECTED;
}

/* Transfer and conference: two calls become one, under the callID of either. */
static void
join(struct stage *stage, bool leaves)
{
    struct pbx_device *device = stage->who;
    struct pbx *pbx = stage->scene->pbx;
    if (stage->second == NULL || !is_in(stage->call, device) || !is_in(stage->second, device) ||
        pbx_live_parties(stage->second) < 2 || pbx_live_parties(stage->call) < 2)
        return;
    bool first = random_chance(&pbx->random, 50);
    struct call *stays = first ? stage->call : stage->second;
    struct call *goes = first ? stage->second : stage->call;
    struct act act = {.by = device, .named = device, .told = TOLD_NAME, .reason = END_TRANSFER};
    struct telling telling = {.event = leaves ? SAID_TRANSFERRED : SAID_CONFERENCED,
                              .call = stays,
                              .subject = device,
                              .target = other_of(stage->second, device),
                              .primary = stage->call->serial,
                              .secondary = stage->second->serial,
                              .result = stays->serial};
    if (pbx->profile != PBX_OXE)
        telling.cause = leaves ? "transfer" : "conference";
    add_joined(&telling, stage->call, leaves ? device : NULL);
    add_joined(&telling, stage->second, leaves ? device : NULL);
    move_parties(stays, goes);
    unhold(stays);
    if (leaves) {
        clear_note(stays, device, &act);
        clear_note(goes, device, &act);
    } else {
        stays->controller = device;
    }
    tell(&telling);
    rename_calls(stage->scene, goes->serial, stays->serial);
    if (stays->touched_us != 0)
        tell_touch(goes);
    clear_over(goes, &act, stays->serial);
}

static void
send_on(struct stage *stage)
{
    struct call *call = stage->call;
    struct act act = {
        .by = stage->who, .named = stage->who, .told = TOLD_NAME, .reason = END_TRANSFER};
    struct telling telling = {.event = SAID_TRANSFERRED,
                              .call = call,
                              .subject = stage->who,
                              .target = stage->whom,
                              .primary = call->serial,
                              .result = call->serial};
    if (!is_in(call, stage->who) || pbx_live_parties(call) < 2)
        return;
    if (call->pbx->profile != PBX_OXE)
        telling.cause = "singleStepTransfer";
    add_joined(&telling, call, stage->who);
    clear_note(call, stage->who, &act);
    tell(&telling);
}

static void
hang_up(struct stage *stage, struct pbx_device *device, struct pbx_device *by)
{
    if (is_in(stage->call, device))
        scene_hang_up(stage->call, device, by, TOLD_NAME);
}

static void
run_step(struct stage *stage)
{
    const struct scenario_step *step = stage->step;
    switch (step->op) {
    case OP_DIAL:
        dial(stage);
        return;
    case OP_RING:
        enter(stage, STATE_ALERTING, SAID_DELIVERED, step->cause);
        return;
    case OP_REACH:
        enter(stage, STATE_CONNECTED, SAID_REACHED, NULL);
        return;
    case OP_ANSWER:
        answer(stage);
        return;
    case OP_QUEUE:
        enter(stage, STATE_QUEUED, SAID_QUEUED, "enteringDistribution");
        return;
    case OP_DIVERT:
        divert(stage);
        return;
    case OP_UNRING:
        unring(stage);
        return;
    case OP_HOLD:
        hold(stage);
        return;
    case OP_RETRIEVE:
        enter(stage, STATE_CONNECTED, SAID_RETRIEVED, NULL);
        return;
    case OP_FAIL:
        fail(stage);
        return;
    case OP_NO_ANSWER:
        stop_ringing(stage);
        return;
    case OP_HANGUP:
        hang_up(stage, stage->who, stage->who);
        return;
    case OP_DROP:
        hang_up(stage, stage->whom, stage->who);
        return;
    case OP_END:
        scene_clear_call(stage->call, stage->who, "normalClearing", TOLD_NAME);
        return;
    case OP_FAULT:
        scene_clear_call(stage->call, NULL, step->cause != NULL ? step->cause : "networkOutOfOrder",
                         TOLD_NOTHING);
        return;
    case OP_TRANSFER:
        join(stage, true);
        return;
    case OP_SEND:
        send_on(stage);
        return;
    case OP_JOIN:
        join(stage, false);
        return;
    case OP_WAIT:
        return;
    }
}

static struct pbx_device *
choose_device(struct scene *scene, struct call *call, uint8_t set)
{
    struct pbx_device *chosen = NULL;
    uint32_t seen = 0;
    for (uint32_t i = 0; i < scene->scenario->cast_count; i++) {
        if ((set & 1U << i) == 0)
            continue;
        /* Of several, one that is still there. */
        if ((set & (set - 1U)) != 0 && call != NULL && !is_in(call, scene->cast[i]))
            continue;
        if (random_below(&scene->pbx->random, ++seen) == 0)
            chosen = scene->cast[i];
    }
    return chosen;
}

static uint32_t
wait_ms(struct scene *scene, const struct scenario_step *step)
{
    const struct switch_options *options = &scene->pbx->simulator->options;
    struct range_ms range = {step->low_ms, step->high_ms};
    switch (step->wait) {
    case WAIT_RING:
        range = options->ring_ms;
        break;
    case WAIT_TALK:
        range = options->talk_ms;
        break;
    case WAIT_QUEUE:
        range = options->queue_ms;
        break;
    case WAIT_TONE:
        range = options->tone_ms;
        break;
    case WAIT_THINK:
        range = options->think_ms;
        break;
    case WAIT_EXACT:
        break;
    }
    return random_between(&scene->pbx->random, range.low, range.high);
}

/* Steps of a call that is over, or never was, are left out. */
static void
step_forward(struct scene *scene, const struct scenario_step *step)
{
    struct stage stage = {.scene = scene, .step = step};
    stage.call = pbx_call(scene->pbx, scene->calls[step->call]);
    stage.second = pbx_call(scene->pbx, scene->calls[step->second]);
    if (step->op != OP_DIAL && stage.call == NULL)
        return;
    if (step->op == OP_DIAL && step->call > 0 && pbx_call(scene->pbx, scene->calls[0]) == NULL)
        return; /* a consultation about a call that is gone */
    stage.who = step->who == 0 ? NULL : choose_device(scene, stage.call, step->who);
    stage.whom = step->whom == 0 ? NULL : choose_device(scene, stage.call, step->whom);
    if ((step->who != 0 && stage.who == NULL) || (step->whom != 0 && stage.whom == NULL))
        return;
    run_step(&stage);
}

/* What a scenario leaves open is hung up by the caller. */
static void
finish(struct scene *scene)
{
    for (int i = 0; i < SCENARIO_CALLS_MAX; i++) {
        struct call *call = pbx_call(scene->pbx, scene->calls[i]);
        if (call == NULL || call->scene != scene)
            continue;
        struct pbx_device *device = is_in(call, call->caller) ? call->caller : other_of(call, NULL);
        if (device != NULL)
            scene_clear_call(call, device, "normalClearing", TOLD_NAME);
    }
    for (uint32_t i = 0; i < scene->scenario->cast_count; i++) {
        scene->cast[i]->scene = NULL;
        pbx_give_back(scene->pbx, scene->cast[i]);
    }
    free(scene);
}

static bool
is_alive(const struct scene *scene)
{
    for (int i = 0; i < SCENARIO_CALLS_MAX; i++)
        if (pbx_call(scene->pbx, scene->calls[i]) != NULL)
            return true;
    return false;
}

/* false: the story is told. */
static bool
run_to_wait(struct scene *scene)
{
    const struct scenario *scenario = scene->scenario;
    while (scene->step < scenario->step_count) {
        const struct scenario_step *step = &scenario->steps[scene->step++];
        if (step->op == OP_WAIT) {
            if (!is_alive(scene))
                continue;
            scene->due_ms = scene->pbx->simulator->now_ms + wait_ms(scene, step);
            return true;
        }
        step_forward(scene, step);
    }
    return false;
}

void
scene_run_due(struct simulator *simulator)
{
    while (scene_next_ms(simulator) <= simulator->now_ms) {
        struct scene *scene = simulator->heap[0];
        if (run_to_wait(scene)) {
            scene_heap_sink(simulator, scene);
        } else {
            scene_heap_remove_first(simulator);
            finish(scene);
        }
    }
}

bool
scene_begin(struct pbx *pbx, const struct scenario *scenario)
{
    struct scene *scene = calloc(1, sizeof *scene);
    if (scene == NULL)
        return false;
    *scene = (struct scene){.pbx = pbx, .scenario = scenario, .due_ms = pbx->simulator->now_ms};
    bool is_cast = pbx->live + SCENARIO_CALLS_MAX < pbx->call_capacity / 2;
    uint32_t cast = 0;
    for (; is_cast && cast < scenario->cast_count; cast++) {
        scene->cast[cast] = pbx_cast(pbx, scenario->cast[cast]);
        is_cast = scene->cast[cast] != NULL;
        if (!is_cast)
            break;
        bool is_own = scenario->cast[cast] == DEVICE_AGENT;
        scene->cast[cast]->scene = is_own ? scene : NULL;
    }
    if (is_cast && scene_heap_add(pbx->simulator, scene)) {
        count(pbx, COUNT_CALLS);
        return true;
    }
    while (cast-- > 0) {
        scene->cast[cast]->scene = NULL;
        pbx_give_back(pbx, scene->cast[cast]);
    }
    free(scene);
    return false;
}
