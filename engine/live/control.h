#ifndef ENGINE_LIVE_CONTROL_H
#define ENGINE_LIVE_CONTROL_H

/*
 * engine/live/control.h - the control socket: a thread of the front-end that listens to people.
 *
 * One line of JSON a request, one line of JSON an answer, over a Unix stream socket the supervisor
 * made (0660, the group of [control]). Peers are who SO_PEERCRED says: root, the engine's user, the
 * group. The thread also reads the configuration again on SIGHUP, and hands it over whole, so that
 * the decode loop never waits for a disk.
 *
 *   control thread  --wfcqueue, eventfd-->  decode loop     commands
 *   control thread  <--wfcqueue, eventfd--  decode loop     answers
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/settings.h"

enum control_kind {
    CONTROL_RELEASE, /* ClearConnection of `device` on its own behalf */
    CONTROL_DROP,    /* ClearConnection of `device` on behalf of `by` */
    CONTROL_CLEAR,   /* ClearCall of `call` */
    CONTROL_RELOAD,  /* `settings` is the configuration from now on */
};

struct control_command {
    enum control_kind kind;
    uint64_t ticket;                    /* for the answer */
    char link[EVENT_TEXT_LENGTH + 1];   /* empty: find it */
    char device[EVENT_TEXT_LENGTH + 1]; /* canonical */
    char by[EVENT_TEXT_LENGTH + 1];
    char call[EVENT_TEXT_LENGTH + 1]; /* empty: the one the device is in */
    struct settings *settings;        /* RELOAD: the loop's, to free in its time */
};

enum control_outcome {
    CONTROL_GRANTED = 0,
    CONTROL_REFUSED,   /* by the switch: `text` has its words */
    CONTROL_TIMED_OUT, /* no answer */
    CONTROL_NOT_SENT,  /* `text` says why */
    CONTROL_LOST,      /* the link was lost meanwhile: nobody knows */
    CONTROL_ELSEWHERE, /* no link of this front-end has that device or call */
};

struct control_answer {
    uint64_t ticket;
    enum control_outcome outcome;
    char link[EVENT_TEXT_LENGTH + 1];
    char call[EVENT_TEXT_LENGTH + 1];
    char text[128];
};

struct control; /* engine/live/control.c */

/*
 * control_open - starts the thread; `listener` is a listening Unix socket
 *
 * `config_file`: read again when reload is asked for (control_ask_reload()). NULL: errno.
 */
struct control *control_open(int listener, const char *config_file, const struct settings *current);
void control_close(struct control *control);

/* The descriptor that is readable when there are commands, for the loop's epoll. */
int control_descriptor(const struct control *control);

/* control_ask_reload - async-signal-safe: read the configuration again. */
void control_ask_reload(struct control *control);

/* control_next - the next command; false when there is none. Never waits. */
bool control_next(struct control *control, struct control_command *command);

/* control_answer - to whoever sent that ticket's command, if he is still there. Never waits. */
void control_answer(struct control *control, const struct control_answer *answer);

#endif
