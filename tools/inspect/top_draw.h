#ifndef TOOLS_INSPECT_TOP_DRAW_H
#define TOOLS_INSPECT_TOP_DRAW_H

/*
 * tools/inspect/top_draw.h - the screens of `onhook top`, drawn from a model into a grid.
 */

#include "tools/inspect/grid.h"
#include "tools/inspect/top_model.h"

enum top_page {
    TOP_OVERVIEW,
    TOP_RINGS,
    TOP_RELEASES,
    TOP_DEVICES_PAGE,
    TOP_COUNTERS,
    TOP_LINKS,
    TOP_ERRORS,
    TOP_MEMORY,
    TOP_HELP,
    TOP_PAGES,
};

enum top_sort {
    TOP_SORT_MOST, /* the busiest first; releases: the newest first */
    TOP_SORT_NAME, /* releases: the oldest first */
    TOP_SORTS,
};

enum {
    TOP_FILTER_SIZE = 32,
};

struct top_look {
    enum top_page page;
    enum top_sort sort;
    char filter[TOP_FILTER_SIZE]; /* rows without it are left out; empty: all */
    bool is_typing;               /* the filter is being typed */
    bool is_paused;
    uint32_t skipped; /* rows scrolled over */
};

/* "overview", ...; NULL where --page ends. Help is reached by its own key. */
extern const char *const top_page_names[TOP_HELP + 1];

/* top_page_name - the same, and "help". */
const char *top_page_name(enum top_page page);

/*
 * top_draw - the whole screen; the grid was cleared to its size
 *
 * Returns how far it can be scrolled: `skipped` beyond that shows less than there is.
 */
uint32_t top_draw(struct grid *grid, const struct top_model *model, const struct top_look *look);

#endif
