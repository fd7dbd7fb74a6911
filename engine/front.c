#include "engine/front.h"

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
