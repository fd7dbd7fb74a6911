#ifndef ENGINE_LIVE_LIVE_PARTS_H
#define ENGINE_LIVE_LIVE_PARTS_H

/*
 * engine/live/live_parts.h - what the files of the live loop have in common; for nobody else.
 *
 *   loop.c     the process: what is waited for, and in which turn things are done
 *   wire.c     one link's connection: made, read in frames, written, lost
 *   turns.c    in which order links are served, and how much of each at a time
 *   live.c     what is done with a link in one step (engine/live/live.h)
 *   early.c    what is answered before its turn
 *   places.c   which links there are, at the start and after a reload
 *   regain.c   what a worker that lost its calls is told
 */

#include "engine/csta/frame.h"
#include "engine/live/control.h"
#include "engine/live/desk.h"
#include "engine/live/dial.h"
#include "engine/live/holder.h"
#include "engine/live/live.h"
#include "engine/live/loop.h"
#include "engine/live/record.h"
#include "engine/source/tcp_journal.h"

enum {
    LIVE_FRAMES_PER_TURN = 64, /* of one link, before the next has its turn */
    LIVE_ROUND_FRAMES = 128,   /* of all that have some, shared out; then each has its turn again */
    LIVE_FRAMES_LEAST = 4,     /* such a share */
    LIVE_BACKLOG = 4096,       /* slots of a worker's ring: who floods waits while there are more */
    LIVE_BACKLOG_PART = 4,     /* or that part of its ring */
    LIVE_FLOODS_WAIT_MS = 100, /* so long; then the workers do not move, and everybody waits */
    LIVE_STEPS_MAX = 256,     /* of all links, before they are published: directory.h has a bound */
    LIVE_WORDS_PER_TURN = 32, /* things a conversation does, likewise */
    LIVE_PARTIAL_MS = 10000,  /* a frame that is not complete for so long ends the connection */
    LIVE_DEAF_MS = 10000,     /* a switch that asks and reads no answer for so long is given up */
    LIVE_CLOSING_MS = 2000,   /* what is to be sent before a close waits so long */
    LIVE_LEAVE_MS = 2000,     /* in which a link that we leave is left, in an orderly way or not */
    LIVE_COMPLAINTS = 20,     /* unreadable messages of a link said in a minute */
    LIVE_COMPLAINTS_MS = 60000,
};

/* The private side of a link. */
struct live_wire {
    struct dial *dial;
    int socket; /* -1: not connected */
    struct tcp_in in;
    struct tcp_out out;
    uint8_t *in_buffer; /* LIVE_STREAM_BYTES, mapped twice in a row; NULL until first needed */
    uint8_t *out_buffer;
    uint64_t in_done; /* as committed: bytes before may be overwritten */
    uint64_t out_end; /* as committed: bytes before may be sent */
    uint64_t due_ms;  /* conversation_work() has nothing to do before */
    uint64_t dial_due_ms;
    uint64_t partial_since_ms; /* an incomplete frame waits; 0: none */
    uint64_t closing_since_ms; /* 0: not */
    uint64_t deaf_since_ms;    /* no message is taken before answers are read; 0: they are taken */
    int dialing;               /* the socket being connected that epoll knows, or -1 */
    bool readable;
    uint32_t awaited;        /* EPOLLIN, EPOLLOUT: what epoll waits for */
    bool frames_left;        /* more frames may be complete */
    bool floods;             /* it had more to say than its share of the last round */
    bool is_last;            /* so it comes after the others in this one */
    bool waits;              /* or not at all: the workers are behind */
    bool removed;            /* the configuration no longer has it */
    bool ended;              /* we have nothing more to say, and the switch's kernel knows */
    uint64_t leave_until_ms; /* we are leaving; 0: we are not */
    const char *over;        /* why it is to be given up; NULL: it is not */
    uint64_t complaints_since_ms;
    uint32_t complaints;
};

struct live {
    struct shared_engine *engine;
    struct session *session;
    struct settings *settings; /* on the heap, the loop's own */
    const struct live_options *options;
    struct control *control; /* NULL: nobody asks */
    struct desk *desk;
    struct record *record; /* NULL: nothing is recorded */
    uint32_t index;        /* of the front-end */
    int epoll;
    int signals;
    uint64_t now_ms;              /* CLOCK_MONOTONIC */
    int64_t time_us;              /* since 1970, as of now_ms */
    bool clock_set;               /* time_us was set since the links were told last */
    bool stood_still;             /* nobody listened before the last look at the clock */
    uint64_t tick_ms;             /* when the last tick was looked at */
    uint64_t behind_since_ms;     /* the workers are; 0: they are not */
    uint32_t share;               /* frames of one link in this round; 0: before the first */
    uint32_t taken;               /* steps since the last publication */
    struct dialect_reader *ahead; /* early.c's; NULL until first needed */
    bool fresh;                   /* nobody was front-end before us */
    bool stopping;
    uint32_t count; /* places in use, removed ones too */
    struct live_link links[LIVE_LINKS_MAX];
    struct live_wire wires[LIVE_LINKS_MAX];
};

/* ---- steps (live.c) ---- */

static inline struct live_wire *
live_wire_of(struct live_link *link)
{
    return &link->live->wires[link->place];
}

/* live_step - something is about to be taken: what a successor must do again. */
void live_step(struct live_link *link, enum live_hand hand);

/* live_step_done - it was taken, with all that belongs to it. */
void live_step_done(struct live *live);

/* live_message - an empty message of that kind, of this link and now. */
struct source_message live_message(const struct live_link *link, enum source_kind kind);

/* live_take - session_take() and the recording; complaints are said with restraint. */
void live_take(struct live_link *link, const struct source_message *message);

/* live_encoding - how the link is written to; XML while nobody knows. */
enum csta_encoding live_encoding(const struct live_link *link);

/*
 * live_send_early - the answer to a SystemStatus that has not had its turn yet
 *
 * Sent with what is committed next. When its turn comes live_send() takes it, with its Seq, and
 * does not send it again. False: there is no room for it now.
 */
bool live_send_early(struct live_link *link, struct outgoing *message, struct text answers);

/* live_publish - commit what was taken and show it. `pause`: nothing will come for a while. */
void live_publish(struct live *live, bool pause);

/* ---- connections (wire.c) ---- */

/* wire_open - of a fresh place, or of one a front-end before us was connected at. */
void wire_open(struct live_link *link);

/* wire_dial - tries to connect, if it is time. */
void wire_dial(struct live_link *link);

/* wire_receive - what the socket has, as far as there is room. */
void wire_receive(struct live_link *link);

/* wire_take_frames - complete frames, at most the link's share. */
void wire_take_frames(struct live_link *link);

/* wire_send - what is committed to be sent, as much as the socket takes. */
void wire_send(struct live_link *link);

/*
 * wire_leave - the connection that may stand is to end, in an orderly way
 *
 * The switch is told (conversation_leave()), then our side of the connection is ended, and what it
 * sends is taken until it ends its own. Not longer than until then.
 */
void wire_leave(struct live_link *link, uint64_t until_ms);

/* wire_cut - the connection that may stand is over at once. */
void wire_cut(struct live_link *link);

/* wire_look - is the connection to be given up, or closed? */
void wire_look(struct live_link *link);

/*
 * wire_reload - link->settings are to be these from now on
 *
 * A connection by what is no longer so ends, and another is made. One whose session stands is left
 * as by wire_leave(), for LIVE_LEAVE_MS; but one that speaks otherwise from now on (profile,
 * encoding, edition), or is just being made, is closed at once.
 */
void wire_reload(struct live_link *link, const struct link_settings *settings);

/* wire_close - without anything being said to the switch or anybody; for the end of the process. */
void wire_close(struct live_link *link);

/* ---- whose turn it is (turns.c) ---- */

/*
 * turns_begin - a round begins: sets `share`, and who comes last or waits in it
 *
 * Links that had more to say than their share of the last round are served after the others; and
 * while a worker has much to do, not at all: what they add is what others would wait behind. So a
 * flood costs others a share of a round and what is in the rings, not what the flood holds. True:
 * somebody comes last.
 */
bool turns_begin(struct live *live);

/* ---- links (places.c) ---- */

/* places_open - a place for every link of the settings that is ours. False: too many, said. */
bool places_open(struct live *live);

/* places_reload - the settings are these from now on; takes them (heap, as all the loop has). */
void places_reload(struct live *live, struct settings *settings);

/* places_are_connected - does any connection stand? */
bool places_are_connected(const struct live *live);

/* places_leave - the links are down until the next start, which asks what has become of their
 * calls. */
void places_leave(struct live *live);

void places_close(struct live *live);

/* ---- workers that lost their calls (regain.c) ---- */

/* regain_work - is there one? It is told all again, and its calls are asked for. Between steps. */
void regain_work(struct live *live);

#endif
