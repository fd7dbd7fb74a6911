#include "ipc/view_undo.h"

enum {
    PLACE_SHIFT = 56,
    LOG_UNIT = 8,
    ENTRIES_AT_ONCE = 256,
    PAGES_OF_ENTRY = 1024, /* pages that one entry may touch: far more than any does */
};

#define PLACE_MASK ((UINT64_C(1) << PLACE_SHIFT) - 1)

bool
view_undo_open(struct view_undo *undo, const struct view *view, enum segment_kind kind,
               uint32_t number, uint32_t cursor_bytes, uint64_t log_bytes)
{
    undo->count = 0;
    undo->undo_of = 0;
    undo->refused = 0;
    undo->page_count = 0;
    memset(undo->buckets, 0, sizeof undo->buckets);
    uint64_t block = (cursor_bytes + UINT64_C(63)) / SHM_LINE * SHM_LINE;
    undo->log_at = sizeof(struct shm_memory_header) + sizeof(struct shm_transaction) + 2 * block;
    undo->log_bytes = log_bytes;
    if (!view_file_open(&undo->file, view, kind, number))
        return false;
    return view_file_memory(&undo->file, kind) == ATTACH_OK && undo->file.size > undo->log_at &&
           log_bytes <= undo->file.size - undo->log_at;
}

void
view_undo_close(struct view_undo *undo)
{
    view_file_close(&undo->file);
}

/* The journal's words, read twice alike: a copy of bytes promises nothing about whole words. */
static bool
read_words(const struct view_undo *undo, uint64_t words[3])
{
    uint64_t again[3];
    for (int i = 0; i < 8; i++) {
        if (!view_file_read(&undo->file, sizeof(struct shm_memory_header), words, sizeof again) ||
            !view_file_read(&undo->file, sizeof(struct shm_memory_header), again, sizeof again))
            return false;
        if (memcmp(words, again, sizeof again) == 0)
            return true;
    }
    return false;
}

static void
forget(struct view_undo *undo)
{
    if (undo->page_count != 0)
        memset(undo->buckets, 0, sizeof undo->buckets);
    undo->page_count = 0;
    undo->count = 0;
}

enum view_undo_begun
view_undo_begin(struct view_undo *undo)
{
    uint64_t words[3];
    if (!view_file_read(&undo->file, sizeof(struct shm_memory_header), words, sizeof words))
        return VIEW_UNDO_UNSOUND;
    if (!read_words(undo, words))
        return VIEW_UNDO_MOVING;
    if (words[1] > words[0] + 1)
        return VIEW_UNDO_UNSOUND;
    if (words[0] != undo->commit || words[1] != undo->undo_of)
        forget(undo);
    undo->commit = words[0];
    undo->undo_of = words[1];
    return VIEW_UNDO_BEGUN;
}

bool
view_undo_is_open(const struct view_undo *undo)
{
    return undo->undo_of == undo->commit + 1;
}

static uint32_t
bucket_of(uint64_t page)
{
    return (uint32_t)((page * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (VIEW_UNDO_BUCKETS - 1);
}

static bool
is_sound(const struct view_undo *undo, const struct shm_undo *entry)
{
    uint64_t at = (uint64_t)entry->at * LOG_UNIT;
    uint64_t offset = entry->place & PLACE_MASK;
    return entry->length != 0 && at <= undo->log_bytes && entry->length <= undo->log_bytes - at &&
           offset <= PLACE_MASK - entry->length && entry->length / SHM_PAGE < PAGES_OF_ENTRY;
}

/* False when there is no room: the entry would be missed. */
static bool
keep(struct view_undo *undo, const struct shm_undo *entry)
{
    uint32_t number = (uint32_t)undo->count;
    undo->entries[number] = *entry;
    undo->count++;
    if (!is_sound(undo, entry)) {
        undo->refused++;
        return true;
    }
    uint64_t last = (entry->place + entry->length - 1) / SHM_PAGE;
    for (uint64_t page = entry->place / SHM_PAGE; page <= last; page++) {
        if (undo->page_count + 1 >= VIEW_UNDO_PAGES)
            return false;
        uint32_t *head = &undo->buckets[bucket_of(page)];
        undo->pages[++undo->page_count] = (struct view_undo_page){page, number, *head};
        *head = undo->page_count;
    }
    return true;
}

/* Entries stand one before the other from the end of the log. */
static bool
load(struct view_undo *undo, uint64_t count)
{
    struct shm_undo some[ENTRIES_AT_ONCE];
    uint64_t end = undo->log_at + undo->log_bytes;
    if (count > VIEW_UNDO_ENTRIES || count > undo->log_bytes / sizeof *some)
        return false;
    while (undo->count < count) {
        uint64_t now =
            count - undo->count < ENTRIES_AT_ONCE ? count - undo->count : ENTRIES_AT_ONCE;
        if (!view_file_read(&undo->file, end - (undo->count + now) * sizeof *some, some,
                            now * sizeof *some))
            return false;
        while (now-- > 0)
            if (!keep(undo, &some[now]))
                return false;
    }
    return true;
}

/* The entry's old bytes, as far as they belong into the copy. */
static bool
put_back(const struct view_undo *undo, const struct shm_undo *entry, uint64_t place, uint8_t *copy,
         uint64_t bytes)
{
    uint64_t from = entry->place > place ? entry->place : place;
    uint64_t to = entry->place + entry->length;
    if (to > place + bytes)
        to = place + bytes;
    if (from >= to)
        return true;
    uint64_t old = undo->log_at + (uint64_t)entry->at * LOG_UNIT + (from - entry->place);
    return view_file_read(&undo->file, old, copy + (from - place), to - from);
}

/* Page by page, and in each the latest first: where a byte stands twice, the oldest has the last
 * word. */
static bool
put_all_back(const struct view_undo *undo, uint64_t place, uint8_t *copy, uint64_t bytes)
{
    for (uint64_t done = 0; done < bytes;) {
        uint64_t page = (place + done) / SHM_PAGE;
        uint64_t here = SHM_PAGE - (place + done) % SHM_PAGE;
        if (here > bytes - done)
            here = bytes - done;
        for (uint32_t i = undo->buckets[bucket_of(page)]; i != 0; i = undo->pages[i].next)
            if (undo->pages[i].page == page && !put_back(undo, &undo->entries[undo->pages[i].entry],
                                                         place + done, copy + done, here))
                return false;
        done += here;
    }
    return true;
}

bool
view_undo_restore(struct view_undo *undo, uint32_t piece, uint64_t offset, void *copy,
                  uint64_t bytes)
{
    uint64_t words[3];
    if (!read_words(undo, words) || words[0] != undo->commit)
        return false;
    if (words[1] != undo->undo_of)
        forget(undo);
    undo->undo_of = words[1];
    if (!view_undo_is_open(undo))
        return true;
    if (!load(undo, words[2]))
        return false;
    uint64_t place = (uint64_t)piece << PLACE_SHIFT | (offset & PLACE_MASK);
    if (!put_all_back(undo, place, copy, bytes))
        return false;
    /* The commit may have moved while old bytes were read: the log is then another one's. */
    return read_words(undo, words) && words[0] == undo->commit;
}
