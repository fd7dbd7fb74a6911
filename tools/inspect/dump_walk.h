#ifndef TOOLS_INSPECT_DUMP_WALK_H
#define TOOLS_INSPECT_DUMP_WALK_H

/*
 * tools/inspect/dump_walk.h - what stands in a segment, from its first byte to its last.
 *
 * Nothing in it is trusted: what lies about its place or its length ends the walk of that part, and
 * that is said.
 */

#include "tools/inspect/dump_print.h"

/* dump_walk - the whole segment; dump->file is open. False when its header is refused: `why`. */
bool dump_walk(struct dump *dump, char *why);

/* Parts of it, by what the segment is. */
void dump_walk_calls(struct dump *dump);

/* Which journal: what its cursors are, and which pieces its entries speak of. */
struct dump_journal {
    enum layout_id cursors;
    uint32_t cursor_bytes; /* of all of them */
    uint32_t cursor_count; /* structs one behind the other */
    uint64_t log_bytes;
    const char *pieces[2]; /* NULL: there is none */
};

/* dump_walk_journal - transaction, cursors, and the old bytes of a transaction in hand. */
void dump_walk_journal(struct dump *dump, const struct dump_journal *journal);
void dump_walk_worker(struct dump *dump);
void dump_walk_frontend(struct dump *dump);
void dump_walk_publisher(struct dump *dump);

/* dump_held - what each process had in hand: its transaction, its claims in the result ring. */
void dump_held(const struct view *view, bool json);

/* dump_layout - the layout itself, without an engine. */
enum dump_layout_form {
    DUMP_LAYOUT_TEXT,
    DUMP_LAYOUT_MARKDOWN,
    DUMP_LAYOUT_JSON,
};

void dump_layout(enum dump_layout_form form);

#endif
