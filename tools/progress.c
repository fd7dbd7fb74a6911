#include "tools/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    BAR_WIDTH = 24,
    NS_PER_MS = 1000 * 1000,
};

static uint64_t
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 * NS_PER_MS + (uint64_t)now.tv_nsec;
}

void
progress_begin(struct progress *progress, const struct shared_engine *engine, uint64_t total_bytes,
               int results)
{
    const char *no_color = getenv("NO_COLOR");
    *progress = (struct progress){
        .engine = engine,
        .total_bytes = total_bytes,
        .started_ns = now_ns(),
        .wanted =
            isatty(STDERR_FILENO) && !isatty(results) && (no_color == NULL || *no_color == '\0'),
    };
}

/* 1234567 bytes as "1.2 MB". */
static void
print_bytes(char *out, size_t size, uint64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1000;
        unit++;
    }
    snprintf(out, size, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

static void
print_bar(char out[BAR_WIDTH + 1], double share)
{
    int filled = (int)(share * BAR_WIDTH);
    memset(out, ' ', BAR_WIDTH);
    memset(out, '=', (size_t)filled);
    if (filled < BAR_WIDTH)
        out[filled] = '>';
    out[BAR_WIDTH] = '\0';
}

const char *
progress_line(char out[PROGRESS_LINE_SIZE], uint64_t bytes, uint64_t total_bytes, uint64_t messages,
              uint64_t elapsed_ms)
{
    char read_bytes[32];
    double rate = elapsed_ms == 0 ? 0 : (double)messages * 1000 / (double)elapsed_ms;
    print_bytes(read_bytes, sizeof read_bytes, bytes);
    if (total_bytes == 0) {
        snprintf(out, PROGRESS_LINE_SIZE, "%s read, %llu messages, %.0f messages/s", read_bytes,
                 (unsigned long long)messages, rate);
        return out;
    }
    char all_bytes[32];
    char bar[BAR_WIDTH + 1];
    double share = bytes >= total_bytes ? 1.0 : (double)bytes / (double)total_bytes;
    print_bytes(all_bytes, sizeof all_bytes, total_bytes);
    print_bar(bar, share);
    snprintf(out, PROGRESS_LINE_SIZE, "%3d %% [%s] %s of %s, %.0f messages/s", (int)(share * 100),
             bar, read_bytes, all_bytes, rate);
    return out;
}

static void
write_terminal(const char *bytes, size_t length)
{
    /* In vain when the terminal is gone; then nobody misses it. */
    ssize_t written = write(STDERR_FILENO, bytes, length);
    (void)written;
}

static uint64_t
read_by_all(const struct shared_engine *engine, enum counter which)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < engine->shape.frontends; i++)
        total += counter_read(&engine->frontends[i].counters, which);
    return total;
}

void
progress_tick(void *context)
{
    struct progress *progress = context;
    uint64_t elapsed_ms = (now_ns() - progress->started_ns) / NS_PER_MS;
    if (!progress->wanted || elapsed_ms < PROGRESS_AFTER_MS)
        return;
    char line[PROGRESS_LINE_SIZE];
    char drawn[PROGRESS_LINE_SIZE + 8];
    int length = snprintf(
        drawn, sizeof drawn, "%s\033[K\r",
        progress_line(line, read_by_all(progress->engine, COUNTER_BYTES), progress->total_bytes,
                      read_by_all(progress->engine, COUNTER_MESSAGES), elapsed_ms));
    write_terminal(drawn, (size_t)length);
    progress->shown = true;
}

void
progress_hush(void *context)
{
    struct progress *progress = context;
    if (!progress->shown)
        return;
    write_terminal("\033[K", 3);
    progress->shown = false;
}
