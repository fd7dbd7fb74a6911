#include "ipc/doorbell.h"

#include <assert.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static_assert(sizeof(struct shm_doorbell) == 8, "bump SHM_LAYOUT_VERSION");
static_assert(offsetof(struct shm_doorbell, sequence) == 0, "bump SHM_LAYOUT_VERSION");

/* Not FUTEX_PRIVATE_FLAG: the word is found by its page, from whichever process. */
static void
futex(_Atomic uint32_t *word, int operation, uint32_t value, const struct timespec *timeout)
{
    syscall(SYS_futex, word, operation, value, timeout, NULL, 0);
}

uint32_t
doorbell_prepare(struct shm_doorbell *bell)
{
    /* acquire: D2. A ring that this token includes will not wake us; its news must be seen. */
    uint32_t token = atomic_load_explicit(&bell->sequence, memory_order_acquire);
    /* release: D3. Taken after the flag stood, the token could include the ring that took the
     * flag down: we would sleep unseen. */
    atomic_store_explicit(&bell->sleepers, 1, memory_order_release);
    /* seq_cst: D1. The flag stands before the caller looks for news. */
    atomic_thread_fence(memory_order_seq_cst);
    return token;
}

void
doorbell_sleep(struct shm_doorbell *bell, uint32_t token)
{
    const struct timespec nap = {.tv_nsec = DOORBELL_NAP_MS * 1000000L};
    futex(&bell->sequence, FUTEX_WAIT, token, &nap);
}

void
doorbell_finish(struct shm_doorbell *bell)
{
    /* relaxed: no edge. A ringer that still sees the flag makes one call in vain. */
    atomic_store_explicit(&bell->sleepers, 0, memory_order_relaxed);
}

void
doorbell_ring(struct shm_doorbell *bell)
{
    /* seq_cst: D1. The news stand before we look whether anybody sleeps. */
    atomic_thread_fence(memory_order_seq_cst);
    /* relaxed: the fence above orders it. Read first: an exchange would take the line away. */
    if (atomic_load_explicit(&bell->sleepers, memory_order_relaxed) == 0)
        return;
    /* acquire: D3. The step below comes after the token of the sleep we end. */
    if (atomic_exchange_explicit(&bell->sleepers, 0, memory_order_acquire) == 0)
        return;
    /* release: D2. */
    atomic_fetch_add_explicit(&bell->sequence, 1, memory_order_release);
    futex(&bell->sequence, FUTEX_WAKE, 1, NULL);
}
