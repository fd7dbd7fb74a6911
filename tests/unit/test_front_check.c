/* What looking for damage in a front-end's tables promises of states and lengths. Chains and lines
 * are damaged by tests/flip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/front_check.h"
#include "engine/request.h"
#include "tests/unit/front_rig.h"

enum {
    WORKERS = 1,
    STATES = ERRAND_NAMED + 1,
};

static struct front front;

static int
open_front(void **state)
{
    (void)state;
    front_rig_open(&front);
    return 0;
}

static int
close_front(void **state)
{
    (void)state;
    front_rig_close(&front);
    return 0;
}

static void
take(struct shm_front_places *places, uint32_t count)
{
    places->count = places->used = count;
}

static void
an_errand_in_any_state_is_sound(void **state)
{
    (void)state;
    take(&front.now->errands, STATES);
    for (uint8_t i = 0; i < STATES; i++)
        front.tables->errands[i + 1] = (struct shm_errand){.kind = ERRAND_DEVICE, .state = i};
    assert_null(front_fault(&front, WORKERS));
    front.tables->errands[1].state = STATES;
    assert_non_null(front_fault(&front, WORKERS));
}

static void
no_length_leads_out_of_its_text(void **state)
{
    (void)state;
    struct shm_front_tables *tables = front.tables;
    struct shm_gather *gather = &tables->gathers[3];
    *gather = (struct shm_gather){.order = 5, .kind = REQUEST_SNAPSHOT_DEVICE, .count = 2};
    front.now->order = 5;
    take(&front.now->errands, 2);
    take(&front.now->monitors, 1);
    take(&front.now->devices, 1);
    take(&front.now->requests, 1);
    uint8_t *lengths[] = {
        &gather->ref_length,
        &gather->text_length,
        &gather->invoke_length,
        (uint8_t *)&gather->count,
        (uint8_t *)&gather->count + 1,
        &gather->items[0].call_length,
        &gather->items[1].device_length,
        &gather->items[1].endpoint_length,
        &tables->last_calls[0].call_length,
        &tables->last_calls[LAST_CALL_SETS * LAST_CALL_WAYS - 1].call_length,
        &tables->errands[1].text_length,
        &tables->errands[2].cross_ref_length,
        &tables->device_ids[1].length,
        &tables->device_ids[2].length,
        &tables->talks[0].session_length,
        &tables->talks[0].register_length,
        &tables->talks[7].answers[TALK_ANSWERS_MAX - 1].invoke_length,
        &tables->monitors[1].cross_ref_length,
        &tables->monitors[1].device_length,
        &tables->devices[1].number_length,
        &tables->devices[1].agent_length,
        &tables->requests[1].invoke_length,
        &tables->requests[1].call_length,
        &tables->requests[1].device_length,
    };
    assert_null(front_fault(&front, WORKERS));
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint8_t was = *lengths[i];
        *lengths[i] = UINT8_MAX;
        if (front_fault(&front, WORKERS) == NULL)
            fail_msg("length %zu leads out of its text, and nothing is said", i);
        *lengths[i] = was;
    }
    assert_null(front_fault(&front, WORKERS));
}

/* What is not in use is written before it is read. */
static void
a_gather_that_is_over_is_not_looked_into(void **state)
{
    (void)state;
    front.tables->gathers[0] = (struct shm_gather){.order = 0, .count = UINT16_MAX};
    front.tables->gathers[1] = (struct shm_gather){.order = 1, .kind = REQUEST_SNAPSHOT_CALL};
    front.tables->gathers[1].items[0].call_length = UINT8_MAX;
    assert_null(front_fault(&front, WORKERS));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_errand_in_any_state_is_sound, open_front, close_front),
        cmocka_unit_test_setup_teardown(no_length_leads_out_of_its_text, open_front, close_front),
        cmocka_unit_test_setup_teardown(a_gather_that_is_over_is_not_looked_into, open_front,
                                        close_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
