#include "base/json_write.h"

#include "base/check.h"
#include "base/utf8.h"

#define US_PER_SECOND   INT64_C(1000000)
#define SECONDS_PER_DAY INT64_C(86400)
/* 0000-01-01T00:00:00.000000Z and 9999-12-31T23:59:59.999999Z. */
#define TIME_FIRST_US (INT64_C(-62167219200) * US_PER_SECOND)
#define TIME_LAST_US  (INT64_C(253402300800) * US_PER_SECOND - 1)

static const char hex_digits[] = "0123456789abcdef";

/* Characters of a string that stand for themselves: printable ASCII but for " and \. */
static bool
is_plain(uint8_t byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* Eight bytes at once: whether all of them are plain. One bit a byte says it is not. */
static bool
are_plain(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t high = UINT64_C(0x8080808080808080);
    uint64_t quotes = word ^ (ones * '"');
    uint64_t slashes = word ^ (ones * '\\');
    uint64_t bad = word | (word + ones) /* 0x7f carries into the high bit, as do 0x80 and up */
                   | (word - ones * 0x20) | (quotes - ones) | (slashes - ones);
    return (bad & high) == 0;
}

static uint64_t
load_word(const void *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static uint64_t
load_half(const void *at)
{
    uint32_t half;
    memcpy(&half, at, sizeof half);
    return half;
}

/*
 * Copies a text of 4 bytes or more that is plain as a whole; false, when it is not. The last bytes
 * overlap those before: a call of memcpy() costs more than such a copy.
 */
static bool
copy_plain(char *out, const char *at, size_t length)
{
    if (length < sizeof(uint64_t)) {
        uint64_t first = load_half(at);
        uint64_t last = load_half(at + length - 4);
        memcpy(out, &first, 4);
        memcpy(out + length - 4, &last, 4);
        return are_plain(first | last << 32);
    }
    for (size_t i = 0; i < length; i += sizeof(uint64_t)) {
        size_t from = i + sizeof(uint64_t) <= length ? i : length - sizeof(uint64_t);
        uint64_t word = load_word(at + from);
        memcpy(out + from, &word, sizeof word);
        if (!are_plain(word))
            return false;
    }
    return true;
}

void
json_begin(struct json_writer *json, char *buffer, size_t size)
{
    *json = (struct json_writer){.start = buffer, .at = buffer, .end = buffer + size};
}

size_t
json_end(const struct json_writer *json)
{
    return json->overflowed ? 0 : (size_t)(json->at - json->start);
}

static size_t
room(const struct json_writer *json)
{
    return (size_t)(json->end - json->at);
}

static void
copy_key(char *out, const char *key, size_t length)
{
    if (length < 4 || length > 16) {
        memcpy(out, key, length);
    } else if (length < 8) {
        memcpy(out, key, 4);
        memcpy(out + length - 4, key + length - 4, 4);
    } else {
        memcpy(out, key, 8);
        memcpy(out + length - 8, key + length - 8, 8);
    }
}

/*
 * Comma and key, if `size` more bytes fit behind them. What does not fit makes the whole line
 * useless, so the writer refuses everything from there on.
 */
static bool
begin_value(struct json_writer *json, const char *key, size_t size)
{
    size_t key_length = key != NULL ? strlen(key) : 0;
    size_t overhead = key_length + 4; /* comma, two quotes, colon */
    if (json->overflowed || size > room(json) || overhead > room(json) - size) {
        json->overflowed = true;
        return false;
    }
    if (json->needs_comma)
        *json->at++ = ',';
    json->needs_comma = true;
    if (key != NULL) {
        *json->at++ = '"';
        copy_key(json->at, key, key_length);
        json->at += key_length;
        *json->at++ = '"';
        *json->at++ = ':';
    }
    return true;
}

void
json_open_key(struct json_writer *json, const char *key, char bracket)
{
    DCHECK(bracket == '{' || bracket == '[');
    if (!begin_value(json, key, 1))
        return;
    *json->at++ = bracket;
    json->needs_comma = false;
}

void
json_open(struct json_writer *json, char bracket)
{
    json_open_key(json, NULL, bracket);
}

void
json_close(struct json_writer *json, char bracket)
{
    DCHECK(bracket == '}' || bracket == ']');
    if (json->overflowed || room(json) < 1) {
        json->overflowed = true;
        return;
    }
    *json->at++ = bracket;
    json->needs_comma = true;
}

/* The escape of a basic-plane character that may not stand for itself. */
static size_t
escape_harmful(char out[JSON_TEXT_GROWTH], uint32_t character)
{
    static const char letters[] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    out[0] = '\\';
    if (character == '"' || character == '\\') {
        out[1] = (char)character;
        return 2;
    }
    if (character < sizeof(letters) && letters[character] != '\0') {
        out[1] = letters[character];
        return 2;
    }
    DCHECK(character <= 0xffff);
    out[1] = 'u';
    for (unsigned i = 0; i < 4; i++)
        out[2 + i] = hex_digits[character >> (12 - 4 * i) & 0xf];
    return 6;
}

/* The next character of a text, which is not plain, as it is written; returns its length. */
static size_t
escape_next(char out[JSON_TEXT_GROWTH], const uint8_t **at, const uint8_t *end)
{
    const uint8_t *before = *at;
    uint32_t character = utf8_take(at, end);
    if (character == UTF8_WRONG) {
        memcpy(out, "\xef\xbf\xbd", 3); /* U+FFFD */
        return 3;
    }
    if (character == '"' || character == '\\' || !utf8_is_harmless(character))
        return escape_harmful(out, character);
    size_t length = (size_t)(*at - before);
    memcpy(out, before, length);
    return length;
}

size_t
json_escape(char *out, size_t size, struct text text)
{
    if (text_is_none(text))
        return 0;
    const uint8_t *at = (const uint8_t *)text.at;
    const uint8_t *end = at + text.length;
    size_t used = 0;
    if (text.length >= 4 && text.length <= size && copy_plain(out, text.at, text.length))
        return text.length;
    while (at != end) {
        if (end - at >= 8 && size - used >= 8 && are_plain(load_word(at))) {
            memcpy(out + used, at, 8);
            at += 8;
            used += 8;
        } else if (is_plain(*at)) {
            if (used == size)
                return SIZE_MAX;
            out[used++] = (char)*at++;
        } else {
            char piece[JSON_TEXT_GROWTH];
            size_t length = escape_next(piece, &at, end);
            if (length > size - used)
                return SIZE_MAX;
            memcpy(out + used, piece, length);
            used += length;
        }
    }
    return used;
}

void
json_text(struct json_writer *json, const char *key, struct text value)
{
    char *before = json->at;
    bool needed_comma = json->needs_comma;
    if (!begin_value(json, key, 2))
        return;
    *json->at++ = '"';
    /* One byte stays for the closing quote: begin_value() made sure of two. */
    size_t length = json_escape(json->at, room(json) - 1, value);
    if (length == SIZE_MAX) {
        json->at = before;
        json->needs_comma = needed_comma;
        json->overflowed = true;
        return;
    }
    json->at += length;
    *json->at++ = '"';
}

void
json_string(struct json_writer *json, const char *key, const char *value)
{
    json_text(json, key, text_of(value));
}

enum {
    UNSIGNED_DIGITS = 20, /* of UINT64_MAX */
};

/* Decimal digits into the end of `out`; returns how many. */
static size_t
digits_of(char out[UNSIGNED_DIGITS], uint64_t value)
{
    size_t count = 0;
    do {
        out[UNSIGNED_DIGITS - ++count] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    return count;
}

static void
put_digits(struct json_writer *json, uint64_t value)
{
    char digits[UNSIGNED_DIGITS];
    size_t count = digits_of(digits, value);
    memcpy(json->at, digits + UNSIGNED_DIGITS - count, count);
    json->at += count;
}

void
json_unsigned(struct json_writer *json, const char *key, uint64_t value)
{
    if (begin_value(json, key, UNSIGNED_DIGITS))
        put_digits(json, value);
}

void
json_signed(struct json_writer *json, const char *key, int64_t value)
{
    if (!begin_value(json, key, 1 + UNSIGNED_DIGITS))
        return;
    if (value < 0)
        *json->at++ = '-';
    put_digits(json, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void
json_bool(struct json_writer *json, const char *key, bool value)
{
    size_t length = value ? 4 : 5;
    if (!begin_value(json, key, length))
        return;
    memcpy(json->at, value ? "true" : "false", length);
    json->at += length;
}

void
json_null(struct json_writer *json, const char *key)
{
    if (!begin_value(json, key, 4))
        return;
    memcpy(json->at, "null", 4);
    json->at += 4;
}

void
json_decimal(struct json_writer *json, const char *key, uint64_t value, unsigned decimals)
{
    DCHECK(decimals <= 9);
    uint64_t unit = 1;
    for (unsigned i = 0; i < decimals; i++)
        unit *= 10;
    if (!begin_value(json, key, UNSIGNED_DIGITS + 1 + decimals))
        return;
    put_digits(json, value / unit);
    if (decimals == 0)
        return;
    *json->at++ = '.';
    uint64_t rest = value % unit;
    for (unsigned i = decimals; i > 0; i--) {
        json->at[i - 1] = (char)('0' + rest % 10);
        rest /= 10;
    }
    json->at += decimals;
}

/* Eight digits at once, a digit a byte of a word: the first one is its lowest byte. */
static void
put_hex32(char *at, uint32_t value)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t digits = __builtin_bswap32(value);
    digits = (digits | digits << 16) & UINT64_C(0x0000ffff0000ffff);
    digits = (digits | digits << 8) & UINT64_C(0x00ff00ff00ff00ff);
    digits = (digits >> 4 & ones * 0x0f) | (digits & UINT64_C(0x000f000f000f000f)) << 8;
    uint64_t letters = (digits + ones * 6) >> 4 & ones; /* of the bytes above 9 */
    digits += ones * '0' + letters * ('a' - '9' - 1);
    memcpy(at, &digits, sizeof digits);
}

void
json_hex64(struct json_writer *json, const char *key, uint64_t value)
{
    if (!begin_value(json, key, 18))
        return;
    *json->at++ = '"';
    put_hex32(json->at, (uint32_t)(value >> 32));
    put_hex32(json->at + 8, (uint32_t)value);
    json->at += 16;
    *json->at++ = '"';
}

/* Years, months and days of a day number, days counted from 1970-01-01 (Gregorian). */
struct civil {
    uint32_t year;
    uint32_t month;
    uint32_t day;
};

/*
 * Counts in years that begin in March, so that the leap day is the last of a year, and in eras of
 * 400 years, after which the calendar repeats.
 */
static struct civil
civil_of_days(int64_t days)
{
    uint32_t since_march_0000 = (uint32_t)(days + 719468 + 146097); /* one era up: never negative */
    uint32_t era = since_march_0000 / 146097;
    uint32_t day_of_era = since_march_0000 % 146097;
    uint32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t march_month = (5 * day_of_year + 2) / 153;
    struct civil civil = {
        .month = march_month < 10 ? march_month + 3 : march_month - 9,
        .day = day_of_year - (153 * march_month + 2) / 5 + 1,
    };
    civil.year = year_of_era + 400 * era - 400 + (civil.month <= 2 ? 1 : 0);
    return civil;
}

static char *
put_two(char *at, uint32_t value)
{
    *at++ = (char)('0' + value / 10);
    *at++ = (char)('0' + value % 10);
    return at;
}

void
time_text(char out[JSON_TIME_SIZE], int64_t time_us)
{
    if (time_us < TIME_FIRST_US)
        time_us = TIME_FIRST_US;
    if (time_us > TIME_LAST_US)
        time_us = TIME_LAST_US;
    uint64_t since_first = (uint64_t)(time_us - TIME_FIRST_US);
    uint32_t micros = (uint32_t)(since_first % (uint64_t)US_PER_SECOND);
    uint64_t seconds = since_first / (uint64_t)US_PER_SECOND;
    uint32_t of_day = (uint32_t)(seconds % (uint64_t)SECONDS_PER_DAY);
    struct civil civil = civil_of_days((int64_t)(seconds / (uint64_t)SECONDS_PER_DAY) +
                                       TIME_FIRST_US / US_PER_SECOND / SECONDS_PER_DAY);

    char *at = put_two(out, civil.year / 100);
    at = put_two(at, civil.year % 100);
    *at++ = '-';
    at = put_two(at, civil.month);
    *at++ = '-';
    at = put_two(at, civil.day);
    *at++ = 'T';
    at = put_two(at, of_day / 3600);
    *at++ = ':';
    at = put_two(at, of_day / 60 % 60);
    *at++ = ':';
    at = put_two(at, of_day % 60);
    *at++ = '.';
    at = put_two(at, micros / 10000);
    at = put_two(at, micros / 100 % 100);
    at = put_two(at, micros % 100);
    *at++ = 'Z';
    DCHECK(at - out == JSON_TIME_SIZE);
}

void
json_time(struct json_writer *json, const char *key, int64_t time_us)
{
    if (!begin_value(json, key, JSON_TIME_SIZE + 2))
        return;
    *json->at++ = '"';
    time_text(json->at, time_us);
    json->at += JSON_TIME_SIZE;
    *json->at++ = '"';
}
