#ifndef TOOLS_SWITCH_OUTCOME_LINE_H
#define TOOLS_SWITCH_OUTCOME_LINE_H

/*
 * tools/switch/outcome_line.h - one line of the program's JSON, read strictly.
 *
 * Exactly the published keys in exactly the published order (docs/attribution.md); anything
 * else is a malformed line, also a duplicate key, a missing one that is always there, or bytes
 * after the closing brace. Texts are compared as written: device numbers need no escapes.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum outcome_kind {
    OUTCOME_RELEASED,
    OUTCOME_ABANDONED,
    OUTCOME_PARTY_DELETED,
    OUTCOME_CALL_DELETED,
};

struct outcome_line {
    enum outcome_kind kind;
    struct text event, time, link, call_id, connection_id;
    struct text this_dn, party, other_dn;
    struct text this_queue, agent_id, ani, dnis;
    struct text releasing_party; /* as printed: `1 Local` */
    struct text ctrl_party, reason, evidence, cause, new_connection_id, linkage_id;
    uint64_t seq;
    int64_t call_state; /* -1: absent, as for the next three */
    int64_t call_type;
    int64_t since_start_ms;
    int64_t since_answer_ms;
    uint64_t key; /* ConnID as a number */
};

/* outcome_line_read - NULL and *line, or why the text is no outcome (a static sentence). */
const char *outcome_line_read(struct outcome_line *line, struct text text);

/* outcome_time_us - microseconds since 1970; 0 where it has no time that can be read. */
int64_t outcome_time_us(const struct outcome_line *line);

/* outcome_is_dn - EventReleased or EventAbandoned. */
static inline bool
outcome_is_dn(const struct outcome_line *line)
{
    return line->kind == OUTCOME_RELEASED || line->kind == OUTCOME_ABANDONED;
}

#endif
