#ifndef ENGINE_CSTA_FRAME_H
#define ENGINE_CSTA_FRAME_H

/*
 * engine/csta/frame.h - messages on a CSTA TCP stream: XML (ECMA-323 annex G.2, later J.2), BER.
 *
 *   0        1        2        3        4                 8
 *   +--------+--------+--------+--------+--------+- - - --+--------- - -
 *   |  0x00  |  0x00  | total length    | invoke ID       | XML
 *   +--------+--------+--------+--------+--------+- - - --+--------- - -
 *                     big-endian, these 8 bytes included; 4 ASCII digits, 9999 for events
 *
 *   0        1        2
 *   +--------+--------+--------- - -
 *   | length          | one ROSE or ACSE PDU in BER
 *   +--------+--------+--------- - -
 *   big-endian, these 2 bytes not included
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
    FRAME_BER_HEADER_SIZE = 2,
    FRAME_BER_MAX = FRAME_BER_HEADER_SIZE + 65535,
    FRAME_SNIFF_SIZE = FRAME_HEADER_SIZE + 1, /* bytes that always tell */
};

enum frame_kind {
    FRAME_UNDECIDED = 0, /* too few bytes to tell */
    FRAME_XML,
    FRAME_BER,
    FRAME_NONE, /* neither */
};

enum frame_result {
    FRAME_OK = 0,
    FRAME_NEED_MORE, /* the frame does not end within the bytes given */
    FRAME_BAD,       /* not a frame: the stream is over */
};

struct frame {
    struct text invoke;  /* the four bytes as sent; an old client writes binary: any bytes.
                            None in BER, where the PDU has it */
    struct text payload; /* the XML; the PDU */
    uint32_t size;       /* whole frame, header included */
};

/*
 * frame_next - the XML frame at the start of `bytes`
 *
 * On FRAME_OK fills *frame with views into `bytes`. On FRAME_BAD *why is a static sentence.
 */
enum frame_result frame_next(struct frame *frame, const char *bytes, size_t length,
                             const char **why);

/*
 * frame_next_ber - the same for a frame of BER
 *
 * FRAME_BAD when it is too short for a PDU, or when the PDU says in its own definite length that
 * it does not fill the frame: one of the two lengths is wrong, and nobody knows which. What the
 * PDU holds is the decoder's affair.
 */
enum frame_result frame_next_ber(struct frame *frame, const char *bytes, size_t length,
                                 const char **why);

/* frame_read - the frame of that kind (FRAME_XML or FRAME_BER) at the start of `bytes`. */
enum frame_result frame_read(enum frame_kind kind, struct frame *frame, const char *bytes,
                             size_t length, const char **why);

/*
 * frame_size - what the header at the start of `bytes` says of its frame's size, header included
 *
 * 0 when the header is not there yet. The header is that of a frame that frame_read() wants more
 * of, so it can be believed.
 */
uint32_t frame_size(enum frame_kind kind, const char *bytes, size_t length);

/*
 * frame_sniff - how the stream that begins with `bytes` is framed
 *
 * XML: the zeros, a length that holds something, any invoke ID, then `<`. BER: the tag of a ROSE
 * or ACSE PDU, and a PDU that fills its frame.
 */
enum frame_kind frame_sniff(const char *bytes, size_t length);

/*
 * frame_write_header - the eight bytes that go before `length` bytes of XML
 *
 * `invoke` is 0..9999: requests have 0..9998, a response its request's. False, with `header`
 * untouched, when the frame would be longer than FRAME_MAX.
 */
bool frame_write_header(char header[FRAME_HEADER_SIZE], uint32_t invoke, size_t length);

#endif
