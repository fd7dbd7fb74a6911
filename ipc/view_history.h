#ifndef IPC_VIEW_HISTORY_H
#define IPC_VIEW_HISTORY_H

/*
 * ipc/view_history.h - what a worker did last, from outside (ipc/history.h).
 *
 * All that the worker has shown is copied, then what it may have written over meanwhile is left
 * out: an entry is whole, or it is not told. Works on a living, hung or dead engine and on copies.
 * Nothing in it is trusted: lengths are bounded, records and outcomes judged before they are told.
 *
 *   view_history_open; view_history_next until false; view_history_close
 */

#include "ipc/event_record.h"
#include "ipc/history.h"
#include "ipc/view.h"

/* The history of one channel: of one worker, what it did for one front-end. */
struct view_history {
    uint8_t *slots; /* a copy of the ring */
    uint8_t *body;  /* of the entry in hand, in one piece */
    uint64_t mask;
    uint64_t at;  /* position of the next entry */
    uint64_t end; /* behind the last */
    uint64_t unsound;
};

/* view_history_open - copy the history of a channel, 0 .. view->channel_count - 1. False and `why`
 * (VIEW_WHY bytes): none is kept, or it cannot be read. */
bool view_history_open(struct view_history *history, const struct view *view, uint32_t channel,
                       char *why);
void view_history_close(struct view_history *history);

/*
 * view_history_next - the next entry, oldest first; false when there are no more
 *
 * *event is filled for HISTORY_EVENT, *outcome for HISTORY_OUTCOME. Texts of *event are good until
 * the next call. What is no entry of ours is counted in `unsound` and passed over.
 */
bool view_history_next(struct view_history *history, struct shm_history_entry *entry,
                       struct event *event, struct shm_outcome *outcome);

#endif
