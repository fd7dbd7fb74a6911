#ifndef ENGINE_LIVE_DESK_H
#define ENGINE_LIVE_DESK_H

/*
 * engine/live/desk.h - requests of people: release, drop and clear, from the control socket.
 *
 *   control thread --command--> loop -> desk_take(), desk_work() -> live_send()
 *                  <--answer-----------  desk_hear() <- the switch
 *
 * A command names a device or a call; the desk finds link and call, sends ClearConnection or
 * ClearCall, and answers when the switch has, or when request-timeout has passed. What waits here
 * is private memory: after the front-end's death its clients see their connection end, and say that
 * the result is unknown.
 *
 * A command without a link goes to the only one where its device is in that call, in any if none
 * is said; else to the only one that knows the device; a ClearCall to the only one with a call of
 * that ID. Links that see the same switch (`shared`, and the same switch-name) and the device in
 * the same call count as one: the first that can be asked now. If it may be more than one, nothing
 * is sent, and they are named. Without a call, the device's is the one it was heard of in last
 * (engine/last_call.h). WHOSE says which links it may be: how a client finds the front-end to ask.
 *
 * Caller: the live loop.
 */

#include "engine/live/live.h"

struct control;
struct control_command;
struct desk; /* engine/live/desk.c */

/* desk_open - answers go to `control` (engine/live/control.h). NULL: memory is out. */
struct desk *desk_open(struct control *control);
void desk_close(struct desk *desk);

/*
 * desk_take - a command (not RELOAD, which is the loop's) of control_next(): finds link and call
 *
 * Among `links` (link->link may be NULL: a free place), which stay where they are; desk_lost() goes
 * before one that goes. What cannot be sent at all is answered at once; the rest waits for
 * desk_work().
 */
void desk_take(struct desk *desk, const struct control_command *command, struct live_link *links,
               uint32_t count);

/* desk_hear - a message of the switch was taken; session->answered is the request it answered. */
void desk_hear(struct desk *desk, struct live_link *link);

/* desk_work - as conversation_work(), over all links: at most one live_send() a call, or the
 * answers that are due because nobody answered. */
bool desk_work(struct desk *desk, uint64_t *due_ms);

/* desk_lost - the link's connection is gone: whoever waits for an answer on it is told so. */
void desk_lost(struct desk *desk, struct live_link *link);

#endif
