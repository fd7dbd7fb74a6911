/*
 * torture - a replay whose processes are killed at random must print what an undisturbed one does.
 *
 *   torture ONHOOK FOLDER KILLS SEED WORKERS FRONTENDS INPUT...
 *
 * Runs of `onhook replay --name ... --out FOLDER/got INPUT...`, one after another, until KILLS
 * signals have ended a living process. Each run gets a number of blows, at times of their own: a
 * role, or two at once, or the supervisor (then the same command is started again) is killed by
 * SIGKILL or SIGSEGV; or stopped for a while, and then continued or killed. After each run
 * FOLDER/got must be FOLDER/want, byte for byte, and the exit code that of the undisturbed run.
 * With several front-ends it is so of each link; the undisturbed run has one.
 *
 * The seed decides every choice and every pause; what a blow meets is up to the machine. Files of
 * a wrong run stay in FOLDER. Exit: 0 all runs right, 1 not, 2 wrong usage.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "ipc/segment.h"
#include "tests/torture/links.h"
#include "tests/torture/victim.h"

enum {
    BLOWS_MAX = 40,       /* of one run */
    PAUSE_MAX_US = 12000, /* between two blows */
    STOP_MAX_US = 20000,  /* how long a process is stopped */
    LOOK_US = 200,
    RUN_LIMIT_US = 120000000, /* a run that takes longer hangs */
    WHO_MAX = VICTIM_FRONTENDS + FRONTENDS_MAX + 1 + WORKERS_MAX,
    WORDS_MAX = 80, /* of a command line */
    PATH_SIZE = 512,
};

struct torture {
    struct victim victim;
    uint64_t seed;
    struct random random; /* of this run */
    uint32_t workers;
    uint32_t frontends;
    uint64_t wanted;
    char want[PATH_SIZE];
    char got[PATH_SIZE];
    char said[PATH_SIZE];
    int exit_code;         /* of the undisturbed run */
    bool crashed[WHO_MAX]; /* its last death was a fault: three at one input would be its end */
    uint64_t kills[WHO_MAX];
    uint64_t stops;
    uint64_t pairs;
    uint64_t total;
    uint64_t runs;
    uint64_t wrong;
    uint64_t restarts;
    uint64_t take_overs;
};

static uint64_t
now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void
pause_us(uint32_t us)
{
    nanosleep(&(struct timespec){.tv_nsec = (long)us * 1000}, NULL);
}

/* ---- blows --------------------------------------------------------------------------------- */

static uint32_t
victim_publisher(const struct torture *torture)
{
    return VICTIM_FRONTENDS + torture->frontends;
}

static uint32_t
victim_count(const struct torture *torture)
{
    return victim_publisher(torture) + 1 + torture->workers;
}

static uint32_t
choose_victim(struct torture *torture)
{
    uint32_t dice = random_below(&torture->random, 100);
    uint32_t worker = random_below(&torture->random, torture->workers);
    if (dice < 6)
        return VICTIM_SUPERVISOR;
    if (dice < 35)
        return VICTIM_FRONTENDS +
               (torture->frontends > 1 ? random_below(&torture->random, torture->frontends) : 0);
    if (dice < 64)
        return victim_publisher(torture);
    return victim_publisher(torture) + 1 + worker;
}

/* A supervisor that faults would tell so; everybody else may be hit by either. */
static int
choose_signal(struct torture *torture, uint32_t who)
{
    bool crash = random_below(&torture->random, 8) == 0;
    if (!crash || who == VICTIM_SUPERVISOR || torture->crashed[who])
        return SIGKILL;
    return SIGSEGV;
}

static void
kill_one(struct torture *torture, int pidfd, uint32_t who, int number)
{
    if (!victim_hit(pidfd, number))
        return;
    torture->crashed[who] = number == SIGSEGV;
    torture->kills[who]++;
    torture->total++;
}

static void
strike(struct torture *torture)
{
    uint32_t who = choose_victim(torture);
    uint32_t other = choose_victim(torture);
    int number = choose_signal(torture, who);
    bool pair = random_below(&torture->random, 6) == 0;
    bool stop = random_below(&torture->random, 6) == 0;
    bool survives = random_below(&torture->random, 2) == 0;
    uint32_t stopped_us = random_below(&torture->random, STOP_MAX_US);
    int first = victim_open(&torture->victim, who);
    int second = pair && other != who ? victim_open(&torture->victim, other) : -1;
    if (first >= 0 && stop && victim_hit(first, SIGSTOP)) {
        torture->stops++;
        pause_us(stopped_us);
    }
    if (first >= 0 && !(stop && survives))
        kill_one(torture, first, who, number);
    if (second >= 0) {
        torture->pairs++;
        kill_one(torture, second, other, SIGKILL);
    }
    if (first >= 0 && stop)
        victim_hit(first, SIGCONT); /* what is pending for a stopped process waits for this */
    if (first >= 0)
        close(first);
    if (second >= 0)
        close(second);
}

/* ---- a run --------------------------------------------------------------------------------- */

static bool
same_bytes(const char *one, const char *other)
{
    static char left[1 << 16];
    static char right[1 << 16];
    FILE *a = fopen(one, "r");
    FILE *b = fopen(other, "r");
    bool same = a != NULL && b != NULL;
    size_t length = 1;
    while (same && length > 0) {
        length = fread(left, 1, sizeof left, a);
        same = fread(right, 1, sizeof right, b) == length && memcmp(left, right, length) == 0;
    }
    if (a != NULL)
        fclose(a);
    if (b != NULL)
        fclose(b);
    return same;
}

static void
keep(struct torture *torture, const char *path)
{
    char kept[PATH_SIZE + 32];
    snprintf(kept, sizeof kept, "%s.wrong-%llu", path, (unsigned long long)torture->runs);
    rename(path, kept);
    printf("  %s\n", kept);
}

static void
judge_run(struct torture *torture, int status, bool hangs)
{
    bool ended = WIFEXITED(status) && WEXITSTATUS(status) == torture->exit_code;
    bool same = ended && !hangs &&
                (torture->frontends == 1 ? same_bytes(torture->want, torture->got)
                                         : links_are_same(torture->want, torture->got));
    if (same) {
        unlink(torture->said);
        unlink(torture->got);
        return;
    }
    const char *how = hangs               ? "hangs"
                      : ended             ? "other bytes"
                      : WIFEXITED(status) ? "other exit code"
                                          : "the supervisor died of itself";
    torture->wrong++;
    printf("run %llu: %s\n", (unsigned long long)torture->runs, how);
    keep(torture, torture->got);
    keep(torture, torture->said);
}

/* True when the supervisor has ended; one that we killed is started again. */
static bool
has_ended(struct torture *torture, int *status)
{
    struct victim *victim = &torture->victim;
    if (waitpid(victim->supervisor, status, WNOHANG) != victim->supervisor)
        return false;
    if (!WIFSIGNALED(*status) || WTERMSIG(*status) != SIGKILL)
        return true;
    victim_forget(victim);
    torture->take_overs++;
    return !victim_start(victim, victim->again);
}

static void
count_restarts(struct torture *torture)
{
    if (torture->victim.control == NULL)
        return;
    for (uint32_t who = VICTIM_FRONTENDS; who < victim_count(torture); who++)
        torture->restarts += victim_restarts(&torture->victim, who);
}

static void
torture_run(struct torture *torture)
{
    uint64_t began = now_us();
    uint64_t next = 0; /* when the next blow falls; it is counted from when there is a victim */
    int status = 0;
    bool hangs = false;
    torture->runs++;
    torture->random.state = torture->seed + torture->runs * UINT64_C(0x9e3779b97f4a7c15);
    uint32_t blows = 1 + random_below(&torture->random, BLOWS_MAX);
    if (!victim_start(&torture->victim, torture->victim.command))
        return;
    while (!has_ended(torture, &status) && !hangs) {
        pause_us(LOOK_US);
        if (victim_find(&torture->victim) && blows > 0 && now_us() >= next) {
            strike(torture);
            blows--;
            next = now_us() + random_below(&torture->random, PAUSE_MAX_US);
        }
        hangs = now_us() - began > RUN_LIMIT_US;
    }
    if (hangs) {
        kill(torture->victim.supervisor, SIGKILL);
        waitpid(torture->victim.supervisor, &status, 0);
    }
    count_restarts(torture);
    victim_forget(&torture->victim);
    judge_run(torture, status, hangs);
}

static bool
run_undisturbed(struct torture *torture, const char *const *command)
{
    torture->victim = (struct victim){.command = command, .said = torture->said};
    int status;
    if (!victim_start(&torture->victim, torture->victim.command) ||
        waitpid(torture->victim.supervisor, &status, 0) != torture->victim.supervisor)
        return false;
    torture->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    unlink(torture->said);
    return torture->exit_code == 0 || torture->exit_code == 3;
}

static void
report(const struct torture *torture, uint64_t seconds)
{
    uint32_t publisher = victim_publisher(torture);
    uint64_t frontends = 0;
    uint64_t workers = 0;
    for (uint32_t who = VICTIM_FRONTENDS; who < publisher; who++)
        frontends += torture->kills[who];
    for (uint32_t who = publisher + 1; who < WHO_MAX; who++)
        workers += torture->kills[who];
    printf("%llu kills: supervisor %llu, front-ends %llu, publisher %llu, workers %llu\n",
           (unsigned long long)torture->total,
           (unsigned long long)torture->kills[VICTIM_SUPERVISOR], (unsigned long long)frontends,
           (unsigned long long)torture->kills[publisher], (unsigned long long)workers);
    printf("%llu stops, %llu pairs, %llu restarts, %llu take-overs\n",
           (unsigned long long)torture->stops, (unsigned long long)torture->pairs,
           (unsigned long long)torture->restarts, (unsigned long long)torture->take_overs);
    printf("%llu runs, %llu wrong, %llu s\n", (unsigned long long)torture->runs,
           (unsigned long long)torture->wrong, (unsigned long long)seconds);
}

/* A command line: fixed words, then the inputs, then perhaps one more. */
static void
put_words(const char *words[WORDS_MAX], const char *const *fixed, char **inputs, const char *last)
{
    uint32_t count = 0;
    for (; *fixed != NULL; fixed++)
        words[count++] = *fixed;
    for (; *inputs != NULL && count < WORDS_MAX - 2; inputs++)
        words[count++] = *inputs;
    words[count++] = last;
    words[count] = NULL;
}

/* True when it may begin. */
static bool
begin(struct torture *torture, char **argv)
{
    torture->wanted = strtoull(argv[3], NULL, 10);
    torture->seed = strtoull(argv[4], NULL, 10);
    torture->workers = (uint32_t)strtoul(argv[5], NULL, 10);
    torture->frontends = (uint32_t)strtoul(argv[6], NULL, 10);
    snprintf(torture->want, sizeof torture->want, "%s/want", argv[2]);
    snprintf(torture->got, sizeof torture->got, "%s/got", argv[2]);
    snprintf(torture->said, sizeof torture->said, "%s/said", argv[2]);
    return torture->workers >= 1 && torture->workers <= WORKERS_MAX && torture->frontends >= 1 &&
           torture->frontends <= FRONTENDS_MAX;
}

int
main(int argc, char **argv)
{
    static struct torture torture;
    if (argc < 8 || !begin(&torture, argv)) {
        fprintf(stderr, "usage: torture ONHOOK FOLDER KILLS SEED WORKERS FRONTENDS INPUT...\n");
        return 2;
    }
    char name[32];
    snprintf(name, sizeof name, "torture-%d", (int)getpid());
    uint64_t began = now_us();
    const char *const once[] = {argv[1], "replay", "-q",         "--workers",
                                argv[5], "--out",  torture.want, NULL};
    const char *const named[] = {argv[1], "replay",    "-q",        "--name",
                                 name,    "--workers", argv[5],     "--front-ends",
                                 argv[6], "--out",     torture.got, NULL};
    const char *undisturbed[WORDS_MAX];
    const char *command[WORDS_MAX];
    const char *again[WORDS_MAX];
    put_words(undisturbed, once, argv + 7, NULL);
    put_words(command, named, argv + 7, "--fresh");
    put_words(again, named, argv + 7, NULL);
    if (!run_undisturbed(&torture, undisturbed)) {
        fprintf(stderr, "torture: the undisturbed run failed: exit code %d\n", torture.exit_code);
        return 1;
    }
    torture.victim =
        (struct victim){.command = command, .again = again, .name = name, .said = torture.said};
    while (torture.total < torture.wanted && torture.wrong < 10)
        torture_run(&torture);
    segment_remove_dead(name, WORKERS_MAX); /* what a wrong run left */
    report(&torture, (now_us() - began) / 1000000);
    return torture.wrong > 0;
}
