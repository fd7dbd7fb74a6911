#include "engine/outcome_count.h"

static enum counter
counter_of_event(const struct shm_outcome *outcome)
{
    switch ((enum outcome_event)outcome->event) {
    case OUTCOME_RELEASED:
        return outcome->releasing == RELEASING_LOCAL    ? COUNTER_RELEASED_LOCAL
               : outcome->releasing == RELEASING_REMOTE ? COUNTER_RELEASED_REMOTE
                                                        : COUNTER_RELEASED_UNKNOWN;
    case OUTCOME_ABANDONED:
        return outcome->releasing == RELEASING_REMOTE ? COUNTER_ABANDONED_REMOTE
                                                      : COUNTER_ABANDONED_UNKNOWN;
    case OUTCOME_PARTY_DELETED:
        return COUNTER_PARTIES_DELETED;
    case OUTCOME_CALL_DELETED:
    case OUTCOME_EVENT_COUNT:
        break;
    }
    return COUNTER_CALLS_DELETED;
}

void
outcome_count(struct shm_counters *counters, const struct shm_outcome *outcome)
{
    counter_add(counters, counter_of_event(outcome), 1);
    if (outcome->event == OUTCOME_RELEASED || outcome->event == OUTCOME_ABANDONED)
        counter_add(counters, counter_of_reason(outcome->reason, outcome->releasing), 1);
}
