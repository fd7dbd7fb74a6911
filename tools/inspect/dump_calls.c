/*
 * dump_calls.c - a worker's call table: links, devices, and each call with what is in its block.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/inspect/dump_walk.h"

static void
walk_links(struct dump *dump, const struct shm_call_table *table)
{
    char label[DUMP_LABEL];
    for (uint64_t i = 0; i < CALL_LINKS_MAX; i++) {
        uint64_t at = dump->base + table->links_offset + i * sizeof(struct shm_worker_link);
        uint8_t known = 0;
        if (!view_file_read(&dump->file, at, &known, sizeof known))
            return;
        snprintf(label, sizeof label, "link %" PRIu64, i);
        if (known != 0 || (dump->all && i == 0))
            dump_struct(dump, LAYOUT_shm_worker_link, at, label);
    }
}

static void
walk_devices(struct dump *dump, const struct shm_call_table *table)
{
    char label[DUMP_LABEL];
    uint32_t count =
        table->device_count < CALL_DEVICES_MAX ? table->device_count : CALL_DEVICES_MAX;
    for (uint32_t i = 1; i <= count; i++) {
        uint64_t at = dump->base + table->devices_offset + i * sizeof(struct shm_device);
        uint64_t key;
        uint64_t data = view_file_data(&dump->file, at);
        if (data == UINT64_MAX)
            return; /* a damaged count: no device stands in the hole that follows */
        if (data >= at + sizeof(struct shm_device)) {
            i += (uint32_t)((data - at) / sizeof(struct shm_device)) - 1;
            continue;
        }
        if (!view_file_read(&dump->file, at, &key, sizeof key))
            return;
        snprintf(label, sizeof label, "device %" PRIu32, i);
        if (key != 0 && !dump_struct(dump, LAYOUT_shm_device, at, label))
            return;
    }
}

/* Every element of a list of the block. */
static void
walk_list(struct dump *dump, const struct view_call *call, call_ref first, enum layout_id id,
          const char *label)
{
    struct layout_struct shape = layout_struct_of(id);
    struct view_list list = view_list_begin(call, first, (uint32_t)shape.size);
    while (list.at != NULL) {
        uint64_t inside = (uint64_t)((const uint8_t *)list.at - call->block);
        call_ref next = 0;
        for (uint32_t i = 0; i < shape.field_count; i++)
            if (strcmp(shape.fields[i].name, "next") == 0)
                memcpy(&next, (const uint8_t *)list.at + shape.fields[i].offset, sizeof next);
        dump_bytes(dump, id, dump->base + call_block_offset(&call->slot) + inside, list.at,
                   shape.size, label);
        view_list_next(&list, next);
    }
}

static void
walk_block(struct dump *dump, const struct view_call *call)
{
    const struct shm_call *head = view_call_head(call);
    dump->block = call;
    dump_bytes(dump, LAYOUT_shm_call, dump->base + call_block_offset(&call->slot), head,
               sizeof *head, "");
    struct view_list parties = view_list_begin(call, head->parties, sizeof(struct shm_party));
    walk_list(dump, call, head->parties, LAYOUT_shm_party, "party");
    while (parties.at != NULL) {
        const struct shm_party *party = parties.at;
        walk_list(dump, call, party->aliases, LAYOUT_shm_name, "other name of a party");
        view_list_next(&parties, party->next);
    }
    walk_list(dump, call, head->acts, LAYOUT_shm_act, "act");
    walk_list(dump, call, head->requests, LAYOUT_shm_request, "request");
    walk_list(dump, call, head->names, LAYOUT_shm_name, "name");
    walk_list(dump, call, head->facts, LAYOUT_shm_fact_chunk, "facts");
    dump->block = NULL;
}

/* The block as it stands there, whatever is half done in it. */
static bool
read_block(const struct dump *dump, struct view_call *call)
{
    struct shm_call head;
    uint64_t at = call_block_offset(&call->slot);
    if (at > dump->file.size || !view_file_read(&dump->file, dump->base + at, &head, sizeof head))
        return false;
    call->bytes = head.used;
    return head.used >= sizeof head && head.used <= CALL_BLOCK_MAX &&
           view_file_read(&dump->file, dump->base + at, call->block, head.used);
}

static bool
walk_slot(struct dump *dump, const struct shm_call_table *table, uint32_t number)
{
    static struct view_call call; /* large */
    char label[DUMP_LABEL];
    uint64_t at = dump->base + table->slots_offset + number * sizeof call.slot;
    call.number = number;
    if (!view_file_read(&dump->file, at, &call.slot, sizeof call.slot)) {
        dump->is_short = true;
        return false;
    }
    bool is_free = call.slot.key == 0;
    if (is_free && !dump->all)
        return true;
    snprintf(label, sizeof label, "slot %" PRIu32 "%s", number, is_free ? ", free" : "");
    dump_bytes(dump, LAYOUT_shm_call_slot, at, &call.slot, sizeof call.slot, label);
    if (is_free)
        return true;
    if (read_block(dump, &call))
        walk_block(dump, &call);
    else
        dump_note(dump, "Note", "what slot %" PRIu32 " says of its block cannot be", number);
    return true;
}

/* The table that begins at dump->base. */
static void
walk_calls_of(struct dump *dump, uint32_t frontend)
{
    struct shm_call_table table;
    char label[DUMP_LABEL];
    snprintf(label, sizeof label, "calls of front-end %" PRIu32, frontend);
    if (!dump_struct(dump, LAYOUT_shm_call_table, dump->base, label) ||
        !view_file_read(&dump->file, dump->base, &table, sizeof table))
        return;
    uint64_t most = dump->file.size;
    if (table.links_offset > most || table.devices_offset > most || table.slots_offset > most) {
        dump_note(dump, "Note", "its sizes do not fit each other or the file");
        return;
    }
    if (table.segment_bytes == 0)
        return; /* its worker has not begun */
    walk_links(dump, &table);
    walk_devices(dump, &table);
    uint64_t room = table.waits_offset > table.slots_offset
                        ? (table.waits_offset - table.slots_offset) / sizeof(struct shm_call_slot)
                        : 0;
    for (uint32_t i = 1; i <= table.slots_used && i < room; i++)
        if (!walk_slot(dump, &table, i))
            return;
}

void
dump_walk_calls(struct dump *dump)
{
    dump_struct(dump, LAYOUT_shm_memory_header, 0, "");
    dump->base = sizeof(struct shm_memory_header);
    for (uint32_t i = 0; i < dump->view->frontends && !dump->is_short; i++) {
        walk_calls_of(dump, i);
        dump->base += dump->view->fixed.calls_bytes;
    }
}
