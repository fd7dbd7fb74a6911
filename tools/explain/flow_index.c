#include "tools/explain/flow_index.h"

#include <stdlib.h>

#include "base/check.h"

enum {
    ROOM_LEAST = 64,
};

/* ConnIDs are hashes themselves. Where it stands, or the free place where it would. */
static uint32_t
place_of(const struct flow_index *index, uint64_t conn_id)
{
    uint32_t place = (uint32_t)conn_id & (index->room - 1);
    while (index->keys[place] != 0 && index->keys[place] != conn_id)
        place = (place + 1) & (index->room - 1);
    return place;
}

bool
flow_index_find(const struct flow_index *index, uint64_t conn_id, uint32_t *number)
{
    if (index->room == 0 || conn_id == 0)
        return false;
    uint32_t place = place_of(index, conn_id);
    if (index->keys[place] == 0)
        return false;
    *number = index->numbers[place];
    return true;
}

static void
grow(struct flow_index *index)
{
    struct flow_index old = *index;
    index->room = old.room == 0 ? ROOM_LEAST : old.room * 2;
    CHECK(index->room != 0);
    index->keys = calloc(index->room, sizeof *index->keys);
    index->numbers = calloc(index->room, sizeof *index->numbers);
    CHECK(index->keys != NULL && index->numbers != NULL);
    for (uint32_t i = 0; i < old.room; i++) {
        if (old.keys[i] == 0)
            continue;
        uint32_t place = place_of(index, old.keys[i]);
        index->keys[place] = old.keys[i];
        index->numbers[place] = old.numbers[i];
    }
    flow_index_free(&old);
}

void
flow_index_put(struct flow_index *index, uint64_t conn_id, uint32_t number)
{
    if (index->count >= index->room / 2)
        grow(index);
    uint32_t place = place_of(index, conn_id);
    CHECK(conn_id != 0 && index->keys[place] == 0);
    index->keys[place] = conn_id;
    index->numbers[place] = number;
    index->count++;
}

void
flow_index_free(struct flow_index *index)
{
    free(index->keys);
    free(index->numbers);
    *index = (struct flow_index){.room = 0};
}
