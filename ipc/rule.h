#ifndef IPC_RULE_H
#define IPC_RULE_H

/*
 * ipc/rule.h - which rule decided, by its place in docs/attribution.md.
 *
 * A worker writes down a rule's number where it applies it; that is all it costs. The number goes
 * with the act into its outcomes, so that whoever explains a verdict need not judge again.
 */

#include <stdint.h>

enum rule {
    RULE_NONE = 0,
#define RULE(name, kind, section, title, says, certain_if) RULE_##name,
#include "ipc/rule.def"
#undef RULE
    RULE_COUNT,
};

enum rule_kind {
    RULE_IS_NONE = 0,
    RULE_IS_WHO,
    RULE_IS_SCOPE,
    RULE_IS_SILENT,
};

struct rule_row {
    const char *name; /* as in rule.def: TWO_LEFT */
    enum rule_kind kind;
    const char *section; /* of docs/attribution.md */
    const char *title;   /* what to look for in it */
    const char *says;
    const char *certain_if; /* "" where somebody is named */
};

/* Bits of shm_act.found and shm_outcome.found. */
enum finding {
#define FINDING(name, printed, says, helps) FINDING_##name,
#include "ipc/finding.def"
#undef FINDING
    FINDING_COUNT,
};

struct finding_row {
    const char *name;
    const char *says;
    const char *helps; /* "" if nothing */
};

/* rule_row - a rule's row; that of RULE_NONE for a number that is no rule's. */
const struct rule_row *rule_row(uint8_t rule);

/* finding_row - `finding` must be below FINDING_COUNT (CHECK). */
const struct finding_row *finding_row(uint32_t finding);

#endif
