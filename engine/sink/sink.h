#ifndef ENGINE_SINK_SINK_H
#define ENGINE_SINK_SINK_H

/*
 * engine/sink/sink.h - how outcomes become bytes: the seam between publisher and formats.
 *
 * A sink writes into the caller's memory and does no I/O, so it can be tested, fuzzed and
 * measured as it is. Each call writes at most SINK_BYTES_MAX bytes.
 *
 *   n = sink_begin(&sink, at);                 once
 *   n = sink_row(&sink, at, outcome, lane);    for each outcome
 *   n = sink_end(&sink, at, lane);             once for each lane
 *
 * A lane is a row of outcomes that come in order: a front-end's merged row, or what each worker has
 * of it with --unordered. A sink may hold one outcome of each lane back until it has seen
 * the next.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/publisher.h"
#include "ipc/outcome_record.h"
#include "ipc/publisher_memory.h"
#include "ipc/shared_engine.h"

enum {
    SINK_LANES_MAX = CHANNELS_MAX,
    SINK_BYTES_MAX = 8192, /* a JSON line: 10 texts of 64 bytes, each 6 when escaped, and keys */
};

/* How a table for people is to look. */
struct sink_look {
    uint32_t columns; /* of the terminal; what is below 80 counts as 80, above 120 as 120 */
    bool colours;
};

struct sink;

/* One format. Function pointers, because this is a seam. */
struct sink_format {
    uint32_t (*begin)(struct sink *sink, char *at);
    uint32_t (*row)(struct sink *sink, char *at, const struct shm_outcome *outcome, uint32_t lane);
    uint32_t (*end)(struct sink *sink, char *at, uint32_t lane);
};

enum {
    TABLE_COLUMNS = 9,
    TABLE_DAY_SIZE = 10, /* 2026-11-22 */
};

static_assert((int)TABLE_DAY_SIZE <= (int)SINK_DAY_SIZE, "a day has room");

struct sink {
    const struct sink_format *format;

    /* The rest is the table's. */
    struct sink_look look;
    uint8_t widths[TABLE_COLUMNS]; /* characters; set by sink_begin() */
    /* Day of the last row that had a time; DN events that wait for their party's end. */
    struct shm_sink_state *state;
};

/*
 * sink_init - a sink of that format; `look` is for FORMAT_TEXT and may else be NULL
 *
 * What a row leaves for the next one is in `state`, zero at first; a sink that is made anew with it
 * goes on where it was. sink_row() and sink_end() change the day and their lane there.
 */
void sink_init(struct sink *sink, enum output_format format, const struct sink_look *look,
               struct shm_sink_state *state);

/* sink_look_of - how a table is to look where that descriptor leads. */
struct sink_look sink_look_of(int descriptor);

static inline uint32_t
sink_begin(struct sink *sink, char *at)
{
    return sink->format->begin(sink, at);
}

/* `outcome` is sound (outcome_is_sound()); `lane` is below SINK_LANES_MAX. */
static inline uint32_t
sink_row(struct sink *sink, char *at, const struct shm_outcome *outcome, uint32_t lane)
{
    return sink->format->row(sink, at, outcome, lane);
}

static inline uint32_t
sink_end(struct sink *sink, char *at, uint32_t lane)
{
    return sink->format->end(sink, at, lane);
}

/* The formats. */
extern const struct sink_format sink_jsonl;
extern const struct sink_format sink_text;

/* jsonl_line - one outcome as one line with its newline: a pure function. */
uint32_t jsonl_line(char *at, const struct shm_outcome *outcome);

#endif
