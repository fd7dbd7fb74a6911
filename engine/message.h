#ifndef ENGINE_MESSAGE_H
#define ENGINE_MESSAGE_H

/*
 * engine/message.h - what one message of a switch, or to it, means for the workers.
 *
 * Caller: the session, which has given the message its order and Seq.
 */

#include "engine/session.h"

/*
 * message_take - decode, complete, and send what follows from it
 *
 * Returns NULL, or why the message cannot be read, with *where an offset within its payload (0 if
 * there is none to name); then nothing was sent.
 */
const char *message_take(struct session *session, struct shm_link *link,
                         const struct source_message *message, size_t *where);

#endif
