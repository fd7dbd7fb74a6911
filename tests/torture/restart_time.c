/*
 * restart_time - a worker that keeps many calls is killed; how long until it handles an event?
 *
 *   restart_time ONHOOK FOLDER KILLS CONFIG INPUT STEPS
 *
 * The worker of `onhook replay -c CONFIG --name ... --out FOLDER/got INPUT` is killed (SIGKILL)
 * KILLS times, 20 ms apart, after it has handled STEPS records. A time is that from the signal to
 * the first record its successor has committed, as its counter shows it to a reader that never
 * sleeps; and on the way there, to the death and to the successor. Prints the median, the 99th
 * percentile and the longest; FOLDER/times_ms gets each time, in milliseconds, a line each.
 * Exit: 0 measured, 1 the run ended before, 2 wrong usage.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ipc/counters.h"
#include "ipc/process_state.h"
#include "tests/torture/victim.h"

enum {
    KILLS_MAX = 10000,
    PAUSE_NS = 20 * 1000 * 1000,
    WORKER = VICTIM_FRONTENDS + 2, /* behind the front-end and the publisher */
};

/* From the signal on. */
static struct times {
    uint64_t death[KILLS_MAX]; /* until the kernel says that it is dead */
    uint64_t birth[KILLS_MAX]; /* until its successor has a process number */
    uint64_t step[KILLS_MAX];  /* until that has handled a record */
} times;

static uint64_t
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t
steps_of(const struct victim *victim)
{
    return counter_read(&victim->control->processes[WORKER - VICTIM_FRONTENDS].counters,
                        COUNTER_STEPS);
}

static uint32_t
pid_of(const struct victim *victim)
{
    return process_pid(&victim->control->processes[WORKER - VICTIM_FRONTENDS]);
}

static bool
has_ended(const struct victim *victim)
{
    return waitpid(victim->supervisor, NULL, WNOHANG) != 0;
}

/* False: the run is over. */
static bool
measure(const struct victim *victim, uint32_t number)
{
    int pidfd = victim_open(victim, WORKER);
    if (pidfd < 0)
        return !has_ended(victim);
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};
    uint32_t dead = pid_of(victim);
    uint64_t began = now_ns();
    bool hit = victim_hit(pidfd, SIGKILL) && poll(&ended, 1, 1000) == 1;
    close(pidfd);
    times.death[number] = now_ns() - began;
    uint64_t steps = steps_of(victim); /* of the dead; what was not committed is taken back */
    times.birth[number] = 0;
    while (hit && steps_of(victim) <= steps) {
        uint64_t since = now_ns() - began;
        if (times.birth[number] == 0 && pid_of(victim) != dead && pid_of(victim) != 0)
            times.birth[number] = since;
        if (since > UINT64_C(5000000000))
            return false;
    }
    times.step[number] = hit ? now_ns() - began : 0;
    return true;
}

static int
compare(const void *left, const void *right)
{
    uint64_t one = *(const uint64_t *)left;
    uint64_t other = *(const uint64_t *)right;
    return (one > other) - (one < other);
}

static void
report_until(const char *what, uint64_t *took_ns, uint32_t count)
{
    qsort(took_ns, count, sizeof *took_ns, compare);
    uint32_t middle = count / 2;
    uint32_t late = count * 99 / 100;
    printf("until %-22s median %7.3f ms, 99th percentile %7.3f ms, longest %7.3f ms\n", what,
           (double)took_ns[middle] / 1e6, (double)took_ns[late] / 1e6,
           (double)took_ns[count - 1] / 1e6);
}

static void
report(const char *folder, uint32_t count)
{
    char path[512];
    snprintf(path, sizeof path, "%s/times_ms", folder);
    FILE *file = fopen(path, "w");
    for (uint32_t i = 0; file != NULL && i < count; i++)
        fprintf(file, "%.6f\n", (double)times.step[i] / 1e6);
    if (file != NULL)
        fclose(file);
    printf("%u restarts, from the kill on\n", count);
    report_until("it is dead", times.death, count);
    report_until("its successor is there", times.birth, count);
    report_until("a record is handled", times.step, count);
}

int
main(int argc, char **argv)
{
    if (argc != 7)
        return 2;
    char name[32];
    char got[512];
    char said[512];
    snprintf(name, sizeof name, "restart-time-%d", (int)getpid());
    snprintf(got, sizeof got, "%s/got", argv[2]);
    snprintf(said, sizeof said, "%s/said", argv[2]);
    uint32_t kills = (uint32_t)strtoul(argv[3], NULL, 10);
    kills = kills < KILLS_MAX ? kills : KILLS_MAX;
    uint64_t least = strtoull(argv[6], NULL, 10);
    const char *const command[] = {argv[1],  "replay", "-q",        "-c", argv[4],
                                   "--name", name,     "--workers", "1",  "--fresh",
                                   "--out",  got,      argv[5],     NULL};
    struct victim victim = {.command = command, .name = name, .said = said};
    if (!victim_start(&victim, command))
        return 1;
    while (!victim_find(&victim) || steps_of(&victim) < least)
        if (has_ended(&victim)) {
            fprintf(stderr, "restart_time: the run ended before %s steps, see %s\n", argv[6], said);
            return 1;
        }
    uint32_t count = 0;
    while (count < kills && measure(&victim, count)) {
        count += times.step[count] != 0;
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
    kill(victim.supervisor, SIGTERM);
    waitpid(victim.supervisor, NULL, 0);
    if (count > 0)
        report(argv[2], count);
    if (count < kills)
        fprintf(stderr, "restart_time: only %u of %u: the run had nothing left, or stood still\n",
                count, kills);
    return count < kills;
}
