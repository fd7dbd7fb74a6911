#include "tools/inspect/grid.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
grid_clear(struct grid *grid, uint32_t rows, uint32_t columns)
{
    grid->rows = rows < GRID_ROWS_MAX ? rows : GRID_ROWS_MAX;
    grid->columns = columns < GRID_COLUMNS_MAX ? columns : GRID_COLUMNS_MAX;
    memset(grid->text, ' ', sizeof grid->text);
    memset(grid->style, GRID_PLAIN, sizeof grid->style);
}

uint32_t
grid_put(struct grid *grid, uint32_t row, uint32_t column, enum grid_style style,
         const char *format, ...)
{
    char line[GRID_COLUMNS_MAX + 1];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (row >= grid->rows)
        return column;
    for (const char *at = line; *at != '\0' && column < grid->columns; at++, column++) {
        grid->text[row][column] = *at >= ' ' && *at <= '~' ? *at : '?';
        grid->style[row][column] = (uint8_t)style;
    }
    return column;
}

void
grid_fill_row(struct grid *grid, uint32_t row, enum grid_style style)
{
    if (row < grid->rows)
        memset(grid->style[row], (int)style, grid->columns);
}

void
grid_print(const struct grid *grid)
{
    for (uint32_t row = 0; row < grid->rows; row++) {
        uint32_t length = grid->columns;
        while (length > 0 && grid->text[row][length - 1] == ' ')
            length--;
        printf("%.*s\n", (int)length, grid->text[row]);
    }
}
