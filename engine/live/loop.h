#ifndef ENGINE_LIVE_LOOP_H
#define ENGINE_LIVE_LOOP_H

/*
 * engine/live/loop.h - the front-end process over live links.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/settings.h"
#include "ipc/shared_engine.h"

struct holder;

struct live_options {
    const char *config_file; /* read again on SIGHUP */
    const char *record_file; /* of this front-end; NULL: nothing is recorded */
    uint64_t record_run;     /* other than of any start before: a recording is of one start */
    struct holder *holder;   /* of this front-end */
    int control_listener;    /* -1: none */
    bool lasting;            /* a stop leaves calls as they are, for the next start */
    bool regains;            /* all that was known was damaged: calls are asked for thoroughly */
};

/*
 * live_run - the whole life of a front-end over the live links that are its own
 *
 * Goes on where a front-end before it was killed: connections that the holder kept stay, and
 * nothing of what came on them is lost or taken twice. SIGTERM ends it (links end, FINISH; not if
 * `lasting`, then they are down), SIGHUP makes it read `config_file` again. Returns the exit code:
 * 0; 1 when memory is out; PROCESS_EXIT_DAMAGED when what it goes on with is damaged (said).
 */
int live_run(struct shared_engine *engine, uint32_t index, struct settings *settings,
             const struct live_options *options);

/*
 * live_takes - is the link front-end `index`'s? As its name says, whatever other links there are:
 * links that come and go move no others. Links without addresses are nobody's.
 */
bool live_takes(const struct link_settings *link, uint32_t index, uint32_t frontends);

#endif
