#ifndef BASE_MASK_H
#define BASE_MASK_H

/*
 * base/mask.h - how numbers of devices and callers look where they leave the process.
 *
 *   MASK_NO      030123456
 *   MASK_LAST4   *****3456           numbers of up to four characters stay as they are
 *   MASK_HASH    #9c0f3be1a5d7e842   SipHash-2-4 with a secret key: the same number is always the
 *                                    same word, and without the key nobody can try out numbers
 *
 * One choice for the process, made before it has threads or children.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum mask_kind {
    MASK_NO = 0,
    MASK_LAST4,
    MASK_HASH,
};

enum {
    MASK_KEY_BYTES = 16,
    MASK_SIZE = 80, /* of a masked number, with its end */
    MASK_WHY = 256,
};

/* mask_choose - from now on; `key` only for MASK_HASH. */
void mask_choose(enum mask_kind kind, const uint8_t key[MASK_KEY_BYTES]);

/*
 * mask_read_key - the first line of a file: 32 hex digits, as `openssl rand -hex 16` writes them
 *
 * False: *why says it.
 */
bool mask_read_key(const char *path, uint8_t key[MASK_KEY_BYTES], char why[MASK_WHY]);

/* mask_number - as it may be shown; points into `number` or `buffer`. None stays none. */
struct text mask_number(char buffer[MASK_SIZE], struct text number);

/* mask_string - the same of a string, terminated; returns `buffer`. */
const char *mask_string(char buffer[MASK_SIZE], const char *number);

#endif
