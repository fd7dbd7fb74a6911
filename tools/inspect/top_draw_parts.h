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

void top_draw_rings(struct grid *grid, const struct top_model *model, const struct top_look *look);
void top_draw_links(struct grid *grid, const struct top_model *model, const struct top_look *look);
void top_draw_errors(struct grid *grid, const struct top_model *model, const struct top_look *look);
void top_draw_memory(struct grid *grid, const struct top_model *model, const struct top_look *look);

#endif
