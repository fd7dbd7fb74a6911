#include "tools/options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "tools/command.h"

enum {
    SHOWN_SIZE = 256, /* of a word of the command line in a message */
    WHY_SIZE = 512,   /* why a value is refused */
    FIRST_CODE = 256, /* above every letter: the code of row 0 */
    HELP_WIDTH = 80,
    LEFT_MOST = 26, /* the option itself; where it is longer, its help begins below */
    LEFT_SIZE = 128,
};

static const struct option_row help_row = {
    .name = "help", .letter = 'h', .kind = TAKES_NOTHING, .help = "this help"};

/* ---- refusals ------------------------------------------------------------------------------ */

int
options_wrong(const struct option_table *table, const char *format, ...)
{
    char said[WHY_SIZE];
    va_list list;
    va_start(list, format);
    vsnprintf(said, sizeof said, format, list);
    va_end(list);
    log_say("%s; see `onhook %s --help`", said, table->command);
    return EXIT_WRONG_USAGE;
}

int
options_refuse(const struct option_table *table, const char *name, const char *value,
               const char *why)
{
    char shown[SHOWN_SIZE];
    return options_wrong(table, "--%s \"%s\": %s", name,
                         log_escape(shown, sizeof shown, text_of(value)), why);
}

/* ---- values -------------------------------------------------------------------------------- */

static bool
read_number(uint64_t *number, const char *value)
{
    char *end;
    errno = 0;
    *number = strtoull(value, &end, 10);
    return *value >= '0' && *value <= '9' && *end == '\0' && errno == 0;
}

static bool
read_decimal(double *number, const char *value)
{
    char *end;
    errno = 0;
    *number = strtod(value, &end);
    return ((*value >= '0' && *value <= '9') || *value == '.') && *end == '\0' && errno == 0 &&
           isfinite(*number);
}

static bool
is_within(const struct option_row *row, double number)
{
    return number >= row->least && number <= row->most;
}

static void
say_bounds(const struct option_row *row, char why[WHY_SIZE])
{
    if (row->unit != NULL)
        snprintf(why, WHY_SIZE, "%.12g to %.12g %s are wanted", row->least, row->most, row->unit);
    else
        snprintf(why, WHY_SIZE, "a number from %.12g to %.12g is wanted", row->least, row->most);
}

/* "one, two or three is wanted" */
static void
say_choices(const struct option_row *row, char why[WHY_SIZE])
{
    size_t used = 0;
    for (unsigned i = 0; row->choices[i] != NULL && used < WHY_SIZE; i++) {
        const char *before = i == 0 ? "" : row->choices[i + 1] != NULL ? ", " : " or ";
        used += (size_t)snprintf(why + used, WHY_SIZE - used, "%s%s", before, row->choices[i]);
    }
    if (used < WHY_SIZE)
        snprintf(why + used, WHY_SIZE - used, " is wanted");
}

static bool
take_choice(const struct option_row *row, void *place, const char *value)
{
    for (unsigned i = 0; row->choices[i] != NULL; i++) {
        if (strcmp(row->choices[i], value) != 0)
            continue;
        memcpy(place, &i, sizeof i);
        return true;
    }
    return false;
}

/* False, the place untouched, and `why` written: such a value cannot be. */
static bool
take_value(const struct option_row *row, void *into, const char *value, char why[WHY_SIZE])
{
    void *place = (char *)into + row->place;
    uint64_t number;
    double decimal;
    const char *refusal;
    switch (row->kind) {
    case TAKES_NOTHING:
        *(bool *)place = true;
        return true;
    case TAKES_TEXT:
        *(const char **)place = value;
        return true;
    case TAKES_NUMBER:
        say_bounds(row, why);
        if (!read_number(&number, value) || !is_within(row, (double)number))
            return false;
        *(uint64_t *)place = number;
        return true;
    case TAKES_DECIMAL:
        say_bounds(row, why);
        if (!read_decimal(&decimal, value) || !is_within(row, decimal))
            return false;
        *(double *)place = decimal;
        return true;
    case TAKES_CHOICE:
        say_choices(row, why);
        return take_choice(row, place, value);
    case TAKES_OTHER:
        refusal = row->take(place, value);
        snprintf(why, WHY_SIZE, "%s", refusal == NULL ? "" : refusal);
        return refusal == NULL;
    }
    CHECK_NEVER("a row has one of these kinds");
}

void
options_usual(const struct option_table *table, void *into)
{
    char why[WHY_SIZE];
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].usual != NULL)
            CHECK(take_value(&table->rows[i], into, table->rows[i].usual, why));
}

/* ---- help ---------------------------------------------------------------------------------- */

static int
write_left(char left[LEFT_SIZE], const struct option_row *row)
{
    char letter[] = {'-', row->letter, ',', '\0'};
    return snprintf(left, LEFT_SIZE, "  %-3s --%s%s%s", row->letter == '\0' ? "" : letter,
                    row->name, row->kind == TAKES_NOTHING ? "" : " ",
                    row->kind == TAKES_NOTHING ? "" : row->word);
}

/* Words one after the other, broken before they pass the width; lines begin at `column`. */
static void
print_broken(const char *words, int column)
{
    int at = column;
    while (*words != '\0') {
        int length = (int)strcspn(words, " ");
        if (at > column && at + 1 + length > HELP_WIDTH) {
            printf("\n%*s", column, "");
            at = column;
        }
        at += printf("%s%.*s", at > column ? " " : "", length, words);
        words += length;
        words += strspn(words, " ");
    }
}

static void
print_row(const struct option_row *row, int column)
{
    char left[LEFT_SIZE];
    char help[WHY_SIZE];
    int length = write_left(left, row);
    fputs(left, stdout);
    if (length + 2 > column)
        printf("\n%*s", column, "");
    else
        printf("%*s", column - length, "");
    snprintf(help, sizeof help, row->usual == NULL ? "%s" : "%s (%s)", row->help, row->usual);
    print_broken(help, column);
    putchar('\n');
}

static void
print_help(const struct option_table *table)
{
    char left[LEFT_SIZE];
    int widest = write_left(left, &help_row);
    for (size_t i = 0; i < table->count; i++) {
        int length = write_left(left, &table->rows[i]);
        widest = length > widest && length <= LEFT_MOST ? length : widest;
    }
    fputs(table->above, stdout);
    for (size_t i = 0; i < table->count; i++)
        print_row(&table->rows[i], widest + 2);
    print_row(&help_row, widest + 2);
    fputs(table->below, stdout);
}

/* ---- reading ------------------------------------------------------------------------------- */

/* The table as getopt wants it; help is the row behind the last. */
static void
list_for_getopt(const struct option_table *table, struct option known[OPTIONS_MAX + 2],
                char letters[2 * OPTIONS_MAX + 4])
{
    *letters++ = ':';
    for (size_t i = 0; i <= table->count; i++) {
        const struct option_row *row = i < table->count ? &table->rows[i] : &help_row;
        bool takes = row->kind != TAKES_NOTHING;
        known[i] = (struct option){row->name, takes ? required_argument : no_argument, NULL,
                                   FIRST_CODE + (int)i};
        if (row->letter == '\0')
            continue;
        *letters++ = row->letter;
        if (takes)
            *letters++ = ':';
    }
    known[table->count + 1] = (struct option){0};
    *letters = '\0';
}

/* NULL: no row has such a code or letter. */
static const struct option_row *
find_row(const struct option_table *table, int code)
{
    size_t which = (size_t)(code - FIRST_CODE);
    if (code >= FIRST_CODE)
        return which < table->count ? &table->rows[which] : &help_row;
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].letter == (char)code)
            return &table->rows[i];
    return code == help_row.letter ? &help_row : NULL;
}

/* What getopt refused: `code` is its answer, '?' or ':', and `word` what stood there. */
static int
refuse_option(const struct option_table *table, int code, const char *word)
{
    char shown[SHOWN_SIZE];
    const struct option_row *row = optopt == 0 ? NULL : find_row(table, optopt);
    if (row != NULL && code == ':')
        return options_wrong(table, "--%s %s: the value is missing", row->name, row->word);
    if (row != NULL)
        return options_wrong(table, "--%s takes no value", row->name);
    if (optopt != 0) {
        char letter = (char)optopt;
        return options_wrong(table, "there is no option -%s",
                             log_escape(shown, sizeof shown, (struct text){&letter, 1}));
    }
    return options_wrong(table, "there is no option %s, or it is short for several",
                         log_escape(shown, sizeof shown, text_of(word)));
}

static struct option_rest
over(int code)
{
    return (struct option_rest){.is_over = true, .code = code};
}

static struct option_rest
rest_of(const struct option_table *table, int argc, char **argv)
{
    char shown[SHOWN_SIZE];
    struct option_rest rest = {.count = argc - optind, .words = argv + optind};
    if (rest.count == 0 || table->takes_words)
        return rest;
    return over(options_wrong(table, "\"%s\": nothing but options is wanted",
                              log_escape(shown, sizeof shown, text_of(rest.words[0]))));
}

struct option_rest
options_read(const struct option_table *table, void *into, int argc, char **argv)
{
    struct option known[OPTIONS_MAX + 2];
    char letters[2 * OPTIONS_MAX + 4];
    char why[WHY_SIZE];
    int code;
    CHECK(table->count <= OPTIONS_MAX);
    list_for_getopt(table, known, letters);
    options_usual(table, into);
    optind = 0; /* as if this were the first command line of the process */
    while ((code = getopt_long(argc, argv, letters, known, NULL)) != -1) {
        if (code == '?' || code == ':')
            return over(refuse_option(table, code, argv[optind > 0 ? optind - 1 : 0]));
        const struct option_row *row = find_row(table, code);
        CHECK(row != NULL);
        if (row == &help_row) {
            print_help(table);
            return over(EXIT_DONE);
        }
        if (!take_value(row, into, optarg, why))
            return over(options_refuse(table, row->name, optarg, why));
    }
    return rest_of(table, argc, argv);
}
