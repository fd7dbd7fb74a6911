/*
 * A live call is found by its key and changed: the call table, which writes down what it changes
 * (commits of 32), beside tables that do not: liburcu's cds_lfht, as a reader that updates in
 * place, and uthash. Keys are random, calls too; all that is looked for is there.
 *
 * Nothing is taken apart again: each size has a process of its own (bench/sizes.h).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <urcu-qsbr.h>
#include <urcu/rculfhash.h>
#include <uthash.h>

#include "base/check.h"
#include "base/random.h"
#include "bench/cbench.h"
#include "bench/sizes.h"
#include "workers/call_table.h"

enum {
    BATCH = 32,
    LOG_BYTES = 8 << 20,
    BLOCK_BYTES = 400, /* of a call of two parties */
    WAYS = 3,
    NAME_SIZE = 32,
};

struct urcu_call {
    struct cds_lfht_node node;
    uint64_t key;
    uint64_t touched;
};

struct ut_call {
    uint64_t key;
    uint64_t touched;
    UT_hash_handle hh;
};

struct subject {
    uint64_t *keys;
    uint64_t count;
    struct random random;
    struct call_table table;
    struct transaction transaction;
    void *memory, *journal;
    uint64_t memory_bytes, journal_bytes;
    struct cds_lfht *lfht;
    struct urcu_call *urcu_calls;
    struct ut_call *head;
    struct ut_call *ut_calls;
};

static uint64_t
some_key(struct subject *subject)
{
    return subject->keys[random_below(&subject->random, (uint32_t)subject->count)];
}

static void
find_in_table(void *context, uint64_t operations)
{
    struct subject *subject = context;
    for (uint64_t i = 0; i < operations; i += BATCH) {
        transaction_begin(&subject->transaction);
        for (uint64_t j = 0; j < BATCH; j++) {
            struct call call = call_table_find_key(&subject->table, some_key(subject), 0);
            CHECK(call.number != 0);
            call.slot->last_order = i + j;
        }
        call_table_commit(&subject->table);
    }
}

static int
has_key(struct cds_lfht_node *node, const void *key)
{
    return caa_container_of(node, struct urcu_call, node)->key == *(const uint64_t *)key;
}

static void
find_in_lfht(void *context, uint64_t operations)
{
    struct subject *subject = context;
    for (uint64_t i = 0; i < operations; i++) {
        uint64_t key = some_key(subject);
        struct cds_lfht_iter iterator;
        cds_lfht_lookup(subject->lfht, key, has_key, &key, &iterator);
        struct cds_lfht_node *node = cds_lfht_iter_get_node(&iterator);
        CHECK(node != NULL);
        caa_container_of(node, struct urcu_call, node)->touched = i;
    }
    urcu_qsbr_quiescent_state();
}

static void
find_in_uthash(void *context, uint64_t operations)
{
    struct subject *subject = context;
    for (uint64_t i = 0; i < operations; i++) {
        uint64_t key = some_key(subject);
        struct ut_call *call;
        HASH_FIND(hh, subject->head, &key, sizeof key, call);
        CHECK(call != NULL);
        call->touched = i;
    }
}

static void *
map_memory(uint64_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(memory != MAP_FAILED);
    return memory;
}

static void
fill_table(struct subject *subject)
{
    uint32_t calls = (uint32_t)subject->count;
    subject->memory_bytes = call_table_bytes(calls);
    subject->memory = map_memory(subject->memory_bytes);
    subject->journal_bytes = transaction_bytes(0, LOG_BYTES);
    subject->journal = map_memory(subject->journal_bytes);
    transaction_open(&subject->transaction, subject->journal, 0, LOG_BYTES);
    transaction_cover(&subject->transaction, subject->memory, subject->memory_bytes);
    CHECK(call_table_open(&subject->table, subject->memory, subject->memory_bytes, calls,
                          &subject->transaction));
    for (uint32_t i = 0; i < calls; i++) {
        char id[16];
        int length = snprintf(id, sizeof id, "%u", i);
        transaction_begin(&subject->transaction);
        struct call call = call_table_add(&subject->table, subject->keys[i], 0,
                                          (struct text){id, (uint32_t)length}, BLOCK_BYTES);
        CHECK(call.number != 0);
        call_table_commit(&subject->table);
    }
}

static void
fill_peers(struct subject *subject)
{
    subject->lfht = cds_lfht_new(1024, 1024, 0, CDS_LFHT_AUTO_RESIZE, NULL);
    subject->urcu_calls = calloc(subject->count, sizeof *subject->urcu_calls);
    subject->ut_calls = calloc(subject->count, sizeof *subject->ut_calls);
    CHECK(subject->lfht != NULL && subject->urcu_calls != NULL && subject->ut_calls != NULL);
    for (uint64_t i = 0; i < subject->count; i++) {
        struct urcu_call *urcu_call = &subject->urcu_calls[i];
        struct ut_call *ut_call = &subject->ut_calls[i];
        urcu_call->key = ut_call->key = subject->keys[i];
        cds_lfht_add(subject->lfht, urcu_call->key, &urcu_call->node);
        HASH_ADD(hh, subject->head, key, sizeof ut_call->key, ut_call);
    }
    urcu_qsbr_quiescent_state();
}

static void
measure(uint64_t count, const char *name)
{
    static struct subject subject;
    char names[WAYS][NAME_SIZE];
    urcu_qsbr_register_thread();
    subject = (struct subject){.count = count, .random = {count}};
    subject.keys = malloc(count * sizeof *subject.keys);
    CHECK(subject.keys != NULL);
    for (uint64_t i = 0; i < count; i++)
        subject.keys[i] = random_next(&subject.random) | 1;
    fill_table(&subject);
    fill_peers(&subject);
    snprintf(names[0], NAME_SIZE, "%s", name);
    snprintf(names[1], NAME_SIZE, "%s.lfht", name);
    snprintf(names[2], NAME_SIZE, "%s.uthash", name);
    const struct cbench_case cases[WAYS] = {
        {names[0], "call", 0, find_in_table, &subject, BATCH},
        {names[1], "call", 0, find_in_lfht, &subject, 0},
        {names[2], "call", 0, find_in_uthash, &subject, 0},
    };
    struct cbench_result results[WAYS];
    struct cbench_options options = cbench_options_default();
    cbench_run(results, cases, WAYS, &options);
    for (uint32_t i = 0; i < WAYS; i++)
        cbench_print(&results[i]);
    cbench_print_comparison(&results[0], &results[1]);
    cbench_print_comparison(&results[0], &results[2]);
}

int
main(void)
{
    static const struct size sizes[] = {
        {1000, "1k"},
        {1 << 16, "64k"},
        {1 << 20, "1m"},
        {1 << 23, "8m"},
    };
    cbench_pin(0);
    sizes_measure("table", sizes, sizeof sizes / sizeof *sizes, measure);
    return 0;
}
