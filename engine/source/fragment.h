#ifndef ENGINE_SOURCE_FRAGMENT_H
#define ENGINE_SOURCE_FRAGMENT_H

/*
 * engine/source/fragment.h - IP packets that came in fragments, put together again.
 *
 * At most FRAGMENT_PACKETS_MAX at a time; a new one takes the place of the oldest. Whatever does
 * not become whole is missing, and the TCP connection it belonged to says so. Bytes that come
 * twice: the first copy counts.
 */

#include "engine/source/segment.h"

enum {
    FRAGMENT_PACKETS_MAX = 8,
    FRAGMENT_BYTES_MAX = 65536, /* of one packet's payload */
};

struct fragments; /* private memory; about FRAGMENT_PACKETS_MAX * FRAGMENT_BYTES_MAX bytes */

/* fragments_open - NULL: memory is out. */
struct fragments *fragments_open(void);
void fragments_close(struct fragments *fragments);

/*
 * fragments_take - one fragment more
 *
 * True when it makes a packet whole: *whole is its payload then, until the next call.
 */
bool fragments_take(struct fragments *fragments, const struct fragment *fragment,
                    struct text *whole);

#endif
