#ifndef ENGINE_FRONTEND_H
#define ENGINE_FRONTEND_H

/*
 * engine/frontend.h - the front-end process: reads inputs, decodes, completes and routes events.
 */

#include <stdint.h>

#include "engine/settings.h"
#include "engine/source/source.h"
#include "ipc/shared_engine.h"

struct frontend_input {
    const char *const *files; /* paths, "-" for standard input; read one after another */
    uint32_t file_count;
    struct source_options options; /* what is known of all of them */
};

/*
 * frontend_run - the whole life of the front-end over recorded input; called in a forked child
 *
 * Every unreadable message is said on stderr ("FILE:LINE: why" for traces and text, "FILE: offset
 * N: why" for streams, "FILE: packet N: why" for captures of packets) and counted. Pushes FINISH
 * to every worker at the end. Returns the exit code: 0 (also when messages were unreadable: see
 * COUNTER_UNREADABLE and COUNTER_FRAMING_ERRORS), 1 when an input could not be opened or read.
 */
int frontend_run(struct shared_engine *engine, struct settings *settings,
                 const struct frontend_input *input);

#endif
