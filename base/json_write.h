#ifndef BASE_JSON_WRITE_H
#define BASE_JSON_WRITE_H

/*
 * base/json_write.h - JSON (RFC 8259) of one line, straight into a caller's buffer.
 *
 *   struct json_writer json;
 *   json_begin(&json, buffer, sizeof(buffer));
 *   json_open(&json, '{');
 *   json_text(&json, "Link", link);
 *   json_open_key(&json, "Extensions", '{');
 *   json_string(&json, "ReleasingParty", "1 Local");
 *   json_close(&json, '}');
 *   json_close(&json, '}');
 *   length = json_end(&json);
 *
 * Commas are put by the writer. A key is our own literal: printable ASCII without quote or
 * backslash, not escaped. Inside an array the key is NULL. What does not fit is left out as a
 * whole call, and json_end() then says 0: a line is complete or it is not there.
 * No allocation, no locale, no libc formatting: it is on the publisher's hot path.
 *
 * Strings come from switches and may hold any bytes. Bytes that are not UTF-8 become U+FFFD (one
 * for each maximal wrong part, as Unicode advises); control characters, U+007F..U+009F,
 * U+2028, U+2029 and the bidirectional controls are written as escapes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct json_writer {
    char *start;
    char *at;
    char *end;        /* one past the last byte that may be written */
    bool needs_comma; /* something stands before the next value at this level */
    bool overflowed;
};

enum {
    JSON_TEXT_GROWTH = 6, /* a byte of a text becomes at most this many (\u0000) */
    JSON_TIME_SIZE = 27,  /* 2026-11-22T10:00:05.250000Z, years 0..9999 */
};

void json_begin(struct json_writer *json, char *buffer, size_t size);

/* json_end - bytes written since json_begin(), or 0 if something did not fit. */
size_t json_end(const struct json_writer *json);

/* Begin an object '{' or an array '['; end it with '}' or ']'. */
void json_open(struct json_writer *json, char bracket);
void json_open_key(struct json_writer *json, const char *key, char bracket);
void json_close(struct json_writer *json, char bracket);

/* Values under a key; with key NULL, elements of an array. */
void json_text(struct json_writer *json, const char *key, struct text value);
void json_string(struct json_writer *json, const char *key, const char *value);
void json_unsigned(struct json_writer *json, const char *key, uint64_t value);
void json_signed(struct json_writer *json, const char *key, int64_t value);
void json_bool(struct json_writer *json, const char *key, bool value);
/* null: nothing is known. */
void json_null(struct json_writer *json, const char *key);
/* A number with `decimals` (0..9) digits after the point: 1234 with 3 is 1.234. */
void json_decimal(struct json_writer *json, const char *key, uint64_t value, unsigned decimals);
/* A string of 16 lower-case hex digits. */
void json_hex64(struct json_writer *json, const char *key, uint64_t value);
/* A string: UTC time of microseconds since 1970, JSON_TIME_SIZE bytes. */
void json_time(struct json_writer *json, const char *key, int64_t time_us);

/*
 * time_text - the same time as text, without quotes: exactly JSON_TIME_SIZE bytes, not terminated
 *
 * Any int64_t is taken; times outside the years 0000..9999 are printed as the nearest
 * microsecond inside (proleptic Gregorian calendar).
 */
void time_text(char out[JSON_TIME_SIZE], int64_t time_us);

/*
 * json_escape - only the escaping: the inside of a JSON string
 *
 * Writes at most `size` bytes to `out` and returns how many, or SIZE_MAX if they do not fit
 * (`out` then holds a part). size >= JSON_TEXT_GROWTH * length is always enough.
 */
size_t json_escape(char *out, size_t size, struct text text);

#endif
