#ifndef TESTS_UNIT_TABLE_PICTURE_H
#define TESTS_UNIT_TABLE_PICTURE_H

/*
 * tests/unit/table_picture.h - a copy of a call table, to find what changed without being undone.
 *
 * Everything that means something: what is in free memory does not, but for its place in the list
 * of what is free.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/check.h"
#include "workers/call_table.h"

enum {
    PICTURE_LINKS = 8, /* of a table; tests use no more */
};

struct table_picture {
    uint8_t *bytes; /* as large as the table, sparse */
    uint64_t size;
};

static inline void
picture_open(struct table_picture *picture, uint64_t size)
{
    picture->size = size;
    picture->bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(picture->bytes != MAP_FAILED);
}

static inline void
picture_close(struct table_picture *picture)
{
    munmap(picture->bytes, picture->size);
}

/* A piece of the table: where it begins, and its bytes. */
struct picture_piece {
    uint64_t at;
    uint64_t bytes;
};

enum {
    PICTURE_PIECES = 8,
};

/* All but the blocks. */
static inline void
picture_pieces(struct picture_piece pieces[PICTURE_PIECES], const struct shm_call_table *shared)
{
    uint64_t entries = shared->device_mask + UINT64_C(1);
    pieces[0] = (struct picture_piece){0, sizeof *shared};
    pieces[1] = (struct picture_piece){shared->links_offset,
                                       PICTURE_LINKS * sizeof(struct shm_worker_link)};
    pieces[2] = (struct picture_piece){
        shared->devices_offset, (shared->device_count + UINT64_C(1)) * sizeof(struct shm_device)};
    pieces[3] = (struct picture_piece){shared->device_index_offset +
                                           entries * sizeof(struct shm_index_entry),
                                       entries * sizeof(struct shm_index_entry)};
    pieces[4] = (struct picture_piece){shared->index_offset, (shared->index_mask + UINT64_C(1)) *
                                                                 sizeof(struct shm_index_entry)};
    pieces[5] = (struct picture_piece){shared->slots_offset, (shared->slots_used + UINT64_C(1)) *
                                                                 sizeof(struct shm_call_slot)};
    pieces[6] = (struct picture_piece){shared->waits_offset, (shared->slots_used + UINT64_C(1)) *
                                                                 sizeof(struct shm_call_waits)};
    pieces[7] =
        (struct picture_piece){shared->blocks_offset, shared->blocks_end - shared->blocks_offset};
}

static inline void
picture_take(struct table_picture *picture, const struct call_table *table)
{
    struct picture_piece pieces[PICTURE_PIECES];
    picture_pieces(pieces, table->shared);
    for (int i = 0; i < PICTURE_PIECES; i++)
        memcpy(picture->bytes + pieces[i].at, table->base + pieces[i].at, pieces[i].bytes);
}

static inline bool
picture_has_same(const struct table_picture *picture, const struct call_table *table, uint64_t at,
                 uint64_t bytes)
{
    return memcmp(picture->bytes + at, table->base + at, bytes) == 0;
}

static inline bool
picture_blocks_are_same(const struct table_picture *picture, const struct call_table *table)
{
    for (uint32_t i = 1; i <= table->shared->slots_used; i++) {
        const struct shm_call_slot *slot = &table->slots[i];
        uint64_t at = call_block_offset(slot);
        const struct shm_call *was = (const void *)(picture->bytes + at);
        if (slot->key != 0 && !picture_has_same(picture, table, at, was->used))
            return false;
    }
    for (int i = 0; i < CALL_CLASSES; i++) {
        uint64_t next;
        for (uint64_t at = table->shared->free_blocks[i]; at != 0; at = next) {
            if (!picture_has_same(picture, table, at, sizeof next))
                return false;
            memcpy(&next, table->base + at, sizeof next);
        }
    }
    return true;
}

/* Is the table what it was when the picture was taken? */
static inline bool
picture_is_like(const struct table_picture *picture, const struct call_table *table)
{
    const struct shm_call_table *was = (const void *)picture->bytes;
    struct picture_piece pieces[PICTURE_PIECES];
    picture_pieces(pieces, was);
    for (int i = 0; i < PICTURE_PIECES - 1; i++)
        if (!picture_has_same(picture, table, pieces[i].at, pieces[i].bytes))
            return false;
    return picture_blocks_are_same(picture, table);
}

#endif
