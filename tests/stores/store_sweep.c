/*
 * store_sweep - each role of a replay dies at each of its stores into memory that outlives it.
 *
 *   store_sweep [OPTION...] NAME.jsonl...
 *
 * For each golden trace: a front-end, workers and the publisher play it in turns, in one process,
 * message by message. Every store into shared memory, and every piece of the output, is a place to
 * die: where it changes something, the role that did it, or was about to do the next, is thrown
 * away, and a successor goes on with what lies in memory while the others live on. In the end the
 * output must be the golden one, the counters those of the undisturbed run, and at the death
 * nothing may look like damage. At some of these places the successor dies too: at each store of
 * its own until it has committed something.
 *
 *   --workers N   2 unless told
 *   --batch N     messages the front-end publishes at once: 1 unless told
 *   --together    all die with the one, as they do with their supervisor
 *   --part NAME   deaths of front-end, workers, or publisher only
 *   --every N     each N-th of these places only
 *   --recovery N  where each N-th death is, the successor dies too; 0: nowhere. 200 unless told
 *   --seed N      which of them
 *   --jobs N      processes at once: 2 unless told
 *   --words       what the roles say is not hidden
 *   --mutant NAME the protocol broken on purpose (mutant.def), which must be found out
 *
 * Exit: 0 as promised, 1 not, 2 wrong usage.
 */
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/hash.h"
#include "tests/stores/mutant.h"
#include "tests/stores/run.h"

enum {
    JOBS_MAX = 64,
    BAD_MAX = 10,        /* of one trace; then its sweep ends */
    RUN_SECONDS = 20,    /* of a processor: who takes longer never ends */
    WAIT_SECONDS = 1200, /* nor who waits so long; others may have the processor */
};

/* Where the sweep of a trace is; in memory that outlives its process. */
struct progress {
    const char *name;
    bool opened;
    bool ended; /* and not by a fault */
    uint64_t messages;
    uint64_t commits;
    uint64_t moves;
    uint64_t stores;
    uint64_t deaths[PARTS_MAX];
    uint64_t second_deaths;
    uint64_t bad;
    uint64_t point; /* in hand: the death's number */
    uint64_t cut;
    uint64_t second;
};

static struct {
    struct run_options run;
    uint64_t every;
    uint64_t recovery;
    uint64_t seed;
    uint32_t jobs;
    uint8_t part; /* PART_WORKERS: all of them; STORES_ANYBODY */
    bool words;
    bool is_mutant;
} options = {
    .run = {.workers = 2, .batch = 1},
    .every = 1,
    .recovery = 200,
    .seed = 1,
    .jobs = 2,
    .part = STORES_ANYBODY,
};

/* ---- one trace ------------------------------------------------------------------------------- */

static const char *
verdict_words(enum run_verdict verdict)
{
    switch (verdict) {
    case RUN_RIGHT:
        return "right";
    case RUN_OTHER_BYTES:
        return "other bytes";
    case RUN_OTHER_COUNTERS:
        return "other counters";
    case RUN_BAD_END:
        return "a role ended badly";
    case RUN_STUCK:
        return "nobody gets on";
    case RUN_ENDLESS:
        return "it has no end";
    case RUN_DAMAGE:
        return "taken for damage";
    }
    return "?";
}

/* One that is found out need not be found out again. */
static bool
is_bad_enough(const struct progress *progress)
{
    return progress->bad >= (options.is_mutant ? 1 : BAD_MAX);
}

static void
say_place(const struct progress *progress, const char *what)
{
    if (options.is_mutant)
        return;
    printf("%s: dead at store %" PRIu64, progress->name, progress->cut);
    if (progress->second != STORES_NO_CUT)
        printf(", then at the successor's %" PRIu64, progress->second);
    printf(": %s", what);
}

static void
note(struct progress *progress, const struct run_result *result)
{
    if (result->verdict == RUN_RIGHT && result->died != STORES_NEVER)
        return;
    progress->bad++;
    say_place(progress,
              result->died == STORES_NEVER ? "nobody died" : verdict_words(result->verdict));
    if (!options.is_mutant)
        printf(" (%s; %s)\n", run_part_name(result->died), result->why);
    fflush(stdout);
}

static void
limit_time(void)
{
    const struct itimerval limit = {.it_value = {.tv_sec = RUN_SECONDS}};
    CHECK(setitimer(ITIMER_PROF, &limit, NULL) == 0);
    alarm(WAIT_SECONDS);
}

static void
try(struct progress *progress, uint64_t cut, uint64_t second)
{
    progress->cut = cut;
    progress->second = second;
    limit_time();
    struct run_result result = run_again(cut, second);
    note(progress, &result);
    if (second == STORES_NO_CUT)
        progress->deaths[result.died]++;
    else
        progress->second_deaths++;
}

/* The successor of who dies at `cut` dies too, at each of its stores. */
static void
try_successor(struct progress *progress, uint64_t cut)
{
    const struct store *script;
    uint64_t count;
    limit_time();
    struct run_result result = run_successor(cut, &script, &count);
    for (uint64_t i = 0; i < count && result.verdict == RUN_RIGHT && !is_bad_enough(progress); i++)
        if (script[i].changes)
            try(progress, cut, i + 1);
}

/* Is it one of each so many, which are others for each seed and name? */
static bool
is_chosen(const struct progress *progress, uint64_t point, uint64_t each)
{
    uint64_t first = hash_text(options.seed, text_of(progress->name));
    return each > 0 && (point + first % each) % each == 0;
}

/* Who has just stored dies, if it is not its turn any more. */
static bool
is_asked_for(const struct store *script, uint64_t cut)
{
    uint8_t part = cut > 0 ? script[cut - 1].part : script[0].part;
    if (options.part == PART_WORKERS)
        return part >= PART_WORKERS;
    return options.part == STORES_ANYBODY || options.part == part;
}

/* A place to die is where something has changed: what a store leaves as it was is no other place
 * than the one before it. */
static void
sweep(struct progress *progress, uint64_t from)
{
    uint64_t count;
    const struct store *script = run_script(&count);
    uint64_t point = 0;
    progress->stores = count;
    for (uint64_t cut = 0; cut < count && !is_bad_enough(progress); cut++) {
        if ((cut > 0 && !script[cut - 1].changes) || !is_asked_for(script, cut))
            continue;
        progress->point = point++;
        if (progress->point < from || !is_chosen(progress, progress->point, options.every))
            continue;
        try(progress, cut, STORES_NO_CUT);
        if (is_chosen(progress, progress->point / options.every, options.recovery))
            try_successor(progress, cut);
    }
}

static void
hush(void)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0 && !options.words)
        dup2(nowhere, STDERR_FILENO);
}

static int
sweep_trace(struct progress *progress, uint64_t from)
{
    progress->opened = run_open(progress->name, &options.run);
    if (!progress->opened)
        return 1;
    progress->messages = run_messages();
    progress->commits = run_commits();
    progress->moves = run_moves();
    int words = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    hush();
    life_prepare();
    sweep(progress, from);
    dup2(words, STDERR_FILENO);
    progress->ended = true;
    return run_is_restored() ? 0 : 1;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static pid_t
start(struct progress *progress, uint64_t from)
{
    fflush(NULL);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(sweep_trace(progress, from));
}

/* A sweep has ended, or has died of what it tried: then one more goes on behind that. */
static pid_t
follow(struct progress *progress, int status)
{
    CHECK(progress != NULL);
    if (progress->ended || !progress->opened) {
        progress->bad += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
        return 0;
    }
    progress->bad++;
    char words[64];
    snprintf(words, sizeof words, "signal %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    say_place(progress, words);
    return !is_bad_enough(progress) ? start(progress, progress->point + 1) : 0;
}

static void
sweep_all(struct progress *traces, uint32_t count)
{
    pid_t pids[JOBS_MAX] = {0};
    struct progress *at[JOBS_MAX] = {NULL};
    uint32_t begun = 0;
    uint32_t running = 0;
    while (begun < count || running > 0) {
        for (uint32_t i = 0; i < options.jobs && begun < count; i++) {
            if (pids[i] != 0)
                continue;
            at[i] = &traces[begun++];
            pids[i] = start(at[i], 0);
            running++;
        }
        int status;
        pid_t ended = wait(&status);
        for (uint32_t i = 0; i < options.jobs; i++) {
            if (pids[i] != ended)
                continue;
            pids[i] = follow(at[i], status);
            running -= pids[i] == 0;
        }
    }
}

static uint64_t
report(const struct progress *traces, uint32_t count, uint64_t seconds)
{
    struct progress sum = {.name = NULL};
    uint64_t workers = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum.messages += traces[i].messages;
        sum.commits += traces[i].commits;
        sum.moves += traces[i].moves;
        sum.stores += traces[i].stores;
        sum.second_deaths += traces[i].second_deaths;
        sum.bad += traces[i].bad;
        for (uint8_t part = 0; part < PARTS_MAX; part++)
            sum.deaths[part] += traces[i].deaths[part];
    }
    for (uint8_t part = PART_WORKERS; part < PARTS_MAX; part++)
        workers += sum.deaths[part];
    printf("%" PRIu32 " traces, %" PRIu64 " messages, %" PRIu64 " transactions, %" PRIu64
           " moves, %" PRIu64 " stores\n",
           count, sum.messages, sum.commits, sum.moves, sum.stores);
    printf("%" PRIu64 " deaths: front-end %" PRIu64 ", workers %" PRIu64 ", publisher %" PRIu64
           "; %" PRIu64 " of a successor\n",
           sum.deaths[PART_FRONTEND] + workers + sum.deaths[PART_PUBLISHER] + sum.second_deaths,
           sum.deaths[PART_FRONTEND], workers, sum.deaths[PART_PUBLISHER], sum.second_deaths);
    struct rusage used;
    CHECK(getrusage(RUSAGE_CHILDREN, &used) == 0);
    int64_t processor = (int64_t)used.ru_utime.tv_sec + (int64_t)used.ru_stime.tv_sec;
    printf("%" PRIu64 " bad, %" PRIu64 " s, of a processor %" PRId64 " s\n", sum.bad, seconds,
           processor);
    return sum.bad;
}

/* ---- the program ----------------------------------------------------------------------------- */

static bool
take_number(uint64_t *number, uint64_t least, uint64_t most)
{
    char *end;
    *number = strtoull(optarg, &end, 10);
    return end != optarg && *end == '\0' && *number >= least && *number <= most;
}

static bool
take_part(const char *name)
{
    if (strcmp(name, "front-end") == 0)
        options.part = PART_FRONTEND;
    else if (strcmp(name, "workers") == 0)
        options.part = PART_WORKERS;
    else if (strcmp(name, "publisher") == 0)
        options.part = PART_PUBLISHER;
    return options.part != STORES_ANYBODY;
}

static bool
take_option(int option)
{
    uint64_t number;
    switch (option) {
    case 'w':
        if (!take_number(&number, 1, PARTS_MAX - PART_WORKERS))
            return false;
        options.run.workers = (uint32_t)number;
        return true;
    case 'b':
        if (!take_number(&number, 1, 1000))
            return false;
        options.run.batch = (uint32_t)number;
        return true;
    case 'j':
        if (!take_number(&number, 1, JOBS_MAX))
            return false;
        options.jobs = (uint32_t)number;
        return true;
    case 'p':
        return take_part(optarg);
    case 'e':
        return take_number(&options.every, 1, UINT64_MAX);
    case 'r':
        return take_number(&options.recovery, 0, UINT64_MAX);
    case 's':
        return take_number(&options.seed, 0, UINT64_MAX);
    case 't':
        options.run.together = true;
        return true;
    case 'v':
        options.words = true;
        return true;
    case 'm':
        options.is_mutant = true;
        return mutant_choose(optarg);
    default:
        return false;
    }
}

static bool
take_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"workers", required_argument, NULL, 'w'},
        {"batch", required_argument, NULL, 'b'},
        {"jobs", required_argument, NULL, 'j'},
        {"every", required_argument, NULL, 'e'},
        {"recovery", required_argument, NULL, 'r'},
        {"seed", required_argument, NULL, 's'},
        {"together", no_argument, NULL, 't'},
        {"words", no_argument, NULL, 'v'},
        {"mutant", required_argument, NULL, 'm'},
        {"part", required_argument, NULL, 'p'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
        if (!take_option(option))
            return false;
    return optind < argc;
}

int
main(int argc, char **argv)
{
    if (!take_options(argc, argv)) {
        fprintf(stderr, "usage: store_sweep [OPTION...] NAME.jsonl...; mutants:\n");
        mutant_print();
        return 2;
    }
    uint32_t count = (uint32_t)(argc - optind);
    time_t began = time(NULL);
    struct progress *traces = mmap(NULL, count * sizeof *traces, PROT_READ | PROT_WRITE,
                                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(traces != MAP_FAILED);
    for (uint32_t i = 0; i < count; i++)
        traces[i].name = argv[optind + (int)i];
    sweep_all(traces, count);
    uint64_t bad = report(traces, count, (uint64_t)(time(NULL) - began));
    return options.is_mutant == (bad == 0);
}
