#ifndef ENGINE_FRONTEND_H
#define ENGINE_FRONTEND_H

/*
 * engine/frontend.h - the front-end process: reads inputs, decodes, completes and routes events.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/settings.h"
#include "engine/source/source.h"
#include "ipc/shared_engine.h"

struct frontend_input {
    const char *const *files; /* paths, "-" for standard input; read one after another */
    uint32_t file_count;
    uint32_t batch; /* messages that are committed and become visible together; 0: 32 */
    struct source_options options; /* what is known of all of them */
    /* Called, unless NULL, with each thing the inputs say and the order it was given. */
    void (*taken)(void *context, const struct source_message *message, uint64_t order);
    void *context;
};

/*
 * frontend_run - the whole life of front-end `index` over recorded input; called in a forked child
 *
 * Goes on where a front-end before it was killed, if there was one: then settings and input are
 * those that one was given. What that one said on stderr of its last messages may be said again.
 *
 * Every unreadable message is said on stderr ("FILE:LINE: why" for traces and text, "FILE: offset
 * N: why" for streams, "FILE: packet N: why" for captures of packets) and counted. Pushes FINISH
 * to every worker at the end. Returns the exit code: 0 (also when messages were unreadable: see
 * COUNTER_UNREADABLE and COUNTER_FRAMING_ERRORS), 1 when an input could not be opened or read.
 */
int frontend_run(struct shared_engine *engine, uint32_t index, struct settings *settings,
                 const struct frontend_input *input);

/*
 * frontend_can_restart - may a front-end that died have a successor?
 *
 * False, with why in *why (static text), when an input cannot be read again: a pipe, a FIFO, a
 * terminal; or when traces declared more of links than is kept. Caller: the supervisor, which holds
 * standard input as the front-end does.
 */
bool frontend_can_restart(const struct shared_engine *engine, uint32_t index,
                          const struct frontend_input *input, const char **why);

#endif
