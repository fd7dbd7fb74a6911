#ifndef TOOLS_INSPECT_SCREEN_H
#define TOOLS_INSPECT_SCREEN_H

/*
 * tools/inspect/screen.h - the terminal: the only user of ncursesw.
 */

#include <stdbool.h>

#include "tools/inspect/grid.h"

enum screen_key {
    SCREEN_NONE = 0, /* the time is over */
    SCREEN_UP = 256, /* below: the character itself */
    SCREEN_DOWN,
    SCREEN_PAGE_UP,
    SCREEN_PAGE_DOWN,
    SCREEN_LEFT,
    SCREEN_RIGHT,
    SCREEN_RESIZED,
    SCREEN_GONE, /* the terminal went away, or somebody asked us to end */
};

/* screen_open - take the terminal over; false when there is none that can do it. */
bool screen_open(void);

/* screen_close - give it back as it was. */
void screen_close(void);

void screen_size(uint32_t *rows, uint32_t *columns);
void screen_show(const struct grid *grid);

/* screen_key - the next key, waiting for it at most so long. */
int screen_key(int timeout_ms);

#endif
