#ifndef ENGINE_LIVE_CONTROL_H
#define ENGINE_LIVE_CONTROL_H

/*
 * engine/live/control.h - the control socket: a thread of the front-end that listens to people.
 *
 * One line of JSON a request, one line of JSON an answer (engine/live/control_text.h), over a Unix
 * stream socket the supervisor made (engine/live/control_socket.h). Peers are who SO_PEERCRED says:
 * root, the engine's user, the group of [control]. The thread also reads the configuration again on
 * SIGHUP, and hands it over whole, so that the decode loop never waits for a disk.
 *
 *   control thread  --wfcqueue, eventfd-->  decode loop     commands
 *   control thread  <--wfcqueue, eventfd--  decode loop     answers
 *
 * Bounded: CONTROL_OPEN_MAX commands whose answer is not known, CONTROL_CLIENTS_MAX clients, of
 * whom the one silent for longest gives way, CONTROL_CLIENT_OPEN_MAX commands of one client; more
 * of his are not read. Who does not take his answers, says too long a line, or says nothing for
 * CONTROL_SILENCE_MS, is let go.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/settings.h"

enum {
    CONTROL_OPEN_MAX = 256,
    CONTROL_CLIENTS_MAX = 32,
    CONTROL_CLIENT_OPEN_MAX = 16,
    CONTROL_SILENCE_MS = 60000,
    CONTROL_RATE = 1000,     /* lines a second, of all clients; what is beyond waits */
    CONTROL_LINKS_NAMED = 4, /* of those that are found */
};

enum control_kind {
    CONTROL_RELEASE, /* ClearConnection of `device` on its own behalf */
    CONTROL_DROP,    /* ClearConnection of `device` on behalf of `by` */
    CONTROL_CLEAR,   /* ClearCall of `call` */
    CONTROL_WHOSE,   /* nothing is sent: which links know `device`, or `call`, or are `link`? */
    CONTROL_RELOAD,  /* `settings` is the configuration from now on; there is no answer to it */
};

struct control_command {
    enum control_kind kind;
    uint64_t ticket;                    /* for the answer */
    char link[EVENT_TEXT_LENGTH + 1];   /* empty: find it */
    char device[EVENT_TEXT_LENGTH + 1]; /* canonical */
    char by[EVENT_TEXT_LENGTH + 1];
    char call[EVENT_TEXT_LENGTH + 1]; /* empty: the one the device is in */
    struct settings *settings; /* RELOAD: the loop's, to settings_free() and free() in its time */
};

enum control_outcome {
#define CONTROL_RESULT(name, word, says) CONTROL_##name,
#include "engine/live/control_result.def"
#undef CONTROL_RESULT
};

struct control_answer {
    uint64_t ticket;
    enum control_outcome outcome;
    char link[EVENT_TEXT_LENGTH + 1];
    char call[EVENT_TEXT_LENGTH + 1];
    char text[128]; /* a sentence, where there is more to say: the switch's words, the reason */
    /* FOUND, AMBIGUOUS: how many links it may be, and the names of the first. */
    uint32_t links;
    char named[CONTROL_LINKS_NAMED][EVENT_TEXT_LENGTH + 1];
    bool in_call; /* FOUND: the device is in that call, in any if none was said; not only known */
};

struct control; /* engine/live/control.c */

/*
 * control_open - starts the thread; `listener` is a listening Unix socket, -1: only for reloads
 *
 * `config_file`: read again when reload is asked for (control_ask_reload()); it outlives the
 * control. Of what `current` says outside of links nothing changes while the engine runs: where the
 * file says something else now, the command has what `current` has. NULL: errno.
 */
struct control *control_open(int listener, const char *config_file, const struct settings *current);
void control_close(struct control *control);

/* The descriptor that is readable when there are commands, for the loop's epoll. */
int control_descriptor(const struct control *control);

/* control_ask_reload - async-signal-safe: read the configuration again. */
void control_ask_reload(struct control *control);

/* control_next - the next command; false when there is none. Never waits. Every one but RELOAD is
 * to be answered, once. */
bool control_next(struct control *control, struct control_command *command);

/* control_answer - to whoever sent that ticket's command, if he is still there. Never waits. */
void control_answer(struct control *control, const struct control_answer *answer);

#endif
