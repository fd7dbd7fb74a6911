/* What looking ahead promises: each event gets the key it was added with, and the table stays what
 * it is, whatever becomes of the calls meanwhile. */
#include "tests/unit/call_rig.h"

#include "base/random.h"
#include "workers/ahead.h"

enum {
    CALLS = 40,
    EVENTS = 5000,
};

/* A call that is there or not, or none at all. */
static uint64_t
some_key(struct random *random)
{
    return (uint64_t)random_below(random, 2 * CALLS) << 32;
}

static void
add_or_remove(struct call_rig *rig, uint64_t key)
{
    rig_begin_transaction(rig);
    struct call call = call_table_find_key(&rig->table, key, 0);
    if (call.number != 0)
        call_table_remove(&rig->table, call);
    else
        call_table_add(&rig->table, key, 0, TEXT("a"), 64);
    call_table_commit(&rig->table);
}

static void
each_event_gets_the_key_it_was_added_with(void **state)
{
    (void)state;
    struct call_rig *rig = rig_open(CALLS);
    struct random random = {7};
    struct ahead ahead;
    uint64_t keys[EVENTS];
    uint32_t added = 0;
    for (uint32_t i = 0; i < EVENTS; i++)
        keys[i] = some_key(&random);
    ahead_begin(&ahead);
    for (uint32_t taken = 0; taken < EVENTS; taken++) {
        uint32_t wanted = random_below(&random, 20); /* the ring may have fewer, but this one */
        while (added < EVENTS && ahead_wants(&ahead) && (added <= taken || wanted-- > 0))
            ahead_add(&ahead, &rig->table, keys[added++]);
        picture_take(&rig->picture, &rig->table);
        assert_true(ahead_take(&ahead, &rig->table) == keys[taken]);
        assert_true(picture_is_like(&rig->picture, &rig->table));
        if (keys[taken] != 0)
            add_or_remove(rig, keys[taken]);
    }
    assert_int_equal(ahead_take(&ahead, &rig->table), 0);
    rig_close(rig);
}

/* A batch that was given up begins anew. */
static void
nothing_is_left_of_events_that_were_not_taken(void **state)
{
    (void)state;
    struct call_rig *rig = rig_open(CALLS);
    struct ahead ahead;
    ahead_begin(&ahead);
    for (uint64_t key = 1; ahead_wants(&ahead); key++)
        ahead_add(&ahead, &rig->table, key << 32);
    assert_true(ahead_take(&ahead, &rig->table) == UINT64_C(1) << 32);
    ahead_begin(&ahead);
    assert_int_equal(ahead_take(&ahead, &rig->table), 0);
    ahead_add(&ahead, &rig->table, 77);
    assert_int_equal(ahead_take(&ahead, &rig->table), 77);
    rig_close(rig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_event_gets_the_key_it_was_added_with),
        cmocka_unit_test(nothing_is_left_of_events_that_were_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
