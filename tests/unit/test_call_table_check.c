/* What looking for damage in a call table promises: none where there is none, some where there is,
 * and an end whatever the bytes are. */
#include "tests/unit/call_rig.h"

#include <stdio.h>

#include "base/random.h"
#include "ipc/profile.h"
#include "workers/call_table_check.h"
#include "workers/directory.h"

enum {
    CALLS = 60,
    FLIPS = 3000,
};

static const struct shm_part nothing_in_hand;

static struct text
name_of(char *buffer, unsigned number)
{
    int length = snprintf(buffer, 32, "call-%u", number);
    return (struct text){buffer, (uint32_t)length};
}

static void
fill_call(struct call_rig *rig, struct call call, struct random *random)
{
    char buffer[32];
    for (uint32_t i = 0; i < 4; i++) {
        struct shm_party *party = call_add_party(call.block, name_of(buffer, 2000 + i));
        party->other = call_add_text(call.block, TEXT("2001"));
        party_learn_name(call.block, party, name_of(buffer, 3000 + i));
        call_note_fact(call.block, 1, name_of(buffer, i), i);
    }
    struct shm_act *act = call_add_act(call.block);
    act->subject = party_ref(call.block, call_first_party(call.block));
    struct shm_request *request = call_add_request(call.block);
    request->target = call_add_text(call.block, TEXT("2003"));
    call_note_name(call.block, TEXT("9999"), 0);
    for (int span = 0; span < SPAN_COUNT; span++)
        if (random_below(random, 2) == 0)
            span_set(&rig->table, call, (enum call_span)span, random_below(random, 1000));
}

static void
change_something(struct call_rig *rig, struct random *random)
{
    char buffer[32];
    struct text name = name_of(buffer, random_below(random, CALLS * 2));
    uint64_t key = call_key(0, name);
    struct call call = call_table_find(&rig->table, key, 0, name);
    if (call.number != 0 && random_below(random, 3) == 0) {
        call_table_reserve(&rig->table, &call, 4096);
    } else if (call.number != 0) {
        call_table_remove(&rig->table, call);
    } else {
        call = call_table_add(&rig->table, key, 0, name, 2500);
        if (call.number != 0)
            fill_call(rig, call, random);
    }
    call_table_commit(&rig->table);
    rig_begin_transaction(rig);
}

static struct call_rig *
open_used_table(struct random *random, unsigned changes)
{
    struct call_rig *rig = rig_open(CALLS);
    rig_begin_transaction(rig);
    for (unsigned i = 0; i < changes; i++)
        change_something(rig, random);
    return rig;
}

static void
a_table_in_use_has_no_fault(void **state)
{
    (void)state;
    struct random random = {3};
    struct call_rig *rig = open_used_table(&random, 0);
    for (unsigned i = 0; i < 3000; i++) {
        assert_null(call_table_fault(&rig->table, &nothing_in_hand));
        change_something(rig, &random);
    }
    rig_close(rig);
}

/* A call that is coming in is not whole yet; another would be damaged. */
static void
a_call_that_is_coming_in_is_not_looked_into(void **state)
{
    (void)state;
    struct random random = {3};
    struct call_rig *rig = open_used_table(&random, 200);
    uint32_t number = 1;
    while (rig->table.slots[number].key == 0)
        number++;
    call_table_at(&rig->table, number).block->parties = 0xffff;
    assert_string_equal(call_table_fault(&rig->table, &nothing_in_hand),
                        "a call, or the list of free places for calls");
    const struct shm_part coming = {.moving = 5000, .moved = 1024, .slot = number};
    assert_null(call_table_fault(&rig->table, &coming));
    const struct shm_part nowhere = {.moving = 5000, .moved = 1024, .slot = 1u << 30};
    assert_non_null(call_table_fault(&rig->table, &nowhere));
    rig_close(rig);
}

/* Its states, times and numbers too, which say nothing of where something stands. */
static void
a_bit_that_turned_over_in_a_call_is_found(void **state)
{
    (void)state;
    struct random random = {5};
    struct call_rig *rig = open_used_table(&random, 50);
    uint32_t number = 1;
    while (rig->table.slots[number].key == 0)
        number++;
    uint8_t *block = (uint8_t *)call_table_at(&rig->table, number).block;
    uint32_t bits = call_table_at(&rig->table, number).block->used * 8;
    for (uint32_t bit = 0; bit < bits; bit += 37) {
        block[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_non_null(call_table_fault(&rig->table, &nothing_in_hand));
        block[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_null(call_table_fault(&rig->table, &nothing_in_hand));
    rig_close(rig);
}

static void
each_part_that_says_where_something_is_is_named(void **state)
{
    (void)state;
    struct random random = {3};
    struct call_rig *rig = open_used_table(&random, 500);
    struct shm_call_table *shared = rig->table.shared;
    uint32_t class_number = 0;
    while (shared->free_blocks[class_number] == 0)
        class_number++;
    const struct {
        uint64_t *at;
        uint64_t bit;
        const char *words;
    } cases[] = {
        {&shared->blocks_end, UINT64_C(1) << 50, "its header"},
        {&shared->free_blocks[class_number], UINT64_C(1) << 40, "the list of free blocks"},
        {&shared->free_blocks[class_number], 1024, "the list of free blocks"},
        {(uint64_t *)(void *)&shared->free_slot, 8, "a call, or the list of free places for calls"},
        {(uint64_t *)(void *)&rig->table.links[0].spans[SPAN_IDLE], 1,
         "a link, or the calls that wait on it"},
        {(uint64_t *)(void *)&rig->table.index[3], UINT64_C(1) << 33, "the index of calls"},
        {(uint64_t *)(void *)&shared->device_mask, 2, "the devices"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        *cases[i].at ^= cases[i].bit;
        const char *fault = call_table_fault(&rig->table, &nothing_in_hand);
        assert_non_null(fault);
        assert_string_equal(fault, cases[i].words);
        *cases[i].at ^= cases[i].bit;
    }
    assert_null(call_table_fault(&rig->table, &nothing_in_hand));
    rig_close(rig);
}

static void
calls_changed_beside_many_others_are_no_damage(void **state)
{
    enum { MANY = 3 * CALL_WORKS };
    (void)state;
    struct call_rig *rig = rig_open(MANY);
    for (uint32_t i = 1; i <= MANY; i++) {
        rig_begin_transaction(rig);
        struct call call = call_table_add(&rig->table, (uint64_t)i << 32, 0, TEXT("a"), 5000);
        call.block->used += 4000; /* too large for a work */
        call_table_commit(&rig->table);
    }
    for (uint32_t round = 0; round < 2; round++) {
        rig_begin_transaction(rig);
        for (uint32_t i = 1; i <= MANY; i++) {
            struct call call = call_table_at(&rig->table, i);
            call_table_touch(&rig->table, &call);
            call.block->flags ^= CALL_WATCHED;
            call_table_reserve(&rig->table, &call, 4000 * round);
        }
        call_table_commit(&rig->table);
        assert_null(call_table_fault(&rig->table, &nothing_in_hand));
    }
    rig_begin_transaction(rig);
    struct call last = call_table_at(&rig->table, MANY);
    assert_int_equal(last.block->checksum, 0);
    call_table_touch(&rig->table, &last); /* alone, it is summed up again */
    call_table_commit(&rig->table);
    assert_int_not_equal(call_table_at(&rig->table, MANY).block->checksum, 0);
    rig_close(rig);
}

/* Whoever goes on follows `asked`, and finds a profile's row. */
static void
what_a_link_names_is_there(void **state)
{
    (void)state;
    struct call_rig *rig = rig_open(CALLS);
    rig_begin_transaction(rig);
    struct call idle = call_table_add(&rig->table, 77, 0, TEXT("a"), 64);
    struct call lingers = call_table_add(&rig->table, 78, 0, TEXT("b"), 64);
    struct call elsewhere = call_table_add(&rig->table, 79, 1, TEXT("c"), 64);
    struct call gone = call_table_add(&rig->table, 80, 0, TEXT("d"), 64);
    span_set(&rig->table, idle, SPAN_IDLE, 5);
    span_set(&rig->table, lingers, SPAN_LINGER, 5);
    span_set(&rig->table, elsewhere, SPAN_IDLE, 5);
    span_note_asked(&rig->table, idle);
    call_table_remove(&rig->table, gone);
    call_table_commit(&rig->table);
    assert_null(call_table_fault(&rig->table, &nothing_in_hand));
    struct shm_worker_link *link = &rig->table.links[0];
    const uint32_t others[] = {lingers.number, elsewhere.number, gone.number, gone.number + 1,
                               0xfffffff0};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        link->asked = others[i];
        assert_non_null(call_table_fault(&rig->table, &nothing_in_hand));
    }
    link->asked = 0;
    assert_null(call_table_fault(&rig->table, &nothing_in_hand));
    link->profile = PROFILE_COUNT;
    assert_non_null(call_table_fault(&rig->table, &nothing_in_hand));
    rig_close(rig);
}

/* Bits of what is in use; what is found wrong or not, looking comes to its end and stays inside,
 * and so does whoever follows what was found right. */
static void
whatever_the_bytes_are_looking_ends(void **state)
{
    (void)state;
    struct random random = {11};
    struct call_rig *rig = open_used_table(&random, 500);
    struct shm_call_table *shared = rig->table.shared;
    uint64_t blocks = shared->blocks_end - shared->blocks_offset;
    size_t laid = offsetof(struct shm_call_table, blocks_end); /* before it: call_table_open()'s */
    unsigned faults = 0;
    for (unsigned i = 0; i < FLIPS; i++) {
        uint8_t *places[] = {
            rig->table.base + laid + random_below(&random, (uint32_t)(sizeof *shared - laid)),
            (uint8_t *)rig->table.slots + random_below(&random, CALLS * 128),
            (uint8_t *)rig->table.index + random_below(&random, 128 * 8),
            rig->table.base + shared->blocks_offset + random_below(&random, (uint32_t)blocks),
            (uint8_t *)rig->table.links + random_below(&random, sizeof *rig->table.links),
        };
        uint8_t *at = places[i % (sizeof places / sizeof *places)];
        uint8_t bit = (uint8_t)(1u << random_below(&random, 8));
        *at ^= bit;
        faults += call_table_fault(&rig->table, &nothing_in_hand) != NULL;
        *at ^= bit;
    }
    assert_in_range(faults, FLIPS / 8, FLIPS);
    assert_null(call_table_fault(&rig->table, &nothing_in_hand));
    rig_close(rig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_in_use_has_no_fault),
        cmocka_unit_test(a_call_that_is_coming_in_is_not_looked_into),
        cmocka_unit_test(a_bit_that_turned_over_in_a_call_is_found),
        cmocka_unit_test(each_part_that_says_where_something_is_is_named),
        cmocka_unit_test(calls_changed_beside_many_others_are_no_damage),
        cmocka_unit_test(what_a_link_names_is_there),
        cmocka_unit_test(whatever_the_bytes_are_looking_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
