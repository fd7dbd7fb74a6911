#ifndef TOOLS_REPLAY_H
#define TOOLS_REPLAY_H

/*
 * tools/replay.h - the parts of `onhook replay`: what was asked for, its files, its run.
 *
 * cmd_replay.c reads the command line and the settings, replay_files.c looks at inputs and output,
 * replay_run.c makes the engine, or finds one to go on with, and runs it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/frontend.h"
#include "engine/publisher.h"
#include "engine/settings.h"

/* What the command line asks for. */
struct replay {
    const char *config_file;
    const char *out_file;
    const char *engine_name;
    const char *profile; /* NULL: not said; likewise below */
    const char *encoding;
    const char *monitored;
    uint64_t workers; /* 0: not said */
    uint64_t frontends;
    enum output_format format;
    bool unordered;
    bool fresh; /* what an engine of that name left is not gone on with */
    bool quiet;
    bool json;

    struct settings settings;
    struct frontend_input input;                 /* all there is to read */
    struct frontend_input shares[FRONTENDS_MAX]; /* of it, each front-end's */
    const char **dealt;                          /* their files, one share after the other */
    uint64_t total_bytes;                        /* of all files; 0 when one of them has no size */
    bool made_output;                            /* there was no --out before */
    struct publisher_options publisher;
};

/* Each answers EXIT_DONE, or the exit code of a command that has said why. */

/* replay_look_at_inputs - can every input be read? Found out before anything starts. */
int replay_look_at_inputs(struct replay *replay);

/* replay_deal_inputs - fill in `shares`: one file to each front-end, and again. */
int replay_deal_inputs(struct replay *replay);

/* replay_open_output - open --out, if it was said and is none of the inputs; nothing is cut yet */
int replay_open_output(struct replay *replay);

/* replay_empty_output - what --out held goes. When it is known that nobody goes on with it. */
int replay_empty_output(const struct replay *replay);

/* replay_drop_output - an --out that was made for this run goes again. When there is no run. */
void replay_drop_output(const struct replay *replay);

int replay_close_output(const struct replay *replay);

/*
 * replay_digest - inputs, settings and output in one number; two runs of one digest print the same
 *
 * 0 when a run could not be gone on with by another: an input or the output is no regular file.
 */
uint64_t replay_digest(const struct replay *replay);

/* replay_run - the engine, from its segments to its summary; the exit code */
int replay_run(struct replay *replay);

#endif
