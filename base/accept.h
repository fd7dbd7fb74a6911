#ifndef BASE_ACCEPT_H
#define BASE_ACCEPT_H

/*
 * base/accept.h - how much a client of HTTP likes a media type (RFC 9110, 12.5.1).
 *
 * The header comes from anybody: any bytes are read, what is no media range is passed over, and
 * at most ACCEPT_RANGES of them are looked at.
 */

#include <stdint.h>

#include "base/text.h"

enum {
    ACCEPT_MOST = 1000, /* quality is told in thousandths */
    ACCEPT_RANGES = 64,
};

/*
 * accept_quality - 0 (not wanted) to ACCEPT_MOST
 *
 * `header` is the value of Accept; none, or empty: everything is welcome. `type` is as in
 * "text/plain", lower case. The most specific range that fits decides; of several alike, the
 * kindest. Parameters other than q do not matter.
 */
uint32_t accept_quality(struct text header, const char *type);

#endif
