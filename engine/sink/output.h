#ifndef ENGINE_SINK_OUTPUT_H
#define ENGINE_SINK_OUTPUT_H

/*
 * engine/sink/output.h - bytes to a descriptor through one large buffer.
 *
 *   at = output_reserve(&output, most);  write at most `most` bytes to it
 *   output_commit(&output, used);
 *   output_flush(&output);               when idle, and at the end
 *
 * After a failed write everything is taken and thrown away; output_has_failed() says so, and
 * output.error is its errno.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    OUTPUT_BUFFER_BYTES = 256 * 1024,
};

struct output {
    int descriptor;
    int error; /* errno of the write that failed; 0 while all is well */
    size_t used;
    char bytes[OUTPUT_BUFFER_BYTES];
};

void output_init(struct output *output, int descriptor);

/* output_reserve - room for `most` bytes (<= OUTPUT_BUFFER_BYTES); what is in the way is written */
char *output_reserve(struct output *output, size_t most);

static inline void
output_commit(struct output *output, size_t used)
{
    output->used += used;
}

/* output_flush - write all there is. A descriptor that is full is waited for. */
void output_flush(struct output *output);

static inline bool
output_has_failed(const struct output *output)
{
    return output->error != 0;
}

#endif
