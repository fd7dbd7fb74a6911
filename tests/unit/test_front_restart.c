/*
 * A front-end is killed at any instant, again and again: the workers get the same bytes.
 *
 *   front_restart           some hundred kills
 *   front_restart KILLS     as many
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <sys/stat.h>

#include "tests/unit/restart_rig.h"

enum {
    KILLS = 300, /* of each test, unless told */
    LINES = 2500,
    CHAIN = 400, /* calls that are related to each other, one after the other */
    LIFE_US = 12000,
};

static uint32_t wanted_kills = KILLS;
static char folder[] = "/tmp/onhook-restart-XXXXXX";
static FILE *out;

static const char *
path_of(const char *name)
{
    static char paths[8][128];
    static uint32_t next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

/* ---- an input with everything in it --------------------------------------------------------- */

static double seconds = 1000;

static void
begin_line(char direction)
{
    static const char *const links[] = {"p", "q", "r"};
    seconds += restart_random(8) == 0 ? 0.35 : 0.004;
    fprintf(out, "%.3f %s %c ", seconds, links[restart_random(3)], direction);
}

static unsigned
a_call(void)
{
    return restart_random(60);
}

static unsigned
a_device(void)
{
    return 1000 + restart_random(40);
}

static void
say_event(void)
{
    begin_line('<');
    unsigned device = a_device();
    unsigned call = a_call();
    switch (restart_random(5)) {
    case 0:
        fprintf(out, "9999 " ORIGINATED("c%u", "%u") "\n", device, call, device, device);
        return;
    case 1:
        fprintf(out,
                "9999 <HeldEvent><monitorCrossRefID>m%u</monitorCrossRefID><heldConnection>"
                "<callID>c%u</callID><deviceID>%u</deviceID></heldConnection></HeldEvent>\n",
                device, call, device);
        return;
    case 2:
        fprintf(out,
                "9999 <DeliveredEvent><monitorCrossRefID>n%u</monitorCrossRefID><connection>"
                "<callID>c%u</callID><deviceID>%u</deviceID></connection><alertingDevice>"
                "<deviceIdentifier>%u</deviceIdentifier></alertingDevice><localConnectionInfo>"
                "alerting</localConnectionInfo></DeliveredEvent>\n",
                device % 7, call, device, device);
        return;
    case 3:
        fprintf(out,
                "9999 <TransferedEvent><monitorCrossRefID>m%u</monitorCrossRefID>"
                "<primaryOldCall><callID>c%u</callID><deviceID>1</deviceID></primaryOldCall>"
                "<secondaryOldCall><callID>c%u</callID><deviceID>1</deviceID></secondaryOldCall>"
                "</TransferedEvent>\n",
                device, call, a_call());
        return;
    default:
        fprintf(out,
                "9999 <ConnectionClearedEvent><monitorCrossRefID>m%u</monitorCrossRefID>"
                "<droppedConnection><callID>c%u</callID><deviceID>%u</deviceID>"
                "</droppedConnection></ConnectionClearedEvent>\n",
                device, call, device);
    }
}

static void
say_request(void)
{
    static const char *const ids[] = {"-", "0001", "0002", "0003"};
    const char *id = ids[restart_random(4)];
    begin_line('>');
    switch (restart_random(4)) {
    case 0:
        fprintf(out,
                "%s by=5 <ClearConnection><connectionToBeCleared><deviceID>%u</deviceID>"
                "</connectionToBeCleared></ClearConnection>\n",
                id, a_device());
        return;
    case 1:
        fprintf(out,
                "%s <MonitorStart><monitorObject><deviceObject>%u</deviceObject></monitorObject>"
                "</MonitorStart>\n",
                id, a_device());
        return;
    case 2:
        fprintf(out,
                "%s <MonitorStop><monitorCrossRefID>m%u</monitorCrossRefID></MonitorStop>\n", id,
                a_device());
        return;
    default:
        fprintf(out, "%s <SnapshotDevice><snapshotObject>%u</snapshotObject></SnapshotDevice>\n",
                id, a_device());
    }
}

static void
say_answer(void)
{
    static const char *const ids[] = {"-", "0001", "0002", "0003"};
    begin_line('<');
    fprintf(out, "%s ", ids[restart_random(4)]);
    switch (restart_random(5)) {
    case 0:
        fputs("<ClearConnectionResponse/>\n", out);
        return;
    case 1:
        fprintf(out,
                "<MonitorStartResponse><monitorCrossRefID>m%u</monitorCrossRefID>"
                "</MonitorStartResponse>\n",
                a_device());
        return;
    case 2:
        fputs("<MonitorStopResponse/>\n", out);
        return;
    case 3:
        fputs("<CSTAErrorCode><operation>generic</operation></CSTAErrorCode>\n", out);
        return;
    default:
        fprintf(out,
                "<SnapshotDeviceResponse><crossRefIDorSnapshotData><snapshotData>"
                "<snapshotDeviceResponseInfo><connectionIdentifier><callID>c%u</callID><deviceID>"
                "%u</deviceID></connectionIdentifier></snapshotDeviceResponseInfo></snapshotData>"
                "</crossRefIDorSnapshotData></SnapshotDeviceResponse>\n",
                a_call(), a_device());
    }
}

static void
say_else(uint32_t number)
{
    switch (restart_random(7)) {
    case 0:
        fprintf(out, "%.3f q ! down\n%.3f q ! up\n", seconds, seconds);
        return;
    case 1:
        fprintf(out, "# link %s monitored=%u infer=none observers=%u,%u nonsense=1 route-points=9\n",
                number % 2 == 0 ? "q" : "r", a_device(), a_device(), 8000 + number);
        return;
    case 2:
        fputs("\n# a comment\n", out);
        return;
    case 3:
        fprintf(out, "%.3f p < 9999 <broken\n", seconds);
        return;
    case 4:
        fprintf(out, "%.3f p ! tick\n", seconds += 0.5);
        return;
    case 5:
        fputs("what is this\n", out);
        return;
    default:
        begin_line('<');
        fputs("9999 <SystemStatus><systemStatus>messagesLost</systemStatus></SystemStatus>\n", out);
    }
}

/* Longer than a line may be; and calls that are all related in the end. */
static void
say_long_things(void)
{
    fprintf(out, "%.3f p < 9999 <long>", seconds);
    for (uint32_t i = 0; i < TRACE_LINE_MAX / 8; i++)
        fputs("too long, ", out);
    fputs("</long>\n", out);
    for (uint32_t i = 1; i < CHAIN; i++)
        fprintf(out,
                "%.3f p < 9999 <TransferedEvent><monitorCrossRefID>1</monitorCrossRefID>"
                "<primaryOldCall><callID>long-callid-of-a-chain-%u</callID><deviceID>1</deviceID>"
                "</primaryOldCall><secondaryOldCall><callID>long-callid-of-a-chain-%u</callID>"
                "<deviceID>1</deviceID></secondaryOldCall></TransferedEvent>\n",
                seconds, i, i - 1);
}

static void
write_trace(const char *path, const char *declaration)
{
    out = fopen(path, "w");
    assert_non_null(out);
    fprintf(out, "# onhook-trace 1\n%s", declaration);
    for (uint32_t i = 0; i < LINES; i++) {
        uint32_t kind = restart_random(20);
        if (kind < 12)
            say_event();
        else if (kind < 15)
            say_request();
        else if (kind < 18)
            say_answer();
        else
            say_else(i);
        if (i == LINES / 2)
            say_long_things();
    }
    fclose(out);
}

static void
write_streams(const char *framed, const char *bare)
{
    FILE *frames = fopen(framed, "w");
    FILE *documents = fopen(bare, "w");
    for (uint32_t i = 0; i < 400; i++) {
        char text[1024];
        unsigned device = a_device();
        int length =
            snprintf(text, sizeof text, ORIGINATED("c%u", "%u"), device, a_call(), device, device);
        uint32_t size = (uint32_t)length + 8;
        fprintf(frames, "%c%c%c%c%04u%s", 0, 0, (int)(size >> 8), (int)(size & 255), i, text);
        fprintf(documents, "%s%s", text, i % 3 == 0 ? "\n" : "");
    }
    fputs("<unfinished>", documents);
    fclose(frames);
    fclose(documents);
}

static int
make_inputs(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    write_trace(path_of("a.trace"), "# link p monitored=1000-2999 route-points=1000,700\n");
    write_trace(path_of("b.trace"), "");
    write_streams(path_of("c.xml"), path_of("p.xml"));
    return 0;
}

static int
remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int
remove_inputs(void **state)
{
    (void)state;
    return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- kills ---------------------------------------------------------------------------------- */

static void
kill_and_compare(uint32_t workers)
{
    const char *files[] = {path_of("a.trace"), path_of("c.xml"), path_of("p.xml"),
                           path_of("b.trace")};
    const struct frontend_input input = {files, 4};
    struct restart_run undisturbed;
    restart_run(&undisturbed, &input, workers, 0);
    assert_true(undisturbed.used[0] > 100000);
    assert_true(undisturbed.counters[COUNTER_UNREADABLE] > 0);

    uint32_t kills = 0;
    uint32_t lives = 0;
    while (kills < wanted_kills) {
        struct restart_run disturbed;
        restart_run(&disturbed, &input, workers, LIFE_US);
        restart_compare(&undisturbed, &disturbed);
        kills += disturbed.kills;
        lives += disturbed.lives_begun;
        restart_free(&disturbed);
    }
    print_message("%u workers: %u kills, %u of them of a front-end that had done something\n",
                  workers, kills, lives);
    assert_true(lives > 0);
    restart_free(&undisturbed);
}

static void
killed_with_one_worker_it_loses_and_doubles_nothing(void **state)
{
    (void)state;
    kill_and_compare(1);
}

static void
killed_with_three_workers_it_loses_and_doubles_nothing(void **state)
{
    (void)state;
    kill_and_compare(3);
}

int
main(int argc, char **argv)
{
    if (argc > 1)
        wanted_kills = (uint32_t)strtoul(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_with_one_worker_it_loses_and_doubles_nothing),
        cmocka_unit_test(killed_with_three_workers_it_loses_and_doubles_nothing),
    };
    return cmocka_run_group_tests(tests, make_inputs, remove_inputs);
}
