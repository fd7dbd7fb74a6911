#include "tools/explain/verdicts.h"

#include <stdlib.h>

static bool
belongs_to(const struct verdict_group *group, const struct shm_outcome *outcome, struct text ctrl)
{
    const struct shm_outcome *first = group->first;
    /* Only call events name the initiator. */
    bool names = outcome->event == OUTCOME_PARTY_DELETED || outcome->event == OUTCOME_CALL_DELETED;
    return outcome->conn_id == first->conn_id && outcome->act == first->act &&
           outcome->rule == first->rule && outcome->reason == first->reason &&
           outcome->evidence == first->evidence &&
           (!names || group->ctrl.length == 0 || text_is_equal(group->ctrl, ctrl));
}

static struct verdict_group *
group_of(struct verdicts *verdicts, const struct shm_outcome *outcome, struct text ctrl)
{
    for (uint32_t i = 0; i < verdicts->count; i++)
        if (belongs_to(&verdicts->groups[i], outcome, ctrl))
            return &verdicts->groups[i];
    verdicts->groups = flow_grow(verdicts->groups, verdicts->count, sizeof *verdicts->groups);
    struct verdict_group *group = &verdicts->groups[verdicts->count++];
    *group = (struct verdict_group){.first = outcome};
    return group;
}

void
verdicts_open(struct verdicts *verdicts, const struct flow *flow)
{
    *verdicts = (struct verdicts){.count = 0};
    for (uint32_t i = 0; i < flow->moment_count; i++) {
        const struct flow_moment *moment = &flow->moments[i];
        for (uint32_t each = 0; each < moment->outcome_count; each++) {
            const struct shm_outcome *outcome = &moment->outcomes[each];
            struct text ctrl = outcome_text(outcome, OUTCOME_TEXT_CTRL_PARTY);
            struct verdict_group *group = group_of(verdicts, outcome, ctrl);
            if (ctrl.length != 0)
                group->ctrl = ctrl;
            group->outcomes =
                flow_grow(group->outcomes, group->outcome_count, sizeof *group->outcomes);
            group->outcomes[group->outcome_count++] = outcome;
        }
    }
}

void
verdicts_close(struct verdicts *verdicts)
{
    for (uint32_t i = 0; i < verdicts->count; i++)
        free(verdicts->groups[i].outcomes);
    free(verdicts->groups);
}

const char *
verdict_reason_when(uint8_t reason)
{
    static const char *const whens[REASON_COUNT] = {
        [REASON_ABNORMAL] = "a cause with a veto",
        [REASON_LOST] = "gone in the snapshot after a link loss",
        [REASON_STALE] = "no message for stale-after",
        [REASON_OUT_OF_SIGHT] = "nobody left who is monitored",
        [REASON_TRANSFER] = "left by transfer; or the old call, joined to another",
        [REASON_FORCED] = "a queue or a route point asked; or a ClearCall by nobody named",
        [REASON_REJECT] = "the one who asked was itself alerting or queued",
        [REASON_NO_ANSWER] = "the switch stopped ringing or queueing",
        [REASON_BUSY] = "the call had failed: busy",
        [REASON_BLOCKED] = "the call had failed, not for busy",
        [REASON_CONFERENCE_DROP] = "another removed it, and others go on",
        [REASON_CONFERENCE_LEAVE] = "it left by itself, and others go on",
        [REASON_CONFERENCE_END] = "one act ended three or more who had talked",
        [REASON_ABANDON] = "it ended somebody who alerted or queued and did not ask for it",
        [REASON_HANGUP] = "no other reason fits",
    };
    return reason < REASON_COUNT ? whens[reason] : "?";
}

bool
verdict_is_unknown(const struct verdict_group *group)
{
    if (group->ctrl.length == 0)
        return true;
    for (uint32_t i = 0; i < group->outcome_count; i++)
        if (group->outcomes[i]->releasing == RELEASING_UNKNOWN)
            return true;
    return false;
}

const char *
verdict_certain_if(const struct verdict_group *group, uint32_t index)
{
    if (!verdict_is_unknown(group))
        return NULL;
    for (uint32_t i = 0; i < FINDING_COUNT; i++) {
        const char *helps = finding_row(i)->helps;
        bool applies = (group->first->found >> i & 1) != 0 && helps[0] != '\0';
        if (applies && index-- == 0)
            return helps;
    }
    const char *rule = rule_row(group->first->rule)->certain_if;
    if (rule[0] != '\0' && index-- == 0)
        return rule;
    for (uint32_t i = 0; i < group->outcome_count && index == 0; i++) {
        const struct rule_row *scope = rule_row(group->outcomes[i]->scope);
        if (scope->certain_if[0] != '\0')
            return scope->certain_if;
    }
    return NULL;
}
