/*
 * torture - a replay whose processes are killed at random must print what an undisturbed one does.
 *
 *   torture ONHOOK INPUT FOLDER KILLS SEED [WORKERS]
 *
 * Runs of `onhook replay --name ... --out FOLDER/got INPUT`, one after another, until KILLS
 * signals have ended a living process. Each run gets a number of blows, at times of their own: a
 * role, or two at once, or the supervisor (then the same command is started again) is killed by
 * SIGKILL or SIGSEGV; or stopped for a while, and then continued or killed. After each run
 * FOLDER/got must be FOLDER/want, byte for byte, and the exit code that of the undisturbed run.
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

#include "ipc/segment.h"
#include "base/random.h"
#include "tests/torture/victim.h"

enum {
    BLOWS_MAX = 40,       /* of one run */
    PAUSE_MAX_US = 12000, /* between two blows */
    STOP_MAX_US = 20000,  /* how long a process is stopped */
    LOOK_US = 200,
    RUN_LIMIT_US = 120000000, /* a run that takes longer hangs */
    WHO_MAX = VICTIM_WORKERS + WORKERS_MAX,
    PATH_SIZE = 512,
};

struct torture {
    struct victim victim;
    uint64_t seed;
    struct random random; /* of this run */
    uint32_t workers;
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
choose_victim(struct torture *torture)
{
    uint32_t dice = random_below(&torture->random, 100);
    uint32_t worker = random_below(&torture->random, torture->workers);
    if (dice < 6)
        return VICTIM_SUPERVISOR;
    if (dice < 35)
        return VICTIM_FRONTEND;
    if (dice < 64)
        return VICTIM_PUBLISHER;
    return VICTIM_WORKERS + worker;
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
    if (ended && !hangs && same_bytes(torture->want, torture->got)) {
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
    for (uint32_t who = VICTIM_FRONTEND; who < VICTIM_WORKERS + torture->workers; who++)
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
run_undisturbed(struct torture *torture, const char *onhook, const char *workers, const char *input)
{
    const char *command[] = {onhook,  "replay",      "-q",  "--workers", workers,
                             "--out", torture->want, input, NULL};
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
    uint64_t workers = 0;
    for (uint32_t who = VICTIM_WORKERS; who < WHO_MAX; who++)
        workers += torture->kills[who];
    printf("%llu kills: supervisor %llu, front-end %llu, publisher %llu, workers %llu\n",
           (unsigned long long)torture->total,
           (unsigned long long)torture->kills[VICTIM_SUPERVISOR],
           (unsigned long long)torture->kills[VICTIM_FRONTEND],
           (unsigned long long)torture->kills[VICTIM_PUBLISHER], (unsigned long long)workers);
    printf("%llu stops, %llu pairs, %llu restarts, %llu take-overs\n",
           (unsigned long long)torture->stops, (unsigned long long)torture->pairs,
           (unsigned long long)torture->restarts, (unsigned long long)torture->take_overs);
    printf("%llu runs, %llu wrong, %llu s\n", (unsigned long long)torture->runs,
           (unsigned long long)torture->wrong, (unsigned long long)seconds);
}

int
main(int argc, char **argv)
{
    static struct torture torture;
    if (argc < 6 || argc > 7) {
        fprintf(stderr, "usage: torture ONHOOK INPUT FOLDER KILLS SEED [WORKERS]\n");
        return 2;
    }
    const char *workers = argc == 7 ? argv[6] : "4";
    char name[32];
    uint64_t began = now_us();
    torture.workers = (uint32_t)strtoul(workers, NULL, 10);
    torture.wanted = strtoull(argv[4], NULL, 10);
    if (torture.workers < 1 || torture.workers > WORKERS_MAX)
        return 2;
    torture.seed = strtoull(argv[5], NULL, 10);
    snprintf(name, sizeof name, "torture-%d", (int)getpid());
    snprintf(torture.want, sizeof torture.want, "%s/want", argv[3]);
    snprintf(torture.got, sizeof torture.got, "%s/got", argv[3]);
    snprintf(torture.said, sizeof torture.said, "%s/said", argv[3]);
    if (!run_undisturbed(&torture, argv[1], workers, argv[2])) {
        fprintf(stderr, "torture: the undisturbed run failed: exit code %d\n", torture.exit_code);
        return 1;
    }
    const char *command[] = {argv[1], "replay", "-q",        "--name", name,      "--workers",
                             workers, "--out",  torture.got, argv[2],  "--fresh", NULL};
    const char *again[] = {argv[1], "replay", "-q",        "--name", name, "--workers",
                           workers, "--out",  torture.got, argv[2],  NULL};
    torture.victim =
        (struct victim){.command = command, .again = again, .name = name, .said = torture.said};
    while (torture.total < torture.wanted && torture.wrong < 10)
        torture_run(&torture);
    segment_remove_dead(name, WORKERS_MAX); /* what a wrong run left */
    report(&torture, (now_us() - began) / 1000000);
    return torture.wrong > 0;
}
