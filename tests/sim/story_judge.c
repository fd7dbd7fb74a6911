/*
 * What the rules of docs/attribution.md make of the messages told. Written from the text, the
 * numbered sentences of section 4, and kept as dull as possible: it is the measure.
 */
#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "tests/sim/story.h"

static const char *const reason_names[BECAUSE_COUNT] = {
    [BECAUSE_ABNORMAL] = "abnormal",
    [BECAUSE_OUT_OF_SIGHT] = "out-of-sight",
    [BECAUSE_TRANSFER] = "transfer",
    [BECAUSE_FORCED] = "forced",
    [BECAUSE_REJECT] = "reject",
    [BECAUSE_NO_ANSWER] = "no-answer",
    [BECAUSE_BUSY] = "busy",
    [BECAUSE_BLOCKED] = "blocked",
    [BECAUSE_CONFERENCE_DROP] = "conference-drop",
    [BECAUSE_CONFERENCE_LEAVE] = "conference-leave",
    [BECAUSE_CONFERENCE_END] = "conference-end",
    [BECAUSE_ABANDON] = "abandon",
    [BECAUSE_HANGUP] = "hangup",
};

const char *
reason_name(enum reason reason)
{
    return reason_names[reason];
}

static uint32_t
bit(enum reason reason)
{
    return UINT32_C(1) << reason;
}

static bool
is_waiting(const struct party *party)
{
    return party->state == PARTY_ALERTING || party->state == PARTY_QUEUED;
}

/* ---- ends ----------------------------------------------------------------------------------- */

static void
end_add(struct sim_call *call, struct party *party, uint32_t act, char kind, int call_state)
{
    CHECK(call->end_count < SIM_ENDS_MAX);
    const struct act *decided = &call->acts[act];
    struct end *end = &call->ends[call->end_count++];
    *end = (struct end){.device = party->device,
                        .truth = decided->truth,
                        .verdict = decided->verdict,
                        .kind = kind,
                        .reasons = decided->reasons,
                        .call_state = call_state,
                        .act = act};
    CHECK(end->verdict == NULL || end->verdict == end->truth);
    if (!party->device->monitored)
        end->value = '-';
    else if (end->verdict == NULL)
        end->value = '3';
    else
        end->value = end->verdict == end->device ? '1' : '2';
    party->state = PARTY_NULL;
    party->ended_ms = call->scene->now_ms;
}

static uint32_t
act_begin(struct sim_call *call, const struct act *act)
{
    CHECK(call->act_count < SIM_ENDS_MAX);
    call->acts[call->act_count] = *act;
    return call->act_count++;
}

static void
call_delete(struct sim_call *call, uint32_t act)
{
    call->over = call->deleted = true;
    call->last_act = call->acts[act];
}

/* T-Library's number for the failure a call is in. */
static int
failure_state(const char *cause)
{
    static const struct {
        const char *cause;
        int state;
    } states[] = {{"busy", 6},
                  {"aCDBusy", 6},
                  {"trunksBusy", 10},
                  {"networkCongestion", 10},
                  {"invalidNumberFormat", 11},
                  {"numberUnallocated", 11},
                  {"destNotObtainable", 12},
                  {"networkNotObtainable", 12},
                  {"resourcesNotAvailable", 15},
                  {"selectedTrunkBusy", 15},
                  {"reorderTone", 16}};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strcmp(cause, states[i].cause) == 0)
            return states[i].state;
    return 14;
}

/* A party that alerted or queued was abandoned, unless it ended itself. */
static void
end_by_act(struct sim_call *call, struct party *party, uint32_t act)
{
    bool itself = call->acts[act].verdict == party->device;
    char kind = is_waiting(party) && !itself ? 'A' : 'R';
    int state = call->failure != NULL ? failure_state(call->failure) : 0;
    end_add(call, party, act, kind, state);
}

/* ---- what an act is called ------------------------------------------------------------------ */

struct scope {
    uint32_t before;  /* parties just before */
    uint32_t left;    /* that go on after */
    uint32_t talking; /* of those left, who talk, hold or dial */
    uint32_t talked;  /* that this act ends and that had talked */
    bool abandons;    /* it ends an alerting or queued party that did not end itself */
    bool ends_all;    /* everybody left is alone in it */
};

static struct scope
scope_of(const struct sim_call *call, const struct party *ended, const struct act *act,
         bool whole_call)
{
    struct scope scope = {0};
    for (uint32_t i = 0; i < call->party_count; i++) {
        const struct party *party = &call->parties[i];
        if (party->state == PARTY_NULL || !party->seen)
            continue;
        scope.before++;
        if (party == ended)
            continue;
        scope.left++;
        scope.talking += !is_waiting(party);
    }
    scope.ends_all = whole_call || scope.left <= 1 || scope.talking == 0;
    for (uint32_t i = 0; i < call->party_count; i++) {
        const struct party *party = &call->parties[i];
        if (party->state == PARTY_NULL || !party->seen || (party != ended && !scope.ends_all))
            continue;
        scope.talked += party->talked;
        scope.abandons |= is_waiting(party) && act->verdict != party->device;
    }
    return scope;
}

static bool
is_party_now(const struct sim_call *call, const struct device *device)
{
    for (uint32_t i = 0; i < call->party_count; i++)
        if (call->parties[i].device == device && call->parties[i].state != PARTY_NULL)
            return true;
    return false;
}

static uint32_t
conference_reasons(const struct sim_call *call, const struct party *ended, const struct act *act,
                   const struct scope *scope)
{
    const struct device *who = act->verdict;
    if (who != NULL && who != ended->device) {
        if (call->was_conference && !is_party_now(call, who))
            return bit(BECAUSE_CONFERENCE_DROP);
        /* Whether a caller who hears ringing "still talks" is left open: both may be said. */
        if (scope->before >= 3 && scope->talking > 0 && !scope->ends_all)
            return bit(BECAUSE_CONFERENCE_DROP) |
                   (scope->abandons ? bit(BECAUSE_ABANDON) : UINT32_C(0));
    }
    if (who == ended->device && scope->before >= 3 && scope->talking > 0 && !scope->ends_all)
        return bit(BECAUSE_CONFERENCE_LEAVE);
    if (scope->ends_all && scope->talked >= 3)
        return bit(BECAUSE_CONFERENCE_END);
    return 0;
}

static uint32_t
reasons_of(const struct sim_call *call, const struct party *ended, const struct act *act,
           const struct scope *scope, bool veto)
{
    const struct device *who = act->verdict;
    if (veto && who == NULL)
        return bit(BECAUSE_ABNORMAL);
    if (who != NULL && (who->kind == DEVICE_QUEUE || who->kind == DEVICE_ROUTE_POINT))
        return bit(BECAUSE_FORCED);
    for (uint32_t i = 0; who != NULL && i < call->party_count; i++)
        if (call->parties[i].device == who && is_waiting(&call->parties[i]))
            return bit(BECAUSE_REJECT);
    if (call->failure != NULL)
        return strcmp(call->failure, "busy") == 0 || strcmp(call->failure, "aCDBusy") == 0
                   ? bit(BECAUSE_BUSY)
                   : bit(BECAUSE_BLOCKED);
    uint32_t conference = conference_reasons(call, ended, act, scope);
    if (conference != 0)
        return conference;
    return scope->abandons ? bit(BECAUSE_ABANDON) : bit(BECAUSE_HANGUP);
}

/* ---- clearings ------------------------------------------------------------------------------ */

/* Section 3, in its order; `requester` is set only where the request was granted in time. */
static const struct device *
verdict_of(const struct device *dropped, const struct cue *cue)
{
    if (cue->requester == NULL)
        return cue->veto ? NULL : cue->named;
    if (cue->named == NULL)
        return cue->requester;
    if (cue->requester != dropped && cue->named == dropped)
        return cue->requester;
    return cue->named;
}

/* Parallel ringing and pickup: silent while another rings, or after another answered. */
static bool
is_diversion(const struct sim_call *call, const struct party *ended, const struct cue *cue)
{
    if (ended->state != PARTY_ALERTING || cue->requester != NULL || cue->veto)
        return false;
    if (cue->named != NULL && cue->named != call->answerer)
        return false;
    if (call->answerer != NULL)
        return true;
    for (uint32_t i = 0; i < call->party_count; i++)
        if (&call->parties[i] != ended && call->parties[i].state == PARTY_ALERTING)
            return true;
    return false;
}

/* Who is alone in the act ends in it, even unseen; others talk on where nobody can see. */
static void
look_for_sight(struct sim_call *call, uint32_t act)
{
    bool alone = true;
    if (call->over || call_is_in_sight(call))
        return;
    for (uint32_t i = 0; i < call->party_count; i++)
        alone &= call->parties[i].state == PARTY_NULL || call->parties[i].act == (int)act;
    if (call_live(call) >= 2 && !alone) {
        judge_vanish(call);
        return;
    }
    for (uint32_t i = 0; i < call->party_count; i++)
        if (call->parties[i].state != PARTY_NULL)
            end_by_act(call, &call->parties[i], act);
    call_delete(call, act);
}

/* A clearing that no act covers yet. */
static uint32_t
open_act(struct sim_call *call, struct party *party, const struct cue *cue)
{
    struct act act = {.truth = cue->truth, .verdict = verdict_of(party->device, cue)};
    struct scope scope = scope_of(call, party, &act, cue->whole_call);
    act.reasons = reasons_of(call, party, &act, &scope, cue->veto);
    uint32_t number = act_begin(call, &act);
    for (uint32_t i = 0; scope.ends_all && i < call->party_count; i++)
        call->parties[i].act = (int)number;
    return number;
}

/*
 * Evidence that came late counts from here on. What the act is called then may follow it, or
 * stay what was said first.
 */
void
judge_late(struct sim_call *call, uint32_t act, const struct device *who)
{
    struct party *party = call_party(call, who);
    bool waited = party != NULL && is_waiting(party);
    for (uint32_t i = 0; i < call->end_count; i++)
        waited |=
            call->ends[i].device == who && call->ends[i].act == act && call->ends[i].kind == 'A';
    call->acts[act].verdict = who;
    if (waited)
        call->acts[act].reasons |= bit(BECAUSE_REJECT);
}

static void
judge_no_answer(struct sim_call *call, struct party *party, const struct cue *cue)
{
    struct act act = {.truth = cue->truth, .reasons = bit(BECAUSE_NO_ANSWER)};
    end_add(call, party, act_begin(call, &act), 'A', 7);
}

void
judge_clearing(struct sim_call *call, const struct device *device, const struct cue *cue)
{
    struct party *party = call_party(call, device);
    if (call->over || party == NULL || party->state == PARTY_NULL)
        return;
    CHECK(party->seen);
    if (cue->no_answer && cue->requester == NULL) {
        judge_no_answer(call, party, cue);
        return;
    }
    if (party->act < 0 && is_diversion(call, party, cue)) {
        call_leave_silently(call, device, cue->cause);
        return;
    }
    uint32_t act = party->act < 0 ? open_act(call, party, cue) : (uint32_t)party->act;
    struct act *decided = &call->acts[act];
    if (decided->verdict == NULL && cue->named != NULL && cue->named != device && !cue->veto)
        judge_late(call, act, cue->named);
    end_by_act(call, party, act);
    if (call_live(call) == 0)
        call_delete(call, act);
    look_for_sight(call, act);
}

void
judge_call_cleared(struct sim_call *call, const struct cue *cue)
{
    uint32_t act = 0;
    struct cue whole = *cue;
    whole.whole_call = true;
    if (call->over)
        return;
    for (uint32_t i = 0; i < call->party_count; i++) {
        struct party *party = &call->parties[i];
        if (party->state == PARTY_NULL || !party->seen)
            continue;
        act = party->act < 0 ? open_act(call, party, &whole) : (uint32_t)party->act;
        end_by_act(call, party, act);
    }
    call_delete(call, act);
}

void
judge_vanish(struct sim_call *call)
{
    struct act act = {.reasons = bit(BECAUSE_OUT_OF_SIGHT)};
    uint32_t number = act_begin(call, &act);
    for (uint32_t i = 0; i < call->party_count; i++)
        if (call->parties[i].state != PARTY_NULL && call->parties[i].seen)
            end_add(call, &call->parties[i], number, 'R', 0);
    call_delete(call, number);
}

void
judge_transfer_leave(struct sim_call *call, struct device *device)
{
    struct party *party = call_party(call, device);
    if (party == NULL || party->state == PARTY_NULL)
        return;
    struct act act = {.truth = device, .verdict = device, .reasons = bit(BECAUSE_TRANSFER)};
    end_add(call, party, act_begin(call, &act), 'R', 1);
}

void
judge_redirect(struct sim_call *call, const struct device *device, const char *cause)
{
    struct party *party = call_party(call, device);
    bool unanswered = cause != NULL && (strcmp(cause, "callNotAnswered") == 0 ||
                                        strcmp(cause, "alertTimeExpired") == 0);
    struct act act = {.reasons = unanswered ? bit(BECAUSE_NO_ANSWER) : bit(BECAUSE_ABANDON)};
    if (call->link->manner == MANNER_CONFIGURED && device->monitored)
        end_add(call, party, act_begin(call, &act), 'X', unanswered ? 7 : 22);
}

/* ---- the truth on paper --------------------------------------------------------------------- */

static uint64_t
connection_id(const struct sim_call *call)
{
    uint8_t seq[8];
    for (int i = 0; i < 8; i++)
        seq[i] = (uint8_t)(call->first_seq >> (8 * i));
    const char *link = call->link->name;
    uint64_t hash = hash_bytes(HASH_START, link, strlen(link) + 1);
    hash = hash_bytes(hash, call->ids[0], strlen(call->ids[0]));
    return hash_finish(hash_bytes(hash, seq, sizeof seq));
}

static void
write_device(FILE *out, const struct device *device)
{
    if (device == NULL)
        fputs("nobody", out);
    else if (device->anonymous)
        fprintf(out, "%s|-", device->trunk);
    else if (device->trunk[0] != '\0')
        fprintf(out, "%s|%s", device->number, device->trunk);
    else
        fputs(device->number, out);
}

static void
write_reasons(FILE *out, uint32_t reasons)
{
    const char *between = "";
    for (uint32_t i = 0; i < BECAUSE_COUNT; i++) {
        if ((reasons & bit((enum reason)i)) == 0)
            continue;
        fprintf(out, "%s%s", between, reason_name((enum reason)i));
        between = "|";
    }
}

static void
write_end(FILE *out, const struct end *end)
{
    fputc('\t', out);
    write_device(out, end->device);
    fputc(' ', out);
    write_device(out, end->truth);
    fprintf(out, " %s %c %c ", end->verdict != NULL ? "visible" : "hidden", end->kind, end->value);
    write_reasons(out, end->reasons);
    fprintf(out, " %d %u", end->call_state, end->act);
}

void
truth_write(FILE *out, const struct sim_call *call)
{
    fprintf(out, "%s\t", call->link->name);
    for (uint32_t i = 0; i < call->id_count; i++)
        fprintf(out, "%s%s", i == 0 ? "" : "+", call->ids[i]);
    fprintf(out, "\t%u\t%016" PRIx64 "\t%s\t", call->generation, connection_id(call),
            call->scene->name);
    if (!call->deleted) {
        fputs("open", out);
    } else {
        write_device(out, call->last_act.truth);
        fprintf(out, " %s ", call->last_act.verdict != NULL ? "visible" : "hidden");
        write_reasons(out, call->last_act.reasons);
        if (call->joined_to != NULL)
            fprintf(out, " %016" PRIx64, connection_id(call->joined_to));
        else
            fputs(" -", out);
    }
    for (uint32_t i = 0; i < call->end_count; i++)
        write_end(out, &call->ends[i]);
    fputc('\n', out);
}
