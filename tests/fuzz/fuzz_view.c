/*
 * Lays arbitrary bytes as segments of an engine into files, and runs every inspection tool over
 * them: each comes to its end, reading nothing but what is there.
 *
 * Byte 0: the kind of segment, and whether the control segment is the input's own. Byte 1: what is
 * made convincing - the magic and checksum of its header, and a call table's offsets - so that what
 * lies inside it is looked at. The rest is its header, then what stands behind.
 */
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <sanitizer/common_interface_defs.h>

#include "base/check.h"
#include "ipc/call_record.h"
#include "ipc/segment.h"
#include "tests/inspect_all.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    SEGMENT_BYTES = 1 << 20,
    FIXED_BYTES = 192,
    OWN_CONTROL = 1 << 7, /* of byte 0 */
    SEALED = 1,           /* of byte 1 */
    ARRANGED = 2,
    AS_JSON = 4,
    PAGES_SHIFT = 3, /* the rest of byte 1: pages the file is shorter */
    LINKS_AT = 512,
    SLOTS_AT = LINKS_AT + CALL_LINKS_MAX * (int)sizeof(struct shm_worker_link),
    MAX_CALLS = 16,
    BLOCKS_AT = (SLOTS_AT + (MAX_CALLS + 1) * (int)sizeof(struct shm_call_slot) + 63) / 64 * 64,
};

static char folder[] = "/tmp/onhook-fuzz-view-XXXXXX";
static alignas(SHM_PAGE) uint8_t bytes[SEGMENT_BYTES];
static uint64_t laid_end; /* behind it all is zero */

/* Copies up to `length` bytes of what is left of the input. */
static void
lay(uint64_t at, size_t length, const uint8_t **data, size_t *left)
{
    size_t count = *left < length ? *left : length;
    memcpy(bytes + at, *data, count);
    *data += count;
    *left -= count;
    if (at + count > laid_end)
        laid_end = at + count;
}

static void
clear(void)
{
    memset(bytes, 0, laid_end);
    laid_end = SHM_PAGE; /* a header, if nothing else */
}

static void
seal(enum segment_kind kind, uint32_t header_size, uint32_t fixed_size)
{
    identity_seal(bytes, &(struct identity){.kind = kind,
                                            .header_size = header_size,
                                            .fixed_size = fixed_size,
                                            .total_size = SEGMENT_BYTES,
                                            .epoch = 1});
}

static void
seal_as(enum segment_kind kind)
{
    if (kind == SEGMENT_CONTROL)
        seal(kind, sizeof(struct shm_control), sizeof(struct shm_control_fixed));
    else if (kind == SEGMENT_RESULT)
        seal(kind, sizeof(struct shm_result_header), sizeof(struct shm_result_fixed));
    else if (kind == SEGMENT_RING || kind == SEGMENT_OUTBOX || kind == SEGMENT_LANES ||
             kind == SEGMENT_CLOSED)
        seal(kind, sizeof(struct shm_ring_header), sizeof(struct shm_ring_fixed));
    else
        seal(kind, sizeof(struct shm_memory_header), sizeof(struct shm_identity));
}

/* A table whose places are right, with what the input says in its slots and blocks. */
static void
arrange_calls(const uint8_t **data, size_t *left)
{
    struct shm_call_table *table = (void *)(bytes + SHM_PAGE);
    struct shm_call_slot *slots = (void *)(bytes + SHM_PAGE + SLOTS_AT);
    *table = (struct shm_call_table){.segment_bytes = SEGMENT_BYTES - SHM_PAGE,
                                     .max_calls = MAX_CALLS,
                                     .links_offset = LINKS_AT,
                                     .devices_offset = LINKS_AT,
                                     .slots_offset = SLOTS_AT,
                                     .waits_offset = BLOCKS_AT,
                                     .works_offset = BLOCKS_AT,
                                     .blocks_offset = BLOCKS_AT,
                                     .slots_used = MAX_CALLS};
    for (uint32_t i = 1; i <= MAX_CALLS && *left > 0; i++) {
        lay(SHM_PAGE + SLOTS_AT + i * sizeof *slots, 40, data, left);
        slots[i].block = BLOCKS_AT / CALL_BLOCK_UNIT + slots[i].block % 64;
        lay(SHM_PAGE + call_block_offset(&slots[i]), sizeof(struct shm_call), data, left);
    }
    lay(SHM_PAGE + BLOCKS_AT + sizeof(struct shm_call), 8192, data, left);
}

/* Behind a header: positions of a ring, each at the beginning of a page, then slots; or memory. */
static void
lay_behind(enum segment_kind kind, const uint8_t **data, size_t *left)
{
    bool has_slots = kind == SEGMENT_RING || kind == SEGMENT_OUTBOX || kind == SEGMENT_LANES ||
                     kind == SEGMENT_CLOSED || kind == SEGMENT_RESULT;
    lay(SHM_PAGE, has_slots ? sizeof(uint64_t) : SHM_PAGE, data, left);
    lay(2 * SHM_PAGE, has_slots ? sizeof(uint64_t) : SHM_PAGE, data, left);
    lay(3 * SHM_PAGE, sizeof bytes - 3 * SHM_PAGE, data, left);
}

static void
write_file(const char *suffix, uint64_t size)
{
    char path[128];
    snprintf(path, sizeof path, "%s/onhook-f.%s", folder, suffix);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(descriptor >= 0);
    uint64_t laid = laid_end < size ? laid_end : size;
    CHECK(ftruncate(descriptor, (off_t)size) == 0);
    CHECK(pwrite(descriptor, bytes, laid, 0) == (ssize_t)laid);
    close(descriptor);
}

/* A control segment nobody can object to. */
static void
write_control(void)
{
    struct shm_control *control = (void *)bytes;
    clear();
    control->fixed.workers = 2;
    control->fixed.frontends = 1;
    control->fixed.calls_bytes = SEGMENT_BYTES - SHM_PAGE;
    seal_as(SEGMENT_CONTROL);
    write_file("control", sizeof *control + 8 * sizeof(struct shm_process));
}

static bool
is_numbered(enum segment_kind kind)
{
    static const bool numbered[SEGMENT_KIND_COUNT] = {
#define SEGMENT_KIND(name, suffix, many) [SEGMENT_##name] = (many),
#include "ipc/segment_kind.def"
#undef SEGMENT_KIND
    };
    return numbered[kind];
}

static int
remove_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about;
    (void)kind;
    (void)where;
    return remove(path);
}

static void
remove_folder(void)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int said_to = -1; /* standard error as it was: the fuzzer's and the sanitizers' */

static void
begin(void)
{
    if (said_to >= 0)
        return;
    said_to = dup(STDERR_FILENO);
    __sanitizer_set_report_fd((void *)(intptr_t)said_to);
    CHECK(mkdtemp(folder) != NULL);
    atexit(remove_folder);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    begin();
    uint8_t first = data[0];
    uint8_t second = data[1];
    enum segment_kind kind = (enum segment_kind)(1 + (first & 31) % (SEGMENT_KIND_COUNT - 1));
    char suffix[32];
    snprintf(suffix, sizeof suffix, "%s%s", segment_kind_suffix(kind),
             is_numbered(kind) ? "-0" : "");
    write_control();
    clear();
    data += 2;
    size -= 2;
    lay(0, FIXED_BYTES, &data, &size);
    if (kind == SEGMENT_CALLS && (second & ARRANGED) != 0)
        arrange_calls(&data, &size);
    else
        lay_behind(kind, &data, &size);
    if ((second & SEALED) != 0)
        seal_as(kind);
    uint64_t cut = (uint64_t)(second >> PAGES_SHIFT) * SHM_PAGE;
    if (kind != SEGMENT_CONTROL || (first & OWN_CONTROL) != 0)
        write_file(suffix, kind == SEGMENT_CALLS ? sizeof bytes - cut : 40 * SHM_PAGE - cut);
    inspect_quiet();
    inspect_segment(folder, "f", suffix, (second & AS_JSON) != 0);
    fflush(stdout);
    dup2(said_to, STDERR_FILENO);
    char path[128];
    snprintf(path, sizeof path, "%s/onhook-f.%s", folder, suffix);
    unlink(path);
    return 0;
}
