/*
 * Reads the INI file of a configuration. What one line says is applied at once; what only the
 * whole file tells (aliases of aliases, devices on two links) is judged at its end, with the
 * lines that were kept for that.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/config.h"
#include "base/log.h"
#include "engine/device_list.h"
#include "engine/settings_parts.h"
#include "ipc/shared_engine.h"

enum {
    KEYS_MAX = 64,        /* in the whole table */
    CONFLICTS_MAX = 10,   /* devices on two links that are named one by one */
    ANY_LINK = LINKS_MAX, /* the number of [link *] */
};

struct read_alias {
    struct alias alias;
    unsigned line;
};

/* Monitored device number `first` of a link, and those after it, stand in `line`. */
struct span {
    uint32_t link;
    uint32_t first;
    unsigned line;
};

struct settings_reader {
    struct settings *settings;
    const char *file;
    char *directory; /* of the file: where list files are looked for */
    unsigned errors;
    struct link_settings plain; /* what a declared link begins with */

    enum config_section section;           /* SECTION_COUNT before the first heading */
    bool skips;                            /* the heading was refused: its keys are not judged */
    uint32_t link;                         /* of a [link] section: its number */
    unsigned said[KEYS_MAX];               /* line of each key in this section, 0: not yet */
    unsigned section_lines[SECTION_COUNT]; /* of the heading, 0: not yet; not of links */
    unsigned link_lines[LINKS_MAX + 1];    /* by number, ANY_LINK too */

    struct read_alias *aliases;
    uint32_t alias_count;
    uint32_t alias_capacity;
    struct span *spans; /* in the order of the file */
    uint32_t span_count;
    uint32_t span_capacity;
};

__attribute__((format(printf, 3, 4))) static void
fail(struct settings_reader *reader, unsigned line, const char *format, ...)
{
    char reason[LOG_LINE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    log_at(reader->file, line, "%s", reason);
    reader->errors++;
}

/* Room for one more item in an array of the reader; NULL when memory is out. */
static void *
grow(void *items, uint32_t count, uint32_t *capacity, size_t item_size)
{
    if (count < *capacity)
        return items;
    uint32_t wanted = *capacity == 0 ? 16 : 2 * *capacity;
    void *grown = realloc(items, wanted * item_size);
    if (grown != NULL)
        *capacity = wanted;
    return grown;
}

static struct link_settings *
link_at(struct settings_reader *reader, uint32_t link)
{
    return link == ANY_LINK ? &reader->settings->defaults : &reader->settings->links[link];
}

/* A section may stand once; `first` is the line where it did, or 0. */
static bool
is_first(struct settings_reader *reader, const struct config_line *line, unsigned *first)
{
    if (*first != 0) {
        fail(reader, line->number, "[%.*s] is there already, in line %u", (int)line->section.length,
             line->section.at, *first);
        return false;
    }
    *first = line->number;
    return true;
}

/* Finds or makes the link a heading names; false if it was refused. */
static bool
enter_link(struct settings_reader *reader, const struct config_line *line, struct text name)
{
    struct settings *settings = reader->settings;
    if (text_is_equal(name, TEXT("*"))) {
        reader->link = ANY_LINK;
        return is_first(reader, line, &reader->link_lines[ANY_LINK]);
    }
    struct link_settings *link = settings_link_find(settings, name);
    if (link == NULL) {
        link = settings_link_new(settings, name, &reader->plain);
        if (link == NULL) {
            fail(reader, line->number,
                 "[%.*s]: a link's name is 1 to %d of A-Z a-z 0-9 . _ @ - and there are at most "
                 "%d links",
                 (int)line->section.length, line->section.at, EVENT_TEXT_LENGTH, LINKS_MAX);
            return false;
        }
    }
    reader->link = (uint32_t)(link - settings->links);
    return is_first(reader, line, &reader->link_lines[reader->link]);
}

static void
enter_section(struct settings_reader *reader, const struct config_line *line)
{
    struct text heading = line->section;
    memset(reader->said, 0, sizeof(reader->said));
    enum config_section section = config_section_find(heading);
    if (section != SECTION_COUNT) {
        reader->section = section;
        reader->skips = !is_first(reader, line, &reader->section_lines[section]);
    } else if (text_has_prefix(heading, TEXT("link "))) {
        struct text name = text_skip(heading, 5);
        while (name.length > 0 && *name.at == ' ')
            name = text_skip(name, 1);
        reader->section = SECTION_LINK;
        reader->skips = !enter_link(reader, line, name);
    } else {
        fail(reader, line->number,
             "unknown section [%.*s]; known are [engine], [link NAME], [aliases], [sink jsonl], "
             "[control], [log], [privacy]",
             (int)heading.length, heading.length > 0 ? heading.at : "");
        reader->skips = true;
    }
}

static void
take_alias(struct settings_reader *reader, const struct config_line *line)
{
    struct read_alias *aliases = grow(reader->aliases, reader->alias_count, &reader->alias_capacity,
                                      sizeof(*reader->aliases));
    if (aliases == NULL || reader->alias_count == ALIASES_MAX) {
        fail(reader, line->number, "too many aliases: at most %d, and memory for them",
             ALIASES_MAX);
        reader->aliases = aliases != NULL ? aliases : reader->aliases;
        return;
    }
    reader->aliases = aliases;
    struct read_alias *next = &aliases[reader->alias_count];
    const char *reason = device_number_read(next->alias.from, line->key, 0);
    struct text bad = line->key;
    if (reason == NULL) {
        reason = device_number_read(next->alias.to, line->value, 0);
        bad = line->value;
    }
    if (reason != NULL) {
        fail(reader, line->number, "\"%.*s\" %s", (int)bad.length, bad.length > 0 ? bad.at : "",
             reason);
        return;
    }
    next->line = line->number;
    reader->alias_count++;
}

/* Keeps the line of the devices that are about to be added to a link's monitored ones. */
static bool
keep_line(struct settings_reader *reader, unsigned line)
{
    struct span *spans =
        grow(reader->spans, reader->span_count, &reader->span_capacity, sizeof(*reader->spans));
    if (spans == NULL)
        return false;
    reader->spans = spans;
    uint32_t first = link_at(reader, reader->link)->monitored.count;
    spans[reader->span_count++] = (struct span){reader->link, first, line};
    return true;
}

static void
apply_key(struct settings_reader *reader, const struct config_key *key,
          const struct config_line *line)
{
    bool is_link = key->section == SECTION_LINK;
    bool is_monitored = is_link && key->offset == offsetof(struct link_settings, monitored);
    if (is_monitored && !keep_line(reader, line->number)) {
        fail(reader, line->number, "memory is out");
        return;
    }
    void *base = is_link ? (void *)link_at(reader, reader->link) : (void *)reader->settings;
    const char *reason = settings_set(key, base, line->value, reader->directory);
    if (reason != NULL)
        fail(reader, line->number, "%s", reason);
    else if (key->type == CONFIG_INFER && link_at(reader, reader->link)->infer_first_cleared)
        log_at(reader->file, line->number,
               "warning: infer = first-cleared guesses: who clears first may only have been "
               "cleared first; outcomes say Evidence inferred");
}

static void
take_key(struct settings_reader *reader, const struct config_line *line)
{
    if (reader->section == SECTION_ALIASES) {
        take_alias(reader, line);
        return;
    }
    const struct config_key *key = config_key_find(reader->section, line->key);
    if (key == NULL) {
        char suggestion[256];
        fail(reader, line->number, "unknown key \"%.*s\" in [%.*s]%s", (int)line->key.length,
             line->key.at, (int)line->section.length, line->section.at,
             config_suggest_key(reader->section, line->key, suggestion, sizeof(suggestion)));
        return;
    }
    size_t index = (size_t)(key - config_key_at(0));
    CHECK(index < KEYS_MAX);
    if (reader->said[index] != 0 && key->type != CONFIG_DEVICES) {
        fail(reader, line->number, "%s is said already, in line %u", key->name,
             reader->said[index]);
        return;
    }
    reader->said[index] = line->number;
    apply_key(reader, key, line);
}

static void
take_line(void *context, const struct config_line *line)
{
    struct settings_reader *reader = context;
    if (line->problem != NULL)
        fail(reader, line->number, "%s", line->problem);
    else if (text_is_none(line->key))
        enter_section(reader, line);
    else if (reader->skips)
        ; /* the refused heading was named */
    else if (reader->section == SECTION_COUNT)
        fail(reader, line->number, "\"%.*s\" stands before the first [section]",
             (int)line->key.length, line->key.at);
    else
        take_key(reader, line);
}

static int
compare_aliases(const void *left, const void *right)
{
    const struct read_alias *a = left;
    const struct read_alias *b = right;
    int order = settings_alias_compare(text_of(a->alias.from), text_of(b->alias.from));
    return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

/* Names what is wrong with aliases that are in order: twice, to themselves, to an alias. */
static void
judge_aliases(struct settings_reader *reader)
{
    for (uint32_t i = 0; i < reader->alias_count; i++) {
        const struct read_alias *here = &reader->aliases[i];
        const char *from = here->alias.from;
        struct text to = text_of(here->alias.to);
        if (i > 0 && strcmp(here[-1].alias.from, from) == 0)
            fail(reader, here->line, "%s is an alias already, in line %u", from, here[-1].line);
        if (text_is_equal(text_of(from), to))
            fail(reader, here->line, "%s is an alias of itself", from);
        else if (!text_is_equal(settings_alias(reader->settings, to), to))
            fail(reader, here->line, "%s = %s: %s is an alias too; name the number it stands for",
                 from, here->alias.to, here->alias.to);
    }
}

static void
finish_aliases(struct settings_reader *reader)
{
    struct settings *settings = reader->settings;
    if (reader->alias_count == 0)
        return;
    qsort(reader->aliases, reader->alias_count, sizeof(*reader->aliases), compare_aliases);
    settings->aliases = malloc(reader->alias_count * sizeof(*settings->aliases));
    if (settings->aliases == NULL) {
        fail(reader, 0, "memory is out");
        return;
    }
    for (uint32_t i = 0; i < reader->alias_count; i++)
        settings->aliases[i] = reader->aliases[i].alias;
    settings->alias_count = reader->alias_count;
    judge_aliases(reader);
}

static void
alias_list(const struct settings *settings, struct device_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        struct text number = settings_alias(settings, text_of(list->numbers[i]));
        memmove(list->numbers[i], number.at, number.length);
        list->numbers[i][number.length] = '\0';
    }
}

static void
alias_link(const struct settings *settings, struct link_settings *link)
{
    alias_list(settings, &link->monitored);
    alias_list(settings, &link->observers);
    alias_list(settings, &link->treatments);
    alias_list(settings, &link->route_points);
}

/* One monitored device of one link, for sorting. */
struct standing {
    const char *number;
    uint32_t link;
    uint32_t index;
};

static int
compare_standings(const void *left, const void *right)
{
    const struct standing *a = left;
    const struct standing *b = right;
    int order = strcmp(a->number, b->number);
    if (order == 0)
        order = (a->link > b->link) - (a->link < b->link);
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

static unsigned
line_of(const struct settings_reader *reader, const struct standing *standing)
{
    unsigned line = 0;
    for (uint32_t i = 0; i < reader->span_count; i++) {
        const struct span *span = &reader->spans[i];
        if (span->link == standing->link && span->first <= standing->index)
            line = span->line;
    }
    return line;
}

static void
judge_standings(struct settings_reader *reader, const struct standing *standings, size_t count)
{
    const struct link_settings *links = reader->settings->links;
    unsigned conflicts = 0;
    for (size_t i = 1; i < count; i++) {
        const struct standing *one = &standings[i - 1];
        const struct standing *two = &standings[i];
        if (one->link == two->link || strcmp(one->number, two->number) != 0 ||
            (links[one->link].shared && links[two->link].shared))
            continue;
        if (++conflicts <= CONFLICTS_MAX)
            fail(reader, line_of(reader, two),
                 "%s is monitored on link %s too, in line %u; where two links see the same "
                 "switch, both say shared = yes",
                 two->number, links[one->link].name, line_of(reader, one));
    }
    if (conflicts > CONFLICTS_MAX)
        fail(reader, 0, "%u more devices are monitored on two links", conflicts - CONFLICTS_MAX);
}

/* A device stands on one link, or the links say that they see the same switch. */
static void
check_monitored(struct settings_reader *reader)
{
    const struct settings *settings = reader->settings;
    size_t total = 0;
    for (uint32_t i = 0; i < settings->link_count; i++)
        total += settings->links[i].monitored.count;
    if (total == 0)
        return;
    struct standing *standings = malloc(total * sizeof(*standings));
    if (standings == NULL) {
        fail(reader, 0, "memory is out");
        return;
    }
    size_t count = 0;
    for (uint32_t i = 0; i < settings->link_count; i++) {
        const struct device_list *monitored = &settings->links[i].monitored;
        for (uint32_t k = 0; k < monitored->count; k++)
            standings[count++] = (struct standing){monitored->numbers[k], i, k};
    }
    qsort(standings, count, sizeof(*standings), compare_standings);
    judge_standings(reader, standings, count);
    free(standings);
}

static void
finish(struct settings_reader *reader)
{
    struct settings *settings = reader->settings;
    finish_aliases(reader);
    alias_link(settings, &settings->defaults);
    for (uint32_t i = 0; i < settings->link_count; i++)
        alias_link(settings, &settings->links[i]);
    check_monitored(reader);
    if (settings->frontends * settings->workers > CHANNELS_MAX)
        fail(reader, 0, "front-ends = %u with workers = %u: one times the other is at most %d",
             settings->frontends, settings->workers, CHANNELS_MAX);
}

static char *
directory_of(const char *file)
{
    const char *slash = strrchr(file, '/');
    if (slash == NULL)
        return strdup(".");
    return slash == file ? strdup("/") : strndup(file, (size_t)(slash - file));
}

unsigned
settings_read(struct settings *settings, const char *file)
{
    CHECK(settings->link_count == 0 && settings->alias_count == 0);

    struct settings_reader *reader = calloc(1, sizeof(*reader));
    char *directory = directory_of(file);
    if (reader == NULL || directory == NULL) {
        log_at(file, 0, "memory is out");
        free(directory);
        free(reader);
        return 1;
    }
    reader->settings = settings;
    reader->file = file;
    reader->directory = directory;
    reader->section = SECTION_COUNT;
    reader->plain = settings->defaults;
    CHECK(reader->plain.monitored.count == 0);

    if (!config_read(file, take_line, reader))
        fail(reader, 0, "%s", strerror(errno));
    else
        finish(reader);
    unsigned errors = reader->errors;
    free(reader->spans);
    free(reader->aliases);
    free(directory);
    free(reader);
    return errors;
}
