/*
 * trial_pace(), an open loop: what is due is written when it is due, or as soon as it can be; and
 * trial_flood(), in which everything is due at once.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "tools/bench/child.h"
#include "tools/bench/live.h"
#include "tools/bench/trial.h"

enum {
    LINE_ROOM = 1 << 16,
    GATHERED_MAX = 1 << 16, /* bytes of one write */
    SAMPLES_MAX = 1 << 22,
    LEAD_NS = 300000000, /* the engine stands by then */
    AFTER_NS = 300000000,
};

struct pace {
    struct child child;
    char *content; /* of the file */
    size_t length, at;
    uint64_t *due_ns; /* of each message, from 0; its Seq is one more */
    uint64_t due_count;
    uint64_t start_ns,
        flood_end_ns; /* of a flood, which has no due times and goes round the file */
    uint64_t next;    /* message to be written */
    char gathered[GATHERED_MAX];
    size_t gathered_from, gathered_to;
    char line[LINE_ROOM];
    size_t line_length;
    double *latency_us;
    uint64_t latency_count;
    uint64_t written_ns; /* when the last message went out */
};

static uint64_t
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool
read_content(struct pace *pace, const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    if (fseek(file, 0, SEEK_END) == 0)
        pace->length = (size_t)ftell(file);
    rewind(file);
    pace->content = malloc(pace->length + 1);
    bool is_read =
        pace->content != NULL && fread(pace->content, 1, pace->length, file) == pace->length;
    fclose(file);
    return is_read && pace->length > 0;
}

/* The whole frame at `at`: XML begins with two zeroes, then its length; BER with the PDU's. */
static size_t
frame_length(const struct pace *pace)
{
    const unsigned char *at = (const unsigned char *)pace->content + pace->at;
    size_t left = pace->length - pace->at;
    if (left < 4)
        return 0;
    size_t length =
        at[0] == 0 && at[1] == 0 ? (size_t)(at[2] << 8 | at[3]) : (size_t)(at[0] << 8 | at[1]) + 2;
    return length <= left ? length : 0;
}

static bool
plan(struct pace *pace, double offered, double seconds, uint64_t most)
{
    struct random random = {1};
    uint64_t wanted = (uint64_t)(offered * seconds) + 1;
    double at_ns = (double)(now_ns() + LEAD_NS);
    pace->due_count = wanted < most ? wanted : most;
    pace->due_ns = malloc(pace->due_count * sizeof *pace->due_ns);
    pace->latency_us = malloc(SAMPLES_MAX * sizeof *pace->latency_us);
    if (pace->due_ns == NULL || pace->latency_us == NULL)
        return false;
    for (uint64_t i = 0; i < pace->due_count; i++) {
        double chance = ((double)random_below(&random, 1u << 30) + 1) / (double)(1u << 30);
        at_ns += -log(chance) / offered * 1e9;
        pace->due_ns[i] = (uint64_t)at_ns;
    }
    pace->start_ns = pace->due_ns[0];
    return true;
}

/* The next message, if it is due; none is any more once the file or the flood is at its end. */
static size_t
due_length(struct pace *pace, uint64_t now)
{
    if (pace->flood_end_ns != 0) {
        if (now < pace->start_ns)
            return 0;
        if (frame_length(pace) == 0)
            pace->at = 0;
        if (now >= pace->flood_end_ns || frame_length(pace) == 0)
            pace->due_count = pace->next;
    }
    if (pace->next >= pace->due_count ||
        (pace->flood_end_ns == 0 && pace->due_ns[pace->next] > now))
        return 0;
    size_t length = frame_length(pace);
    if (length == 0)
        pace->due_count = pace->next;
    return length;
}

/* As much of what is due as one write takes. */
static void
gather(struct pace *pace, uint64_t now)
{
    if (pace->gathered_from < pace->gathered_to)
        return;
    pace->gathered_from = pace->gathered_to = 0;
    for (;;) {
        size_t length = due_length(pace, now);
        if (length == 0 || pace->gathered_to + length > GATHERED_MAX)
            break;
        memcpy(pace->gathered + pace->gathered_to, pace->content + pace->at, length);
        pace->gathered_to += length;
        pace->at += length;
        pace->next++;
    }
}

static bool
write_due(struct pace *pace)
{
    gather(pace, now_ns());
    while (pace->gathered_from < pace->gathered_to) {
        ssize_t put = write(pace->child.input, pace->gathered + pace->gathered_from,
                            pace->gathered_to - pace->gathered_from);
        if (put < 0)
            return errno == EAGAIN || errno == EINTR;
        pace->gathered_from += (size_t)put;
        pace->written_ns = now_ns();
        if (pace->gathered_from == pace->gathered_to)
            gather(pace, pace->written_ns);
    }
    return true;
}

/* A line of an outcome that its message decided by itself: how late is it? */
static void
take_line(struct pace *pace, const char *line, uint64_t now)
{
    const char *seq = strstr(line, "\"Seq\":");
    if (seq == NULL || strstr(line, "\"Event\":\"EventReleased\"") == NULL ||
        strstr(line, "\"Evidence\":\"releasing-device\"") == NULL)
        return;
    uint64_t number = strtoull(seq + 6, NULL, 10);
    if (number == 0 || number > pace->due_count || pace->latency_count == SAMPLES_MAX)
        return;
    uint64_t due = pace->due_ns[number - 1];
    pace->latency_us[pace->latency_count++] = now > due ? (double)(now - due) / 1000 : 0;
}

static void
take_lines(struct pace *pace, uint64_t now)
{
    char *from = pace->line;
    for (char *end; (end = memchr(from, '\n', pace->line_length)) != NULL; from = end + 1) {
        *end = '\0';
        take_line(pace, from, now);
        pace->line_length -= (size_t)(end + 1 - from);
    }
    memmove(pace->line, from, pace->line_length);
    if (pace->line_length == LINE_ROOM)
        pace->line_length = 0; /* no line of ours is so long */
}

/* False: the engine is gone. */
static bool
read_outcomes(struct pace *pace)
{
    for (;;) {
        ssize_t got =
            read(pace->child.output, pace->line + pace->line_length, LINE_ROOM - pace->line_length);
        if (got < 0)
            return errno == EAGAIN || errno == EINTR;
        if (got == 0)
            return false;
        pace->line_length += (size_t)got;
        take_lines(pace, now_ns());
    }
}

static void
wait_for_next(const struct pace *pace)
{
    struct pollfd ends[2] = {{.fd = pace->child.output, .events = POLLIN},
                             {.fd = pace->child.input, .events = POLLOUT}};
    bool is_behind = pace->gathered_from < pace->gathered_to;
    uint64_t now = now_ns(), until = now + 10000000;
    if (pace->due_ns == NULL && now < pace->start_ns)
        until = pace->start_ns;
    else if (pace->due_ns == NULL && pace->next < pace->due_count)
        until = now;
    else if (pace->next < pace->due_count && pace->due_ns[pace->next] < until)
        until = pace->due_ns[pace->next];
    if (!is_behind && until <= now)
        return;
    struct timespec rest = {.tv_nsec = is_behind ? 1000000 : (long)(until - now)};
    ppoll(ends, is_behind ? 2 : 1, &rest, NULL);
}

static bool
run_loop(struct pace *pace)
{
    uint64_t end_ns = 0;
    for (;;) {
        if (!write_due(pace) || !read_outcomes(pace))
            return false;
        bool is_done = pace->next >= pace->due_count && pace->gathered_from == pace->gathered_to;
        if (is_done && end_ns == 0)
            end_ns = now_ns() + AFTER_NS;
        if (is_done && now_ns() >= end_ns)
            return true;
        wait_for_next(pace);
    }
}

static double
quantile(const double *sorted, uint64_t count, double part)
{
    uint64_t rank = (uint64_t)ceil(part * (double)count);
    return count == 0 ? 0 : sorted[rank == 0 ? 0 : rank - 1];
}

static void
summarize(struct trial_pace *result, struct pace *pace)
{
    uint64_t count = pace->latency_count;
    double spent_ns = pace->next > 0 ? (double)(pace->written_ns - pace->start_ns) : 1;
    result->achieved = (double)pace->next / (spent_ns > 1 ? spent_ns : 1) * 1e9;
    result->count = count;
    if (count > 0)
        (void)trial_median(pace->latency_us, (uint32_t)count); /* sorts */
    result->p50_us = quantile(pace->latency_us, count, 0.5);
    result->p99_us = quantile(pace->latency_us, count, 0.99);
    result->p999_us = quantile(pace->latency_us, count, 0.999);
    result->longest_us = quantile(pace->latency_us, count, 1);
}

static bool
plan_flood(struct pace *pace, double seconds)
{
    pace->start_ns = now_ns() + LEAD_NS;
    pace->flood_end_ns = pace->start_ns + (uint64_t)(seconds * 1e9);
    pace->due_count = UINT64_MAX;
    return true;
}

/* Both; a flood offers nothing in particular. */
static bool
run(struct trial_pace *result, const struct trial_input *input, double seconds, bool is_flood)
{
    struct pace *pace = calloc(1, sizeof *pace);
    if (pace == NULL)
        return false;
    bool is_ready =
        read_content(pace, input->paths[0]) && live_start(&pace->child, input->folder, !is_flood);
    bool is_done = false;
    if (is_ready) {
        prctl(PR_SET_TIMERSLACK, 1);
        is_done = (is_flood ? plan_flood(pace, seconds)
                            : plan(pace, result->offered, seconds, input->messages)) &&
                  run_loop(pace);
        prctl(PR_SET_TIMERSLACK, 0);
        child_kill(&pace->child);
    }
    live_clear(input->folder);
    if (is_done)
        summarize(result, pace);
    free(pace->content);
    free(pace->due_ns);
    free(pace->latency_us);
    free(pace);
    return is_done;
}

bool
trial_pace(struct trial_pace *result, const struct trial_input *input, double seconds)
{
    return run(result, input, seconds, false);
}

bool
trial_flood(struct trial_pace *result, const struct trial_input *input, double seconds)
{
    return run(result, input, seconds, true);
}
