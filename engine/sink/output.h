#ifndef ENGINE_SINK_OUTPUT_H
#define ENGINE_SINK_OUTPUT_H

/*
 * engine/sink/output.h - bytes to a descriptor through one large buffer.
 *
 *   at = output_reserve(&output, most);  write at most `most` bytes to it
 *   output_commit(&output, used);
 *   output_flush(&output);               when idle, and at the end
 *
 * Into a file that can be written at any offset, bytes are written where they belong, whatever was
 * written there before: the same bytes again come to the same file. Anywhere else they go out one
 * after the other, and are gone.
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
    int error;       /* errno of the write that failed; 0 while all is well */
    bool has_places; /* a regular file, not one that is only appended to */
    uint64_t offset; /* of the first byte in the buffer, where has_places */
    size_t used;
    char bytes[OUTPUT_BUFFER_BYTES];
};

/* output_has_places - can bytes be written there again: a regular file, not opened to append? */
bool output_has_places(int descriptor);

/* output_init - goes on at the descriptor's own position. */
void output_init(struct output *output, int descriptor);

/* output_resume - goes on at `offset`, where has_places. `cut`: what is behind it is cut off. */
void output_resume(struct output *output, uint64_t offset, bool cut);

/* Bytes of the file, where has_places, and its own position; 0 elsewhere. */
uint64_t output_length(const struct output *output);

/* output_reserve - room for `most` bytes (<= OUTPUT_BUFFER_BYTES); what is in the way is written */
char *output_reserve(struct output *output, size_t most);

static inline void
output_commit(struct output *output, size_t used)
{
    output->used += used;
}

/* output_flush - write all there is. A descriptor that is full is waited for. */
void output_flush(struct output *output);

/* output_end - flush, and leave the descriptor's position behind what was written. */
void output_end(struct output *output);

static inline bool
output_has_failed(const struct output *output)
{
    return output->error != 0;
}

#endif
