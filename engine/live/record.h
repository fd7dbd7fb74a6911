#ifndef ENGINE_LIVE_RECORD_H
#define ENGINE_LIVE_RECORD_H

/*
 * engine/live/record.h - `onhook run --record FILE`: everything taken, as a trace.
 *
 * A trace that `onhook replay` turns into the same outcomes (engine/source/trace.c reads it).
 * Lines are kept until record_flush(), which writes them behind the committed length, before the
 * transaction they belong to is committed; the length is committed with it. A successor cuts the
 * file back to that.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/settings.h"
#include "engine/source/source.h"

struct record; /* engine/live/record.c */

/*
 * record_open - go on with `path` at `committed` bytes; 0: a new trace, with its first line
 *
 * NULL: errno; also when the file is shorter than `committed`.
 */
struct record *record_open(const char *path, uint64_t committed);

/* record_declare - `# link NAME key=value ...`: what a replay must know of the link's settings. */
void record_declare(struct record *record, struct text link, const struct link_settings *settings);

/* record_take - one thing that was taken: message, notice, tick. */
void record_take(struct record *record, const struct source_message *message);

/* record_flush - what was taken is in the file. False: errno; it is said once, and nothing more is
 * recorded. *length: of the file now, to be committed. */
bool record_flush(struct record *record, uint64_t *length);

void record_close(struct record *record);

#endif
