#include "engine/sink/output.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/check.h"

void
output_init(struct output *output, int descriptor)
{
    output->descriptor = descriptor;
    output->error = 0;
    output->used = 0;
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

void
output_flush(struct output *output)
{
    const char *at = output->bytes;
    size_t left = output->error == 0 ? output->used : 0;
    while (left > 0) {
        ssize_t written = write(output->descriptor, at, left);
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

char *
output_reserve(struct output *output, size_t most)
{
    CHECK(most <= OUTPUT_BUFFER_BYTES);
    if (OUTPUT_BUFFER_BYTES - output->used < most)
        output_flush(output);
    return output->bytes + output->used;
}
