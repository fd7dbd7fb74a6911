#ifndef ENGINE_LIVE_CONVERSATION_H
#define ENGINE_LIVE_CONVERSATION_H

/*
 * engine/live/conversation.h - what onhook and a switch say to each other besides events: the
 * session, the monitors, the snapshots.
 *
 *   connected -> greeting (ACSE, SystemStatus, SystemRegister, StartApplicationSession)
 *             -> usable: LINK_UP -> MonitorStart for every device, paced -> SnapshotDevice for each
 *             -> keep-alive, session timer, retries
 *
 * conversation_hear() notes what must be answered or done; conversation_work() does one thing at a
 * time. State is struct shm_live_talk, and what stands beside each device in the directory.
 *
 * Caller: the live loop.
 */

#include "engine/live/live.h"

enum {
    CONVERSATION_DEVICE_SIZE = 2 * EVENT_TEXT_LENGTH + SETTINGS_TEXT_MAX + 8,
};

/*
 * conversation_open - the link's settings are these now: at the start of every life, and after each
 * reload
 *
 * `reloaded`: they may be others than those the workers were told of; true where that is not
 * certain. Changes state, sends nothing; conversation_work() compares the devices, some at a time.
 */
void conversation_open(struct live_link *link, bool reloaded);

/* conversation_begin - a new connection stands; everything of an earlier one is void. */
void conversation_begin(struct live_link *link);

/*
 * conversation_may_hear - is there room for one more answer of ours?
 *
 * While there is none the loop takes no further messages: a switch that asks without reading our
 * answers waits, and nothing grows. Messages of a connection that is over may be taken all the
 * same; their answers are dropped.
 */
bool conversation_may_hear(const struct live_link *link);

/*
 * conversation_hear - a message of the switch was taken by session_take()
 *
 * The message is session->reader.message, the request it answered, if any, session->answered.
 * `invoke`: as it came, for the response. Sends nothing; same step as the session_take().
 */
void conversation_hear(struct live_link *link, struct text invoke);

/*
 * conversation_work - do one thing that is due now
 *
 * One live_send(), live_notice() or live_close() at the most. True: something was done, call again.
 * False: nothing to do before *due_ms (as live_now_ms(); UINT64_MAX: nothing at all). The same
 * state leads to the same thing: a successor may have to repeat it.
 */
bool conversation_work(struct live_link *link, uint64_t *due_ms);

/*
 * conversation_leave - the connection is to be ended by us, and not because of anything it did
 *
 * Nothing is asked any more. The switch is told as its session wants it (StopApplicationSession,
 * or the release of its association), and when it has agreed, or not within a second, live_close()
 * comes. What it says until then is taken. Changes state, sends nothing.
 */
void conversation_leave(struct live_link *link);

/* conversation_end - the connection is gone (not while one never stood). What it leaves undone
 * conversation_work() does: LINK_DOWN if it was usable. */
void conversation_end(struct live_link *link);

/* conversation_ask_call - nobody mentioned the call for long: the switch is asked whether it is
 * still there, unless it cannot be, or is already. Sends nothing. */
void conversation_ask_call(struct live_link *link, struct text call);

/*
 * conversation_regain - a worker has lost its calls: they are asked for again
 *
 * Every device of the link is looked at, and every call of that worker that is found so; where the
 * link is down, as soon as it is up again. Sends nothing.
 */
void conversation_regain(struct live_link *link, uint32_t worker);

/*
 * conversation_name_device - the device a request is about, as the switch calls it
 *
 * `number` as people and settings have it; what has a colon is as an Avaya calls it already. Where
 * the switch was asked, it is as it answered. The message's text stands in `number`, in `buffer`,
 * of a size of CONVERSATION_DEVICE_SIZE, or in the link's state.
 */
void conversation_name_device(struct live_link *link, struct outgoing *message, struct text number,
                              char buffer[CONVERSATION_DEVICE_SIZE]);

/* conversation_may_request - is the link usable, and not overloaded: may release, drop and clear
 * be sent? Else *why, a static sentence. */
bool conversation_may_request(const struct live_link *link, const char **why);

#endif
