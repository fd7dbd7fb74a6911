#ifndef ENGINE_MESSAGE_H
#define ENGINE_MESSAGE_H

/*
 * engine/message.h - what one message of a switch, or to it, means for the workers.
 *
 * Caller: the session, which has read the message (engine/dialect.h) and given it its order and
 * Seq.
 */

#include "engine/session.h"

/*
 * message_take - send what follows from session->reader.message, which `source` brought
 *
 * Returns NULL, or why the message cannot be used; then nothing was sent.
 */
const char *message_take(struct session *session, struct shm_link *link,
                         const struct source_message *source);

#endif
