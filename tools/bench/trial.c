#include "tools/bench/trial.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/bench/child.h"

enum {
    ARGUMENTS = 16,
    REPEATS = 3,       /* so often the files are read, that starting the processes counts little */
    BLOCK_BYTES = 512, /* what st_blocks counts */
};

/* The number behind `key` in a line of JSON; 0 where it is not. */
static double
json_number(const char *said, const char *key)
{
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = strstr(said, quoted);
    return at == NULL ? 0 : strtod(at + strlen(quoted), NULL);
}

bool
trial_run(struct trial_way *way, const struct trial_input *input)
{
    char workers[16], frontends[16], said[CHILD_SAID_MAX];
    const char *arguments[ARGUMENTS + TRIAL_FILES_MAX * REPEATS + 1] = {
        "replay",       "--json",  "--unordered", "--workers", workers,
        "--front-ends", frontends, "--out",       "/dev/null", input->monitored};
    uint32_t used = 10;
    struct child child;
    double cpu_seconds;
    snprintf(workers, sizeof workers, "%u", way->workers);
    snprintf(frontends, sizeof frontends, "%u", way->frontends);
    for (uint32_t i = 0; i < input->count * REPEATS; i++)
        arguments[used++] = input->paths[i % input->count];
    if (!child_start(&child, arguments, false) || !child_end(&child, said, &cpu_seconds))
        return false;
    double messages = json_number(said, "messages"), seconds = json_number(said, "seconds");
    if (messages != (double)input->messages * REPEATS || seconds <= 0 ||
        way->rounds == TRIAL_ROUNDS_MAX)
        return false;
    way->per_second[way->rounds] = messages / seconds;
    way->cpu_seconds[way->rounds++] = cpu_seconds / messages * 1e6;
    return true;
}

static int
order_doubles(const void *left, const void *right)
{
    double l = *(const double *)left, r = *(const double *)right;
    return (l > r) - (l < r);
}

double
trial_median(double *values, uint32_t count)
{
    qsort(values, count, sizeof *values, order_doubles);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* Histories fill up with what happens, whatever the number of calls. */
static uint64_t
bytes_of(const char *segment)
{
    struct stat status;
    if (stat(segment, &status) != 0)
        return 0;
    bool fills_up = strstr(segment, ".history-") != NULL;
    return fills_up ? (uint64_t)status.st_size : (uint64_t)status.st_blocks * BLOCK_BYTES;
}

/* What the segments of an engine take, without the holes in them; what fills up counts as full. */
static uint64_t
memory_of(const char *name)
{
    char pattern[128];
    glob_t found;
    uint64_t bytes = 0;
    snprintf(pattern, sizeof pattern, "/dev/shm/onhook-%s.*", name);
    if (glob(pattern, 0, NULL, &found) != 0)
        return 0;
    for (size_t i = 0; i < found.gl_pathc; i++)
        bytes += bytes_of(found.gl_pathv[i]);
    globfree(&found);
    return bytes;
}

/* Writes the file to the child; a pipe that is full is waited for. */
static bool
feed_file(struct child *child, const char *path)
{
    static char bytes[1 << 16];
    const struct timespec pause = {.tv_nsec = 1000000};
    FILE *file = fopen(path, "r");
    size_t length = 0;
    bool is_fed = file != NULL;
    while (is_fed && (length = fread(bytes, 1, sizeof bytes, file)) > 0) {
        for (size_t done = 0; is_fed && done < length;) {
            ssize_t put = write(child->input, bytes + done, length - done);
            if (put < 0 && errno == EAGAIN)
                nanosleep(&pause, NULL);
            else
                is_fed = put > 0;
            done += put > 0 ? (size_t)put : 0;
        }
    }
    if (file != NULL)
        fclose(file);
    return is_fed;
}

bool
trial_memory(const struct trial_input *input, uint64_t *bytes)
{
    char name[32];
    struct child child;
    snprintf(name, sizeof name, "bench-%ld", (long)getpid());
    const char *arguments[] = {"replay", "-q", "--name", name, input->monitored, "-", NULL};
    if (!child_start(&child, arguments, true))
        return false;
    bool is_fed = feed_file(&child, input->paths[0]);
    /* It has read all when nothing more is taken into use. */
    const struct timespec pause = {.tv_nsec = 300000000};
    uint64_t before = 0;
    *bytes = 1;
    for (int turn = 0; is_fed && turn < 50 && *bytes != before; turn++) {
        nanosleep(&pause, NULL);
        before = *bytes;
        *bytes = memory_of(name);
    }
    child_kill(&child);
    return is_fed && *bytes > 1;
}
