#ifndef TOOLS_INSPECT_TOP_DRAW_PARTS_H
#define TOOLS_INSPECT_TOP_DRAW_PARTS_H

/*
 * tools/inspect/top_draw_parts.h - what the files that draw `onhook top` have in common; for nobody
 * else.
 */

#include "tools/inspect/top_draw.h"

enum {
    TOP_BODY = 2,   /* first row under the head */
    TOP_WIDE = 110, /* columns from which pages tell more */
    TOP_CELL = 96,  /* bytes of a text made printable */
};

/* top_passes - does the filter leave these words on the screen? */
bool top_passes(const struct top_look *look, const char *words);

/* The rows of a page below its headings, some of them scrolled over. */
struct top_rows {
    uint32_t first; /* of the screen, that they may take */
    uint32_t room;  /* so many */
    uint32_t skipped;
    uint32_t met;
};

struct top_rows top_rows_begin(const struct grid *grid, const struct top_look *look,
                               uint32_t first);

/* top_rows_next - one row more: where it stands; false where it is not on the screen. */
bool top_rows_next(struct top_rows *rows, uint32_t *row);

/* top_rows_most - after the last: how far the page can be scrolled. */
uint32_t top_rows_most(const struct top_rows *rows);

/* top_draw_alarms_line - in a row, in short, what is wrong now; nothing where nothing is. */
void top_draw_alarms_line(struct grid *grid, uint32_t row, const struct top_model *model);

/* Pages; each says how far it can be scrolled. */
uint32_t top_draw_overview(struct grid *grid, const struct top_model *model,
                           const struct top_look *look);
uint32_t top_draw_rings(struct grid *grid, const struct top_model *model,
                        const struct top_look *look);
uint32_t top_draw_links(struct grid *grid, const struct top_model *model,
                        const struct top_look *look);
uint32_t top_draw_errors(struct grid *grid, const struct top_model *model,
                         const struct top_look *look);
uint32_t top_draw_memory(struct grid *grid, const struct top_model *model,
                         const struct top_look *look);

#endif
