#include "ipc/history.h"

#include "base/check.h"

enum {
    CLAIM_SLOTS = 256, /* claimed ahead, so that not each entry costs a store others look at */
};

void
history_open(struct history *history, void *memory, uint32_t slots)
{
    *history = (struct history){.head = NULL};
    if (memory == NULL || slots == 0)
        return;
    CHECK((slots & (slots - 1)) == 0 && slots >= HISTORY_SLOTS_MIN);
    history->head = memory;
    history->slots = (uint8_t *)memory + sizeof *history->head;
    history->mask = slots - 1;
    /* relaxed: no edge. Ours, or a dead one's. */
    history->claimed = atomic_load_explicit(&history->head->claimed, memory_order_relaxed);
    history->told = atomic_load_explicit(&history->head->published, memory_order_relaxed);
}

static void
claim(struct history *history, uint64_t end)
{
    if (end <= history->claimed)
        return;
    history->claimed = end + CLAIM_SLOTS;
    atomic_store_explicit(&history->head->claimed, history->claimed, memory_order_relaxed);
    /* release: H2. Nobody sees a byte of what follows who does not see the claim. */
    atomic_thread_fence(memory_order_release);
}

void
history_add(struct history *history, struct shm_history_entry *entry, const void *body,
            uint32_t bytes)
{
    uint64_t slots = history_entry_slots(bytes);
    if (history->head == NULL || slots > (history->mask + 1) / 4)
        return;
    claim(history, history->position + slots);
    entry->mark = history_mark(history->position);
    entry->bytes = bytes;
    memcpy(history->slots + (history->position & history->mask) * HISTORY_SLOT_SIZE, entry,
           sizeof *entry);
    uint64_t at = ((history->position + 1) & history->mask) * HISTORY_SLOT_SIZE;
    uint64_t room = (history->mask + 1) * HISTORY_SLOT_SIZE - at;
    uint64_t first = bytes < room ? bytes : room;
    memcpy(history->slots + at, body, first);
    memcpy(history->slots, (const uint8_t *)body + first, bytes - first);
    history->position += slots;
}
