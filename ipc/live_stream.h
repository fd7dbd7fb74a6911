#ifndef IPC_LIVE_STREAM_H
#define IPC_LIVE_STREAM_H

/*
 * ipc/live_stream.h - where the bytes of live links stand: shared memory that outlives a front-end.
 *
 *   streams-F:  | header | link 0: in, out | link 1: in, out | ...
 *
 * LIVE_STREAM_BYTES for each direction; byte n of a stream always stands at buffer[n %
 * LIVE_STREAM_BYTES] (engine/source/tcp_journal.h). Pages cost nothing before they are touched.
 * Mapped where and when they are needed, twice in a row, so that what a buffer holds is one piece.
 *
 * Writer: the front-end whose they are.
 */

#include "ipc/live_state.h"
#include "ipc/shared_engine.h"

enum live_direction {
    LIVE_IN = 0,
    LIVE_OUT,
    LIVE_DIRECTIONS,
};

/* Bytes for `links` live links. */
static inline uint64_t
live_streams_bytes(uint32_t links)
{
    return (uint64_t)links * LIVE_DIRECTIONS * LIVE_STREAM_BYTES;
}

/*
 * live_stream_map - one buffer of the link at `place`, writable, twice in a row
 *
 * `place` is below shape.live_links (CHECK). The same bytes whoever maps them, and as often as
 * wanted. NULL: errno.
 */
uint8_t *live_stream_map(const struct shared_engine *engine, uint32_t frontend, uint32_t place,
                         enum live_direction direction);

/* live_stream_unmap - what live_stream_map() returned, or NULL. The bytes stay. */
void live_stream_unmap(uint8_t *buffer);

#endif
