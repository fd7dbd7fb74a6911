#include "ipc/view_calls.h"

#include <errno.h>
#include <stdio.h>

#include "ipc/worker_journal.h"

enum {
    TRIES = 64,
    BLOCK_GUESS = 2048, /* read at once; most blocks are no longer */
};

#define TABLE_AT sizeof(struct shm_memory_header)

static bool
refuse(char *why, const struct view_file *file, const char *what)
{
    snprintf(why, VIEW_WHY, "%s: %s", file->path, what);
    return false;
}

/* Does `count` times `size` from `offset` on lie inside the table? */
static bool
fits(const struct shm_call_table *head, uint64_t offset, uint64_t count, uint64_t size)
{
    return offset % 8 == 0 && offset <= head->segment_bytes &&
           count <= (head->segment_bytes - offset) / size;
}

static bool
head_is_sound(const struct shm_call_table *head, uint64_t bytes)
{
    return head->segment_bytes <= bytes && head->max_calls >= 1 && head->max_calls < UINT32_MAX &&
           head->slots_used <= head->max_calls &&
           fits(head, head->slots_offset, head->max_calls + UINT64_C(1),
                sizeof(struct shm_call_slot)) &&
           fits(head, head->links_offset, CALL_LINKS_MAX, sizeof(struct shm_worker_link)) &&
           fits(head, head->blocks_offset, 0, 1) && head->slots_offset <= head->waits_offset &&
           head->waits_offset <= head->works_offset && head->works_offset <= head->blocks_offset &&
           head->max_calls <
               (head->waits_offset - head->slots_offset) / sizeof(struct shm_call_slot);
}

bool
view_calls_open(struct view_calls *calls, const struct view *view, uint32_t channel, char *why)
{
    uint32_t workers = view->fixed.workers;
    uint32_t worker = channel % workers;
    calls->at = TABLE_AT + channel / workers * view->fixed.calls_bytes;
    calls->next = 1;
    calls->has_undo = false;
    calls->undo.file.descriptor = -1;
    if (!view_file_open(&calls->file, view, SEGMENT_CALLS, worker))
        return refuse(why, &calls->file, strerror(errno));
    enum attach_result result = view_file_memory(&calls->file, SEGMENT_CALLS);
    if (result != ATTACH_OK)
        return refuse(why, &calls->file, attach_result_words(result));
    uint64_t room = calls->file.size > calls->at ? calls->file.size - calls->at : 0;
    if (!view_file_read(&calls->file, calls->at, &calls->head, sizeof calls->head))
        return refuse(why, &calls->file, attach_result_words(ATTACH_BAD_GEOMETRY));
    if (calls->head.segment_bytes == 0) { /* its worker has not begun */
        calls->head.slots_used = 0;
        return true;
    }
    if (!head_is_sound(&calls->head, room) ||
        !view_file_read(&calls->file, calls->at + calls->head.links_offset, calls->links,
                        sizeof calls->links))
        return refuse(why, &calls->file, attach_result_words(ATTACH_BAD_GEOMETRY));
    calls->has_undo = view_undo_open(&calls->undo, view, SEGMENT_JOURNAL, worker,
                                     worker_cursor_bytes(view->frontends, workers),
                                     worker_log_bytes(view->fixed.calls_bytes));
    return true;
}

void
view_calls_close(struct view_calls *calls)
{
    view_file_close(&calls->file);
    view_undo_close(&calls->undo);
}

const struct shm_worker_link *
view_calls_link(const struct view_calls *calls, uint16_t link)
{
    if (calls->head.segment_bytes == 0 || link >= CALL_LINKS_MAX || !calls->links[link].known)
        return NULL;
    return &calls->links[link];
}

/* ---- one call ------------------------------------------------------------------------------ */

/* How a piece of the table is copied. */
enum copied {
    COPIED,
    COPIED_MOVING, /* something was committed: from the beginning */
    COPIED_NOT,    /* it lies outside */
};

static enum copied
copy_piece(struct view_calls *calls, uint64_t offset, void *to, uint64_t bytes)
{
    if (offset > calls->head.segment_bytes || bytes > calls->head.segment_bytes - offset ||
        !view_file_read(&calls->file, calls->at + offset, to, bytes))
        return COPIED_NOT;
    if (!calls->has_undo ||
        view_undo_restore(&calls->undo, 0, calls->at - TABLE_AT + offset, to, bytes))
        return COPIED;
    return COPIED_MOVING;
}

static bool
block_is_sound(const struct view_call *call)
{
    const struct shm_call *head = view_call_head(call);
    return head->used >= sizeof *head && head->used % CALL_UNIT == 0 &&
           head->used <= head->capacity && head->capacity <= CALL_BLOCK_MAX;
}

static enum copied
copy_block(struct view_calls *calls, struct view_call *call)
{
    uint64_t at = call_block_offset(&call->slot);
    if (at < calls->head.works_offset)
        return COPIED_NOT;
    uint64_t room = at < calls->head.segment_bytes ? calls->head.segment_bytes - at : 0;
    uint64_t guess = room < BLOCK_GUESS ? room : BLOCK_GUESS;
    if (guess < sizeof(struct shm_call))
        return COPIED_NOT;
    enum copied copied = copy_piece(calls, at, call->block, guess);
    if (copied != COPIED)
        return copied;
    if (!block_is_sound(call))
        return COPIED_NOT;
    call->bytes = view_call_head(call)->used;
    if (call->bytes <= guess)
        return COPIED;
    copied = copy_piece(calls, at, call->block, call->bytes);
    if (copied == COPIED && view_call_head(call)->used != call->bytes)
        return COPIED_MOVING;
    return copied;
}

static enum copied
copy_call(struct view_calls *calls, struct view_call *call)
{
    uint64_t at = calls->head.slots_offset + call->number * sizeof call->slot;
    enum copied copied = copy_piece(calls, at, &call->slot, sizeof call->slot);
    if (copied != COPIED || call->slot.key == 0)
        return copied;
    return copy_block(calls, call);
}

/* Without a journal: is a second reading the same? */
static bool
is_read_alike(struct view_calls *calls, struct view_call *call)
{
    static struct view_call again; /* large */
    again.number = call->number;
    if (copy_call(calls, &again) != COPIED ||
        memcmp(&again.slot, &call->slot, sizeof again.slot) != 0)
        return false;
    return call->slot.key == 0 ||
           (again.bytes == call->bytes && memcmp(again.block, call->block, call->bytes) == 0);
}

static enum view_call_result
read_call(struct view_calls *calls, struct view_call *call)
{
    enum view_call_result result = VIEW_CALL_TORN;
    for (int i = 0; i < TRIES; i++) {
        enum view_undo_begun begun =
            calls->has_undo ? view_undo_begin(&calls->undo) : VIEW_UNDO_BEGUN;
        if (begun == VIEW_UNDO_MOVING)
            continue;
        if (begun == VIEW_UNDO_UNSOUND)
            calls->has_undo = false; /* no journal of ours: what was written down is unknown */
        enum copied copied = copy_call(calls, call);
        bool is_alike = calls->has_undo || is_read_alike(calls, call);
        if (copied == COPIED && is_alike)
            return VIEW_CALL_FOUND;
        result = copied == COPIED_NOT ? VIEW_CALL_UNSOUND : VIEW_CALL_TORN;
        if (copied == COPIED_NOT && calls->has_undo)
            break; /* as it was at one commit, so it stays */
    }
    return result;
}

enum view_call_result
view_calls_next(struct view_calls *calls, struct view_call *call)
{
    while (calls->next <= calls->head.slots_used) {
        call->number = calls->next++;
        enum view_call_result result = read_call(calls, call);
        if (result != VIEW_CALL_FOUND || call->slot.key != 0)
            return result;
    }
    return VIEW_CALLS_END;
}

/* ---- inside a block ------------------------------------------------------------------------ */

const void *
view_call_at(const struct view_call *call, call_ref ref, uint32_t bytes)
{
    uint32_t at = (uint32_t)ref * CALL_UNIT;
    if (ref == 0 || at < sizeof(struct shm_call) || at > call->bytes || bytes > call->bytes - at)
        return NULL;
    return call->block + at;
}

struct text
view_call_text(const struct view_call *call, call_ref ref)
{
    const struct shm_text *text = view_call_at(call, ref, sizeof *text);
    if (text == NULL || view_call_at(call, ref, text->length + UINT32_C(1)) == NULL)
        return TEXT_NONE;
    return (struct text){text->bytes, text->length};
}

struct view_list
view_list_begin(const struct view_call *call, call_ref first, uint32_t bytes)
{
    struct view_list list = {call, NULL, bytes, call->bytes / CALL_UNIT};
    view_list_next(&list, first);
    return list;
}

void
view_list_next(struct view_list *list, call_ref next)
{
    list->at = list->left == 0 ? NULL : view_call_at(list->call, next, list->bytes);
    if (list->left > 0)
        list->left--;
}
