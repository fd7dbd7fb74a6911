#include "tools/inspect/dump_walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ipc/event_record.h"
#include "ipc/process_state.h"
#include "ipc/ring_attach.h"
#include "ipc/ring_result.h"

enum {
    RECORD_BYTES = EVENT_RECORD_SLOTS * EVENT_SLOT_SIZE,
};

/* A word of a copy of ours. */
static uint64_t
word(const void *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* ---- rings --------------------------------------------------------------------------------- */

/* A ring in the file, judged. */
struct ring {
    uint64_t at; /* of its header */
    uint64_t slots_at;
    uint32_t slot_size;
    uint32_t slot_count;
    uint64_t from; /* positions in use: from .. to - 1 */
    uint64_t to;
};

static bool
ring_is_sound(const struct dump *dump, const struct shm_ring_fixed *fixed)
{
    uint32_t count = fixed->slot_count;
    if (count == 0 || (count & (count - 1)) != 0 || fixed->slot_size == 0 ||
        fixed->slot_size > DUMP_BYTES || fixed->ring_count == 0)
        return false;
    struct ring_shape shape = {(enum segment_kind)fixed->identity.kind, fixed->slot_size, count,
                               fixed->ring_count};
    return ring_size(&shape) % SHM_PAGE == 0 &&
           ring_size(&shape) <= dump->file.size / fixed->ring_count;
}

static void
bound_ring(struct dump *dump, struct ring *ring, uint64_t released, uint64_t written)
{
    ring->from = released;
    ring->to = written;
    if (written - released <= ring->slot_count)
        return;
    dump_note(dump, "Note", "its positions are none that such a ring can have");
    ring->to = ring->from;
}

/* Slots by position, where they are in one piece or not. */
static bool
read_slots(const struct dump *dump, const struct ring *ring, uint64_t position, uint64_t count,
           uint8_t *to)
{
    uint64_t index = position & (ring->slot_count - 1);
    uint64_t first = ring->slot_count - index < count ? ring->slot_count - index : count;
    return view_file_read(&dump->file, ring->slots_at + index * ring->slot_size, to,
                          first * ring->slot_size) &&
           view_file_read(&dump->file, ring->slots_at, to + first * ring->slot_size,
                          (count - first) * ring->slot_size);
}

static uint64_t
place_of(const struct ring *ring, uint64_t position)
{
    return ring->slots_at + (position & (ring->slot_count - 1)) * ring->slot_size;
}

static void
print_event_texts(const struct dump *dump, const struct event *event, const uint8_t *bytes,
                  uint64_t place)
{
    static const char *const names[] = {
#define EVENT_TEXT(name, holds) [EVENT_TEXT_##name] = #name,
#include "ipc/event_text.def"
#undef EVENT_TEXT
    };
    for (uint32_t i = 0; i < EVENT_TEXT_COUNT; i++)
        if (!text_is_none(event->texts[i]))
            dump_text(dump, place + (uint64_t)((const uint8_t *)event->texts[i].at - bytes),
                      names[i], event->texts[i]);
    for (uint32_t i = 0; i < event->item_count; i++)
        dump_text(dump, place, "item.new_device", event->items[i].new_device);
}

/* One record; returns the slots it takes, 1 where there is none. */
static uint32_t
walk_record(struct dump *dump, const struct ring *ring, uint64_t position)
{
    static _Alignas(64) uint8_t bytes[RECORD_BYTES];
    static struct event event; /* large */
    char label[DUMP_LABEL];
    uint64_t count =
        ring->to - position < EVENT_RECORD_SLOTS ? ring->to - position : EVENT_RECORD_SLOTS;
    if (!read_slots(dump, ring, position, count, bytes)) {
        dump->is_short = true;
        return 1;
    }
    uint32_t slots = event_unpack(&event, bytes, (uint32_t)count);
    snprintf(label, sizeof label, "position %" PRIu64 "%s", position,
             slots == 0 ? ", no record that can be read" : "");
    dump_bytes(dump, LAYOUT_shm_event_record, place_of(ring, position), bytes, EVENT_SLOT_SIZE,
               label);
    if (slots != 0)
        print_event_texts(dump, &event, bytes, place_of(ring, position));
    return slots != 0 ? slots : 1;
}

static void
walk_fixed_slots(struct dump *dump, const struct ring *ring, enum layout_id id)
{
    char label[DUMP_LABEL];
    if (layout_struct_of(id).size > ring->slot_size)
        return;
    for (uint64_t position = ring->from; position != ring->to; position++) {
        snprintf(label, sizeof label, "position %" PRIu64, position);
        if (!dump_struct(dump, id, place_of(ring, position), label))
            return;
    }
}

static void
walk_ring(struct dump *dump, enum segment_kind kind, struct ring *ring, uint32_t number)
{
    static struct shm_ring_header header; /* pages */
    char label[DUMP_LABEL];
    snprintf(label, sizeof label, "ring %" PRIu32, number);
    if (!view_file_read(&dump->file, ring->at, &header, sizeof header)) {
        dump->is_short = true;
        return;
    }
    dump_bytes(dump, LAYOUT_shm_ring_header, ring->at, &header, sizeof header, label);
    bound_ring(dump, ring, word(&header.consumer_position), word(&header.producer_position));
    dump_note(dump, "InUse", "%" PRIu64 " of %" PRIu32 " slots are in use", ring->to - ring->from,
              ring->slot_count);
    if (kind == SEGMENT_OUTBOX)
        walk_fixed_slots(dump, ring, LAYOUT_shm_outbox_slot);
    if (kind == SEGMENT_CLOSED)
        walk_fixed_slots(dump, ring, LAYOUT_shm_call_report);
    if (kind == SEGMENT_RING && ring->slot_size == EVENT_SLOT_SIZE)
        for (uint64_t at = ring->from; at != ring->to;)
            at += walk_record(dump, ring, at);
}

static void
walk_rings(struct dump *dump, enum segment_kind kind)
{
    static struct shm_ring_fixed fixed;
    if (!view_file_read(&dump->file, 0, &fixed, sizeof fixed) || !ring_is_sound(dump, &fixed)) {
        dump_note(dump, "Note", "its sizes do not fit each other or the file");
        return;
    }
    struct ring_shape shape = {kind, fixed.slot_size, fixed.slot_count, fixed.ring_count};
    for (uint32_t i = 0; i < fixed.ring_count; i++) {
        struct ring ring = {.at = i * ring_size(&shape),
                            .slots_at = i * ring_size(&shape) + sizeof(struct shm_ring_header),
                            .slot_size = fixed.slot_size,
                            .slot_count = fixed.slot_count};
        walk_ring(dump, kind, &ring, i);
    }
}

/* ---- the result ring ----------------------------------------------------------------------- */

static void
walk_result_slot(struct dump *dump, uint64_t place, uint64_t position, bool is_in_use)
{
    uint64_t header = 0;
    char label[DUMP_LABEL];
    if (!view_file_read(&dump->file, place, &header, sizeof header)) {
        dump->is_short = true;
        return;
    }
    struct ring_result_claim claim = ring_result_claim_of(header);
    if (!dump->all && !claim.is_open && !is_in_use)
        return;
    if (claim.is_open)
        snprintf(label, sizeof label, "claimed by worker %" PRIu32 " for position %" PRIu64,
                 claim.owner % dump->view->fixed.workers, claim.position);
    else
        snprintf(label, sizeof label, "%s %" PRIu64, is_in_use ? "position" : "free; next position",
                 position);
    dump_struct(dump, LAYOUT_shm_result_slot, place, label);
}

static void
walk_result(struct dump *dump)
{
    static struct shm_result_header header; /* pages */
    if (!view_file_read(&dump->file, 0, &header, sizeof header)) {
        dump->is_short = true;
        return;
    }
    dump_bytes(dump, LAYOUT_shm_result_header, 0, &header, sizeof header, "");
    uint32_t count = header.fixed.slot_count;
    if (count == 0 || (count & (count - 1)) != 0 || ring_result_size(count) > dump->file.size) {
        dump_note(dump, "Note", "its sizes do not fit each other or the file");
        return;
    }
    uint64_t cursor = word(&header.cursor);
    uint64_t used = word(&header.tail) - cursor;
    if (used > count) {
        dump_note(dump, "Note", "its positions are none that such a ring can have");
        used = 0;
    }
    dump_note(dump, "InUse", "%" PRIu64 " of %" PRIu32 " slots are in use", used, count);
    for (uint32_t i = 0; i < count && !dump->is_short; i++)
        walk_result_slot(
            dump, sizeof header + ((cursor + i) & (count - 1)) * sizeof(struct shm_result_slot),
            cursor + i, i < used);
}

/* ---- control ------------------------------------------------------------------------------- */

static void
walk_control(struct dump *dump)
{
    char label[DUMP_LABEL];
    if (!dump_struct(dump, LAYOUT_shm_control, 0, ""))
        return;
    uint64_t room = dump->file.size - sizeof(struct shm_control);
    for (uint32_t i = 0; i < dump->view->process_count; i++) {
        if ((i + UINT64_C(1)) * sizeof(struct shm_process) > room)
            return;
        snprintf(label, sizeof label, "process %" PRIu32 ": %s %" PRIu32, i,
                 view_role_name(dump->view, i), view_role_index(dump->view, i));
        if (!dump_struct(dump, LAYOUT_shm_process,
                         sizeof(struct shm_control) + i * sizeof(struct shm_process), label))
            return;
    }
}

/* What stands in it is `onhook explain`'s. */
static void
walk_history(struct dump *dump)
{
    char label[DUMP_LABEL];
    uint64_t bytes = history_bytes(dump->view->fixed.history_slots);
    if (!dump_struct(dump, LAYOUT_shm_memory_header, 0, ""))
        return;
    for (uint32_t i = 0; bytes != 0 && i < dump->view->frontends; i++) {
        snprintf(label, sizeof label, "history of front-end %" PRIu32, i);
        if (!dump_struct(dump, LAYOUT_shm_history_head,
                         sizeof(struct shm_memory_header) + i * bytes, label))
            return;
    }
}

/* -------------------------------------------------------------------------------------------- */

static uint32_t
header_size(enum segment_kind kind, uint32_t *fixed_size)
{
    *fixed_size = sizeof(struct shm_identity);
    switch (kind) {
    case SEGMENT_CONTROL:
        *fixed_size = sizeof(struct shm_control_fixed);
        return sizeof(struct shm_control);
    case SEGMENT_RING:
    case SEGMENT_OUTBOX:
    case SEGMENT_LANES:
    case SEGMENT_CLOSED:
        *fixed_size = sizeof(struct shm_ring_fixed);
        return sizeof(struct shm_ring_header);
    case SEGMENT_RESULT:
        *fixed_size = sizeof(struct shm_result_fixed);
        return sizeof(struct shm_result_header);
    case SEGMENT_CALLS:
    case SEGMENT_JOURNAL:
    case SEGMENT_FRONTEND:
    case SEGMENT_PUBLISHER:
    case SEGMENT_STREAMS:
    case SEGMENT_HISTORY:
        return sizeof(struct shm_memory_header);
    case SEGMENT_NONE:
    case SEGMENT_KIND_COUNT:
        break;
    }
    return 0;
}

/* The kind its header says, judged as such a header. */
static enum attach_result
judge(const struct dump *dump, enum segment_kind *kind)
{
    static _Alignas(64) uint8_t there[256];
    static _Alignas(64) uint8_t copy[256];
    static_assert(sizeof(struct shm_control_fixed) <= sizeof there, "the longest");
    uint32_t fixed_size;
    struct shm_identity identity;
    if (!view_file_read(&dump->file, 0, &identity, sizeof identity))
        return ATTACH_BAD_GEOMETRY;
    *kind = (enum segment_kind)identity.kind;
    uint32_t size = header_size(*kind, &fixed_size);
    if (!view_file_read(&dump->file, 0, there, fixed_size))
        return ATTACH_BAD_GEOMETRY;
    return identity_read(copy, there, dump->file.size, size, fixed_size);
}

static void
walk(struct dump *dump, enum segment_kind kind)
{
    switch (kind) {
    case SEGMENT_CONTROL:
        walk_control(dump);
        break;
    case SEGMENT_RING:
    case SEGMENT_OUTBOX:
    case SEGMENT_LANES:
    case SEGMENT_CLOSED:
        walk_rings(dump, kind);
        break;
    case SEGMENT_RESULT:
        walk_result(dump);
        break;
    case SEGMENT_CALLS:
        dump_walk_calls(dump);
        break;
    case SEGMENT_JOURNAL:
        dump_walk_worker(dump);
        break;
    case SEGMENT_FRONTEND:
        dump_walk_frontend(dump);
        break;
    case SEGMENT_PUBLISHER:
        dump_walk_publisher(dump);
        break;
    case SEGMENT_STREAMS:
        dump_struct(dump, LAYOUT_shm_memory_header, 0, "");
        break;
    case SEGMENT_HISTORY:
        walk_history(dump);
        break;
    case SEGMENT_NONE:
    case SEGMENT_KIND_COUNT:
        break;
    }
}

bool
dump_walk(struct dump *dump, char *why)
{
    enum segment_kind kind = SEGMENT_NONE;
    enum attach_result result = judge(dump, &kind);
    dump->is_short = false;
    dump->block = NULL;
    if (result == ATTACH_OK || result == ATTACH_DAMAGED)
        walk(dump, kind);
    if (dump->is_short)
        dump_note(dump, "Note", "more is missing: the file ends before it");
    if (result == ATTACH_OK)
        return true;
    if (result != ATTACH_DAMAGED)
        dump_struct(dump, LAYOUT_shm_identity, 0, "refused");
    snprintf(why, VIEW_WHY, "%s: %s", dump->file.path, attach_result_words(result));
    return false;
}
