#ifndef IPC_VIEW_CALLS_H
#define IPC_VIEW_CALLS_H

/*
 * ipc/view_calls.h - the calls of an engine, one by one, from outside.
 *
 * Each call is copied out of its worker's table as of the worker's last commit (ipc/view_undo.h):
 * while the worker works, the copy is taken again when something was committed in between; what a
 * hung or dead worker had half done is put back. Without a journal a call is read until two
 * readings are alike. A call that cannot be had so is said to be torn, never shown.
 *
 *   view_calls_open; view_calls_next until VIEW_CALLS_END; view_calls_close
 *
 * Nothing in a table is trusted: offsets and lengths are bounded before they are used. Between two
 * calls time goes by: they are not all of one moment.
 */

#include "base/text.h"
#include "ipc/call_record.h"
#include "ipc/view_undo.h"

enum view_call_result {
    VIEW_CALL_FOUND,
    VIEW_CALL_TORN,    /* changed whenever it was read */
    VIEW_CALL_UNSOUND, /* what stands there is no call */
    VIEW_CALLS_END,
};

/* A copy of one call. */
struct view_call {
    struct shm_call_slot slot;
    uint32_t number; /* of the slot */
    uint32_t bytes;  /* of the block in use */
    _Alignas(64) uint8_t block[CALL_BLOCK_MAX];
};

/* The table of one channel: of one worker, the calls of one front-end's links. */
struct view_calls {
    uint64_t at; /* where the table begins in its file */
    struct view_file file;
    struct view_undo undo;
    bool has_undo;              /* the worker's journal can be read */
    struct shm_call_table head; /* a copy, judged, as of view_calls_open() */
    uint32_t next;              /* number of the slot to be read */
    struct shm_worker_link links[CALL_LINKS_MAX];
};

/*
 * view_calls_open - stand before the first call of a channel, 0 .. view->channel_count - 1
 *
 * False and `why` (VIEW_WHY bytes): there is no such segment, or it is not sound. A worker that has
 * not begun has no calls.
 */
bool view_calls_open(struct view_calls *calls, const struct view *view, uint32_t channel,
                     char *why);
void view_calls_close(struct view_calls *calls);

enum view_call_result view_calls_next(struct view_calls *calls, struct view_call *call);

/* What the worker knows of a link; NULL where that is nothing. */
const struct shm_worker_link *view_calls_link(const struct view_calls *calls, uint16_t link);

/* The call itself, and what is in its block; NULL or TEXT_NONE where `ref` leads nowhere. */
static inline const struct shm_call *
view_call_head(const struct view_call *call)
{
    return (const struct shm_call *)(const void *)call->block;
}

struct text view_call_text(const struct view_call *call, call_ref ref);
const void *view_call_at(const struct view_call *call, call_ref ref, uint32_t bytes);

/*
 * A list of the block, front to back: `at` NULL at its end. A ring of references ends too.
 *
 *   struct view_list list = view_list_begin(call, head->parties, sizeof(struct shm_party));
 *   for (; list.at != NULL; view_list_next(&list, party->next))
 */
struct view_list {
    const struct view_call *call;
    const void *at;
    uint32_t bytes; /* of an element */
    uint32_t left;  /* elements there can be */
};

struct view_list view_list_begin(const struct view_call *call, call_ref first, uint32_t bytes);
void view_list_next(struct view_list *list, call_ref next);

#endif
