#ifndef ENGINE_LIVE_MAILBOX_H
#define ENGINE_LIVE_MAILBOX_H

/*
 * engine/live/mailbox.h - small numbers from one thread to another, which may sleep on them.
 *
 *   sender                       receiver
 *   mailbox_put(n)  --------->   mailbox_descriptor() is readable, mailbox_take() == n
 *
 * What is written before the put is seen after the take. A number is in the box at most once: who
 * took it may put it into another box. So nothing is ever full, and nobody waits.
 */

#include <stdint.h>

enum {
    MAILBOX_EMPTY = -1,
};

struct mailbox; /* engine/live/mailbox.c: a queue of liburcu, and an eventfd */

/* mailbox_open - for numbers below `count`. NULL: errno. */
struct mailbox *mailbox_open(uint32_t count);
void mailbox_close(struct mailbox *mailbox);

/* Readable while there is something to take. For the receiver. */
int mailbox_descriptor(const struct mailbox *mailbox);

/* Caller: the sender, one thread. */
void mailbox_put(struct mailbox *mailbox, uint32_t number);

/* mailbox_take - the oldest number, MAILBOX_EMPTY for none. Caller: the receiver, one thread. */
int mailbox_take(struct mailbox *mailbox);

#endif
