/*
 * base/mask.c - the only file that knows libsodium.
 */
#include "base/mask.h"

#include <errno.h>
#include <sodium/crypto_shorthash_siphash24.h>
#include <stdio.h>

#include "base/check.h"

enum {
    SHOWN = 4, /* characters that MASK_LAST4 leaves */
    MASKED_MAX = MASK_SIZE - 1,
};

static_assert(MASK_KEY_BYTES == crypto_shorthash_siphash24_KEYBYTES, "the key of SipHash-2-4");

static enum mask_kind chosen;
static uint8_t secret[MASK_KEY_BYTES];

void
mask_choose(enum mask_kind kind, const uint8_t key[MASK_KEY_BYTES])
{
    chosen = kind;
    if (kind == MASK_HASH)
        memcpy(secret, key, sizeof secret);
}

static int
hex_value(char digit)
{
    const char *digits = "0123456789abcdef";
    const char *found = digit != '\0' ? strchr(digits, digit | 0x20) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

static bool
read_hex(const char *line, uint8_t key[MASK_KEY_BYTES])
{
    for (uint32_t i = 0; i < MASK_KEY_BYTES; i++) {
        int high = hex_value(line[2 * i]);
        int low = high < 0 ? -1 : hex_value(line[2 * i + 1]);
        if (low < 0)
            return false;
        key[i] = (uint8_t)(high << 4 | low);
    }
    char end = line[2 * MASK_KEY_BYTES];
    return end == '\0' || end == '\n' || end == '\r';
}

bool
mask_read_key(const char *path, uint8_t key[MASK_KEY_BYTES], char why[MASK_WHY])
{
    char line[2 * MASK_KEY_BYTES + 4] = "";
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        snprintf(why, MASK_WHY, "%s", strerror(errno));
        return false;
    }
    bool read = fgets(line, sizeof line, file) != NULL && read_hex(line, key);
    fclose(file);
    if (!read)
        snprintf(why, MASK_WHY,
                 "its first line must be 32 hex digits, as from: openssl rand -hex 16");
    return read;
}

/* Where the last SHOWN characters begin; bytes that continue one belong to it. */
static uint32_t
hidden_bytes(struct text number)
{
    uint32_t at = number.length;
    for (uint32_t shown = 0; at > 0 && shown < SHOWN; shown++) {
        at--;
        while (at > 0 && ((uint8_t)number.at[at] & 0xc0) == 0x80)
            at--;
    }
    return at;
}

static struct text
mask_last(char buffer[MASK_SIZE], struct text number)
{
    uint32_t hidden = hidden_bytes(number);
    memset(buffer, '*', hidden);
    memcpy(buffer + hidden, number.at + hidden, number.length - hidden);
    return (struct text){buffer, number.length};
}

static struct text
mask_hash(char buffer[MASK_SIZE], struct text number)
{
    uint8_t hash[crypto_shorthash_siphash24_BYTES];
    crypto_shorthash_siphash24(hash, (const uint8_t *)number.at, number.length, secret);
    uint32_t used = 0;
    buffer[used++] = '#';
    for (size_t i = 0; i < sizeof hash; i++) {
        buffer[used++] = "0123456789abcdef"[hash[i] >> 4];
        buffer[used++] = "0123456789abcdef"[hash[i] & 15];
    }
    return (struct text){buffer, used};
}

struct text
mask_number(char buffer[MASK_SIZE], struct text number)
{
    if (text_is_none(number) || chosen == MASK_NO)
        return number;
    if (number.length > MASKED_MAX)
        number = text_skip(number, number.length - MASKED_MAX);
    return chosen == MASK_LAST4 ? mask_last(buffer, number) : mask_hash(buffer, number);
}

const char *
mask_string(char buffer[MASK_SIZE], const char *number)
{
    struct text shown = mask_number(buffer, text_of(number));
    if (shown.length > MASKED_MAX)
        shown.length = MASKED_MAX;
    if (shown.length > 0)
        memmove(buffer, shown.at, shown.length);
    buffer[shown.length] = '\0';
    return buffer;
}
