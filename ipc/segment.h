#ifndef IPC_SEGMENT_H
#define IPC_SEGMENT_H

/*
 * ipc/segment.h - files under /dev/shm: made safely, mapped, given back.
 *
 *   /dev/shm/onhook-NAME.KIND        or onhook-NAME.KIND-NUMBER for one of each worker's
 *
 * Every segment is made new (O_EXCL, never through a symbolic link), 0600, and checked to be what
 * was made. The name belongs to whoever holds the lock (flock) on the control segment that stands
 * under it. The lock goes with the open file, which children inherit, so it ends when the last
 * process of an engine has died, however that happened: a control segment that nobody holds is
 * what a dead engine left.
 *
 * Caller: the supervisor, one thread. What is made stays ours until segment_close().
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/ring_attach.h"

enum {
    SEGMENT_NAME_MAX = 40,  /* bytes of an engine's name */
    SEGMENT_PATH_SIZE = 96, /* bytes of a segment's path, terminated */
};

enum segment_result {
#define SEGMENT_RESULT(name, words) SEGMENT_##name,
#include "ipc/segment_result.def"
#undef SEGMENT_RESULT
    SEGMENT_RESULT_COUNT,
};

static_assert(SEGMENT_RESULT_COUNT != 0 && SEGMENT_OK == 0, "zero is success");

struct shared_segment {
    char path[SEGMENT_PATH_SIZE];
    int descriptor; /* -1: not made, or closed */
    uint64_t size;  /* bytes of the file; whole pages */
    uint8_t *mapping;
    uint64_t mapping_size; /* bytes of address space; more than size where slots stand twice */
};

/* The result in words; "?" when out of range. */
const char *segment_result_words(enum segment_result result);

/* The suffix of a kind, "ring"; "?" when out of range. */
const char *segment_kind_suffix(enum segment_kind kind);

/* 1..SEGMENT_NAME_MAX of [A-Za-z0-9._-]. Anything else might leave /dev/shm. */
bool segment_name_is_valid(const char *name);

/* Where the segment of an engine stands. The name is valid (CHECK). */
void segment_path(char path[static SEGMENT_PATH_SIZE], const char *name, enum segment_kind kind,
                  uint32_t number);

/*
 * segment_create - make a file of `size` bytes, all zero, at `path`
 *
 * size is rounded up to whole pages. `reserve`: take the memory now, so that using it later
 * cannot fail; else pages come when first touched. SEGMENT_FOREIGN when something stands there,
 * SEGMENT_NO_ROOM, or SEGMENT_SYSTEM with errno. On failure nothing is left behind, and
 * *segment has descriptor -1.
 */
enum segment_result segment_create(struct shared_segment *segment, const char *path, uint64_t size,
                                   bool reserve);

/*
 * segment_create_control - make the control segment of an engine, and with it own its name
 *
 * A control segment of a dead engine is replaced, and everything else it left under the name is
 * removed (numbers below `workers_max`). SEGMENT_RUNNING when the engine that holds it lives, or
 * is just starting; SEGMENT_FOREIGN when what stands there is another user's, or no regular file,
 * or open to others: then it is left alone.
 */
enum segment_result segment_create_control(struct shared_segment *segment, const char *name,
                                           uint64_t size, uint32_t workers_max);

/*
 * segment_open - open a segment that is there already, to go on with it
 *
 * SEGMENT_SYSTEM (errno ENOENT) when there is none; SEGMENT_FOREIGN when it is not what
 * segment_create() makes: another user's, no regular file, open to others, not whole pages.
 */
enum segment_result segment_open(struct shared_segment *segment, const char *path);

/*
 * segment_open_control - open the control segment of a dead engine, and with it own its name
 *
 * As segment_open(); SEGMENT_RUNNING when somebody holds its lock.
 */
enum segment_result segment_open_control(struct shared_segment *segment, const char *name);

/*
 * segment_remove_dead - remove what a dead engine left under a name
 *
 * True when there was something (numbers below `workers_max`). Nothing is touched when the engine
 * lives, or where segment_create_control() would answer SEGMENT_FOREIGN. Not for a name that
 * somebody may be about to take: to him the engine would seem to run, for a moment.
 */
bool segment_remove_dead(const char *name, uint32_t workers_max);

/* segment_map - map the whole file, writable. SEGMENT_SYSTEM with errno. */
enum segment_result segment_map(struct shared_segment *segment);

/*
 * segment_map_rings - map a file of shape->ring_count rings, each with its slots twice
 *
 * Views of ring_view_size(shape) bytes stand one after the other in segment->mapping, writable.
 * SEGMENT_SYSTEM with errno; then nothing is mapped.
 */
enum segment_result segment_map_rings(struct shared_segment *segment,
                                      const struct ring_shape *shape);

/*
 * segment_map_twice - a part of a file, writable, twice in a row: what wraps there is one piece
 *
 * Whole pages. Apart from segment->mapping: the caller's to munmap(), 2 * size bytes. NULL: errno.
 */
uint8_t *segment_map_twice(const struct shared_segment *segment, uint64_t offset, uint64_t size);

/* segment_unlink - take the name away, once; the memory stays as long as it is mapped.
 * Async-signal-safe. */
void segment_unlink(struct shared_segment *segment);

/* segment_close - unmap and close. The name is not touched. */
void segment_close(struct shared_segment *segment);

#endif
