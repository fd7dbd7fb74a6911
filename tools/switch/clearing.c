#include "tools/switch/clearing.h"

#include "tools/switch/tell.h"
#include "tools/switch/truth.h"

static bool
is_waiting(const struct pbx_party *party)
{
    return party->state == STATE_ALERTING || party->state == STATE_QUEUED;
}

void
clear_note(struct call *call, struct pbx_device *device, const struct act *act)
{
    struct pbx_party *party = pbx_party_of(call, device);
    CHECK(device != NULL && party != NULL);
    if (call->end_count == PBX_ENDS_MAX)
        return;
    call->ends[call->end_count++] = (struct pbx_end){
        .device = device,
        .by = act->by,
        .told = act->told,
        .reason = act->reason,
        .abandoned = is_waiting(party) && (act->by != device || act->told == TOLD_NOTHING),
        .is_monitored = device->is_wanted,
        .time_us = call->pbx->simulator->now_us,
    };
    party->state = STATE_NULL;
}

void
clear_party(struct call *call, struct pbx_device *device, const struct act *act)
{
    clear_note(call, device, act);
    struct telling telling = {.event = SAID_CLEARED,
                              .call = call,
                              .subject = device,
                              .named = act->named,
                              .cause = act->cause,
                              .by = act->by};
    tell(&telling);
}

static bool
has_call_monitor(const struct call *call)
{
    for (uint32_t i = 0; i < call->party_count; i++)
        for (struct monitor *at = call->parties[i].device->monitors; at != NULL; at = at->next)
            if (at->of_calls)
                return true;
    return false;
}

void
clear_over(struct call *call, const struct act *act, uint64_t joined)
{
    struct pbx *pbx = call->pbx;
    if (joined == 0 && pbx->profile != PBX_BROADWORKS && has_call_monitor(call)) {
        struct telling telling = {.event = SAID_CALL_CLEARED, .call = call, .cause = act->cause};
        tell(&telling);
    }
    struct truth_deletion deletion = {.by = act->by, .told = act->told, .joined = joined};
    truth_call(call, &deletion);
    count(pbx, COUNT_ENDED);
    call->is_over = true;
    call->serial = 0;
    pbx->live--;
}

/* ---- acts ----------------------------------------------------------------------------------- */

struct scope {
    uint32_t before, left, talking;
    bool two_talk; /* just two are in it, and both talk */
};

static struct scope
scope_of(const struct call *call, const struct pbx_device *device)
{
    struct scope scope = {0};
    bool all_talk = true;
    for (uint32_t i = 0; i < call->party_count; i++) {
        const struct pbx_party *party = &call->parties[i];
        if (party->state == STATE_NULL)
            continue;
        scope.before++;
        all_talk &= party->state == STATE_CONNECTED;
        if (party->device == device)
            continue;
        scope.left++;
        scope.talking += !is_waiting(party);
    }
    scope.two_talk = scope.before == 2 && all_talk;
    return scope;
}

static enum end_reason
reason_of(struct call *call, const struct pbx_device *device, const struct pbx_device *by,
          const struct scope *scope)
{
    const struct pbx_party *party = pbx_party_of(call, by);
    bool goes_on = scope->left > 1 && scope->talking > 0;
    if (by->kind == DEVICE_QUEUE || by->kind == DEVICE_ROUTE_POINT)
        return END_FORCED;
    if (party != NULL && is_waiting(party))
        return END_REJECT;
    if (call->failure != END_HANGUP)
        return call->failure;
    if (goes_on)
        return device == by ? END_LEAVE : END_DROP;
    return scope->talking < scope->left ? END_ABANDON : END_HANGUP;
}

/*
 * Whether the switch keeps silent about who did it. A panasonic tells by local states, where two
 * talk; elsewhere it names, as its states would say something else.
 */
static void
choose_told(struct call *call, struct act *act, const struct scope *scope, bool removes)
{
    struct pbx *pbx = call->pbx;
    act->named = act->by;
    bool silent = pbx_chance(pbx, pbx->simulator->options.silent);
    if (pbx->profile == PBX_PANASONIC && (!scope->two_talk || removes))
        silent = false;
    if (!silent)
        return;
    act->named = NULL;
    if (act->told == TOLD_NAME)
        act->told = pbx->profile == PBX_PANASONIC ? TOLD_STATE : TOLD_NOTHING;
}

void
scene_hang_up(struct call *call, struct pbx_device *device, struct pbx_device *by, enum told told)
{
    struct scope scope = scope_of(call, device);
    struct act act = {.by = by, .told = told, .cause = "normalClearing"};
    /* A broadworks conference lives by the one who made it. */
    if (call->pbx->profile == PBX_BROADWORKS && device == call->controller && device == by) {
        scene_clear_call(call, by, "normalClearing", told);
        return;
    }
    act.reason = reason_of(call, device, by, &scope);
    choose_told(call, &act, &scope, device != by);
    clear_party(call, device, &act);
    if (scope.left > 1 && scope.talking > 0)
        return;
    for (uint32_t i = 0; i < call->party_count; i++)
        if (call->parties[i].state != STATE_NULL)
            clear_party(call, call->parties[i].device, &act);
    clear_over(call, &act, 0);
}

/* The one who ends it goes first: a broadworks knows the end of a conference by that. */
void
scene_clear_call(struct call *call, struct pbx_device *by, const char *cause, enum told told)
{
    struct act act = {.by = by, .named = by, .told = told, .cause = cause};
    struct scope scope = scope_of(call, by);
    act.reason = by == NULL ? END_ABNORMAL : scope.before > 2 ? END_CONFERENCE : END_HANGUP;
    if (by != NULL)
        choose_told(call, &act, &scope, false);
    if (by != NULL && pbx_party_of(call, by) != NULL && pbx_party_of(call, by)->state != STATE_NULL)
        clear_party(call, by, &act);
    for (uint32_t i = 0; i < call->party_count; i++)
        if (call->parties[i].state != STATE_NULL)
            clear_party(call, call->parties[i].device, &act);
    clear_over(call, &act, 0);
}
