/*
 * tools/run_output.c - where `onhook run` writes outcomes (tools/run.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "tools/command.h"
#include "tools/run.h"

enum {
    LOOK_BACK = 4096, /* bytes looked at in one read, from the end */
};

static const char *
file_of(const struct run *run)
{
    if (run->out_file != NULL)
        return run->out_file;
    return run->settings.sink_file[0] != '\0' ? run->settings.sink_file : NULL;
}

static int
cannot(const struct run *run)
{
    log_at(file_of(run), 0, "%s", strerror(errno));
    return EXIT_FAILED;
}

int
run_open_output(struct run *run)
{
    run->publisher = (struct publisher_options){
        .descriptor = STDOUT_FILENO,
        .format =
            run->format == FORMAT_TEXT || run->settings.sink_text ? FORMAT_TEXT : FORMAT_JSONL,
    };
    if (file_of(run) == NULL)
        return EXIT_DONE;
    run->publisher.descriptor = open(file_of(run), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    return run->publisher.descriptor >= 0 ? EXIT_DONE : cannot(run);
}

/* The length of the file up to and with its last line end; -1: errno. */
static off_t
whole_lines(int descriptor, off_t length)
{
    char bytes[LOOK_BACK];
    while (length > 0) {
        off_t from = length > LOOK_BACK ? length - LOOK_BACK : 0;
        ssize_t count = pread(descriptor, bytes, (size_t)(length - from), from);
        if (count <= 0)
            return -1;
        const char *end = memrchr(bytes, '\n', (size_t)count);
        if (end != NULL)
            return from + (end - bytes) + 1;
        length = from;
    }
    return 0;
}

int
run_trim_output(const struct run *run)
{
    struct stat status;
    int descriptor = run->publisher.descriptor;
    if (file_of(run) == NULL)
        return EXIT_DONE;
    if (fstat(descriptor, &status) != 0)
        return cannot(run);
    if (!S_ISREG(status.st_mode))
        return EXIT_DONE;
    off_t whole = whole_lines(descriptor, status.st_size);
    if (whole < 0 || ftruncate(descriptor, whole) != 0 || lseek(descriptor, whole, SEEK_SET) < 0)
        return cannot(run);
    return EXIT_DONE;
}

int
run_close_output(const struct run *run)
{
    int descriptor = run->publisher.descriptor;
    if (file_of(run) == NULL || close(descriptor) == 0)
        return EXIT_DONE;
    return cannot(run);
}
