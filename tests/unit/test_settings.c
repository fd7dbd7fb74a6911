/* What reading a configuration promises: it is applied as written, or each mistake is named with
 * its file and line and with what is allowed instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/settings_parts.h"

static char directory[] = "/tmp/onhook-test-settings-XXXXXX";
static char ini_path[64];
static char list_path[64];
static struct settings settings;
static char said[65536]; /* what went to stderr, without the directory's name */

static void
write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Drops every "DIRECTORY/" from what was said, so that tests name files by their base names. */
static void
drop_directory(void)
{
    char *at;
    size_t length = strlen(directory) + 1;
    while ((at = strstr(said, directory)) != NULL)
        memmove(at, at + length, strlen(at + length) + 1);
}

/* Reads a file with standard error going into `said`. */
static unsigned
read_path(const char *path)
{
    FILE *words = tmpfile();
    assert_non_null(words);
    int real_stderr = dup(STDERR_FILENO);
    dup2(fileno(words), STDERR_FILENO);
    settings_free(&settings);
    settings_default(&settings);
    unsigned errors = settings_read(&settings, path);
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    rewind(words);
    said[fread(said, 1, sizeof(said) - 1, words)] = '\0';
    fclose(words);
    drop_directory();
    return errors;
}

static unsigned
read_ini(const char *text)
{
    write_file(ini_path, text);
    return read_path(ini_path);
}

/* The text is refused with exactly one error, and these are its words. */
static void
assert_refused(const char *text, const char *words)
{
    assert_int_equal(read_ini(text), 1);
    assert_string_equal(said, words);
}

static void
assert_numbers(const struct device_list *list, const char *expected)
{
    char all[1024] = "";
    for (uint32_t i = 0; i < list->count; i++) {
        strcat(all, list->numbers[i]);
        strcat(all, " ");
    }
    assert_string_equal(all, expected);
}

static int
make_directory(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(ini_path, sizeof(ini_path), "%s/on.ini", directory);
    snprintf(list_path, sizeof(list_path), "%s/list.txt", directory);
    return 0;
}

static int
drop_all(void **state)
{
    (void)state;
    settings_free(&settings);
    unlink(ini_path);
    unlink(list_path);
    return rmdir(directory);
}

static void
an_empty_file_means_the_published_defaults(void **state)
{
    (void)state;
    assert_int_equal(read_ini(""), 0);
    assert_string_equal(said, "");
    assert_int_equal(settings.workers, 2);
    assert_int_equal(settings.ring_slots, 16384);
    assert_int_equal(settings.result_slots, 4096);
    assert_int_equal(settings.outbox_slots, 4096);
    assert_int_equal(settings.history_slots, 65536);
    assert_int_equal(settings.max_calls, 1048576);
    assert_int_equal(settings.link_count, 0);
    assert_int_equal(settings.defaults.profile, PROFILE_GENERIC);
    assert_int_equal(settings.defaults.encoding, ENCODING_AUTO);
    assert_false(settings.defaults.monitored_given);
    assert_false(settings.defaults.infer_first_cleared);
    assert_false(settings.defaults.report_redirect);
    assert_false(settings.defaults.shared);
    assert_int_equal(settings.defaults.request_timeout_ms, 2000);
    assert_int_equal(settings.defaults.stale_after_ms, 8 * 3600 * 1000);
}

static void
every_key_reaches_its_field(void **state)
{
    (void)state;
    assert_int_equal(read_ini("[engine]\nworkers = 64\nring-slots = 1024\nresult-slots = 65536\n"
                              "outbox-slots = 16\nhistory-slots = 0\n"
                              "max-calls = 1\n"
                              "[link pbx1]\nprofile = panasonic\nencoding = xml\n"
                              "monitored = 2001, 2002\nobservers=1\ntreatments=2\n"
                              "route-points=3\ninfer=first-cleared\nreport-redirect = yes\n"
                              "request-timeout = 1.5\nstale-after = 90s\nshared = yes\n"),
                     0);
    assert_int_equal(settings.workers, 64);
    assert_int_equal(settings.ring_slots, 1024);
    assert_int_equal(settings.result_slots, 65536);
    assert_int_equal(settings.outbox_slots, 16);
    assert_int_equal(settings.history_slots, 0);
    assert_int_equal(settings.max_calls, 1);
    assert_int_equal(settings.link_count, 1);
    const struct link_settings *link = &settings.links[0];
    assert_string_equal(link->name, "pbx1");
    assert_int_equal(link->profile, PROFILE_PANASONIC);
    assert_int_equal(link->encoding, ENCODING_XML);
    assert_true(link->monitored_given);
    assert_numbers(&link->monitored, "2001 2002 ");
    assert_numbers(&link->observers, "1 ");
    assert_numbers(&link->treatments, "2 ");
    assert_numbers(&link->route_points, "3 ");
    assert_true(link->infer_first_cleared && link->report_redirect && link->shared);
    assert_int_equal(link->request_timeout_ms, 1500);
    assert_int_equal(link->stale_after_ms, 90000);
}

static void
the_guess_is_warned_of_but_no_error(void **state)
{
    (void)state;
    assert_int_equal(read_ini("[link a]\ninfer = first-cleared\n"), 0);
    assert_non_null(strstr(said, "on.ini:2: warning: infer = first-cleared"));
    assert_int_equal(read_ini("[link a]\ninfer = none\n"), 0);
    assert_string_equal(said, "");
}

static void
an_unknown_word_is_named_with_what_was_meant(void **state)
{
    (void)state;
    assert_refused("[engine]\n\nworkes = 2\n",
                   "on.ini:3: unknown key \"workes\" in [engine]; did you mean \"workers\"?\n");
    assert_refused("[engine]\nthreads = 2\n",
                   "on.ini:2: unknown key \"threads\" in [engine]; known are workers, front-ends, "
                   "ring-slots, result-slots, outbox-slots, max-calls, history-slots, name, "
                   "lasting, drain\n");
    assert_refused("[engin]\nworkers = 2\nnonsense = 1\n",
                   "on.ini:1: unknown section [engin]; known are [engine], [link NAME], "
                   "[aliases], [sink jsonl], [control], [log], [privacy]\n");
    assert_refused("[link a]\nprofile = openscap\n",
                   "on.ini:2: profile = \"openscap\": must be generic, openscape, oxe, avaya-dmcc, "
                   "panasonic, broadworks or unitel; did you mean \"openscape\"?\n");
    assert_refused("workers = 2\n", "on.ini:1: \"workers\" stands before the first [section]\n");
}

static void
a_value_out_of_range_is_named_with_the_range(void **state)
{
    (void)state;
    assert_refused("[engine]\nworkers = 65\n",
                   "on.ini:2: workers = \"65\": must be a number from 1 to 64\n");
    assert_refused("[engine]\nring-slots = 1000\n",
                   "on.ini:2: ring-slots = \"1000\": must be a power of two from 1024 to "
                   "1048576\n");
    assert_refused("[engine]\nhistory-slots = 512\n",
                   "on.ini:2: history-slots = \"512\": must be 0, or a power of two from 1024 to "
                   "16777216\n");
    assert_refused("[link a]\nstale-after = 366d\n",
                   "on.ini:2: stale-after = \"366d\": must be a time from 1s to 365d, as 2, 1.5s, "
                   "90s, 30m or 8h\n");
    assert_refused("[link a]\nshared = maybe\n",
                   "on.ini:2: shared = \"maybe\": must be no or yes\n");
}

static void
numbers_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "0", "65", "-1", "+1", "2 3", "0x2", "2two", "1e1", "99999999999999999999", "2 # two"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[128];
        snprintf(text, sizeof(text), "[engine]\nworkers = %s\n", bad[i]);
        assert_int_equal(read_ini(text), 1);
        assert_int_equal(settings.workers, 2);
    }
}

static void
nothing_may_be_said_twice_but_lists_add_up(void **state)
{
    (void)state;
    assert_refused("[engine]\nworkers = 2\nworkers = 3\n",
                   "on.ini:3: workers is said already, in line 2\n");
    assert_refused("[engine]\n[aliases]\n[engine]\nworkers = 3\n",
                   "on.ini:3: [engine] is there already, in line 1\n");
    assert_refused("[link a]\n[link  a]\n", "on.ini:2: [link  a] is there already, in line 1\n");
    assert_int_equal(read_ini("[link a]\nmonitored = 1\nshared=no\nmonitored = 2, 3\n"), 0);
    assert_numbers(&settings.links[0].monitored, "1 2 3 ");
    assert_int_equal(read_ini("[link a]\nshared=no\n[link b]\nshared=no\n"), 0);
}

static void
an_empty_list_is_said_too(void **state)
{
    (void)state;
    assert_int_equal(read_ini("[link a]\nmonitored =\n"), 0);
    assert_true(settings.links[0].monitored_given);
    assert_int_equal(settings.links[0].monitored.count, 0);
}

static void
lists_take_ranges_of_equally_many_digits(void **state)
{
    (void)state;
    assert_int_equal(read_ini("[link a]\nmonitored = 0098-0101, 5, 89-a\n"), 0);
    assert_numbers(&settings.links[0].monitored, "0098 0099 0100 0101 5 89-a ");
    assert_refused("[link a]\nmonitored = 20-10\n",
                   "on.ini:2: monitored: \"20-10\" is a range that ends before it begins\n");
    assert_refused("[link a]\nmonitored = 0000000-9999999\n",
                   "on.ini:2: monitored: \"0000000-9999999\" is a range of more than 1000000 "
                   "numbers\n");
}

static void
numbers_that_cannot_be_devices_are_refused(void **state)
{
    (void)state;
    assert_refused("[link a]\nmonitored = 1,,2\n",
                   "on.ini:2: monitored: nothing stands between two commas\n");
    assert_refused("[link a]\nmonitored = 2001 2002\n",
                   "on.ini:2: monitored: \"2001 2002\" has white space in it; between numbers "
                   "stand commas, before a comment ;\n");
    char text[256] = "[link a]\nobservers = ";
    memset(text + strlen(text), '7', 65);
    assert_int_equal(read_ini(text), 1);
    assert_non_null(strstr(said, "is longer than the 64 bytes"));
}

static void
a_list_file_stands_beside_the_configuration(void **state)
{
    (void)state;
    write_file(list_path, "# agents\n2001\n\n  2002 # Ada\n2010-2012\n#2003\n20#4\n");
    assert_int_equal(read_ini("[link a]\nmonitored = 1\nmonitored = @list.txt\n"), 0);
    assert_numbers(&settings.links[0].monitored, "1 2001 2002 2010 2011 2012 20#4 ");

    write_file(list_path, "2001\n2002 2003\n");
    assert_refused("[link a]\n\nmonitored = @list.txt\n",
                   "on.ini:3: monitored: list.txt:2: \"2002 2003\" has white space in it; between "
                   "numbers stand commas, before a comment ;\n");
    assert_refused("[link a]\nmonitored = @nowhere.txt\n",
                   "on.ini:2: monitored: nowhere.txt: No such file or directory\n");
    /* Not read to its end: it has none. */
    assert_refused("[link a]\nmonitored = @/dev/zero\n",
                   "on.ini:2: monitored: /dev/zero:1: there is a NUL byte; this is no list\n");
    assert_refused("[link a]\nmonitored = @\n",
                   "on.ini:2: monitored: @ needs the name of a file\n");
}

static void
devices_are_canonical_wherever_the_profile_stands(void **state)
{
    (void)state;
    assert_int_equal(read_ini("[link a]\nprofile = avaya-dmcc\nmonitored = 4750::10.1.2.3:0\n"
                              "[link b]\nmonitored = 4751::10.1.2.3:0\nprofile = avaya-dmcc\n"
                              "[link c]\nmonitored = N<200>;x=y\n"),
                     0);
    assert_numbers(&settings.links[0].monitored, "4750 ");
    assert_numbers(&settings.links[1].monitored, "4751 ");
    assert_numbers(&settings.links[2].monitored, "200 ");
}

static void
an_alias_is_found_and_applied_to_lists(void **state)
{
    (void)state;
    assert_int_equal(read_ini("[link a]\nmonitored = 22334455, 7\n"
                              "[aliases]\n9 = 90\n22334455 = N<200>;a=b\n1 = 10\n"),
                     0);
    assert_numbers(&settings.links[0].monitored, "200 7 ");
    assert_true(text_is_equal(settings_alias(&settings, TEXT("22334455")), TEXT("200")));
    assert_true(text_is_equal(settings_alias(&settings, TEXT("1")), TEXT("10")));
    assert_true(text_is_equal(settings_alias(&settings, TEXT("9")), TEXT("90")));
    assert_true(text_is_equal(settings_alias(&settings, TEXT("2233445")), TEXT("2233445")));
    assert_true(text_is_equal(settings_alias(&settings, TEXT("90")), TEXT("90")));
    assert_true(text_is_none(settings_alias(&settings, TEXT_NONE)));
}

static void
every_one_of_many_aliases_is_found(void **state)
{
    (void)state;
    char *text = calloc(1, 100000);
    assert_non_null(text);
    char *at = text + sprintf(text, "[aliases]\n");
    for (int i = 0; i < 3000; i++)
        at += sprintf(at, "%d = x%d\n", i * 7919 % 3001, i);
    assert_int_equal(read_ini(text), 0);
    free(text);
    for (int i = 0; i < 3000; i++) {
        char from[16];
        char to[16];
        sprintf(from, "%d", i * 7919 % 3001);
        sprintf(to, "x%d", i);
        assert_true(text_is_equal(settings_alias(&settings, text_of(from)), text_of(to)));
    }
    assert_true(text_is_equal(settings_alias(&settings, TEXT("x1")), TEXT("x1")));
}

static void
aliases_that_lead_nowhere_are_refused(void **state)
{
    (void)state;
    assert_refused("[aliases]\na = b\nb = c\n",
                   "on.ini:2: a = b: b is an alias too; name the number it stands for\n");
    assert_refused("[aliases]\na = N<a>\n", "on.ini:2: a is an alias of itself\n");
    assert_refused("[aliases]\na = b\nN<a> = c\n", "on.ini:3: a is an alias already, in line 2\n");
    assert_refused("[aliases]\na =\n", "on.ini:2: \"\" is no device number\n");
}

static void
a_device_stands_on_one_link(void **state)
{
    (void)state;
    assert_refused("[link a]\nmonitored = 1\nmonitored = 2, 3\n[link b]\nobservers = 2\n"
                   "monitored = 4, 3\n",
                   "on.ini:6: 3 is monitored on link a too, in line 3; where two links see the "
                   "same switch, both say shared = yes\n");
    assert_int_equal(read_ini("[link a]\nmonitored=1\nshared=yes\n[link b]\nmonitored=1\n"), 1);
    assert_int_equal(
        read_ini("[link a]\nmonitored=1\nshared=yes\n[link b]\nmonitored=1\nshared=yes\n"), 0);
    assert_int_equal(read_ini("[link a]\nmonitored=8\n[link b]\nmonitored=9\n[aliases]\n8=9\n"), 1);
    assert_int_equal(read_ini("[link a]\nmonitored=1,1\n"), 0);
}

static void
many_devices_on_two_links_are_not_named_one_by_one(void **state)
{
    (void)state;
    assert_int_equal(read_ini("[link a]\nmonitored=2000-2099\n[link b]\nmonitored=2000-2099\n"),
                     11);
    assert_non_null(strstr(said, "90 more devices"));
}

static void
a_link_nobody_declared_is_like_the_star(void **state)
{
    (void)state;
    assert_int_equal(read_ini("[link a]\n[link *]\nprofile = unitel\nmonitored = 5\n[link b]\n"),
                     0);
    assert_int_equal(settings.link_count, 2);
    assert_int_equal(settings.links[0].profile, PROFILE_GENERIC);
    assert_int_equal(settings.links[1].profile, PROFILE_GENERIC);
    struct link_settings *link = settings_link(&settings, TEXT("new"));
    assert_non_null(link);
    assert_string_equal(link->name, "new");
    assert_int_equal(link->profile, PROFILE_UNITEL);
    assert_numbers(&link->monitored, "5 ");
    assert_null(settings_link_key(link, TEXT("monitored"), TEXT("6")));
    assert_numbers(&link->monitored, "5 6 ");
    assert_numbers(&settings.defaults.monitored, "5 ");
    assert_ptr_equal(settings_link(&settings, TEXT("new")), link);
    assert_int_equal(settings.link_count, 3);
}

static void
a_name_that_is_none_makes_no_link(void **state)
{
    (void)state;
    assert_int_equal(read_ini(""), 0);
    assert_null(settings_link(&settings, TEXT_NONE));
    assert_null(settings_link(&settings, TEXT("a b")));
    assert_null(settings_link(&settings, TEXT("a/b")));
    assert_null(settings_link(&settings, TEXT("\xc3\xbc")));
    char name[EVENT_TEXT_LENGTH + 1];
    memset(name, 'n', sizeof(name));
    assert_null(settings_link(&settings, (struct text){name, EVENT_TEXT_LENGTH + 1}));
    assert_non_null(settings_link(&settings, (struct text){name, EVENT_TEXT_LENGTH}));
    assert_int_equal(settings.link_count, 1);
    assert_int_equal(read_ini("[link a b]\nmonitored = 1\n"), 1);
    assert_int_equal(read_ini("[link]\n"), 1);
}

static void
links_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(read_ini(""), 0);
    for (int i = 0; i < LINKS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof(name), "l%d", i);
        assert_non_null(settings_link_new(&settings, text_of(name), &settings.defaults));
    }
    assert_null(settings_link(&settings, TEXT("one-more")));
    assert_non_null(settings_link(&settings, TEXT("l17")));
}

static void
a_key_of_a_trace_is_answered_with_why_not(void **state)
{
    (void)state;
    struct link_settings link = {0};
    assert_null(settings_link_key(&link, TEXT("profile"), TEXT("avaya-dmcc")));
    assert_string_equal(settings_link_key(&link, TEXT("profil"), TEXT("x")),
                        "unknown key \"profil\" of a link; did you mean \"profile\"?");
    assert_string_equal(settings_link_key(&link, TEXT("workers"), TEXT("2")),
                        "unknown key \"workers\" of a link; known are profile, encoding, "
                        "monitored, observers, treatments, route-points, infer, "
                        "report-redirect, request-timeout, stale-after, shared; and those of live "
                        "links (onhook check --keys)");
    assert_string_equal(settings_link_key(&link, TEXT("shared"), TEXT_NONE),
                        "shared = \"\": must be no or yes");
    assert_int_equal(link.profile, PROFILE_AVAYA_DMCC);
}

static void
a_trace_cannot_make_us_read_a_file(void **state)
{
    (void)state;
    struct link_settings link = {0};
    assert_non_null(settings_trace_key(&link, TEXT("monitored"), TEXT("@/etc/passwd")));
    assert_null(settings_trace_key(&link, TEXT("profile"), TEXT("unitel")));
    assert_int_equal(link.profile, PROFILE_UNITEL);
}

static void
every_mistake_of_a_file_is_counted(void **state)
{
    (void)state;
    assert_int_equal(read_ini("[engine]\nworkers = 0\nx = 1\nnonsense\n[link a]\nshared = 1\n"), 4);
    assert_int_equal(read_path("/nonexistent/on.ini"), 1);
    assert_string_equal(said, "/nonexistent/on.ini: No such file or directory\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_means_the_published_defaults),
        cmocka_unit_test(every_key_reaches_its_field),
        cmocka_unit_test(the_guess_is_warned_of_but_no_error),
        cmocka_unit_test(an_unknown_word_is_named_with_what_was_meant),
        cmocka_unit_test(a_value_out_of_range_is_named_with_the_range),
        cmocka_unit_test(numbers_that_are_none_are_refused),
        cmocka_unit_test(nothing_may_be_said_twice_but_lists_add_up),
        cmocka_unit_test(an_empty_list_is_said_too),
        cmocka_unit_test(lists_take_ranges_of_equally_many_digits),
        cmocka_unit_test(numbers_that_cannot_be_devices_are_refused),
        cmocka_unit_test(a_list_file_stands_beside_the_configuration),
        cmocka_unit_test(devices_are_canonical_wherever_the_profile_stands),
        cmocka_unit_test(an_alias_is_found_and_applied_to_lists),
        cmocka_unit_test(every_one_of_many_aliases_is_found),
        cmocka_unit_test(aliases_that_lead_nowhere_are_refused),
        cmocka_unit_test(a_device_stands_on_one_link),
        cmocka_unit_test(many_devices_on_two_links_are_not_named_one_by_one),
        cmocka_unit_test(a_link_nobody_declared_is_like_the_star),
        cmocka_unit_test(a_name_that_is_none_makes_no_link),
        cmocka_unit_test(links_are_bounded),
        cmocka_unit_test(a_key_of_a_trace_is_answered_with_why_not),
        cmocka_unit_test(a_trace_cannot_make_us_read_a_file),
        cmocka_unit_test(every_mistake_of_a_file_is_counted),
    };
    return cmocka_run_group_tests(tests, make_directory, drop_all);
}
