#include "engine/sink/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"

bool
output_has_places(int descriptor)
{
    struct stat status;
    int flags = fcntl(descriptor, F_GETFL);
    return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && flags >= 0 &&
           (flags & O_APPEND) == 0;
}

void
output_init(struct output *output, int descriptor)
{
    output->descriptor = descriptor;
    output->error = 0;
    output->used = 0;
    output->offset = 0;
    output->has_places = output_has_places(descriptor);
    off_t here = output->has_places ? lseek(descriptor, 0, SEEK_CUR) : 0;
    if (here > 0)
        output->offset = (uint64_t)here;
}

void
output_resume(struct output *output, uint64_t offset, bool cut)
{
    output->offset = offset;
    if (cut && ftruncate(output->descriptor, (off_t)offset) != 0)
        output->error = errno;
}

uint64_t
output_length(const struct output *output)
{
    struct stat status;
    bool known = output->has_places && fstat(output->descriptor, &status) == 0;
    return known ? (uint64_t)status.st_size : 0;
}

/* After a write that wrote nothing: true when it is worth another try. */
static bool
try_again(const struct output *output)
{
    if (errno == EINTR)
        return true;
    if (errno != EAGAIN)
        return false;
    struct pollfd wait = {.fd = output->descriptor, .events = POLLOUT};
    return poll(&wait, 1, -1) >= 0 || errno == EINTR;
}

static ssize_t
write_some(struct output *output, const char *at, size_t count)
{
    if (!output->has_places)
        return write(output->descriptor, at, count);
    ssize_t written = pwrite(output->descriptor, at, count, (off_t)output->offset);
    if (written > 0)
        output->offset += (uint64_t)written;
    return written;
}

void
output_flush(struct output *output)
{
    const char *at = output->bytes;
    size_t left = output->error == 0 ? output->used : 0;
    while (left > 0) {
        ssize_t written = write_some(output, at, left);
        if (written >= 0) {
            at += written;
            left -= (size_t)written;
        } else if (!try_again(output)) {
            output->error = errno;
            break;
        }
    }
    output->used = 0;
}

void
output_end(struct output *output)
{
    output_flush(output);
    if (output->has_places)
        lseek(output->descriptor, (off_t)output->offset, SEEK_SET);
}

char *
output_reserve(struct output *output, size_t most)
{
    CHECK(most <= OUTPUT_BUFFER_BYTES);
    if (OUTPUT_BUFFER_BYTES - output->used < most)
        output_flush(output);
    return output->bytes + output->used;
}
