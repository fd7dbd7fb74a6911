/*
 * dump_journal.c - journals: what a process has committed, what it had in hand, and the old bytes
 * it wrote down before it changed them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ipc/front_state.h"
#include "ipc/publisher_memory.h"
#include "ipc/worker_journal.h"
#include "tools/inspect/dump_walk.h"

enum {
    OLD_BYTES_SHOWN = 16,
    ENTRIES_SHOWN = 4096,
    CHUNK = 1 << 16,
};

#define JOURNAL_AT sizeof(struct shm_memory_header)

static uint64_t
cursors_at(const struct dump_journal *journal, uint64_t which)
{
    uint64_t block = (journal->cursor_bytes + UINT64_C(63)) / SHM_LINE * SHM_LINE;
    return JOURNAL_AT + sizeof(struct shm_transaction) + which * block;
}

static void
walk_cursors(struct dump *dump, const struct dump_journal *journal, uint64_t commit, bool in_hand)
{
    static _Alignas(64) uint8_t bytes[TRANSACTION_CURSORS_MAX];
    char label[DUMP_LABEL];
    for (uint64_t i = 0; i < 2; i++) {
        uint64_t at = cursors_at(journal, i);
        if (journal->cursor_bytes > sizeof bytes ||
            !view_file_read(&dump->file, at, bytes, journal->cursor_bytes)) {
            dump->is_short = true;
            return;
        }
        const char *what = commit % 2 == i ? "committed" : in_hand ? "in hand" : "older";
        uint32_t unit = journal->cursor_bytes / journal->cursor_count;
        for (uint32_t n = 0; n < journal->cursor_count; n++) {
            snprintf(label, sizeof label, "cursors %" PRIu64 ", %" PRIu32 ": %s", i, n, what);
            dump_bytes(dump, journal->cursors, at + n * unit, bytes + n * unit, unit, label);
        }
    }
}

/* The first of the old bytes, as hex. */
static void
old_bytes(char out[3 * OLD_BYTES_SHOWN + 8], const struct dump *dump, uint64_t at, uint32_t length)
{
    uint8_t bytes[OLD_BYTES_SHOWN];
    uint32_t count = length < sizeof bytes ? length : sizeof bytes;
    int used = 0;
    out[0] = '\0';
    if (!view_file_read(&dump->file, at, bytes, count))
        return;
    for (uint32_t i = 0; i < count; i++)
        used += snprintf(out + used, 4, "%02x ", bytes[i]);
    snprintf(out + used, 8, "%s", count < length ? "..." : "");
}

static bool
walk_entry(struct dump *dump, const struct dump_journal *journal, uint64_t number)
{
    struct shm_undo entry;
    char label[DUMP_LABEL];
    char old[3 * OLD_BYTES_SHOWN + 8];
    uint64_t log_at = cursors_at(journal, 2);
    uint64_t at = log_at + journal->log_bytes - (number + 1) * sizeof entry;
    if (!view_file_read(&dump->file, at, &entry, sizeof entry)) {
        dump->is_short = true;
        return false;
    }
    uint64_t piece = entry.place >> 56;
    bool is_known = piece < 2 && journal->pieces[piece] != NULL;
    snprintf(label, sizeof label, "old bytes %" PRIu64 ": %s, offset 0x%" PRIx64, number,
             is_known ? journal->pieces[piece] : "no piece of this process",
             entry.place & ((UINT64_C(1) << 56) - 1));
    dump_bytes(dump, LAYOUT_shm_undo, at, &entry, sizeof entry, label);
    uint64_t old_at = log_at + entry.at * UINT64_C(8);
    if (entry.at * UINT64_C(8) > journal->log_bytes)
        return true;
    old_bytes(old, dump, old_at, entry.length);
    dump_note(dump, "OldBytes", "%s", old);
    return true;
}

void
dump_walk_journal(struct dump *dump, const struct dump_journal *journal)
{
    uint64_t words[3]; /* commit, undo_of, undo_count */
    dump_struct(dump, LAYOUT_shm_memory_header, 0, "");
    if (!view_file_read(&dump->file, JOURNAL_AT, words, sizeof words)) {
        dump->is_short = true;
        return;
    }
    bool in_hand = words[1] == words[0] + 1;
    dump_struct(dump, LAYOUT_shm_transaction, JOURNAL_AT,
                in_hand ? "a transaction is in hand" : "no transaction is in hand");
    walk_cursors(dump, journal, words[0], in_hand);
    if (!in_hand)
        return;
    if (words[2] > journal->log_bytes / sizeof(struct shm_undo)) {
        dump_note(dump, "Note", "more old bytes than its log has room for");
        return;
    }
    uint64_t count = dump->all || words[2] < ENTRIES_SHOWN ? words[2] : ENTRIES_SHOWN;
    for (uint64_t i = 0; i < count; i++)
        if (!walk_entry(dump, journal, i))
            return;
    if (count < words[2])
        dump_note(dump, "Note", "%" PRIu64 " old bytes more; --all shows them", words[2] - count);
}

void
dump_walk_worker(struct dump *dump)
{
    struct dump_journal journal = {
        .cursors = LAYOUT_shm_worker_cursors,
        .cursor_bytes = worker_cursor_bytes(dump->view->frontends, dump->view->fixed.workers),
        .cursor_count = dump->view->frontends,
        .log_bytes = worker_log_bytes(dump->view->fixed.calls_bytes),
        .pieces = {"call tables", "counters"},
    };
    dump_walk_journal(dump, &journal);
}

/* ---- the front-end's tables ---------------------------------------------------------------- */

static bool
is_zero(const uint8_t *at, uint64_t bytes)
{
    for (uint64_t i = 0; i < bytes; i++)
        if (at[i] != 0)
            return false;
    return true;
}

/* Prints the elements with something in them; returns how many bytes from `at` on were read. */
static uint64_t
walk_chunk(struct dump *dump, const struct layout_field *field, uint64_t at, uint64_t index)
{
    static _Alignas(64) uint8_t bytes[CHUNK];
    char label[DUMP_LABEL];
    uint64_t count = sizeof bytes / field->size;
    if (count > field->count - index)
        count = field->count - index;
    if (!view_file_read(&dump->file, at, bytes, count * field->size)) {
        dump->is_short = true;
        return field->count;
    }
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *element = bytes + i * field->size;
        if (is_zero(element, field->size))
            continue;
        snprintf(label, sizeof label, "%s[%" PRIu64 "]", field->name, index + i);
        dump_bytes(dump, field->inner, at + i * field->size, element, field->size, label);
    }
    return count;
}

static void
walk_table(struct dump *dump, const struct layout_field *field, uint64_t base)
{
    for (uint64_t i = 0; i < field->count && !dump->is_short;) {
        uint64_t at = base + field->offset + i * field->size;
        uint64_t data = view_file_data(&dump->file, at);
        if (data == UINT64_MAX)
            return;
        if (data > at)
            i += (data - at) / field->size;
        if (i >= field->count)
            return;
        i += walk_chunk(dump, field, base + field->offset + i * field->size, i);
    }
}

void
dump_walk_frontend(struct dump *dump)
{
    struct dump_journal journal = {
        .cursors = LAYOUT_shm_front_cursors,
        .cursor_bytes = sizeof(struct shm_front_cursors),
        .cursor_count = 1,
        .log_bytes = FRONT_LOG_BYTES,
        .pieces = {"tables", NULL},
    };
    dump_walk_journal(dump, &journal);
    struct layout_struct tables = layout_struct_of(LAYOUT_shm_front_tables);
    for (uint32_t i = 0; i < tables.field_count; i++)
        if (tables.fields[i].form == FORM_STRUCT)
            walk_table(dump, &tables.fields[i], JOURNAL_AT + front_tables_offset());
}

/* ---- the publisher's memory ---------------------------------------------------------------- */

void
dump_walk_publisher(struct dump *dump)
{
    struct dump_journal journal = {
        .cursors = LAYOUT_shm_publisher_cursors,
        .cursor_bytes = publisher_cursor_bytes(dump->view->channel_count),
        .cursor_count = 1,
        .log_bytes = PUBLISHER_LOG_BYTES,
        .pieces = {"counters", "what a table for people remembers"},
    };
    dump_walk_journal(dump, &journal);
    dump_struct(dump, LAYOUT_shm_sink_state,
                JOURNAL_AT + publisher_sink_offset(dump->view->channel_count), "");
}
