#ifndef ENGINE_LIVE_LIVE_H
#define ENGINE_LIVE_LIVE_H

/*
 * engine/live/live.h - one live link, as everybody in this folder sees it, and what may be done
 * with it.
 *
 *   dial, gate -> socket -> frames -> session_take() -> conversation_hear()
 *                                                            |  changes state only
 *   socket <- out buffer <- live_send() <- conversation_work(), desk_work()
 *
 * To the workers, and to a recording (`--record`), a live link is a trace being written: every
 * message of the switch, every message of ours, `up`, `down` and `tick` go through session_take()
 * and have their Seq.
 *
 * All state that matters is shared memory and changes in transactions (engine/front.h). A step is
 * one session_take() with what belongs to it; a transaction is committed between steps only, at the
 * beginning of a session_take(). So who sends, or tells a notice, changes his own state right after
 * that call, in the same step: a front-end killed before the commit has done neither, one killed
 * after it both.
 *
 * Caller: the front-end's decode loop (engine/live/loop.h), one thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/csta/outgoing.h"
#include "engine/session.h"
#include "ipc/live_state.h"

struct live_link {
    struct live *live; /* the loop they are all of: engine/live/loop.c */
    struct session *session;
    const struct link_settings *settings; /* may be others after a reload */
    struct shm_link *link;                /* Seq, clock, dialect; never NULL */
    struct shm_live_link *state;          /* live_touch() before a change */
    uint16_t place;                       /* of state */
};

/* live_touch - the link's state is about to change; a transaction is begun if none is in hand. */
void live_touch(struct live_link *link);

enum live_sent {
    LIVE_SENT = 0,
    LIVE_FULL,    /* no room in the buffer, or no invoke ID free: again later, nothing changed */
    LIVE_REFUSED, /* it cannot be written (*why, static); nothing changed */
};

/*
 * live_send - one message to the switch: encoded, counted, committed with the step, then sent
 *
 * `by`: on whose behalf a request is, canonical; none for nobody. `answers`: the invoke ID of the
 * switch's request this is the response to, as struct csta_message or source_message has it; none
 * for a request of ours, which gets the link's next free one in message->invoke_id. Its password
 * never goes into a recording.
 */
enum live_sent live_send(struct live_link *link, struct outgoing *message, struct text by,
                         struct text answers, const char **why);

/* live_notice - SOURCE_UP or SOURCE_DOWN: the link is usable, or is no longer. */
void live_notice(struct live_link *link, enum source_kind kind);

/* live_close - the connection is to end, once what was sent is out; said with the reason, if there
 * is one. */
void live_close(struct live_link *link, const char *why);

/* CLOCK_MONOTONIC in milliseconds, as of the loop's last look. */
uint64_t live_now_ms(const struct live_link *link);

#endif
