#ifndef IPC_IDENTITY_H
#define IPC_IDENTITY_H

/*
 * ipc/identity.h - the header every segment begins with, and why one is refused.
 *
 * What is written once in a header is sealed with a checksum and the magic, and read back as a
 * whole into private memory: everything is judged there, and nothing is read a second time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/layout.h"

enum segment_kind {
    SEGMENT_NONE = 0,
#define SEGMENT_KIND(name, suffix, per_worker) SEGMENT_##name,
#include "ipc/segment_kind.def"
#undef SEGMENT_KIND
    SEGMENT_KIND_COUNT,
};

/* Why a segment was refused. Printed by tools, counted by processes, asserted by tests. */
enum attach_result {
#define ATTACH_RESULT(name, words) ATTACH_##name,
#include "ipc/attach_result.def"
#undef ATTACH_RESULT
    ATTACH_RESULT_COUNT,
};

static_assert(ATTACH_OK == 0, "zero is success");

/* The result in words, for diagnostics; "?" when out of range. */
const char *attach_result_words(enum attach_result result);

/* What a header says of itself. */
struct identity {
    enum segment_kind kind;
    uint32_t header_size; /* bytes of the whole header */
    uint32_t fixed_size;  /* bytes from its start that are written once; multiple of 8 */
    uint64_t total_size;  /* bytes of the whole segment */
    uint64_t epoch;
};

/*
 * identity_seal - complete a header: identity, checksum, magic last
 *
 * Everything else of the header's written-once part must stand already. Caller: the creator, once,
 * before any other process may trust the segment.
 */
void identity_seal(void *header, const struct identity *identity);

/*
 * identity_read - copy a header's written-once part out of shared memory and judge it
 *
 * `copy` (fixed_size bytes) is what the caller goes on with; it is undefined unless the result is
 * ATTACH_OK. Kind, epoch and what follows the identity are for the caller to judge. Refusals:
 * ATTACH_BAD_GEOMETRY when the mapping is shorter than the header, NOT_READY, NOT_ONHOOK,
 * OTHER_LAYOUT, DAMAGED. Reads nothing beyond mapping_size.
 */
enum attach_result identity_read(void *copy, const void *mapping, uint64_t mapping_size,
                                 uint32_t header_size, uint32_t fixed_size);

#endif
