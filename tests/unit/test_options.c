/* What the reader of command lines promises (tools/options.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/command.h"
#include "tools/options.h"

enum colour { RED, GREEN, BLUE };

struct line {
    bool quiet;
    const char *file;
    uint64_t workers;
    double every;
    enum colour colour;
    char first; /* of --letters */
};

static const char *
take_letters(void *place, const char *value)
{
    if (*value < 'a' || *value > 'z')
        return "a letter begins it";
    *(char *)place = *value;
    return NULL;
}

static const char *const colours[] = {"red", "green", "blue", NULL};
static const struct option_row rows[] = {
    ROW_FLAG('q', "quiet", struct line, quiet, "no summary"),
    ROW_TEXT('o', "out", struct line, file, "FILE", "where it goes", NULL),
    ROW_NUMBER(0, "workers", struct line, workers, "N",
               "how many there are, which is more or less the number of cores of the machine", "2",
               1, 64, NULL),
    ROW_DECIMAL(0, "every", struct line, every, "SECONDS", "again", NULL, 0.01, 1000000, "seconds"),
    ROW_CHOICE(0, "colour", struct line, colour, "NAME", "of the paint", "green", colours),
    ROW_OTHER(0, "letters", struct line, first, "LETTERS", "any", NULL, take_letters),
};
static const struct option_table table = {.command = "paint",
                                          .above = "ABOVE\n\n",
                                          ROWS(rows),
                                          .below = "\nBELOW\n",
                                          .takes_words = true};

static char said[4096];
static int kept;

/* What is written to the descriptor goes to a file until hear_end(). */
static FILE *
hear_begin(int descriptor)
{
    fflush(stdout);
    FILE *file = tmpfile();
    assert_non_null(file);
    kept = dup(descriptor);
    assert_int_equal(dup2(fileno(file), descriptor), descriptor);
    return file;
}

static void
hear_end(FILE *file, int descriptor)
{
    fflush(stdout);
    dup2(kept, descriptor);
    close(kept);
    rewind(file);
    said[fread(said, 1, sizeof said - 1, file)] = '\0';
    fclose(file);
}

/* The command line of up to eight words; what is said of it stands in `said`. */
static struct option_rest
read_line(struct line *line, int descriptor, const char *const words[8])
{
    static char space[8][64];
    static char name[] = "paint";
    static char *argv[10] = {name};
    int argc = 1;
    for (; argc <= 8 && words[argc - 1] != NULL; argc++) {
        snprintf(space[argc - 1], sizeof space[0], "%s", words[argc - 1]);
        argv[argc] = space[argc - 1];
    }
    argv[argc] = NULL;
    FILE *file = hear_begin(descriptor);
    struct option_rest rest = options_read(&table, line, argc, argv);
    hear_end(file, descriptor);
    return rest;
}

#define READ(line, ...) read_line((line), STDERR_FILENO, (const char *const[8]){__VA_ARGS__})

static void
assert_refused(struct option_rest rest, const char *words)
{
    char whole[256];
    snprintf(whole, sizeof whole, "onhook: %s; see `onhook paint --help`\n", words);
    assert_true(rest.is_over);
    assert_int_equal(rest.code, EXIT_WRONG_USAGE);
    assert_string_equal(said, whole);
}

static void
what_is_said_stands_in_its_place(void **state)
{
    (void)state;
    struct line line = {0};
    struct option_rest rest =
        READ(&line, "-qo", "out.txt", "--every=0.5", "word", "--colour", "blue", "--letters=xyz");
    assert_false(rest.is_over);
    assert_true(line.quiet);
    assert_string_equal(line.file, "out.txt");
    assert_true(line.every > 0.49 && line.every < 0.51);
    assert_int_equal(line.colour, BLUE);
    assert_int_equal(line.first, 'x');
    assert_int_equal(rest.count, 1);
    assert_string_equal(rest.words[0], "word");
}

static void
what_is_not_said_is_as_usual(void **state)
{
    (void)state;
    struct line line = {.file = "kept"};
    struct option_rest rest = READ(&line, NULL);
    assert_false(rest.is_over);
    assert_int_equal(rest.count, 0);
    assert_false(line.quiet);
    assert_string_equal(line.file, "kept");
    assert_int_equal(line.workers, 2);
    assert_int_equal(line.colour, GREEN);
}

static void
a_value_out_of_bounds_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {"0",  "65",  "-1", "",
                                      "7x", "0x7", " 7", "99999999999999999999"};
    struct line line = {0};
    char words[128];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(words, sizeof words, "--workers \"%s\": a number from 1 to 64 is wanted", bad[i]);
        assert_refused(READ(&line, "--workers", bad[i]), words);
        assert_int_equal(line.workers, 2);
    }
    static const char *const odd[] = {"0.001", "inf", "nan", "-1", "", "1s"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        snprintf(words, sizeof words, "--every \"%s\": 0.01 to 1000000 seconds are wanted", odd[i]);
        assert_refused(READ(&line, "--every", odd[i]), words);
    }
    assert_refused(READ(&line, "--colour", "pink"),
                   "--colour \"pink\": red, green or blue is wanted");
    assert_refused(READ(&line, "--letters", "9"), "--letters \"9\": a letter begins it");
}

static void
an_option_that_cannot_be_is_named(void **state)
{
    (void)state;
    struct line line = {0};
    assert_refused(READ(&line, "--paint"),
                   "there is no option --paint, or it is short for several");
    assert_refused(READ(&line, "-x"), "there is no option -x");
    assert_refused(READ(&line, "-q\n"), "there is no option -\\n");
    assert_refused(READ(&line, "--quiet=1"), "--quiet takes no value");
    assert_refused(READ(&line, "--out"), "--out FILE: the value is missing");
    assert_refused(READ(&line, "-o"), "--out FILE: the value is missing");
}

static void
bytes_of_a_value_cannot_move_the_cursor(void **state)
{
    (void)state;
    struct line line = {0};
    assert_refused(READ(&line, "--workers", "\033[2J"),
                   "--workers \"\\x1b[2J\": a number from 1 to 64 is wanted");
}

static void
words_are_refused_where_none_are_taken(void **state)
{
    (void)state;
    struct option_table none = table;
    none.takes_words = false;
    char *argv[] = {(char[]){"paint"}, (char[]){"wall"}, NULL};
    struct line line = {0};
    FILE *file = hear_begin(STDERR_FILENO);
    struct option_rest rest = options_read(&none, &line, 2, argv);
    hear_end(file, STDERR_FILENO);
    assert_refused(rest, "\"wall\": nothing but options is wanted");
}

static void
help_shows_every_option_within_the_width_of_a_terminal(void **state)
{
    (void)state;
    struct line line = {0};
    struct option_rest rest =
        read_line(&line, STDOUT_FILENO, (const char *const[8]){"--help", "--nonsense"});
    assert_true(rest.is_over);
    assert_int_equal(rest.code, EXIT_DONE);
    assert_string_equal(said, "ABOVE\n\n"
                              "  -q, --quiet            no summary\n"
                              "  -o, --out FILE         where it goes\n"
                              "      --workers N        how many there are, which is more or less "
                              "the number of\n"
                              "                         cores of the machine (2)\n"
                              "      --every SECONDS    again\n"
                              "      --colour NAME      of the paint (green)\n"
                              "      --letters LETTERS  any\n"
                              "  -h, --help             this help\n"
                              "\nBELOW\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_stands_in_its_place),
        cmocka_unit_test(what_is_not_said_is_as_usual),
        cmocka_unit_test(a_value_out_of_bounds_is_refused_and_changes_nothing),
        cmocka_unit_test(an_option_that_cannot_be_is_named),
        cmocka_unit_test(bytes_of_a_value_cannot_move_the_cursor),
        cmocka_unit_test(words_are_refused_where_none_are_taken),
        cmocka_unit_test(help_shows_every_option_within_the_width_of_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
