#include "engine/device_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "engine/csta/device_number.h"

enum {
    RAW_MAX = 255,         /* bytes of a number as it stands in a file */
    RANGE_DIGITS_MAX = 18, /* digits of a range's ends */
};

static _Thread_local char why[2048];

static bool
is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static struct text
trimmed(struct text text)
{
    while (text.length > 0 && is_space(text.at[0]))
        text = text_skip(text, 1);
    while (text.length > 0 && is_space(text.at[text.length - 1]))
        text.length--;
    return text;
}

const char *
device_number_read(char number[EVENT_TEXT_LENGTH + 1], struct text raw, uint32_t profile_flags)
{
    char buffer[RAW_MAX];
    if (raw.length > RAW_MAX)
        return "is too long for a device number";
    struct text canonical =
        text_is_none(raw) ? raw : device_number_canonical(raw, profile_flags, buffer);
    if (text_is_none(canonical))
        return "is no device number";
    if (canonical.length > EVENT_TEXT_LENGTH)
        return "is longer than the 64 bytes of a device number";
    for (uint32_t i = 0; i < canonical.length; i++) {
        if (is_space(canonical.at[i]))
            return "has white space in it; between numbers stand commas, before a comment ;";
        if (canonical.at[i] == '\0')
            return "has a NUL byte in it";
    }
    /* Through a copy: the canonical text may point into `number` itself. */
    char copy[EVENT_TEXT_LENGTH];
    memcpy(copy, canonical.at, canonical.length);
    memcpy(number, copy, canonical.length);
    number[canonical.length] = '\0';
    return NULL;
}

/* Room for one more number at numbers[count]. */
static bool
grow(struct device_list *list)
{
    if (list->count < list->capacity)
        return true;
    uint32_t capacity = list->capacity == 0 ? 16 : 2 * list->capacity;
    void *numbers = realloc(list->numbers, capacity * sizeof(*list->numbers));
    if (numbers == NULL)
        return false;
    list->numbers = numbers;
    list->capacity = capacity;
    return true;
}

static const char *
add_number(struct device_list *list, struct text raw, uint32_t profile_flags)
{
    if (list->count == DEVICES_MAX)
        return "is one number too many: a list holds 1000000";
    if (!grow(list))
        return "does not fit: memory is out";
    const char *reason = device_number_read(list->numbers[list->count], raw, profile_flags);
    if (reason == NULL)
        list->count++;
    return reason;
}

static bool
is_digits(struct text text)
{
    for (uint32_t i = 0; i < text.length; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    return text.length > 0;
}

/* Of RANGE_DIGITS_MAX digits at most. */
static uint64_t
digits_value(struct text digits)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < digits.length; i++)
        value = value * 10 + (uint64_t)(digits.at[i] - '0');
    return value;
}

/* Whether a text is digits-digits. Anything else is a number as it stands. */
static bool
is_range(struct text text, struct text *first, struct text *last)
{
    const char *dash = text_is_none(text) ? NULL : memchr(text.at, '-', text.length);
    if (dash == NULL)
        return false;
    *first = (struct text){text.at, (uint32_t)(dash - text.at)};
    *last = text_skip(text, first->length + 1);
    return is_digits(*first) && is_digits(*last);
}

static const char *
add_range(struct device_list *list, struct text from, struct text to, uint32_t profile_flags)
{
    if (from.length != to.length)
        return "is a range whose ends have not equally many digits; say it in parts, such as "
               "98-99, 100-102";
    if (from.length > RANGE_DIGITS_MAX)
        return "is a range of more than 18 digits";
    uint64_t first = digits_value(from);
    uint64_t last = digits_value(to);
    if (first > last)
        return "is a range that ends before it begins";
    if (last - first >= DEVICES_MAX)
        return "is a range of more than 1000000 numbers";
    for (uint64_t number = first; number <= last; number++) {
        char digits[RANGE_DIGITS_MAX + 1];
        int length = snprintf(digits, sizeof(digits), "%0*llu", (int)from.length,
                              (unsigned long long)number);
        const char *reason =
            add_number(list, (struct text){digits, (uint32_t)length}, profile_flags);
        if (reason != NULL)
            return reason;
    }
    return NULL;
}

static const char *
add_element(struct device_list *list, struct text element, uint32_t profile_flags)
{
    struct text first;
    struct text last;
    if (is_range(element, &first, &last))
        return add_range(list, first, last, profile_flags);
    return add_number(list, element, profile_flags);
}

static const char *
say(struct text element, const char *reason)
{
    if (text_is_none(element))
        snprintf(why, sizeof(why), "nothing stands between two commas");
    else
        snprintf(why, sizeof(why), "\"%.*s\" %s", (int)element.length, element.at, reason);
    return why;
}

static const char *
add_inline(struct device_list *list, struct text value, uint32_t profile_flags)
{
    bool more = !text_is_none(value);
    while (more) {
        const char *comma = memchr(value.at, ',', value.length);
        uint32_t length = comma != NULL ? (uint32_t)(comma - value.at) : value.length;
        struct text element = trimmed((struct text){value.at, length});
        const char *reason = add_element(list, element, profile_flags);
        if (reason != NULL)
            return say(element, reason);
        more = comma != NULL;
        value = text_skip(value, length + 1);
    }
    return NULL;
}

/* A line of a list file without its comment: # at the start or after white space. */
static struct text
without_comment(struct text line)
{
    for (uint32_t i = 0; i < line.length; i++) {
        if (line.at[i] == '#' && (i == 0 || is_space(line.at[i - 1])))
            line.length = i;
    }
    return trimmed(line);
}

static const char *
add_lines(struct device_list *list, FILE *file, const char *path, uint32_t profile_flags)
{
    char line[RAW_MAX + 2];
    for (unsigned number = 1; fgets(line, sizeof(line), file) != NULL; number++) {
        struct text whole = text_of(line);
        if (whole.length == sizeof(line) - 1 && line[whole.length - 1] != '\n') {
            snprintf(why, sizeof(why), "%s:%u: the line is too long for a device number", path,
                     number);
            return why;
        }
        bool is_cut = whole.length == 0 || line[whole.length - 1] != '\n';
        if (is_cut && feof(file) == 0) {
            snprintf(why, sizeof(why), "%s:%u: there is a NUL byte; this is no list", path, number);
            return why;
        }
        struct text element = without_comment(whole);
        const char *reason =
            text_is_none(element) ? NULL : add_element(list, element, profile_flags);
        if (reason != NULL) {
            snprintf(why, sizeof(why), "%s:%u: \"%.*s\" %s", path, number, (int)element.length,
                     element.at, reason);
            return why;
        }
    }
    if (ferror(file) != 0) {
        snprintf(why, sizeof(why), "%s: %s", path, strerror(errno));
        return why;
    }
    return NULL;
}

static const char *
add_file(struct device_list *list, struct text name, uint32_t profile_flags, const char *directory)
{
    char path[1024];
    bool is_here = name.length > 0 && (name.at[0] == '/' || strcmp(directory, ".") == 0);
    int length = snprintf(path, sizeof(path), "%s%s%.*s", is_here ? "" : directory,
                          is_here ? "" : "/", (int)name.length, name.at);
    if (text_is_none(name) || length < 0 || (size_t)length >= sizeof(path))
        return "@ needs the name of a file";
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        snprintf(why, sizeof(why), "%s: %s", path, strerror(errno));
        return why;
    }
    const char *reason = add_lines(list, file, path, profile_flags);
    fclose(file);
    return reason;
}

const char *
device_list_add(struct device_list *list, struct text value, uint32_t profile_flags,
                const char *directory)
{
    value = trimmed(value);
    if (!text_is_none(value) && value.at[0] == '@')
        return add_file(list, trimmed(text_skip(value, 1)), profile_flags, directory);
    return add_inline(list, value, profile_flags);
}

void
device_list_canonicalise(struct device_list *list, uint32_t profile_flags)
{
    for (uint32_t i = 0; i < list->count; i++)
        (void)device_number_read(list->numbers[i], text_of(list->numbers[i]), profile_flags);
}

bool
device_list_copy(struct device_list *to, const struct device_list *from)
{
    *to = (struct device_list){0};
    if (from->count == 0)
        return true;
    to->numbers = malloc(from->count * sizeof(*to->numbers));
    if (to->numbers == NULL)
        return false;
    memcpy(to->numbers, from->numbers, from->count * sizeof(*to->numbers));
    to->count = from->count;
    to->capacity = from->count;
    return true;
}

void
device_list_free(struct device_list *list)
{
    free(list->numbers);
    *list = (struct device_list){0};
}
