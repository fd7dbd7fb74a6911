/*
 * What an engine's page of metrics says is what its processes counted, each thing once, in a form
 * that has a bound.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc/process_state.h"
#include "ipc/segment.h"
#include "tools/inspect/metrics_http.h"
#include "tools/inspect/metrics_text.h"

static struct shared_engine engine;
static struct view view;
static char page[METRICS_SIZE + 1];

static int
create(void **state)
{
    (void)state;
    char why[VIEW_WHY];
    char name[SEGMENT_NAME_MAX];
    struct engine_shape shape = {.workers = WORKERS_MAX,
                                 .frontends = CHANNELS_MAX / WORKERS_MAX,
                                 .ring_slots = 1024,
                                 .result_slots = 64,
                                 .outbox_slots = OUTBOX_SLOTS_MIN,
                                 .calls_bytes = 4096};
    snprintf(name, sizeof name, "metrics-%d", (int)getpid());
    if (!shared_engine_create(&engine, name, &shape, why))
        fail_msg("%s", why);
    if (!view_open(&view, VIEW_FOLDER, name, why))
        fail_msg("%s", why);
    return 0;
}

static int
destroy(void **state)
{
    (void)state;
    view_close(&view);
    shared_engine_destroy(&engine);
    return 0;
}

static size_t
write_page(enum metrics_form form, const struct view *of)
{
    size_t length = metrics_write(page, form, of);
    page[length] = '\0';
    return length;
}

static bool
has(const char *line)
{
    return strstr(page, line) != NULL;
}

static unsigned
times(const char *words)
{
    unsigned found = 0;
    for (const char *at = page; (at = strstr(at, words)) != NULL; at++)
        found++;
    return found;
}

static void
counters_are_told_with_units_and_as_parts_of_their_families(void **state)
{
    (void)state;
    counter_add(&engine.frontends->counters, COUNTER_BYTES, 7);
    counter_add(&engine.workers[3].counters, COUNTER_STEPS, 5);
    counter_add(&engine.workers[63].counters, COUNTER_STEPS, 6);
    counter_add(&engine.publisher->counters, COUNTER_REMOTE_HANGUP, 2);
    write_page(METRICS_CLASSIC, &view);
    assert_true(has("\n# TYPE onhook_read_bytes_total counter\nonhook_read_bytes_total 7\n"));
    assert_true(has("\nonhook_steps_total 11\n"));
    assert_true(has("\nonhook_worker_steps_total{worker=\"63\"} 6\n"));
    assert_true(has("\nonhook_releases_total{reason=\"hangup\",releasing_party=\"remote\"} 2\n"));
    assert_true(has("\nonhook_given_out_total{event=\"call_deleted\"} 0\n"));
    assert_true(has("\nonhook_up 1\n"));
    assert_true(has("\nonhook_links 0\n"));
    assert_true(has("\nonhook_memory_bytes{segments=\"control\"} "));
    assert_int_equal(times("\nonhook_memory_bytes{segments=\"ring\"} "), 1);
    write_page(METRICS_OPEN, &view);
    assert_true(has("\n# TYPE onhook_read_bytes counter\n# UNIT onhook_read_bytes bytes\n"));
    assert_true(has("\nonhook_read_bytes_total 7\n"));
    assert_string_equal(page + strlen(page) - 6, "# EOF\n");
}

static void
each_metric_has_one_head(void **state)
{
    (void)state;
    write_page(METRICS_CLASSIC, &view);
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        char name[METRICS_NAME_SIZE];
        char head[2 * METRICS_NAME_SIZE];
        snprintf(head, sizeof head, "# TYPE %s counter\n",
                 metrics_counter_name(name, (enum counter)i));
        if (times(head) != 1)
            fail_msg("%s %u times", head, times(head));
    }
}

static void
buckets_only_grow_up_to_the_count(void **state)
{
    (void)state;
    struct shm_histogram *histogram = &engine.workers[1].latency[STAGE_DECODED_JUDGED];
    histogram_add(histogram, 0, 1000);
    histogram_add(histogram, 0, 5000);
    histogram_add(histogram, 0, UINT64_C(1) << 40);
    write_page(METRICS_CLASSIC, &view);
#define BUCKET(end) "\nonhook_latency_seconds_bucket{stage=\"decoded_judged\",le=\"" end "\"} "
    assert_true(has(BUCKET("1.024e-06") "1\n"));
    assert_true(has(BUCKET("4.096e-06") "1\n"));
    assert_true(has(BUCKET("8.192e-06") "2\n"));
    assert_true(has(BUCKET("68.719476736") "2\n"));
    assert_true(has(BUCKET("+Inf") "3\n"));
    assert_true(has("\nonhook_latency_seconds_count{stage=\"decoded_judged\"} 3\n"));
#undef BUCKET
}

static void
the_page_of_the_largest_engine_fits_twice(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < view.process_count; i++)
        memset(&engine.control->processes[i].counters, 0xff, sizeof(struct shm_counters));
    assert_true(write_page(METRICS_OPEN, &view) < METRICS_SIZE / 2);
    assert_true(write_page(METRICS_CLASSIC, &view) < METRICS_SIZE / 2);
    for (uint32_t i = 0; i < view.process_count; i++)
        memset(&engine.control->processes[i].counters, 0, sizeof(struct shm_counters));
}

static void
without_an_engine_it_says_so(void **state)
{
    (void)state;
    write_page(METRICS_CLASSIC, NULL);
    assert_true(has("\nonhook_up 0\n"));
    assert_true(has("\nonhook_build_info{version="));
    assert_false(has("onhook_messages_total"));
}

static void
ready_is_who_has_all_its_processes(void **state)
{
    (void)state;
    char said[METRICS_SAID];
    assert_int_equal(metrics_health(&view, said), METRICS_ALIVE);
    assert_non_null(strstr(said, "not ready: front-end 0 of "));
    for (uint32_t i = 0; i < view.process_count; i++)
        process_pid_set(&engine.control->processes[i], (uint32_t)getpid());
    assert_int_equal(metrics_health(&view, said), METRICS_READY);
    process_pid_set(&engine.workers[5], 0);
    assert_int_equal(metrics_health(&view, said), METRICS_ALIVE);
    assert_non_null(strstr(said, "not ready: worker 5 of "));
    process_done_set(&engine.workers[5]);
    assert_int_equal(metrics_health(&view, said), METRICS_READY);
}

static void
a_client_gets_openmetrics_only_if_it_likes_it_better(void **state)
{
    (void)state;
    assert_int_equal(metrics_form_wanted(NULL), METRICS_CLASSIC);
    assert_int_equal(metrics_form_wanted("*/*"), METRICS_CLASSIC);
    assert_int_equal(metrics_form_wanted("application/openmetrics-text"), METRICS_OPEN);
    assert_int_equal(metrics_form_wanted("application/openmetrics-text;q=0.4,text/plain"),
                     METRICS_CLASSIC);
}

static void
only_the_loopback_is_listened_on(void **state)
{
    (void)state;
    static const char *const good[] = {"9469", "127.0.0.1:9469", "127.3.4.5:0", "localhost:1",
                                       "[::1]:65535"};
    static const char *const bad[] = {
        "",           "x",    "65536",        "0.0.0.0:9469", "[::]:9469",    "10.0.0.1:80",
        "127.0.0.1:", ":",    "[]:1",         "[:1",          "127.0.0.1:-1", "::ffff:1.2.3.4:5",
        "[",          "a]:1", "127.0.0.1:9 9"};
    struct http_place place;
    char why[HTTP_WHY];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!http_place_read(&place, good[i], why))
            fail_msg("%s: %s", good[i], why);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (http_place_read(&place, bad[i], why))
            fail_msg("%s was taken", bad[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_are_told_with_units_and_as_parts_of_their_families),
        cmocka_unit_test(each_metric_has_one_head),
        cmocka_unit_test(buckets_only_grow_up_to_the_count),
        cmocka_unit_test(the_page_of_the_largest_engine_fits_twice),
        cmocka_unit_test(without_an_engine_it_says_so),
        cmocka_unit_test(ready_is_who_has_all_its_processes),
        cmocka_unit_test(a_client_gets_openmetrics_only_if_it_likes_it_better),
        cmocka_unit_test(only_the_loopback_is_listened_on),
    };
    return cmocka_run_group_tests(tests, create, destroy);
}
