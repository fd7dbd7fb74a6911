#ifndef ENGINE_CSTA_FRAME_H
#define ENGINE_CSTA_FRAME_H

/*
 * engine/csta/frame.h - messages on a CSTA XML TCP stream (ECMA-323 annex G.2, later J.2).
 *
 *   0        1        2        3        4                 8
 *   +--------+--------+--------+--------+--------+- - - --+--------- - -
 *   |  0x00  |  0x00  | total length    | invoke ID       | XML
 *   +--------+--------+--------+--------+--------+- - - --+--------- - -
 *                     big-endian, these 8 bytes included; 4 ASCII digits, 9999 for events
 *
 * Never looks for the next header after an error: the stream is over then.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
    FRAME_HEADER_SIZE = 8,
    FRAME_MAX = 65535, /* bytes, header included */
};

enum frame_result {
    FRAME_OK = 0,
    FRAME_NEED_MORE, /* the frame does not end within the bytes given */
    FRAME_BAD,       /* not a frame: the stream is over */
};

struct frame {
    struct text invoke;  /* the four bytes as sent; an old client writes binary: any bytes */
    struct text payload; /* the XML */
    uint32_t size;       /* whole frame, header included */
};

/*
 * frame_next - the frame at the start of `bytes`
 *
 * On FRAME_OK fills *frame with views into `bytes`. On FRAME_BAD *why is a static sentence.
 */
enum frame_result frame_next(struct frame *frame, const char *bytes, size_t length,
                             const char **why);

/*
 * frame_write_header - the eight bytes that go before `length` bytes of XML
 *
 * `invoke` is 0..9999: requests have 0..9998, a response its request's. False, with `header`
 * untouched, when the frame would be longer than FRAME_MAX.
 */
bool frame_write_header(char header[FRAME_HEADER_SIZE], uint32_t invoke, size_t length);

#endif
