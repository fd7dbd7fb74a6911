#include "tools/inspect/screen.h"

#include <curses.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t was_asked_to_end;
static SCREEN *terminal;
static attr_t looks[GRID_ALARM + 1];

static void
on_end(int number)
{
    (void)number;
    was_asked_to_end = 1;
}

static void
choose_looks(void)
{
    const char *no_color = getenv("NO_COLOR");
    looks[GRID_PLAIN] = A_NORMAL;
    looks[GRID_TITLE] = A_REVERSE;
    looks[GRID_DIM] = A_DIM;
    looks[GRID_LOCAL] = A_BOLD;
    looks[GRID_REMOTE] = A_NORMAL;
    looks[GRID_ALARM] = A_BOLD | A_REVERSE;
    if (!has_colors() || (no_color != NULL && *no_color != '\0'))
        return;
    start_color();
    use_default_colors();
    init_pair(1, COLOR_GREEN, -1);
    init_pair(2, COLOR_CYAN, -1);
    init_pair(3, COLOR_RED, -1);
    looks[GRID_LOCAL] = (attr_t)COLOR_PAIR(1);
    looks[GRID_REMOTE] = (attr_t)COLOR_PAIR(2);
    looks[GRID_ALARM] = A_BOLD | (attr_t)COLOR_PAIR(3);
}

bool
screen_open(void)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return false;
    setlocale(LC_ALL, "");
    terminal = newterm(NULL, stdout, stdin);
    if (terminal == NULL)
        return false;
    signal(SIGTERM, on_end);
    signal(SIGHUP, on_end);
    signal(SIGINT, on_end);
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    set_escdelay(50);
    curs_set(0);
    choose_looks();
    return true;
}

void
screen_close(void)
{
    endwin();
    delscreen(terminal);
    terminal = NULL;
}

void
screen_size(uint32_t *rows, uint32_t *columns)
{
    int height;
    int width;
    getmaxyx(stdscr, height, width);
    *rows = height > 0 ? (uint32_t)height : 0;
    *columns = width > 0 ? (uint32_t)width : 0;
}

void
screen_show(const struct grid *grid)
{
    erase();
    for (uint32_t row = 0; row < grid->rows; row++) {
        move((int)row, 0);
        for (uint32_t column = 0; column < grid->columns; column++)
            addch((chtype)(unsigned char)grid->text[row][column] | looks[grid->style[row][column]]);
    }
    refresh();
}

int
screen_key(int timeout_ms)
{
    timeout(timeout_ms);
    int key = getch();
    if (was_asked_to_end != 0)
        return SCREEN_GONE;
    switch (key) {
    case ERR:
        return isatty(STDIN_FILENO) ? SCREEN_NONE : SCREEN_GONE;
    case KEY_UP:
        return SCREEN_UP;
    case KEY_DOWN:
        return SCREEN_DOWN;
    case KEY_PPAGE:
        return SCREEN_PAGE_UP;
    case KEY_NPAGE:
        return SCREEN_PAGE_DOWN;
    case KEY_LEFT:
        return SCREEN_LEFT;
    case KEY_RIGHT:
        return SCREEN_RIGHT;
    case KEY_RESIZE:
        return SCREEN_RESIZED;
    case KEY_BACKSPACE:
        return '\b';
    case KEY_ENTER:
        return '\n';
    default:
        return key < 256 ? key : SCREEN_NONE;
    }
}
