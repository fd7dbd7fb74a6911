/*
 * tools/explain/flow_search.c - which calls are meant, and what they were joined to.
 */
#include <stdlib.h>

#include "base/check.h"
#include "tools/explain/flow.h"

enum {
    CONN_ID_DIGITS = 16,
};

/* Doubles at each power of two. */
void *
flow_grow(void *array, uint32_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return array;
    void *grown = realloc(array, size * (count == 0 ? 1 : (size_t)count * 2));
    CHECK(grown != NULL);
    return grown;
}

static uint64_t
conn_id_of(const char *wanted)
{
    char *end;
    if (strlen(wanted) != CONN_ID_DIGITS || strspn(wanted, "0123456789abcdef") != CONN_ID_DIGITS)
        return 0;
    return strtoull(wanted, &end, 16);
}

void
flow_search_begin(struct flow_search *search, const char *wanted, const char *link)
{
    *search = (struct flow_search){
        .call_id = text_of(wanted),
        .conn_id = conn_id_of(wanted),
        .link = link == NULL ? TEXT_NONE : text_of(link),
    };
}

void
flow_search_end(struct flow_search *search)
{
    free(search->found);
    free(search->joins);
    flow_index_free(&search->known);
    *search = (struct flow_search){.found_count = 0};
}

static void
note_found(struct flow_search *search, uint64_t conn_id)
{
    uint32_t place;
    if (flow_index_find(&search->known, conn_id, &place))
        return;
    flow_index_put(&search->known, conn_id, search->found_count);
    search->found = flow_grow(search->found, search->found_count, sizeof *search->found);
    search->found[search->found_count++] = conn_id;
}

static void
note_join(struct flow_search *search, uint64_t conn_id, uint64_t other)
{
    if (conn_id == 0 || other == 0 || conn_id == other)
        return;
    search->joins = flow_grow(search->joins, search->join_count, sizeof *search->joins);
    search->joins[search->join_count++] = (struct flow_pair){conn_id, other};
}

static void
note_seen(struct flow_search *search, struct text call_id)
{
    if (search->seen_count == FLOW_SEEN_MAX || call_id.length == 0 || call_id.length >= FLOW_NAME)
        return;
    for (uint32_t i = 0; i < search->seen_count; i++)
        if (text_is_equal(text_of(search->seen[i]), call_id))
            return;
    memcpy(search->seen[search->seen_count], call_id.at, call_id.length);
    search->seen[search->seen_count++][call_id.length] = '\0';
}

static bool
is_wanted(const struct flow_search *search, uint64_t conn_id, struct text call_id)
{
    return conn_id != 0 && (conn_id == search->conn_id || text_is_equal(call_id, search->call_id));
}

void
flow_search_take(struct flow_search *search, const struct flow_entry *entry)
{
    if (search->link.length != 0 && !text_is_equal(search->link, entry->link))
        return;
    struct text call_id = entry->event->texts[EVENT_TEXT_CALL];
    if (entry->conn_id != 0)
        note_seen(search, call_id);
    if (is_wanted(search, entry->conn_id, call_id) ||
        is_wanted(search, entry->conn_id, entry->event->texts[EVENT_TEXT_NEW_CALL]))
        note_found(search, entry->conn_id);
    note_join(search, entry->conn_id, entry->other_conn_id);
    note_join(search, entry->conn_id, entry->early_conn_id);
    for (uint32_t i = 0; i < entry->outcome_count; i++) {
        const struct shm_outcome *outcome = entry->outcomes[i];
        if (is_wanted(search, outcome->conn_id, outcome_text(outcome, OUTCOME_TEXT_CALL_ID)))
            note_found(search, outcome->conn_id);
        if ((outcome->flags & OUTCOME_HAS_NEW_CONN_ID) != 0)
            note_join(search, outcome->new_conn_id, outcome->conn_id);
    }
}

/* ---- flows --------------------------------------------------------------------------------- */

const struct flow_call *
flow_call_of(const struct flow *flow, uint64_t conn_id)
{
    for (uint32_t i = 0; i < flow->call_count; i++)
        if (flow->calls[i].conn_id == conn_id)
            return &flow->calls[i];
    return NULL;
}
