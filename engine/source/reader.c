#include "engine/source/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"

enum {
    READ_MOST = 1 << 17, /* bytes asked for at once: they are to be looked at while in the caches */
    MOVED_MOST = 1 << 14,
};

bool
reader_open(struct reader *reader, const char *path)
{
    bool standard_input = strcmp(path, "-") == 0;
    int descriptor = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    char *buffer = malloc(READER_CAPACITY);
    if (buffer == NULL) {
        if (!standard_input)
            close(descriptor);
        errno = ENOMEM;
        return false;
    }
    struct stat about;
    bool regular = fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode);
    *reader = (struct reader){
        .descriptor = descriptor,
        .may_block = !regular,
        .owned = true,
        .buffer = buffer,
        .base = regular ? lseek(descriptor, 0, SEEK_CUR) : 0,
    };
    return true;
}

void
reader_open_bytes(struct reader *reader, const void *bytes, size_t length)
{
    /* Never written: reader_more() returns before it touches a reader that has ended. */
    *reader = (struct reader){
        .descriptor = -1,
        .ended = true,
        .buffer = (char *)(uintptr_t)bytes,
        .end = length,
    };
}

static bool
is_readable(const struct reader *reader, int timeout_ms)
{
    struct pollfd wanted = {.fd = reader->descriptor, .events = POLLIN};
    return poll(&wanted, 1, timeout_ms) != 0;
}

/*
 * What is left of the bytes read before is mostly a piece of one message: with that in front, the
 * next bytes come to where these were, which the caches still hold. Much is moved only when there
 * is no room behind it.
 */
static void
make_room(struct reader *reader)
{
    size_t available = reader_available(reader);
    if (reader->end < READER_CAPACITY && (available > MOVED_MOST || available > reader->start))
        return;
    memmove(reader->buffer, reader_at(reader), available);
    reader->start = 0;
    reader->end = available;
}

static ssize_t
read_some(const struct reader *reader)
{
    char *to = reader->buffer + reader->end;
    size_t room = READER_CAPACITY - reader->end;
    if (room > READ_MOST)
        room = READ_MOST;
    if (reader->may_block)
        return read(reader->descriptor, to, room);
    uint64_t at = reader->offset + reader_available(reader);
    return pread(reader->descriptor, to, room, reader->base + (int64_t)at);
}

enum reader_result
reader_more(struct reader *reader)
{
    if (reader->error != 0)
        return READER_FAILED;
    if (reader->ended)
        return READER_END;
    CHECK(reader_available(reader) < READER_CAPACITY);
    if (reader->may_block && !is_readable(reader, 0))
        return READER_WAIT;

    make_room(reader);
    ssize_t count;
    do {
        count = read_some(reader);
    } while (count < 0 && errno == EINTR);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return READER_WAIT;
    if (count < 0) {
        reader->error = errno;
        return READER_FAILED;
    }
    reader->ended = count == 0;
    reader->end += (size_t)count;
    reader->read_ns = clock_ns();
    return reader->ended ? READER_END : READER_OK;
}

void
reader_wait(const struct reader *reader, int timeout_ms)
{
    if (reader->descriptor >= 0)
        is_readable(reader, timeout_ms);
}

bool
reader_seek(struct reader *reader, uint64_t offset)
{
    CHECK(reader_available(reader) == 0);
    if (reader->may_block || reader->descriptor < 0 || offset > INT64_MAX)
        return false;
    reader->offset = offset;
    return true;
}

bool
reader_identity(const struct reader *reader, uint64_t *device, uint64_t *inode)
{
    struct stat about;
    if (reader->may_block || reader->descriptor < 0 || fstat(reader->descriptor, &about) != 0)
        return false;
    *device = about.st_dev;
    *inode = about.st_ino;
    return true;
}

/* Standard input is left where we stopped, as if it had been read and not looked into. */
static void
leave_standard_input(const struct reader *reader)
{
    if (!reader->may_block)
        lseek(STDIN_FILENO, reader->base + (int64_t)(reader->offset + reader_available(reader)),
              SEEK_SET);
}

void
reader_close(struct reader *reader)
{
    if (!reader->owned)
        return;
    free(reader->buffer);
    if (reader->descriptor != STDIN_FILENO)
        close(reader->descriptor);
    else
        leave_standard_input(reader);
    *reader = (struct reader){.descriptor = -1};
}
