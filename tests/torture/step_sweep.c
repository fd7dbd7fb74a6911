/*
 * step_sweep - each role of a replay stopped dead after its n-th instruction, for many n.
 *
 *   step_sweep TRACE[,TRACE] WANT POINTS SEED [ROLE...]
 *
 *   ROLE: front-end, front-end-1, worker-0, worker-1, publisher
 *
 * The engine is real, with two workers; its roles do their work one after the other. One of them is
 * single-stepped (ptrace) through its life. At POINTS places spread over it, it stands still: what
 * lies in shared memory is what a SIGKILL there would leave. A successor goes on from there, then
 * the roles behind it, and the output must be WANT, byte for byte; then the memory is put back, and
 * the life goes on to its next point. In the middle of it, a successor's own life is stepped
 * through in the same way: deaths in recovery.
 *
 * TRACE must be one whose moves go from worker 0 to worker 1 only. Of two traces, of different
 * links, each is read by a front-end of its own; then the output must be WANT link by link.
 * Exit: 0 all right, 1 not, 2 wrong usage, 77 nothing can be stepped here.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/random.h"
#include "engine/frontend.h"
#include "engine/publisher.h"
#include "ipc/call_record.h"
#include "ipc/front_state.h"
#include "ipc/segment.h"
#include "tests/torture/links.h"
#include "workers/worker.h"

enum {
    WORKERS = 2,
    MAX_CALLS = 32,
    OUTPUT_MAX = 1 << 20,
    SKIPPED = 77,
};

enum part { FRONTEND_0, FRONTEND_1, WORKER_0, WORKER_1, PUBLISHER, PARTS };

static const char *const part_names[PARTS] = {"front-end", "front-end-1", "worker-0", "worker-1",
                                              "publisher"};

/* What memory and output were at one time: the bytes there are, not the holes. */
struct piece {
    uint32_t segment;
    off_t at;
    size_t length;
    struct piece *next;
    uint8_t bytes[];
};

struct snapshot {
    struct piece *pieces;
    char output[OUTPUT_MAX];
    size_t output_length;
    off_t output_place;
};

struct sweep {
    struct shared_engine engine;
    struct settings settings;
    struct frontend_input inputs[2];
    uint32_t frontends;
    const char *want_file;
    char got_file[32]; /* the output, by a path */
    struct publisher_options publisher;
    struct random random;
    char want[OUTPUT_MAX];
    size_t want_length;
    struct snapshot snapshots[2]; /* of a life, and of its successor's */
    uint64_t points;              /* wanted in a life */
    uint64_t tried[2];
    uint64_t wrong;
};

static struct sweep sweep;

/* ---- roles --------------------------------------------------------------------------------- */

static int
play(enum part part)
{
    struct shared_engine *engine = &sweep.engine;
    if (part <= FRONTEND_1) {
        struct settings settings = sweep.settings;
        shared_engine_become(engine, ROLE_FRONTEND, part);
        return frontend_run(engine, part, &settings, &sweep.inputs[part]);
    }
    if (part == PUBLISHER) {
        shared_engine_become(engine, ROLE_PUBLISHER, 0);
        return publisher_run(engine, &sweep.publisher);
    }
    uint32_t index = part - WORKER_0;
    shared_engine_become(engine, ROLE_WORKER, index);
    return worker_run(engine, index, &(struct worker_options){.max_calls = MAX_CALLS});
}

/* A process for the part; one that is to be stepped waits for its first step. */
static pid_t
start(enum part part, bool stepped)
{
    fflush(NULL);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(60); /* whoever waits for what can never come is wrong */
    if (stepped) {
        alarm(0);
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
    }
    _exit(play(part));
}

static bool
is_there(enum part part)
{
    return part != FRONTEND_1 || sweep.frontends > 1;
}

static bool
lives_well(enum part part)
{
    int status;
    if (!is_there(part))
        return true;
    pid_t pid = start(part, false);
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
output_is_right(void)
{
    static char got[OUTPUT_MAX];
    if (sweep.frontends > 1)
        return links_are_same(sweep.want_file, sweep.got_file);
    ssize_t length = pread(sweep.publisher.descriptor, got, sizeof got, 0);
    return length == (ssize_t)sweep.want_length && memcmp(got, sweep.want, sweep.want_length) == 0;
}

/* ---- memory -------------------------------------------------------------------------------- */

static void
take_piece(struct snapshot *snapshot, uint32_t segment, off_t from, off_t to)
{
    size_t length = (size_t)(to - from);
    struct piece *piece = malloc(sizeof *piece + length);
    CHECK(piece != NULL);
    *piece = (struct piece){segment, from, length, snapshot->pieces};
    int descriptor = sweep.engine.segments[segment].descriptor;
    CHECK(pread(descriptor, piece->bytes, length, from) == (ssize_t)length);
    snapshot->pieces = piece;
}

static void
take_snapshot(struct snapshot *snapshot)
{
    for (uint32_t i = 0; i < sweep.engine.segment_count; i++) {
        int descriptor = sweep.engine.segments[i].descriptor;
        off_t to = 0;
        off_t from;
        while ((from = lseek(descriptor, to, SEEK_DATA)) >= 0) {
            to = lseek(descriptor, from, SEEK_HOLE);
            take_piece(snapshot, i, from, to);
        }
    }
    ssize_t length = pread(sweep.publisher.descriptor, snapshot->output, OUTPUT_MAX, 0);
    CHECK(length >= 0);
    snapshot->output_length = (size_t)length;
    snapshot->output_place = lseek(sweep.publisher.descriptor, 0, SEEK_CUR);
}

static void
put_back(struct snapshot *snapshot)
{
    for (uint32_t i = 0; i < sweep.engine.segment_count; i++)
        CHECK(fallocate(sweep.engine.segments[i].descriptor,
                        FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                        (off_t)sweep.engine.segments[i].size) == 0);
    while (snapshot->pieces != NULL) {
        struct piece *piece = snapshot->pieces;
        int descriptor = sweep.engine.segments[piece->segment].descriptor;
        CHECK(pwrite(descriptor, piece->bytes, piece->length, piece->at) == (ssize_t)piece->length);
        snapshot->pieces = piece->next;
        free(piece);
    }
    int output = sweep.publisher.descriptor;
    CHECK(ftruncate(output, 0) == 0);
    CHECK(lseek(output, snapshot->output_place, SEEK_SET) == snapshot->output_place);
    CHECK(pwrite(output, snapshot->output, snapshot->output_length, 0) ==
          (ssize_t)snapshot->output_length);
}

/* ---- lives --------------------------------------------------------------------------------- */

static bool
step(pid_t pid)
{
    int status;
    return ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == 0 && waitpid(pid, &status, 0) == pid &&
           WIFSTOPPED(status);
}

/* The part is dead here: a successor, and all behind it, must come to what was wanted. */
static void
judge_point(enum part part, uint64_t instructions, uint32_t depth)
{
    bool well = true;
    for (enum part next = part; next < PARTS && well; next++)
        well = lives_well(next);
    sweep.tried[depth]++;
    if (well && output_is_right())
        return;
    sweep.wrong++;
    printf("%s%s, dead after %llu instructions: %s\n", depth > 0 ? "successor of " : "",
           part_names[part], (unsigned long long)instructions,
           well ? "other bytes" : "a role did not end well");
}

/* Steps through a life of `length` instructions, more or less, with so many points in it. */
static void
sweep_life(enum part part, uint64_t length, uint64_t points, uint32_t depth)
{
    struct snapshot *snapshot = &sweep.snapshots[depth];
    uint64_t stretch = length / points > 0 ? length / points : 1;
    uint64_t next = random_below(&sweep.random, (uint32_t)stretch);
    int status;
    pid_t pid = start(part, true);
    CHECK(waitpid(pid, &status, 0) == pid);
    for (uint64_t lived = 0; lived < length; lived++) {
        if (lived == next) {
            take_snapshot(snapshot);
            if (depth == 0 && lived / stretch == points / 2)
                sweep_life(part, length / 4, points / 4 + 1, 1);
            judge_point(part, lived, depth);
            put_back(snapshot);
            next = (lived / stretch + 1) * stretch + random_below(&sweep.random, (uint32_t)stretch);
        }
        if (!step(pid))
            return;
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
}

static uint64_t
count_instructions(enum part part)
{
    int status;
    uint64_t count = 0;
    pid_t pid = start(part, true);
    CHECK(waitpid(pid, &status, 0) == pid);
    while (step(pid))
        count++;
    return count;
}

static bool
make_engine(void)
{
    char name[40];
    char why[SHARED_ENGINE_WHY];
    const struct engine_shape shape = {
        .workers = WORKERS,
        .frontends = sweep.frontends,
        .ring_slots = 1024,
        .result_slots = 256, /* all of it: the publisher comes last */
        .outbox_slots = 256,
        .calls_bytes = call_table_bytes(call_share(MAX_CALLS, sweep.frontends)),
        .frontend_bytes = front_state_bytes(),
    };
    snprintf(name, sizeof name, "step-sweep-%d", (int)getpid());
    if (!shared_engine_create(&sweep.engine, name, &shape, why)) {
        fprintf(stderr, "step_sweep: %s\n", why);
        return false;
    }
    shared_engine_unlink(&sweep.engine);
    return ftruncate(sweep.publisher.descriptor, 0) == 0 &&
           lseek(sweep.publisher.descriptor, 0, SEEK_SET) == 0;
}

static bool
sweep_part(enum part part)
{
    bool well = make_engine();
    for (enum part before = FRONTEND_0; before < part && well; before++)
        well = lives_well(before);
    if (!well)
        return false;
    uint64_t tried[2] = {sweep.tried[0], sweep.tried[1]};
    struct snapshot *snapshot = &sweep.snapshots[0];
    take_snapshot(snapshot);
    uint64_t length = count_instructions(part);
    put_back(snapshot);
    sweep_life(part, length, sweep.points, 0);
    shared_engine_destroy(&sweep.engine);
    printf("%s: a life of %llu instructions, %llu points, %llu in a successor's life\n",
           part_names[part], (unsigned long long)length,
           (unsigned long long)(sweep.tried[0] - tried[0]),
           (unsigned long long)(sweep.tried[1] - tried[1]));
    return true;
}

/* ---- the program --------------------------------------------------------------------------- */

static bool
can_step(void)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : 1);
    return waitpid(pid, &status, 0) == pid && status == 0;
}

static bool
is_asked_for(int argc, char **argv, enum part part)
{
    bool asked = argc == 5;
    for (int i = 5; i < argc; i++)
        asked |= strcmp(argv[i], part_names[part]) == 0;
    return asked;
}

int
main(int argc, char **argv)
{
    if (argc < 5)
        return 2;
    if (!can_step())
        return SKIPPED;
    FILE *want = fopen(argv[2], "r");
    FILE *output = tmpfile();
    if (want == NULL || output == NULL)
        return 2;
    sweep.want_length = fread(sweep.want, 1, sizeof sweep.want, want);
    fclose(want);
    sweep.publisher.descriptor = fileno(output);
    sweep.want_file = argv[2];
    snprintf(sweep.got_file, sizeof sweep.got_file, "/dev/fd/%d", fileno(output));
    const char *files[] = {argv[1], NULL};
    char *second = strchr(argv[1], ',');
    sweep.frontends = second != NULL ? 2 : 1;
    if (second != NULL) {
        *second = '\0';
        files[1] = second + 1;
    }
    for (uint32_t i = 0; i < sweep.frontends; i++)
        sweep.inputs[i] = (struct frontend_input){.files = &files[i], .file_count = 1};
    settings_default(&sweep.settings);
    sweep.points = strtoull(argv[3], NULL, 10);
    sweep.random.state = strtoull(argv[4], NULL, 10);
    for (enum part part = FRONTEND_0; part < PARTS; part++)
        if (is_asked_for(argc, argv, part) && is_there(part) && !sweep_part(part))
            return 1;
    uint64_t tried = sweep.tried[0] + sweep.tried[1];
    printf("%llu points, %llu wrong\n", (unsigned long long)tried, (unsigned long long)sweep.wrong);
    return sweep.wrong > 0;
}
