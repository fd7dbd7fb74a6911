#ifndef ENGINE_SOURCE_READER_H
#define ENGINE_SOURCE_READER_H

/*
 * engine/source/reader.h - bytes of a descriptor, a bounded window at a time.
 *
 *   buffer  +-------------+----------------------+------------------+
 *           | taken       | available            | free             |
 *           +-------------+----------------------+------------------+
 *                         start                  end                READER_CAPACITY
 *
 * A file is read by offset (pread): its descriptor may be the parent's, whose own place in it must
 * not move before the input is done.
 *
 * reader_more() appends; it may first move what is available to the front, so views into the
 * buffer die there and nowhere else.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    READER_CAPACITY = 1 << 20, /* larger than any message or line, by a lot: few moves */
};

enum reader_result {
    READER_OK = 0,
    READER_END,
    READER_WAIT,   /* a pipe has nothing yet */
    READER_FAILED, /* reader->error */
};

struct reader {
    int descriptor;
    bool may_block; /* no regular file: ask before reading */
    bool owned;     /* descriptor and buffer are ours */
    bool ended;
    int error; /* errno of the read that failed, else 0 */
    char *buffer;
    size_t start;
    size_t end;
    uint64_t offset;  /* of buffer[start] in the input */
    uint64_t read_ns; /* clock_ns() of when the last bytes came; 0: none of them were read */
    int64_t base;     /* of the input in its file: standard input may begin further on */
};

/* reader_open - "-" is standard input. False: errno says why, nothing is held. */
bool reader_open(struct reader *reader, const char *path);

/* reader_open_bytes - all there is, in memory; never moved, never written. */
void reader_open_bytes(struct reader *reader, const void *bytes, size_t length);

/*
 * reader_more - make at least one byte more available
 *
 * At most READER_CAPACITY - 1 bytes may be available (CHECK): a caller decides before that what
 * the bytes are. READER_END is given again and again, what is available stays.
 */
enum reader_result reader_more(struct reader *reader);

static inline const char *
reader_at(const struct reader *reader)
{
    return reader->buffer + reader->start;
}

static inline size_t
reader_available(const struct reader *reader)
{
    return reader->end - reader->start;
}

/* reader_take - the first `count` available bytes are done with; their views live on. */
static inline void
reader_take(struct reader *reader, size_t count)
{
    reader->start += count;
    reader->offset += count;
}

/* reader_wait - sleep until something can be read, or `timeout_ms`. */
void reader_wait(const struct reader *reader, int timeout_ms);

/*
 * reader_seek - what comes next is at `offset` of the input; nothing was read yet
 *
 * False: the input cannot be read twice (a pipe, a terminal), or is memory.
 */
bool reader_seek(struct reader *reader, uint64_t offset);

/* reader_identity - which file this is; false when it is none that can be read twice. */
bool reader_identity(const struct reader *reader, uint64_t *device, uint64_t *inode);

void reader_close(struct reader *reader);

#endif
