/*
 * tests/stores/mutant.c - stands between the rooms and ipc/transaction.c, ipc/ring_result.c
 * (--wrap).
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl*,readability-identifier-naming)
 */
#include "tests/stores/mutant.h"

#include <stdio.h>
#include <string.h>

#include "ipc/ring_result.h"
#include "ipc/transaction.h"
#include "tests/stores/stores.h"

enum { SKIP_EACH = 3 };

static const struct {
    const char *name;
    const char *how;
} mutants[MUTANT_COUNT] = {
#define MUTANT(name, printed, how) [MUTANT_##name] = {(printed), (how)},
#include "tests/stores/mutant.def"
#undef MUTANT
};

static enum mutant chosen;
void __real_transaction_log(struct transaction *transaction, const void *at, uint64_t length);
void *__real_transaction_begin(struct transaction *transaction);
void __real_transaction_commit(struct transaction *transaction);
bool __real_transaction_recover(struct transaction *transaction);
void __real_ring_result_recover(struct ring_result *ring, uint32_t owner, _Atomic uint64_t *flushed,
                                const struct shm_outcome *next);

void __wrap_transaction_log(struct transaction *transaction, const void *at, uint64_t length);
void *__wrap_transaction_begin(struct transaction *transaction);
void __wrap_transaction_commit(struct transaction *transaction);
bool __wrap_transaction_recover(struct transaction *transaction);
void __wrap_ring_result_recover(struct ring_result *ring, uint32_t owner, _Atomic uint64_t *flushed,
                                const struct shm_outcome *next);

bool
mutant_choose(const char *name)
{
    for (unsigned i = 0; i < MUTANT_COUNT; i++) {
        if (strcmp(mutants[i].name, name) != 0)
            continue;
        chosen = (enum mutant)i;
        return true;
    }
    return false;
}

void
mutant_print(void)
{
    for (unsigned i = 0; i < MUTANT_COUNT; i++)
        printf("  %-20s %s\n", mutants[i].name, mutants[i].how);
}

/* A word of a journal becomes another, at once with the store before it. */
static void
set(_Atomic uint64_t *word, uint64_t value)
{
    stores_note((void *)(uintptr_t)word, sizeof *word);
    atomic_store_explicit(word, value, memory_order_relaxed);
}

static uint64_t
get(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

void
__wrap_transaction_log(struct transaction *transaction, const void *at, uint64_t length)
{
    if (chosen == MUTANT_UNDO_SKIPPED &&
        (transaction->serial + transaction->count) % SKIP_EACH == 0) {
        transaction_own(transaction, at, length);
        return;
    }
    if (chosen == MUTANT_UNDO_COUNTED_EARLY)
        set(&transaction->shared->undo_count, transaction->count + 1);
    __real_transaction_log(transaction, at, length);
}

void *
__wrap_transaction_begin(struct transaction *transaction)
{
    void *cursors = __real_transaction_begin(transaction);
    if (chosen == MUTANT_COMMIT_EARLY)
        set(&transaction->shared->commit, get(&transaction->shared->commit) + 1);
    return cursors;
}

void
__wrap_transaction_commit(struct transaction *transaction)
{
    if (chosen == MUTANT_COMMIT_EARLY)
        set(&transaction->shared->commit, get(&transaction->shared->commit) - 1);
    __real_transaction_commit(transaction);
}

bool
__wrap_transaction_recover(struct transaction *transaction)
{
    struct shm_transaction *shared = transaction->shared;
    if (chosen == MUTANT_NOT_UNDONE && get(&shared->undo_of) == get(&shared->commit) + 1)
        set(&shared->undo_of, get(&shared->commit));
    return __real_transaction_recover(transaction);
}

void
__wrap_ring_result_recover(struct ring_result *ring, uint32_t owner, _Atomic uint64_t *flushed,
                           const struct shm_outcome *next)
{
    if (chosen != MUTANT_CLAIM_LEFT)
        __real_ring_result_recover(ring, owner, flushed, next);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl*,readability-identifier-naming) */
