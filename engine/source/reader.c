#include "engine/source/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"

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

    if (reader->end == READER_CAPACITY) {
        memmove(reader->buffer, reader_at(reader), reader_available(reader));
        reader->end -= reader->start;
        reader->start = 0;
    } else if (reader->start == reader->end) {
        reader->start = reader->end = 0;
    }
    ssize_t count;
    do {
        count =
            read(reader->descriptor, reader->buffer + reader->end, READER_CAPACITY - reader->end);
    } while (count < 0 && errno == EINTR);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return READER_WAIT;
    if (count < 0) {
        reader->error = errno;
        return READER_FAILED;
    }
    reader->ended = count == 0;
    reader->end += (size_t)count;
    return reader->ended ? READER_END : READER_OK;
}

void
reader_wait(const struct reader *reader, int timeout_ms)
{
    if (reader->descriptor >= 0)
        is_readable(reader, timeout_ms);
}

void
reader_close(struct reader *reader)
{
    if (!reader->owned)
        return;
    free(reader->buffer);
    if (reader->descriptor != STDIN_FILENO)
        close(reader->descriptor);
    *reader = (struct reader){.descriptor = -1};
}
