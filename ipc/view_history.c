#include "ipc/view_history.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "ipc/view_file.h"

enum {
    BODY_MAX = EVENT_RECORD_SLOTS * EVENT_SLOT_SIZE, /* bytes; an outcome is shorter */
};

static_assert(sizeof(struct shm_outcome) <= BODY_MAX, "the longest body is a record's");

/* The copy, and from where on it is whole. */
static bool
copy_slots(struct view_history *history, const struct view_file *file, uint64_t offset,
           uint32_t slots)
{
    struct shm_history_head head;
    if (!view_file_read(file, offset, &head, sizeof head))
        return false;
    /* acquire: H1. What stands before it is whole. */
    history->end = atomic_load_explicit(&head.published, memory_order_acquire);
    if (!view_file_read(file, offset + sizeof head, history->slots,
                        (uint64_t)slots * HISTORY_SLOT_SIZE))
        return false;
    /* acquire: H2. Whoever changed a byte that we copied had claimed it before. */
    atomic_thread_fence(memory_order_acquire);
    if (!view_file_read(file, offset, &head, sizeof head))
        return false;
    uint64_t claimed = atomic_load_explicit(&head.claimed, memory_order_relaxed);
    uint64_t last = claimed > history->end ? claimed : history->end;
    history->at = last > slots ? last - slots : 0;
    return true;
}

static bool
say_why(char *why, const char *path, const char *words)
{
    snprintf(why, VIEW_WHY, "%.140s: %.50s", path, words);
    return false;
}

static bool
read_history(struct view_history *history, const struct view *view, const struct view_file *file,
             uint32_t frontend, char *why)
{
    uint32_t slots = view->fixed.history_slots;
    enum attach_result result = view_file_memory(file, SEGMENT_HISTORY);
    if (result != ATTACH_OK)
        return say_why(why, file->path, attach_result_words(result));
    history->mask = slots - 1;
    history->slots = malloc((uint64_t)slots * HISTORY_SLOT_SIZE);
    history->body = malloc(BODY_MAX);
    if (history->slots == NULL || history->body == NULL)
        return say_why(why, file->path, strerror(ENOMEM));
    uint64_t offset = sizeof(struct shm_memory_header) + frontend * history_bytes(slots);
    return copy_slots(history, file, offset, slots) ||
           say_why(why, file->path, "it is shorter than it was made");
}

bool
view_history_open(struct view_history *history, const struct view *view, uint32_t channel,
                  char *why)
{
    *history = (struct view_history){.slots = NULL};
    uint32_t slots = view->fixed.history_slots;
    if (slots < HISTORY_SLOTS_MIN || slots > HISTORY_SLOTS_MAX || (slots & (slots - 1)) != 0)
        return say_why(why, view->name, "it keeps no history (history-slots = 0)");
    struct view_file file;
    bool ok = view_file_open(&file, view, SEGMENT_HISTORY, channel % view->fixed.workers);
    if (ok)
        ok = read_history(history, view, &file, channel / view->fixed.workers, why);
    else
        say_why(why, file.path, strerror(errno));
    view_file_close(&file);
    if (!ok)
        view_history_close(history);
    return ok;
}

void
view_history_close(struct view_history *history)
{
    free(history->slots);
    free(history->body);
    *history = (struct view_history){.slots = NULL};
}

/* The body in one piece; false where it cannot be one. */
static bool
take_body(struct view_history *history, const struct shm_history_entry *entry)
{
    if (entry->bytes > BODY_MAX || history_entry_slots(entry->bytes) > history->end - history->at)
        return false;
    uint64_t at = ((history->at + 1) & history->mask) * HISTORY_SLOT_SIZE;
    uint64_t room = (history->mask + 1) * HISTORY_SLOT_SIZE - at;
    uint64_t first = entry->bytes < room ? entry->bytes : room;
    memcpy(history->body, history->slots + at, first);
    memcpy(history->body + first, history->slots, entry->bytes - first);
    return true;
}

static bool
take_event(const struct view_history *history, const struct shm_history_entry *entry,
           struct event *event)
{
    return event_unpack(event, history->body, entry->bytes / EVENT_SLOT_SIZE) != 0;
}

static bool
take_outcome(const struct view_history *history, const struct shm_history_entry *entry,
             struct shm_outcome *outcome)
{
    if (entry->bytes < offsetof(struct shm_outcome, text) || entry->bytes > sizeof *outcome)
        return false;
    memset(outcome, 0, sizeof *outcome);
    memcpy(outcome, history->body, entry->bytes);
    return outcome_is_sound(outcome) && outcome_size(outcome) == entry->bytes;
}

bool
view_history_next(struct view_history *history, struct shm_history_entry *entry,
                  struct event *event, struct shm_outcome *outcome)
{
    while (history->at < history->end) {
        memcpy(entry, history->slots + (history->at & history->mask) * HISTORY_SLOT_SIZE,
               sizeof *entry);
        if (entry->mark != history_mark(history->at)) {
            history->at++; /* in the middle of one whose beginning is gone */
            continue;
        }
        bool sound = take_body(history, entry);
        if (sound && entry->kind == HISTORY_EVENT)
            sound = take_event(history, entry, event);
        else
            sound =
                sound && entry->kind == HISTORY_OUTCOME && take_outcome(history, entry, outcome);
        if (sound) {
            history->at += history_entry_slots(entry->bytes);
            return true;
        }
        history->unsound++;
        history->at++;
    }
    return false;
}
