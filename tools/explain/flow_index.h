#ifndef TOOLS_EXPLAIN_FLOW_INDEX_H
#define TOOLS_EXPLAIN_FLOW_INDEX_H

/*
 * tools/explain/flow_index.h - numbers by ConnID. All zero: empty. Grows; never fails (CHECK).
 */

#include <stdbool.h>
#include <stdint.h>

struct flow_index {
    uint64_t *keys; /* 0: a free place */
    uint32_t *numbers;
    uint32_t room; /* a power of two, or 0 */
    uint32_t count;
};

/* flow_index_find - false where the ConnID, or 0, has no number. */
bool flow_index_find(const struct flow_index *index, uint64_t conn_id, uint32_t *number);

/* flow_index_put - a ConnID, not 0, that has none yet. */
void flow_index_put(struct flow_index *index, uint64_t conn_id, uint32_t number);

void flow_index_free(struct flow_index *index);

#endif
