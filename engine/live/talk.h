#ifndef ENGINE_LIVE_TALK_H
#define ENGINE_LIVE_TALK_H

/*
 * engine/live/talk.h - the parts of a conversation, for each other alone (conversation.h).
 *
 *   conversation.c  what is due is asked of each part in turn
 *   hearing.c       what is heard goes to the part it is for
 *   greeting.c      until the link is usable, and the application session that keeps it so
 *   parting.c       the goodbye
 *   roster.c        which devices the settings name
 *   monitoring.c    MonitorStart and MonitorStop
 *   naming.c        what the switch calls a device
 *   resync.c        SnapshotDevice and SnapshotCall
 *   errand.c        the table all of that stands in (ipc/talk_state.h)
 *
 * Whatever is named _hear takes what the switch said and sends nothing. Whatever is named _work
 * does one thing at the most, says what became of it, and lowers *due_ms to when it has to again.
 */

#include "engine/live/live.h"
#include "ipc/talk_state.h"

struct talk {
    struct live_link *link;
    struct front *front;
    struct shm_talk *state;
    uint64_t now_ms;
};

enum talk_work {
    TALK_NOTHING = 0, /* not now */
    TALK_DONE,
    TALK_FULL, /* it could not be sent now: nothing else can be */
};

/* Why a connection is closed by us. */
enum talk_close {
    CLOSE_NOT = 0,
    CLOSE_ASSOCIATION_REFUSED,
    CLOSE_ASSOCIATION_ENDED,
    CLOSE_NO_GREETING,
    CLOSE_SESSION_REFUSED,
    CLOSE_NO_PASSWORD,
    CLOSE_SILENT,
    CLOSE_LEAVING, /* not for anything the switch did: parting.c */
};

struct talk talk_of(struct live_link *link);

/* talk_touch - the link's talk is about to change. */
void talk_touch(const struct talk *talk);

/* talk_say_once - true the first time on this connection; the talk is touched. */
bool talk_say_once(const struct talk *talk, uint16_t what);

/* talk_encoding - how messages to the switch are written; ENCODING_XML where nobody knows. */
enum csta_encoding talk_encoding(const struct talk *talk);

/* talk_wake - something is to be done at that time, too. */
static inline void
talk_wake(uint64_t *due_ms, uint64_t at_ms)
{
    if (at_ms < *due_ms)
        *due_ms = at_ms;
}

/* talk_answer - the switch's request will get that answer; `invoke` as it came. */
void talk_answer(const struct talk *talk, enum outgoing_kind kind, struct text invoke);

/* talk_answer_message - the answer of that kind, but for its invoke ID. */
struct outgoing talk_answer_message(enum outgoing_kind kind);

/* talk_invoke_number - of a message as conversation_hear() gets it; UINT32_MAX: none. */
uint32_t talk_invoke_number(const struct talk *talk, struct text invoke);

/* talk_may_ask - is another request due now, as far as pace and load go? */
bool talk_may_ask(const struct talk *talk, uint64_t *due_ms);

/* talk_paced - one went out. The talk is touched. */
void talk_paced(const struct talk *talk);

/* talk_request - sends a request of the talk's own accord. *why as live_send() sets it. */
enum live_sent talk_request(const struct talk *talk, struct outgoing *message, const char **why);

/* ---- errand.c ------------------------------------------------------------------------------- */

/* errand_at - 0: NULL. */
struct shm_errand *errand_at(const struct talk *talk, uint32_t number);
uint32_t errand_number(const struct talk *talk, const struct shm_errand *errand);
void errand_touch(const struct talk *talk, struct shm_errand *errand);

static inline struct text
errand_text(const struct shm_errand *errand)
{
    return (struct text){errand->text, errand->text_length};
}

/* errand_find - NULL when there is none; calls of this epoch only. */
struct shm_errand *errand_find(const struct talk *talk, enum errand_kind kind, struct text text);

/* errand_add - a new one, touched, of this link and in no line; NULL: there are too many. A device
 * comes last among the link's devices. The talk is touched. */
struct shm_errand *errand_add(const struct talk *talk, enum errand_kind kind, struct text text);

/* errand_forget - it is no more. The talk is touched. */
void errand_forget(const struct talk *talk, struct shm_errand *errand);

/* Where it stands and what is under way for it, in this epoch. */
enum talk_line errand_line(const struct talk *talk, const struct shm_errand *errand);
enum errand_state errand_state(const struct talk *talk, const struct shm_errand *errand);

/* errand_move - to the end of a line, out of the one it stands in; LINE_NONE: out only. Sets
 * due_ms. Both are touched. */
void errand_move(const struct talk *talk, struct shm_errand *errand, enum talk_line line,
                 uint64_t due_ms);

/* errand_first - the oldest of a line, or NULL. */
struct shm_errand *errand_first(const struct talk *talk, enum talk_line line);

/* errand_void_all - the connection, or every monitor, is gone: nothing is under way any more. */
void errand_void_all(const struct talk *talk);

/* errand_forget_junk - one of what errand_void_all() left over; false: there is none. */
bool errand_forget_junk(const struct talk *talk);

/* errand_sent - its request went out: it waits for the answer. */
void errand_sent(const struct talk *talk, struct shm_errand *errand, enum errand_state state,
                 uint32_t invoke);

/* errand_answered - it waits no longer, and stands in no line. */
void errand_answered(const struct talk *talk, struct shm_errand *errand);

/* ---- greeting.c ----------------------------------------------------------------------------- */

void greeting_begin(const struct talk *talk);
void greeting_hear(const struct talk *talk, struct text invoke);
enum talk_work greeting_work(const struct talk *talk, uint64_t *due_ms);

/* session_timer_work - the application session is renewed in time. */
enum talk_work session_timer_work(const struct talk *talk, uint64_t *due_ms);

/* ---- parting.c ------------------------------------------------------------------------------ */

/* While CLOSE_LEAVING is due. */
void parting_hear(const struct talk *talk, struct text invoke);
enum talk_work parting_work(const struct talk *talk, uint64_t *due_ms);

/* ---- roster.c ------------------------------------------------------------------------------- */

/* roster_read_again - the settings may be others. */
void roster_read_again(const struct talk *talk);
enum talk_work roster_work(const struct talk *talk);

/* ---- monitoring.c --------------------------------------------------------------------------- */

/* errand_wants_monitor - is there to be one on the device? *call_type: one of calls. */
bool errand_wants_monitor(const struct shm_errand *errand, bool *call_type);

/* monitoring_begin - every monitor is to be asked for. */
void monitoring_begin(const struct talk *talk);

/* monitoring_ask_now - a device is new, or to have another kind of monitor. */
void monitoring_ask_now(const struct talk *talk, struct shm_errand *errand);

/* monitoring_leave - no monitor is wanted any more; the errand of a device nobody names goes. */
void monitoring_leave(const struct talk *talk, struct shm_errand *errand);

/* monitoring_rest - nothing is under way for the device: it goes where the next thing waits. */
void monitoring_rest(const struct talk *talk, struct shm_errand *errand);

void monitoring_hear_granted(const struct talk *talk);

/* monitoring_hear_refused - by the switch (`why` NULL: the message in hand says it), or it cannot
 * be sent, or used: `why`. is_name: not the monitor, but the device's identifier. */
void monitoring_hear_refused(const struct talk *talk, struct shm_errand *errand, bool is_name,
                             const char *why);
void monitoring_hear_stopped(const struct talk *talk);
enum talk_work monitoring_work(const struct talk *talk, enum talk_line line);
enum talk_work monitoring_stop_work(const struct talk *talk);
enum talk_work monitoring_retry_work(const struct talk *talk, uint64_t *due_ms);
void monitoring_unanswered(const struct talk *talk, struct shm_errand *errand);

/* monitoring_hear_ended - our MonitorStop was answered. */
void monitoring_hear_ended(const struct talk *talk, struct text cross_ref);

/* ---- naming.c ------------------------------------------------------------------------------- */

/* naming_is_due - is the switch to be asked what it calls the device, before anything else? */
bool naming_is_due(const struct talk *talk, const struct shm_errand *errand);

/* naming_has_changed - what was asked about the device in this epoch was asked by a name that is
 * no longer the settings' way: its identifier means nothing, and its monitor is asked for anew. */
bool naming_has_changed(const struct talk *talk, const struct shm_errand *errand);

/* naming_begin - the device is asked about by the name the settings give it now. */
void naming_begin(const struct talk *talk, const struct shm_errand *errand);

/* naming_question - that question. */
struct outgoing naming_question(const struct talk *talk, const struct shm_errand *errand);

/* naming_hear - it was answered. */
void naming_hear(const struct talk *talk, struct shm_errand *errand);

/* naming_forget - what it was called is not known any more: the errand is new, or the switch took
 * no monitor by it. */
void naming_forget(const struct talk *talk, const struct shm_errand *errand);

/* ---- resync.c ------------------------------------------------------------------------------- */

/* resync_begin - calls may have gone unseen: every device is looked at again. */
void resync_begin(const struct talk *talk);

/* resync_is_due - is the device still to be looked at in this round? */
bool resync_is_due(const struct talk *talk, const struct shm_errand *errand);

/* resync_ask_call - the call is asked about, unless it is already. */
void resync_ask_call(const struct talk *talk, struct text call);

void resync_hear_device(const struct talk *talk, struct shm_errand *errand);
void resync_hear_call(const struct talk *talk, struct shm_errand *errand);
void resync_failed(const struct talk *talk, struct shm_errand *errand, bool again);
enum talk_work resync_work(const struct talk *talk);
enum talk_work resync_call_work(const struct talk *talk);

/* resync_look_done - this round says nothing more of the device. */
void resync_look_done(const struct talk *talk, struct shm_errand *errand);

/* resync_report - says once that everything is asked and answered. */
void resync_report(const struct talk *talk);

#endif
