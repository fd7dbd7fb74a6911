/*
 * tools/replay_files.c - the files of `onhook replay` (tools/replay.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "tools/command.h"
#include "tools/replay.h"

enum {
    SHOWN_SIZE = 256, /* of a file's name in a message */
};

static int
cannot_open(const char *file, const char *why)
{
    char shown[SHOWN_SIZE];
    log_say("cannot open %s: %s", log_escape(shown, sizeof shown, text_of(file)), why);
    return EXIT_FAILED;
}

/* Can every input be read? Found out before anything starts; sums up their sizes, too. */
int
replay_look_at_inputs(struct replay *replay)
{
    bool all_sizes = true;
    for (uint32_t i = 0; i < replay->input.file_count; i++) {
        const char *file = replay->input.files[i];
        struct stat status;
        bool is_input = strcmp(file, "-") == 0;
        /* Not opened: closing a FIFO again would take its writer's only reader away. */
        if ((is_input ? fstat(STDIN_FILENO, &status) : stat(file, &status)) != 0 ||
            (!is_input && access(file, R_OK) != 0))
            return cannot_open(file, strerror(errno));
        if (S_ISDIR(status.st_mode))
            return cannot_open(file, strerror(EISDIR));
        all_sizes &= S_ISREG(status.st_mode);
        replay->total_bytes += S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
    }
    if (!all_sizes)
        replay->total_bytes = 0;
    return EXIT_DONE;
}

static bool
is_an_input(const struct replay *replay, const struct stat *out)
{
    for (uint32_t i = 0; i < replay->input.file_count; i++) {
        struct stat status;
        const char *file = replay->input.files[i];
        int failed = strcmp(file, "-") == 0 ? fstat(STDIN_FILENO, &status) : stat(file, &status);
        if (failed == 0 && S_ISREG(status.st_mode) && status.st_dev == out->st_dev &&
            status.st_ino == out->st_ino)
            return true;
    }
    return false;
}

int
replay_open_output(struct replay *replay)
{
    replay->publisher.descriptor = STDOUT_FILENO;
    if (replay->out_file == NULL)
        return EXIT_DONE;
    int descriptor = open(replay->out_file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    replay->made_output = descriptor >= 0;
    if (!replay->made_output)
        descriptor = open(replay->out_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    struct stat status;
    if (descriptor < 0 || fstat(descriptor, &status) != 0)
        return cannot_open(replay->out_file, strerror(errno));
    replay->publisher.descriptor = descriptor;
    if (is_an_input(replay, &status))
        return cannot_open(replay->out_file, "it is one of the inputs");
    return EXIT_DONE;
}

int
replay_empty_output(const struct replay *replay)
{
    struct stat status;
    int descriptor = replay->publisher.descriptor;
    if (replay->out_file == NULL || fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) ||
        ftruncate(descriptor, 0) == 0)
        return EXIT_DONE;
    return cannot_open(replay->out_file, strerror(errno));
}

void
replay_drop_output(const struct replay *replay)
{
    if (replay->made_output)
        unlink(replay->out_file);
}

int
replay_close_output(const struct replay *replay)
{
    int descriptor = replay->publisher.descriptor;
    if (descriptor == STDOUT_FILENO || close(descriptor) == 0)
        return EXIT_DONE;
    return cannot_open(replay->out_file, strerror(errno));
}

int
replay_deal_inputs(struct replay *replay)
{
    const struct frontend_input *input = &replay->input;
    replay->dealt = calloc(input->file_count, sizeof *replay->dealt);
    if (replay->dealt == NULL) {
        log_say("no memory");
        return EXIT_FAILED;
    }
    const char **next = replay->dealt;
    for (uint32_t share = 0; share < replay->frontends; share++) {
        replay->shares[share] = *input;
        replay->shares[share].files = next;
        for (uint32_t i = share; i < input->file_count; i += (uint32_t)replay->frontends)
            *next++ = input->files[i];
        replay->shares[share].file_count = (uint32_t)(next - replay->shares[share].files);
    }
    return EXIT_DONE;
}

/* ---- what a run is ------------------------------------------------------------------------- */

static uint64_t
hash_number(uint64_t hash, uint64_t number)
{
    return hash_bytes(hash, &number, sizeof number);
}

/* Which file, and which state of it: one that grew or was written again is another. */
static uint64_t
hash_input(uint64_t hash, const struct stat *status)
{
    hash = hash_number(hash, status->st_dev);
    hash = hash_number(hash, status->st_ino);
    hash = hash_number(hash, (uint64_t)status->st_size);
    hash = hash_number(hash, (uint64_t)status->st_mtim.tv_sec);
    return hash_number(hash, (uint64_t)status->st_mtim.tv_nsec);
}

uint64_t
replay_digest(const struct replay *replay)
{
    struct stat status;
    uint64_t hash = settings_hash(HASH_START, &replay->settings);
    hash = hash_number(hash, replay->format);
    hash = hash_number(hash, replay->unordered);
    hash = hash_number(hash, replay->frontends);
    for (uint32_t i = 0; i < replay->input.options.port_count; i++)
        hash = hash_number(hash, replay->input.options.ports[i]);
    for (uint32_t i = 0; i < replay->input.file_count; i++) {
        const char *file = replay->input.files[i];
        if (strcmp(file, "-") == 0 || stat(file, &status) != 0 || !S_ISREG(status.st_mode))
            return 0;
        hash = hash_bytes(hash, file, strlen(file) + 1); /* complaints and links name it */
        hash = hash_input(hash, &status);
    }
    if (replay->out_file == NULL || !publisher_can_restart(&replay->publisher) ||
        fstat(replay->publisher.descriptor, &status) != 0)
        return 0;
    hash = hash_number(hash, status.st_dev);
    hash = hash_finish(hash_number(hash, status.st_ino));
    return hash != 0 ? hash : 1;
}
