#include "engine/front.h"

#include <string.h>
#include <sys/mman.h>

static void
open_journal(struct transaction *transaction, void *memory)
{
    transaction_open(transaction, memory, sizeof(struct shm_front_cursors), FRONT_LOG_BYTES);
}

static void
look_at_committed(struct front *front)
{
    const void *committed = transaction_cursors(&front->transaction);
    front->now = (struct shm_front_cursors *)(uintptr_t)committed;
}

bool
front_open(struct front *front, void *memory, uint32_t index, uint32_t frontends)
{
    front->links_max = LINKS_MAX / frontends;
    front->first_link = index * front->links_max;
    open_journal(&front->transaction, memory);
    front->tables = (void *)((uint8_t *)memory + front_tables_offset());
    transaction_cover(&front->transaction, front->tables, sizeof *front->tables);
    if (!transaction_recover(&front->transaction))
        return false;
    look_at_committed(front);
    front->input = front->now->input;
    return true;
}

bool
front_open_private(struct front *front)
{
    void *memory = mmap(NULL, front_state_bytes(), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory != MAP_FAILED && front_open(front, memory, 0, 1);
}

void
front_close_private(struct front *front)
{
    munmap(front->transaction.shared, front_state_bytes());
}

void
front_begin(struct front *front)
{
    if (!transaction_is_open(&front->transaction))
        front->now = transaction_begin(&front->transaction);
}

void
front_commit(struct front *front)
{
    front->now->input = front->input;
    transaction_commit(&front->transaction);
}

bool
front_is_complete(const struct shared_engine *engine, uint32_t index)
{
    static struct transaction transaction;
    open_journal(&transaction, engine->frontend_memory[index]);
    const struct shm_front_cursors *committed = transaction_cursors(&transaction);
    return committed->declared_too_much == 0;
}

/* Private handle of a dead front-end's memory, to be read only. */
static void
look_at(struct front *front, const struct shared_engine *engine, uint32_t index)
{
    front->links_max = LINKS_MAX / engine->shape.frontends;
    front->first_link = index * front->links_max;
    front->tables = (void *)((uint8_t *)engine->frontend_memory[index] + front_tables_offset());
    open_journal(&front->transaction, engine->frontend_memory[index]);
    look_at_committed(front);
}

static bool
has_link(const struct front *front, const char *name)
{
    for (uint32_t i = 0; i < front->now->links.count; i++)
        if (strcmp(front_link(front, i)->name, name) == 0)
            return true;
    return false;
}

bool
front_have_link_in_common(const struct shared_engine *engine,
                          char name[static EVENT_TEXT_LENGTH + 1])
{
    static struct front fronts[2]; /* large */
    for (uint32_t one = 0; one < engine->shape.frontends; one++) {
        look_at(&fronts[0], engine, one);
        for (uint32_t other = one + 1; other < engine->shape.frontends; other++) {
            look_at(&fronts[1], engine, other);
            for (uint32_t i = 0; i < fronts[0].now->links.count; i++) {
                memcpy(name, front_link(&fronts[0], i)->name, EVENT_TEXT_LENGTH + 1);
                if (has_link(&fronts[1], name))
                    return true;
            }
        }
    }
    return false;
}
