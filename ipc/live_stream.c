#include "ipc/live_stream.h"

#include <sys/mman.h>

#include "base/check.h"
#include "ipc/shared_engine_parts.h"

static_assert((LIVE_STREAM_BYTES & (LIVE_STREAM_BYTES - 1)) == 0, "positions are masked");
static_assert(LIVE_STREAM_BYTES % SHM_PAGE == 0, "pages are mapped");

uint8_t *
live_stream_map(const struct shared_engine *engine, uint32_t frontend, uint32_t place,
                enum live_direction direction)
{
    CHECK(place < engine->shape.live_links);
    CHECK(direction < LIVE_DIRECTIONS);
    const struct shared_segment *segment = engine_segment(engine, SEGMENT_STREAMS, frontend);
    uint64_t at = (uint64_t)place * LIVE_DIRECTIONS + direction;
    return segment_map_twice(segment, sizeof(struct shm_memory_header) + at * LIVE_STREAM_BYTES,
                             LIVE_STREAM_BYTES);
}

void
live_stream_unmap(uint8_t *buffer)
{
    if (buffer != NULL)
        munmap(buffer, (size_t)2 * LIVE_STREAM_BYTES);
}
