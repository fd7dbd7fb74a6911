#include "base/config.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>

struct config_reader {
    FILE *file;
    void (*take)(void *context, const struct config_line *line);
    void *context;
    unsigned number;               /* of the line in `line` */
    bool waits_for_key;            /* the line is no heading and no comment */
    bool lost;                     /* after a bad heading: whose keys follow, nobody knows */
    char section[CONFIG_LINE_MAX]; /* since inih cuts them at 50 bytes */
    uint32_t section_length;
    char line[CONFIG_LINE_MAX + 2]; /* a line end and a 0 behind the longest */
    char problem[192];
};

static void
hand_over(struct config_reader *reader, struct text key, struct text value, const char *problem)
{
    struct config_line line = {
        .number = reader->number,
        .section = {reader->section, reader->section_length},
        .key = key,
        .value = value,
        .problem = problem,
    };
    reader->take(reader->context, &line);
}

static void
refuse(struct config_reader *reader, const char *problem)
{
    hand_over(reader, TEXT_NONE, TEXT_NONE, problem);
}

/* inih asks for the next line: what it made of the last one is known now. */
static void
finish_line(struct config_reader *reader)
{
    if (reader->waits_for_key)
        refuse(reader, "neither [section] nor key = value");
    reader->waits_for_key = false;
}

enum line_result {
    LINE_OK,
    LINE_END,
    LINE_TOO_LONG,
    LINE_HAS_NUL,
};

/* The next line without its end and without white space around it. */
static enum line_result
read_line(struct config_reader *reader, char **start, size_t *length)
{
    size_t count = 0;
    size_t dropped = 0;
    bool has_nul = false;
    int byte;
    while ((byte = getc(reader->file)) != EOF && byte != '\n') {
        has_nul = has_nul || byte == '\0';
        if (count < CONFIG_LINE_MAX)
            reader->line[count++] = (char)byte;
        else
            dropped++;
    }
    if (byte == EOF && count == 0)
        return LINE_END;
    reader->number++;
    if (dropped != 0)
        return LINE_TOO_LONG;
    if (has_nul)
        return LINE_HAS_NUL;

    char *at = reader->line;
    if (reader->number == 1 && count >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
        at += 3; /* a byte order mark */
        count -= 3;
    }
    while (count > 0 && isspace((unsigned char)at[count - 1]))
        count--;
    while (count > 0 && isspace((unsigned char)*at)) {
        at++;
        count--;
    }
    at[count] = '\0';
    *start = at;
    *length = count;
    return LINE_OK;
}

/* A line that begins with [: ours alone, since inih cuts the name. */
static void
take_heading(struct config_reader *reader, char *start, size_t length)
{
    char *end = memchr(start, ']', length);
    char *comment = end != NULL ? end + 1 : NULL;
    while (comment != NULL && isspace((unsigned char)*comment))
        comment++;
    if (end == NULL || (*comment != '\0' && *comment != ';' && *comment != '#')) {
        refuse(reader, "a section heading is [NAME] and nothing else");
        reader->lost = true;
        return;
    }
    reader->lost = false;
    reader->section_length = (uint32_t)(end - start - 1);
    memcpy(reader->section, start + 1, reader->section_length);
    hand_over(reader, TEXT_NONE, TEXT_NONE, NULL);
}

/* Whether inih may see the line; if not, it was dealt with. `limit`: bytes inih has for it. */
static bool
is_for_inih(struct config_reader *reader, char *start, size_t length, size_t limit)
{
    if (length == 0 || *start == ';' || *start == '#')
        return false;
    if (length > limit) {
        snprintf(reader->problem, sizeof(reader->problem),
                 "the line has %zu bytes, %zu are allowed; repeat the key, or put a list into a "
                 "file: key = @FILE",
                 length, limit);
        refuse(reader, reader->problem);
        reader->lost = reader->lost || *start == '[';
        return false;
    }
    if (*start == '[') {
        take_heading(reader, start, length);
        return false;
    }
    if (reader->lost)
        return false;
    char *equals = memchr(start, '=', length);
    if (equals == start) {
        refuse(reader, "no key before =");
        return false;
    }
    char *colon = memchr(start, ':', length);
    if (colon != NULL && (equals == NULL || colon < equals)) {
        refuse(reader, "a colon before = ends the key; write key = value");
        return false;
    }
    return true;
}

/* inih's fgets(): one line of the file, or an empty one in place of what is not for inih. */
static char *
next_line(char *out, int size, void *stream)
{
    struct config_reader *reader = stream;
    finish_line(reader);
    char *start = reader->line;
    size_t length = 0;
    size_t limit = (size_t)size - 3; /* carriage return, line end, 0: as inih counts */
    bool use = false;
    switch (read_line(reader, &start, &length)) {
    case LINE_END:
        return NULL;
    case LINE_TOO_LONG:
        snprintf(reader->problem, sizeof(reader->problem),
                 "the line is longer than the %zu bytes that are allowed", limit);
        refuse(reader, reader->problem);
        break;
    case LINE_HAS_NUL:
        refuse(reader, "the line holds a NUL byte; this is no text file");
        break;
    case LINE_OK:
        use = is_for_inih(reader, start, length, limit);
        break;
    }
    if (!use)
        length = 0;
    reader->waits_for_key = use;
    memcpy(out, start, length);
    out[length] = '\n';
    out[length + 1] = '\0';
    return out;
}

/* inih found a key in the line that next_line() gave it last. */
static int
take_key(void *context, const char *section, const char *key, const char *value)
{
    struct config_reader *reader = context;
    (void)section;
    reader->waits_for_key = false;
    hand_over(reader, text_of(key), text_of(value), NULL);
    return 1;
}

bool
config_read(const char *path, void (*take)(void *context, const struct config_line *line),
            void *context)
{
    struct config_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL)
        return false;
    reader->take = take;
    reader->context = context;
    reader->file = fopen(path, "re");
    if (reader->file == NULL) {
        free(reader);
        return false;
    }
    ini_parse_stream(next_line, reader, take_key, reader);
    finish_line(reader);
    int error = ferror(reader->file) != 0 ? errno : 0;
    fclose(reader->file);
    free(reader);
    errno = error;
    return error == 0;
}
