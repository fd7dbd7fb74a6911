/*
 * Outcomes of several processes to one: the result ring, which any of its producers may die in,
 * beside rings that promise nothing of the kind. With more producers than cores somebody is always
 * preempted in the middle: that is what sets them apart.
 *
 * A round forks its producers and ends when the consumer has read all. Messages of the others are
 * MESSAGE_SIZE bytes, a little more than the outcome here has.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "bench/cbench.h"
#include "bench/peer_ring.h"
#include "ipc/ring_result.h"

enum {
    SLOT_COUNT = 4096,
    MESSAGE_SIZE = 256,
    BATCH = 32,
    PRODUCERS_MAX = 4,
    OPERATIONS = 1 << 15,
    OPERATIONS_FEW = 1 << 13, /* where producers are preempted */
    ROUNDS_MOST = 11,
    ROUNDS_FEW = 3, /* likewise: a ring that collapses takes many seconds a round */
    SPINS = 1000,
    PATIENCE_S = 220,
    NAME_SIZE = 32,
    WAYS = 4,
};

struct transfer {
    char name[NAME_SIZE];
    uint32_t producers;
    void *ring; /* the result ring's mapping, and behind it each producer's count; or NULL */
    uint64_t ring_bytes;
    const struct peer_ring *peer;
    void *peer_memory;
};

static struct shm_outcome outcome;

static void
fill_outcome(void)
{
    outcome.decided_order = 35;
    outcome.call_order = 3;
    outcome.event = OUTCOME_RELEASED;
    outcome.reason = REASON_HANGUP;
    outcome.evidence = EVIDENCE_RELEASING_DEVICE;
    outcome.releasing = RELEASING_LOCAL;
    outcome.cause = CAUSE_NORMAL_CLEARING;
    outcome.flags = OUTCOME_HAS_TIME;
    outcome.time_us = INT64_C(1795341605250000);
    outcome.conn_id = UINT64_C(0x0a61f3c2d4e5b607);
    outcome_add_text(&outcome, OUTCOME_TEXT_LINK, TEXT("pbx1"));
    outcome_add_text(&outcome, OUTCOME_TEXT_CALL_ID, TEXT("FF00010000000000A1B25F6E2C0A0000"));
    outcome_add_text(&outcome, OUTCOME_TEXT_PARTY, TEXT("4989100200"));
    CHECK(outcome_is_sound(&outcome) && outcome_size(&outcome) <= MESSAGE_SIZE);
}

static void
spin(uint32_t *spins, bool found)
{
    if (found) {
        *spins = 0;
    } else if (++*spins >= SPINS) {
        *spins = 0;
        sched_yield();
    }
}

/* Each producer's count of outcomes flushed, a line of its own. */
static void *
flushed_of(const struct transfer *transfer, uint32_t producer)
{
    return (uint8_t *)transfer->ring + transfer->ring_bytes + (size_t)producer * SHM_LINE;
}

static void
produce_results(const struct transfer *transfer, uint32_t producer, uint64_t count)
{
    struct ring_result ring;
    CHECK(ring_result_attach(&ring, transfer->ring, transfer->ring_bytes) == ATTACH_OK);
    uint32_t spins = 0;
    for (uint64_t i = 0; i < count; i++) {
        outcome.seq = i;
        while (!ring_result_flush(&ring, producer, flushed_of(transfer, producer), &outcome))
            spin(&spins, false);
    }
}

static void
consume_results(const struct transfer *transfer, uint64_t count)
{
    struct ring_result ring;
    CHECK(ring_result_attach(&ring, transfer->ring, transfer->ring_bytes) == ATTACH_OK);
    uint32_t spins = 0;
    for (uint64_t got = 0; got < count;) {
        const struct shm_result_slot *slot = ring_result_poll(&ring);
        spin(&spins, slot != NULL);
        if (slot != NULL) {
            CHECK(ring_result_is_sound(&ring, slot));
            ring_result_take(&ring);
            got++;
        }
        if (slot == NULL || got % BATCH == 0)
            ring_result_release(&ring);
    }
    ring_result_release(&ring);
}

static void
produce_peer(const struct transfer *transfer, uint64_t count)
{
    static uint8_t message[MESSAGE_SIZE];
    uint32_t spins = 0;
    for (uint64_t i = 0; i < count; i++) {
        outcome.seq = i;
        memcpy(message, &outcome, outcome_size(&outcome));
        while (transfer->peer->put_shared(transfer->peer_memory, message, MESSAGE_SIZE, 1) == 0)
            spin(&spins, false);
    }
}

static void
consume_peer(const struct transfer *transfer, uint64_t count)
{
    static uint8_t batch[BATCH * MESSAGE_SIZE];
    uint32_t spins = 0;
    for (uint64_t got = 0; got < count;) {
        uint32_t ready =
            transfer->peer->take_shared(transfer->peer_memory, batch, MESSAGE_SIZE, BATCH);
        spin(&spins, ready > 0);
        for (uint32_t i = 0; i < ready; i++) {
            struct shm_outcome taken;
            memcpy(&taken, batch + (size_t)i * MESSAGE_SIZE, outcome_size(&outcome));
            CHECK(taken.event == OUTCOME_RELEASED);
        }
        got += ready;
    }
}

static void
send_outcomes(void *context, uint64_t operations)
{
    const struct transfer *transfer = context;
    uint64_t share = operations / transfer->producers;
    pid_t children[PRODUCERS_MAX];
    for (uint32_t i = 0; i < transfer->producers; i++) {
        children[i] = fork();
        CHECK(children[i] >= 0);
        if (children[i] != 0)
            continue;
        alarm(PATIENCE_S);
        if (transfer->ring != NULL)
            produce_results(transfer, i, share);
        else
            produce_peer(transfer, share);
        _exit(0);
    }
    if (transfer->ring != NULL)
        consume_results(transfer, share * transfer->producers);
    else
        consume_peer(transfer, share * transfer->producers);
    for (uint32_t i = 0; i < transfer->producers; i++)
        CHECK(waitpid(children[i], NULL, 0) == children[i]);
}

static void
make_result_ring(struct transfer *transfer)
{
    transfer->ring_bytes = ring_result_size(SLOT_COUNT);
    transfer->ring = peer_shared_memory(transfer->ring_bytes + (size_t)PRODUCERS_MAX * SHM_LINE);
    ring_result_format(transfer->ring, transfer->ring_bytes, SLOT_COUNT, 1);
}

static void
measure(uint32_t producers)
{
    static struct transfer transfers[WAYS];
    static const struct peer_ring *const peers[WAYS] = {
        NULL,
        &peer_fetchadd,
        &peer_ck,
#ifdef BENCH_RTE
        &peer_rte,
#endif
    };
    struct cbench_case cases[WAYS];
    struct cbench_result results[WAYS];
    struct cbench_options options = cbench_options_default();
    uint32_t count = 0;
    uint32_t most = producers > 2 ? ROUNDS_FEW : ROUNDS_MOST;
    if (options.rounds > most)
        options.rounds = most;
    for (; count < WAYS && (count == 0 || peers[count] != NULL); count++) {
        struct transfer *transfer = &transfers[count];
        *transfer = (struct transfer){.producers = producers, .peer = peers[count]};
        snprintf(transfer->name, sizeof transfer->name, "result.%u%s%s", producers,
                 count == 0 ? "" : ".", count == 0 ? "" : peers[count]->name);
        if (count == 0)
            make_result_ring(transfer);
        else
            transfer->peer_memory = peers[count]->make(MESSAGE_SIZE, SLOT_COUNT);
        cases[count] = (struct cbench_case){
            transfer->name, "outcome", producers > 2 ? OPERATIONS_FEW : OPERATIONS,
            send_outcomes,  transfer,  PRODUCERS_MAX};
    }
    cbench_run(results, cases, count, &options);
    for (uint32_t i = 0; i < count; i++)
        cbench_print(&results[i]);
    for (uint32_t i = 1; i < count; i++)
        cbench_print_comparison(&results[0], &results[i]);
}

int
main(void)
{
    alarm(PATIENCE_S);
    fill_outcome();
    measure(1);
    measure(2);
    measure(4);
    return 0;
}
