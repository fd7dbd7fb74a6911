#include "tests/stores/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "ipc/segment.h"

/* What a page of a segment held that was not all zero. */
struct page {
    uint8_t bytes[SHM_PAGE];
};

static struct page **kept; /* of all segments, one after the other; NULL: zeroes */
static uint64_t kept_count;

static uint64_t
pages_of(const struct shared_engine *engine)
{
    uint64_t pages = 0;
    for (uint32_t i = 0; i < engine->segment_count; i++)
        pages += engine->segments[i].size / SHM_PAGE;
    return pages;
}

static bool
is_zero(const uint8_t *bytes)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, SHM_PAGE - 1) == 0;
}

/* The next page at `*at` or behind it that takes memory; false: there is none. */
static bool
next_page(const struct shared_segment *segment, uint64_t *at)
{
    off_t from = lseek(segment->descriptor, (off_t)*at, SEEK_DATA);
    if (from < 0 || (uint64_t)from >= segment->size)
        return false;
    *at = (uint64_t)from / SHM_PAGE * SHM_PAGE;
    return true;
}

static void
read_page(const struct shared_segment *segment, uint64_t at, uint8_t bytes[static SHM_PAGE])
{
    CHECK(pread(segment->descriptor, bytes, SHM_PAGE, (off_t)at) == (ssize_t)SHM_PAGE);
}

void
memory_keep(const struct shared_engine *engine)
{
    uint64_t base = 0;
    uint8_t bytes[SHM_PAGE];
    kept_count = pages_of(engine);
    kept = calloc(kept_count, sizeof *kept);
    CHECK(kept != NULL);
    for (uint32_t i = 0; i < engine->segment_count; i++) {
        const struct shared_segment *segment = &engine->segments[i];
        for (uint64_t at = 0; next_page(segment, &at); at += SHM_PAGE) {
            read_page(segment, at, bytes);
            if (is_zero(bytes))
                continue;
            struct page *page = malloc(sizeof *page);
            CHECK(page != NULL);
            memcpy(page->bytes, bytes, SHM_PAGE);
            kept[base + at / SHM_PAGE] = page;
        }
        base += segment->size / SHM_PAGE;
    }
}

static bool
page_is_as_kept(const struct page *page, const uint8_t *bytes)
{
    return page == NULL ? is_zero(bytes) : memcmp(page->bytes, bytes, SHM_PAGE) == 0;
}

static uint64_t
first_other(const struct page *page, const uint8_t *bytes)
{
    uint64_t at = 0;
    while (at < SHM_PAGE && bytes[at] == (page == NULL ? 0 : page->bytes[at]))
        at++;
    return at;
}

bool
memory_is_as_kept(const struct shared_engine *engine)
{
    uint64_t base = 0;
    uint8_t bytes[SHM_PAGE];
    CHECK(kept_count == pages_of(engine));
    for (uint32_t i = 0; i < engine->segment_count; i++) {
        const struct shared_segment *segment = &engine->segments[i];
        for (uint64_t at = 0; next_page(segment, &at); at += SHM_PAGE) {
            const struct page *page = kept[base + at / SHM_PAGE];
            read_page(segment, at, bytes);
            if (page_is_as_kept(page, bytes))
                continue;
            uint64_t other = at + first_other(page, bytes);
            fprintf(stderr, "segment %u: other bytes at %#" PRIx64 "\n", (unsigned)i, other);
            return false;
        }
        base += segment->size / SHM_PAGE;
    }
    return true;
}

const char *
memory_place(const struct shared_engine *engine, const void *at)
{
    static char place[96];
    if (at == NULL)
        return "the output";
    for (uint32_t i = 0; i < engine->segment_count; i++) {
        const struct shared_segment *segment = &engine->segments[i];
        uint64_t offset = (uintptr_t)at - (uintptr_t)segment->mapping;
        if (offset >= segment->mapping_size)
            continue;
        snprintf(place, sizeof place, "segment %u+%#llx", (unsigned)i, (unsigned long long)offset);
        return place;
    }
    return "?";
}
