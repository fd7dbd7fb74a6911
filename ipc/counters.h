#ifndef IPC_COUNTERS_H
#define IPC_COUNTERS_H

/*
 * ipc/counters.h - what happened, counted in shared memory; one writer a block, any readers.
 */

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum counter {
#define COUNTER(name, printed, meaning) COUNTER_##name,
#include "ipc/counters.def"
#undef COUNTER
    COUNTER_COUNT,
};

enum counter_family {
    COUNTER_FAMILY_NONE,
#define COUNTER_FAMILY(name, printed, unit, first, second, meaning) COUNTER_FAMILY_##name,
#include "ipc/counter_family.def"
#undef COUNTER_FAMILY
    COUNTER_FAMILY_COUNT,
};

/* Writer: the one process the block belongs to. */
struct shm_counters {
    alignas(64) _Atomic uint64_t value[COUNTER_COUNT];
};

/* Whole lines, so that blocks of two processes never share one. */
static_assert(sizeof(struct shm_counters) == (COUNTER_COUNT * 8 + 63) / 64 * 64, "whole lines");

/* Caller: the block's one writer. A plain add: nobody else stores here. */
static inline void
counter_add(struct shm_counters *counters, enum counter which, uint64_t amount)
{
    uint64_t now = atomic_load_explicit(&counters->value[which], memory_order_relaxed);
    /* relaxed: no edge. A reader uses nothing but the number. */
    atomic_store_explicit(&counters->value[which], now + amount, memory_order_relaxed);
}

static inline uint64_t
counter_read(const struct shm_counters *counters, enum counter which)
{
    /* relaxed: no edge. */
    return atomic_load_explicit(&counters->value[which], memory_order_relaxed);
}

/* counter_restore - what it was before. Caller: the block's one writer, going on for a dead one. */
static inline void
counter_restore(struct shm_counters *counters, enum counter which, uint64_t value)
{
    /* relaxed: no edge. A reader uses nothing but the number. */
    atomic_store_explicit(&counters->value[which], value, memory_order_relaxed);
}

/*
 * The counter of DN events with that Reason and ReleasingParty. Both in range (outcome_is_sound());
 * a DN event that says nothing of the releasing party counts as unknown.
 */
enum counter counter_of_reason(uint8_t reason, uint8_t releasing);

const char *counter_name(enum counter which);
const char *counter_meaning(enum counter which);

/* Is it something an operator should look into when it counts? */
bool counter_is_fault(enum counter which);
/* That, or something that was not understood or not got, which may be nobody's fault. */
bool counter_is_error(enum counter which);

/* "bytes"; "" where it counts what its meaning says. */
const char *counter_unit(enum counter which);

enum {
    COUNTER_LABELS = 2, /* that a family can have */
};

/* What metrics know of it: the family it is a part of, COUNTER_FAMILY_NONE if it is none's, and
 * the values of that family's labels, "" where it has none. */
enum counter_family counter_family(enum counter which);
const char *counter_label_value(enum counter which, unsigned label);

/* Of a family, not COUNTER_FAMILY_NONE; the unit is "" where it is a plain count, a label where
 * there is none. */
const char *counter_family_name(enum counter_family family);
const char *counter_family_unit(enum counter_family family);
const char *counter_family_label(enum counter_family family, unsigned label);
const char *counter_family_meaning(enum counter_family family);

#endif
