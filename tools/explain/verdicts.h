#ifndef TOOLS_EXPLAIN_VERDICTS_H
#define TOOLS_EXPLAIN_VERDICTS_H

/*
 * tools/explain/verdicts.h - the acts of a flow: what was decided, by which rule, who ended by it.
 */

#include "tools/explain/flow.h"

/* Outcomes of one act that say the same of who asked. */
struct verdict_group {
    const struct shm_outcome *first; /* rule, reason, evidence, CtrlParty are those of all */
    struct text ctrl;
    const struct shm_outcome **outcomes;
    uint32_t outcome_count;
};

struct verdicts {
    struct verdict_group *groups;
    uint32_t count;
};

void verdicts_open(struct verdicts *verdicts, const struct flow *flow);
void verdicts_close(struct verdicts *verdicts);

/* verdict_reason_when - when docs/attribution.md (section 9) has that reason. */
const char *verdict_reason_when(uint8_t reason);

/* verdict_is_unknown - does it name nobody, or leave a party's side open? */
bool verdict_is_unknown(const struct verdict_group *group);

/*
 * verdict_certain_if - the `index`-th thing that would have made it certain; NULL when there are no
 * more, and for a verdict that leaves nothing open
 */
const char *verdict_certain_if(const struct verdict_group *group, uint32_t index);

#endif
