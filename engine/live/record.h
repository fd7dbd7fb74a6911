#ifndef ENGINE_LIVE_RECORD_H
#define ENGINE_LIVE_RECORD_H

/*
 * engine/live/record.h - `onhook run --record FILE`: everything taken, as a trace.
 *
 * A trace that `onhook replay` turns into the same outcomes (engine/source/trace.c reads it).
 * Lines are kept until record_flush(), which writes them behind the committed length, before the
 * transaction they belong to is committed; the length is committed with it. A successor cuts the
 * file back to that. Nothing is synced to the disk: a recording survives every process, not the
 * host's power.
 *
 *   # alias                                the aliases begin anew ...
 *   # alias 22334455=200 ...               ... and are these
 *   # link pbx1 anew=yes profile=... ...   likewise the settings of a link
 *   # link pbx1 monitored=2001,2002,...    lists in lines of some 4 KiB
 *   1764000000.250000 pbx1 < 9999 <?xml ...     hex: where a line could not hold it as it is
 *
 * What a recording cannot hold: which bytes of a stream were no frame (a comment says there were),
 * and what the switch's end of the connection was.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/settings.h"
#include "engine/source/source.h"

enum {
    /* Bytes of a payload, more than any frame has; a longer one is recorded as unreadable. */
    RECORD_PAYLOAD_MAX = TRACE_LINE_MAX / 2 - 512,
};

struct record; /* engine/live/record.c */

/*
 * record_open - go on with `path` at `committed` bytes; 0: a new trace, with its first line
 *
 * A regular file, made for its owner only; what stands behind `committed` is cut off. NULL: errno;
 * ENODATA when the file is shorter than `committed`, ENOENT when it is gone, ESPIPE when it is no
 * regular file.
 */
struct record *record_open(const char *path, uint64_t committed);

/*
 * record_declare - `# link NAME key=value ...`: what a replay must know of the link's settings
 *
 * At the start, at that of each successor, and after each reload. Before record_take() of what the
 * settings hold for.
 */
void record_declare(struct record *record, struct text link, const struct link_settings *settings);

/* record_aliases - likewise, of all links; before record_declare(). */
void record_aliases(struct record *record, const struct settings *settings);

/* record_take - one thing that was taken: message (with a direction), notice, tick. */
void record_take(struct record *record, const struct source_message *message);

/* record_flush - what was taken is in the file. False: errno; it was said once, and nothing more is
 * recorded. *length: of the file, to be committed. */
bool record_flush(struct record *record, uint64_t *length);

/* record_is_one - a file, no link to one, that begins as recordings do. */
bool record_is_one(const char *path);

void record_close(struct record *record);

#endif
