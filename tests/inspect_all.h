#ifndef TESTS_INSPECT_ALL_H
#define TESTS_INSPECT_ALL_H

/*
 * tests/inspect_all.h - every reader of shared memory there is, over segments in a folder.
 *
 * Whatever stands in them, each must come to its end. What they print and say is thrown away:
 * inspect_quiet() once before.
 */

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/command.h"
#include "tools/inspect/top_draw.h"

/* Standard output and error lead nowhere from now on. */
static inline void
inspect_quiet(void)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    fflush(stdout);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    close(nowhere);
}

/* A command over the engine of that name in the folder; up to two words more. */
static inline void
inspect_run(int (*command)(int, char **), const char *folder, const char *name, const char *first,
            const char *second)
{
    char words[7][96];
    char *argv[8];
    int argc = 0;
    const char *const parts[] = {"inspect", "--dir", folder, "--name", name, first, second};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i] == NULL)
            continue;
        snprintf(words[argc], sizeof words[argc], "%s", parts[i]);
        argv[argc] = words[argc];
        argc++;
    }
    argv[argc] = NULL;
    (void)command(argc, argv);
}

/* All pages of the full screen, after two looks. */
static inline void
inspect_top(const char *folder, const char *name)
{
    static struct top_model model;
    static struct grid grid;
    static struct view view;
    char why[VIEW_WHY];
    if (!view_open(&view, folder, name, why))
        return;
    top_model_open(&model, &view);
    top_model_look(&model);
    top_model_look(&model);
    for (unsigned page = 0; page < TOP_PAGES; page++) {
        struct top_look look = {.page = (enum top_page)page};
        grid_clear(&grid, page % 2 == 0 ? 24 : 50, page % 2 == 0 ? 80 : 160);
        top_draw(&grid, &model, &look);
    }
    top_model_close(&model);
}

/* callIDs that may be found in a history. */
static const char *const inspect_calls[] = {"2", "35", "64", "100", "0x00c0ffee-58"};

/* What reads the segment of that suffix. */
static inline void
inspect_segment(const char *folder, const char *name, const char *suffix, bool json)
{
    const char *form = json ? "--json" : "--all";
    inspect_run(cmd_dump, folder, name, suffix, form);
    inspect_run(cmd_dump, folder, name, json ? "--json" : NULL, NULL);
    if (strncmp(suffix, "history", 7) == 0) {
        for (size_t i = 0; i < sizeof inspect_calls / sizeof *inspect_calls; i++)
            inspect_run(cmd_explain, folder, name, inspect_calls[i], json ? "--json" : NULL);
        return;
    }
    if (strncmp(suffix, "calls", 5) == 0 || strncmp(suffix, "journal", 7) == 0) {
        inspect_run(cmd_calls, folder, name, "--all", json ? "--json" : NULL);
        return;
    }
    inspect_run(cmd_rings, folder, name, json ? "--json" : NULL, NULL);
    inspect_run(cmd_stat, folder, name, "--processes", json ? "--json" : NULL);
    inspect_run(cmd_metrics, folder, name, json ? "--openmetrics" : NULL, NULL);
    inspect_top(folder, name);
}

static inline void
inspect_everything(const char *folder, const char *name)
{
    inspect_segment(folder, name, "all", false);
    inspect_segment(folder, name, "all", true);
    inspect_run(cmd_calls, folder, name, "--all", NULL);
    inspect_run(cmd_calls, folder, name, "--all", "--json");
}

#endif
