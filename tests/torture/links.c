#include "tests/torture/links.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/check.h"

struct line {
    const char *at;
    size_t length;
    const char *link; /* NULL: it names none */
    size_t link_length;
};

struct output {
    char *bytes;
    size_t length;
    struct line *lines;
    size_t count;
};

static bool
read_all(struct output *output, const char *path)
{
    struct stat status;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    CHECK(fstat(fileno(file), &status) == 0);
    output->bytes = malloc((size_t)status.st_size + 1);
    CHECK(output->bytes != NULL);
    output->length = fread(output->bytes, 1, (size_t)status.st_size, file);
    output->bytes[output->length] = '\0';
    fclose(file);
    return output->length == (size_t)status.st_size;
}

static void
find_link(struct line *line)
{
    static const char key[] = "\"Link\":\"";
    const char *at = memmem(line->at, line->length, key, sizeof key - 1);
    if (at == NULL)
        return;
    line->link = at + sizeof key - 1;
    size_t room = (size_t)(line->at + line->length - line->link);
    const char *end = memchr(line->link, '"', room);
    line->link_length = end != NULL ? (size_t)(end - line->link) : room;
}

static void
split(struct output *output)
{
    size_t most = 1;
    for (size_t i = 0; i < output->length; i++)
        most += output->bytes[i] == '\n';
    output->lines = calloc(most, sizeof *output->lines);
    CHECK(output->lines != NULL);
    for (const char *at = output->bytes; at < output->bytes + output->length;) {
        struct line *line = &output->lines[output->count++];
        size_t room = (size_t)(output->bytes + output->length - at);
        const char *end = memchr(at, '\n', room);
        *line = (struct line){.at = at, .length = end != NULL ? (size_t)(end - at) + 1 : room};
        find_link(line);
        at += line->length;
    }
}

/* By link; lines of one link stay as they stand in memory. */
static int
by_link(const void *left, const void *right)
{
    const struct line *one = left;
    const struct line *other = right;
    size_t least = one->link_length < other->link_length ? one->link_length : other->link_length;
    int order = least > 0 ? memcmp(one->link, other->link, least) : 0;
    if (order == 0)
        order = (one->link_length > other->link_length) - (one->link_length < other->link_length);
    return order != 0 ? order : (one->at > other->at) - (one->at < other->at);
}

static bool
take_up(struct output *output, const char *path)
{
    if (!read_all(output, path))
        return false;
    split(output);
    qsort(output->lines, output->count, sizeof *output->lines, by_link);
    return true;
}

static void
put_down(struct output *output)
{
    free(output->bytes);
    free(output->lines);
}

bool
links_are_same(const char *one, const char *other)
{
    struct output left = {.count = 0};
    struct output right = {.count = 0};
    bool same = take_up(&left, one) && take_up(&right, other) && left.count == right.count;
    for (size_t i = 0; same && i < left.count; i++)
        same = left.lines[i].length == right.lines[i].length &&
               memcmp(left.lines[i].at, right.lines[i].at, left.lines[i].length) == 0;
    put_down(&left);
    put_down(&right);
    return same;
}
