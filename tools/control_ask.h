#ifndef TOOLS_CONTROL_ASK_H
#define TOOLS_CONTROL_ASK_H

/*
 * tools/control_ask.h - one request to a running engine, over the control sockets of its
 * front-ends (engine/live/control_text.h has the lines).
 *
 * Each front-end knows its own links only. So all are asked first whose the device or call is,
 * which sends nothing to a switch; the request itself goes to the one link it can mean.
 */

#include "engine/live/control.h"

/*
 * control_ask - asks, and waits for the answer up to timeout_s in all
 *
 * command->link becomes the link it went to. *answer is AMBIGUOUS, with names, when it may mean
 * several links; ELSEWHERE when none. False: there is no answer, and it is said why.
 */
bool control_ask(const struct settings *settings, struct control_command *command,
                 unsigned timeout_s, struct control_answer *answer);

#endif
