#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

/*
 * tools/options.h - the command line of a command, read and explained from one table.
 *
 * A command declares what it can be told as rows, each with its place in a struct of the command's
 * own. From the rows come the values, their bounds, the lines of --help and the words of refusals.
 * -h and --help belong to every command. Long names may be shortened, values may be joined by "=",
 * options and words may stand in any order, "--" ends the options.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_kind {
    TAKES_NOTHING, /* bool: true where it is given */
    TAKES_TEXT,    /* const char *: as it stands */
    TAKES_NUMBER,  /* uint64_t, from `least` to `most` */
    TAKES_DECIMAL, /* double, from `least` to `most` */
    TAKES_CHOICE,  /* an enum without negative members: which of `choices` */
    TAKES_OTHER,   /* what take() makes of it */
};

/* Rows are written with the macros below, which hold places to their types. */
struct option_row {
    char letter;      /* 0: it has none */
    const char *name; /* without its dashes */
    enum option_kind kind;
    size_t place;      /* offset in the command's struct */
    const char *word;  /* how --help calls the value: "FILE"; not where it takes nothing */
    const char *help;  /* any length; --help breaks the lines */
    const char *usual; /* what holds where it is not given; NULL: the place is left as it is */
    double least, most;
    const char *unit;           /* of a number, such as "seconds"; NULL: none */
    const char *const *choices; /* of a choice; a NULL ends them */
    /* NULL: taken. Else why not, and nothing is changed. */
    const char *(*take)(void *place, const char *value);
};

/* clang-format off */
#define ROW(letter_, name_, type, field, kind_)                                                    \
    .letter = (letter_), .name = (name_), .place = offsetof(type, field), .kind = (kind_)
#define ROW_OF(c_type, kind, type, field) _Generic(((type *)0)->field, c_type: (kind))

#define ROW_FLAG(letter, name, type, field, help_)                                                 \
    {ROW(letter, name, type, field, ROW_OF(bool, TAKES_NOTHING, type, field)), .help = (help_)}
#define ROW_TEXT(letter, name, type, field, word_, help_, usual_)                                  \
    {ROW(letter, name, type, field, ROW_OF(const char *, TAKES_TEXT, type, field)),                \
     .word = (word_), .help = (help_), .usual = (usual_)}
#define ROW_NUMBER(letter, name, type, field, word_, help_, usual_, least_, most_, unit_)          \
    {ROW(letter, name, type, field, ROW_OF(uint64_t, TAKES_NUMBER, type, field)), .word = (word_), \
     .help = (help_), .usual = (usual_), .least = (least_), .most = (most_), .unit = (unit_)}
#define ROW_DECIMAL(letter, name, type, field, word_, help_, usual_, least_, most_, unit_)         \
    {ROW(letter, name, type, field, ROW_OF(double, TAKES_DECIMAL, type, field)), .word = (word_),  \
     .help = (help_), .usual = (usual_), .least = (least_), .most = (most_), .unit = (unit_)}
#define ROW_CHOICE(letter, name, type, field, word_, help_, usual_, choices_)                      \
    {ROW(letter, name, type, field, TAKES_CHOICE), .word = (word_), .help = (help_),               \
     .usual = (usual_), .choices = (choices_)}
#define ROW_OTHER(letter, name, type, field, word_, help_, usual_, take_)                          \
    {ROW(letter, name, type, field, TAKES_OTHER), .word = (word_), .help = (help_),                \
     .usual = (usual_), .take = (take_)}
/* clang-format on */

#define ROWS(array) .rows = (array), .count = sizeof(array) / sizeof *(array)

struct option_table {
    const char *command; /* "replay" */
    const char *above;   /* of --help: what stands above the options */
    const struct option_row *rows;
    size_t count;      /* OPTIONS_MAX at most */
    const char *below; /* and below them */
    bool takes_words;  /* else whatever is no option is refused */
};

enum {
    OPTIONS_MAX = 96,
};

/* What is left of a command line. */
struct option_rest {
    bool is_over; /* --help was printed, or something was wrong, and said */
    int code;     /* the exit code then */
    int count;
    char **words;
};

/* options_usual - what holds where nothing is said, into the command's struct. */
void options_usual(const struct option_table *table, void *into);

/* options_read - first what is usual, then what the command line says. */
struct option_rest options_read(const struct option_table *table, void *into, int argc,
                                char **argv);

/* options_wrong - say what is wrong with a command line, and where to look; EXIT_WRONG_USAGE. */
__attribute__((format(printf, 2, 3))) int options_wrong(const struct option_table *table,
                                                        const char *format, ...);

/* options_refuse - the same of one value: `--name "value": why`. */
int options_refuse(const struct option_table *table, const char *name, const char *value,
                   const char *why);

#endif
