#ifndef ENGINE_SESSION_H
#define ENGINE_SESSION_H

/*
 * engine/session.h - one message of one link becomes records in the workers' rings.
 *
 *   source_message -> order, Seq, clock -> decode -> complete -> monitor, request -> route
 *
 * Everything the workers are told stands in the order of the input: order counts this front-end's
 * messages, link notices and ends of links from 1; what belongs to one message carries its order,
 * and ticks that are due, the link's settings and news of devices come before what needs them.
 *
 * A message is done whole or not at all (engine/front.h): who is killed in the middle of one has a
 * successor that takes it again, from session->front.input on. A message before which much must be
 * told is done in steps, and the successor goes on with the step.
 *
 * Caller: the front-end's decode loop, one thread; session_open() registers it as the reader of
 * the directory (engine/directory.h).
 */

#include "engine/complete.h"
#include "engine/front.h"
#include "engine/link.h"
#include "engine/monitor.h"
#include "engine/request.h"
#include "engine/route.h"
#include "engine/source/source.h"

enum session_result {
    SESSION_OK = 0,
    SESSION_UNREADABLE, /* counted; *why and *where say what was wrong */
};

struct session {
    struct shared_engine *engine;
    uint32_t index; /* which front-end this is */
    struct settings *settings;
    struct shm_counters *counters;
    struct front front; /* all that outlives a message */
    struct link_table links;
    struct directory *directory;
    struct request_table requests;
    struct route route;
    struct dialect_reader reader;
    uint64_t received_ns; /* of what is being taken; 0: not known, so not timed */
    bool slept;           /* nothing was timed since we waited for input */
    bool regains;         /* this engine began anew since all it had known was damaged */
    struct event notice;  /* a record that is not the message's own event */
    /* The request that the message taken last answered, if it did. */
    bool has_answered;
    struct shm_front_request answered;
    /* The monitor that the switch ended with it, if it did. */
    bool has_stopped;
    struct shm_monitor stopped;
};

/*
 * session_open - over an engine this process has become front-end `index` of
 *
 * Goes on where a front-end before it ended, if there was one. `settings` are as that one's were at
 * first; they outlive the session and are changed by declarations in the input. NULL: memory is
 * out, or what the one before left cannot be trusted.
 */
struct session *session_open(struct shared_engine *engine, uint32_t index,
                             struct settings *settings);
void session_close(struct session *session);

/* The order of what is being taken. */
static inline uint64_t
session_order(const struct session *session)
{
    return session->front.now->order;
}

/* session_received - what is taken from now on was received then (base/clock.h); 0: nobody
 * knows. */
static inline void
session_received(struct session *session, uint64_t received_ns)
{
    session->received_ns = received_ns;
}

/*
 * session_take - one thing the input says
 *
 * `file_number` is remembered as the last input that spoke of the link. On SESSION_UNREADABLE
 * *why is a sentence good until the next call and *where an offset within the payload. A
 * SOURCE_BROKEN is counted as a framing error and is SESSION_UNREADABLE too.
 */
enum session_result session_take(struct session *session, const struct source_message *message,
                                 uint32_t file_number, const char **why, size_t *where);

/* session_begin - what is set in session->front.input from here on belongs to what is published
 * next. */
void session_begin(struct session *session);

/* session_settings - what was said of the link, else the defaults. */
const struct link_settings *session_settings(struct session *session, const struct shm_link *link);

/*
 * session_unconfigure - a device of the link is no longer what the settings said (EVENT_DEVICE_*)
 *
 * A step of its own like a session_take(): it takes an order, and what is in hand may be committed
 * before it begins. Nothing is told of a link that was never announced.
 */
void session_unconfigure(struct session *session, struct shm_link *link, struct text number,
                         uint32_t flags);

/* session_expect - input number `file_number` will speak of this link: it does not end before. */
void session_expect(struct session *session, struct text link, uint32_t file_number);

/* session_end_links - LINK_END for every link whose last input was at most `file_number`. */
void session_end_links(struct session *session, uint32_t file_number);

/* session_finish - FINISH to every worker, published; the input's phase is INPUT_FINISHED. */
void session_finish(struct session *session);

/*
 * session_publish - everything taken so far becomes visible
 *
 * Also the directory's quiescent state. `pause`: nothing will come for a while; all workers are
 * woken to say how far they are.
 */
void session_publish(struct session *session, bool pause);

/* session_sleep, session_wake - around a wait for input: nobody waits for us meanwhile. */
void session_sleep(struct session *session);
void session_wake(struct session *session);

#endif
