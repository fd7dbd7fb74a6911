#include "tests/stores/stores.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/check.h"
#include "ipc/layout.h"

#define SPAN_MAX (UINT64_C(64) << 30)

struct stores stores;

/* A byte for each page between the first and the last that are watched. */
static struct {
    uintptr_t first;
    uint64_t pages;
    uint8_t *watched;
} space;

static void *
map_sparse(uint64_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1, 0);
    CHECK(at != MAP_FAILED);
    return at;
}

void
stores_watch(const void *at, uint64_t size)
{
    if (space.watched == NULL) {
        space.watched = map_sparse(2 * SPAN_MAX / SHM_PAGE);
        space.first = (uintptr_t)at - (SPAN_MAX < (uintptr_t)at ? SPAN_MAX : 0);
        space.pages = 2 * SPAN_MAX / SHM_PAGE;
        stores.log = map_sparse(STORES_MAX * sizeof *stores.log);
    }
    uint64_t page = ((uintptr_t)at - space.first) / SHM_PAGE;
    CHECK((uintptr_t)at >= space.first && page + size / SHM_PAGE <= space.pages);
    memset(space.watched + page, 1, size / SHM_PAGE);
}

void
stores_forget(void)
{
    munmap(space.watched, space.pages);
    munmap(stores.log, STORES_MAX * sizeof *stores.log);
    space.watched = NULL;
    space.pages = 0;
    stores.log = NULL;
    stores.count = 0;
}

bool
stores_is_watched(const void *at)
{
    uint64_t page = ((uintptr_t)at - space.first) / SHM_PAGE;
    return page < space.pages && space.watched[page] != 0;
}

void
stores_arm(uint8_t counted, uint64_t cut)
{
    stores.counted = counted;
    stores.passed = 0;
    stores.cut = cut;
    stores.armed = stores.count;
}

static bool
is_counted(void)
{
    return stores.part != STORES_NEVER &&
           (stores.counted == STORES_ANYBODY || stores.counted == stores.part);
}

static void
keep(void *at, size_t length)
{
    if (stores.count == STORES_MAX)
        stores.endless();
    struct store *store = &stores.log[stores.count++];
    *store = (struct store){
        .at = at, .length = (uint8_t)length, .part = stores.part, .counted = is_counted()};
    stores_copy(&store->old, at, length);
}

/* Of a range that is cut: what comes before the cut is done. */
static void
do_pieces(uint8_t *at, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++) {
        const struct store *known = &stores.script[i];
        CHECK(i < stores.script_count && known->at == at);
        stores_copy(at, &known->now, known->length);
        at += known->length;
    }
}

void
stores_coming(void *at, size_t length)
{
    if (is_counted()) {
        if (stores.passed == stores.cut)
            stores.end();
        stores.passed++;
    }
    keep(at, length);
}

void
stores_range(void *at, size_t length)
{
    uint8_t *place = at;
    uint64_t before = stores.passed;
    while (length > 0) {
        size_t piece = stores_piece(place, length);
        if (is_counted() && stores.passed == stores.cut)
            do_pieces(at, before, stores.cut);
        stores_coming(place, piece);
        place += piece;
        length -= piece;
    }
}

void
stores_output(void)
{
    if (is_counted()) {
        if (stores.passed == stores.cut)
            stores.end();
        stores.passed++;
    }
    if (stores.count == STORES_MAX)
        stores.endless();
    stores.log[stores.count++] = (struct store){.part = stores.part, .counted = is_counted()};
}

void
stores_note(void *at, size_t length)
{
    uint8_t part = stores.part;
    stores.part = STORES_NEVER;
    stores_range(at, length);
    stores.part = part;
}

/* The latest first: then what stands there is what the store made of it. */
static void
undo(struct store *store)
{
    if (store->at == NULL) {
        store->changes = true;
        return;
    }
    stores_copy(&store->now, store->at, store->length);
    store->changes = store->now != store->old;
    if (store->changes)
        stores_copy(store->at, &store->old, store->length);
}

uint64_t
stores_roll_back(struct store *script)
{
    uint64_t counted = 0;
    for (uint64_t i = stores.count; i > 0; i--)
        undo(&stores.log[i - 1]);
    for (uint64_t i = stores.armed; i < stores.count && script != NULL; i++)
        if (stores.log[i].counted)
            script[counted++] = stores.log[i];
    stores.count = 0;
    return counted;
}
