#ifndef TOOLS_RUN_H
#define TOOLS_RUN_H

/*
 * tools/run.h - the parts of `onhook run`: what was asked for, and the engine over live links.
 *
 * cmd_run.c reads the command line and the configuration, run_output.c opens where outcomes go,
 * run_engine.c makes the engine, or finds one to go on with, and runs it until it is told to stop.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/live/loop.h"
#include "engine/publisher.h"
#include "engine/settings.h"

/* What the command line asks for. */
struct run {
    const char *config_file;
    const char *engine_name; /* NULL: the configuration's; likewise below */
    const char *out_file;
    const char *record_file;
    uint64_t workers; /* 0: the configuration's */
    const char *log;  /* NULL: as the configuration says */
    enum output_format format;
    bool fresh; /* what an engine of that name left is not gone on with */
    bool quiet; /* no summary */

    struct settings settings;
    struct publisher_options publisher;
};

/* Each answers EXIT_DONE, or the exit code of a command that has said why. */

/* run_open_output - where outcomes go: the file, made if it is not there, else standard output. */
int run_open_output(struct run *run);

/* run_trim_output - a new engine begins after the last whole line: what follows it is cut off. */
int run_trim_output(const struct run *run);

int run_close_output(const struct run *run);

/* run_engine - from its segments to its end; the exit code */
int run_engine(struct run *run);

#endif
