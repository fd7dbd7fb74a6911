#ifndef TOOLS_INSPECT_GRID_H
#define TOOLS_INSPECT_GRID_H

/*
 * tools/inspect/grid.h - a screen of text in memory: drawn by functions, shown by whoever has one.
 *
 * A cell is one character of ASCII. What does not fit is cut off at the edge; whatever could move a
 * cursor is a question mark. So a screen can be shown on a terminal, printed, or compared.
 */

#include <stdint.h>

enum {
    GRID_ROWS_MAX = 200,
    GRID_COLUMNS_MAX = 400,
};

/* What a piece of text is; how that looks is the terminal's business. */
enum grid_style {
    GRID_PLAIN,
    GRID_TITLE,  /* headings of tables, the first and the last line */
    GRID_DIM,    /* words around what matters */
    GRID_LOCAL,  /* 1 Local */
    GRID_REMOTE, /* 2 Remote */
    GRID_ALARM,  /* what somebody should look at */
};

struct grid {
    uint32_t rows;
    uint32_t columns;
    char text[GRID_ROWS_MAX][GRID_COLUMNS_MAX];
    uint8_t style[GRID_ROWS_MAX][GRID_COLUMNS_MAX]; /* enum grid_style */
};

/* grid_clear - blanks; sizes beyond the bounds are cut. */
void grid_clear(struct grid *grid, uint32_t rows, uint32_t columns);

/* grid_put - text from there on; returns the column behind it. Rows beyond the grid: nothing. */
__attribute__((format(printf, 5, 6))) uint32_t grid_put(struct grid *grid, uint32_t row,
                                                        uint32_t column, enum grid_style style,
                                                        const char *format, ...);

/* grid_fill_row - the whole row in one style; its text stays. */
void grid_fill_row(struct grid *grid, uint32_t row, enum grid_style style);

/* grid_print - as plain lines on standard output, without blanks at their ends. */
void grid_print(const struct grid *grid);

#endif
