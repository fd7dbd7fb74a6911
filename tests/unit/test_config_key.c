/* What the table of keys promises: its words agree with the example everybody starts from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/settings_parts.h"

/* The example of the repository. */
static char example[16384];
static char example_path[1024];

static void
load_example(void)
{
    snprintf(example_path, sizeof(example_path), "%s/../onhook.ini.example", TESTS_DIR);
    FILE *file = fopen(example_path, "r");
    assert_non_null(file);
    example[fread(example, 1, sizeof(example) - 1, file)] = '\0';
    fclose(file);
}

static void
the_example_reads_without_a_word(void **state)
{
    (void)state;
    struct settings settings;
    load_example();
    settings_default(&settings);
    FILE *words = tmpfile();
    assert_non_null(words);
    int real_stderr = dup(STDERR_FILENO);
    dup2(fileno(words), STDERR_FILENO);
    unsigned errors = settings_read(&settings, example_path);
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    assert_int_equal(errors, 0);
    assert_int_equal(lseek(fileno(words), 0, SEEK_END), 0);
    fclose(words);
    assert_int_equal(settings.link_count, 1);
    settings_free(&settings);
}

/* What the example says in a section, the first of links. */
static const char *
example_of(enum config_section section)
{
    static char part[sizeof(example)];
    char heading[64];
    snprintf(heading, sizeof(heading), "\n[%s", config_section_heading(section));
    if (section == SECTION_LINK)
        strcpy(heading, "\n[link ");
    const char *at = strstr(example, heading);
    assert_non_null(at);
    const char *end = strstr(at + 1, "\n[");
    size_t length = end != NULL ? (size_t)(end - at) : strlen(at);
    memcpy(part, at, length);
    part[length] = '\0';
    return part;
}

/* "\nKEY = " or "\n; KEY = " stands in the text; *value is what follows. */
static bool
documents(const char *text, const char *name, char value[64])
{
    char set[64];
    char unset[64];
    snprintf(set, sizeof(set), "\n%s = ", name);
    snprintf(unset, sizeof(unset), "\n; %s = ", name);
    const char *at = strstr(text, set);
    value[0] = '\0';
    if (at != NULL)
        (void)sscanf(at + strlen(set), "%63[^\n]", value);
    return at != NULL || strstr(text, unset) != NULL;
}

static void
the_example_documents_every_key_and_its_default(void **state)
{
    (void)state;
    load_example();
    const struct config_key *key;
    for (unsigned i = 0; (key = config_key_at(i)) != NULL; i++) {
        char value[64];
        if (!documents(example_of(key->section), key->name, value))
            fail_msg("onhook.ini.example says nothing of %s", key->name);
        if (key->type == CONFIG_DEVICES)
            continue;
        /* The value shown is the default, maybe written another way: compare what it means. */
        struct settings left = {0};
        struct settings right = {0};
        void *bases[2] = {&left, &right};
        if (key->section == SECTION_LINK) {
            bases[0] = &left.defaults;
            bases[1] = &right.defaults;
        }
        assert_true(config_key_set(key, bases[0], text_of(key->by_default)));
        assert_true(config_key_set(key, bases[1], text_of(value)));
        assert_memory_equal(&left, &right, sizeof(left));
    }
}

static void
the_example_has_no_key_that_is_not_there(void **state)
{
    (void)state;
    load_example();
    unsigned keys = 0;
    for (char *at = example; (at = strchr(at, '\n')) != NULL;) {
        char name[32];
        at++;
        if (sscanf(at, "; %31[a-z-] = ", name) != 1 && sscanf(at, "%31[a-z-] = ", name) != 1)
            continue;
        if (strchr(at, '=') == NULL || at[strcspn(at, "=\n")] == '\n')
            continue;
        keys++;
        bool known = false;
        for (unsigned section = 0; section < SECTION_COUNT; section++)
            known |= config_key_find((enum config_section)section, text_of(name)) != NULL;
        if (!known)
            fail_msg("onhook.ini.example invents %s", name);
    }
    assert_true(keys >= 15);
}

static void
spans_take_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t ms;
    } good[] = {{"1", 1000},      {"90s", 90000},  {"1500ms", 1500},  {"30m", 1800000},
                {"8h", 28800000}, {"1.25s", 1250}, {"0.5h", 1800000}, {"365d", 31536000000}};
    static const char *const bad[] = {
        "",      "h", "1w", "1 h", "1.", ".5s", "1.2345s", "-1s", "0", "999ms", "9999999999999d",
        "1.5.5s"};
    struct link_settings link = {0};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_null(settings_link_key(&link, TEXT("stale-after"), text_of(good[i].text)));
        assert_int_equal(link.stale_after_ms, good[i].ms);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_non_null(settings_link_key(&link, TEXT("stale-after"), text_of(bad[i])));
    assert_int_equal(link.stale_after_ms, 31536000000);
}

static void
every_default_is_allowed(void **state)
{
    (void)state;
    const struct config_key *key;
    unsigned count = 0;
    for (unsigned i = 0; (key = config_key_at(i)) != NULL; i++) {
        union {
            struct settings engine;
            struct link_settings link;
        } base = {0};
        count++;
        if (key->type != CONFIG_DEVICES)
            assert_true(config_key_set(key, &base, text_of(key->by_default)));
        assert_ptr_equal(config_key_find(key->section, text_of(key->name)), key);
    }
    assert_true(count >= 15);
}

static void
the_printed_table_names_every_section_and_key(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    config_print_keys(out);
    fclose(out);
    const struct config_key *key;
    for (unsigned i = 0; (key = config_key_at(i)) != NULL; i++) {
        char row[64];
        snprintf(row, sizeof(row), "\n  %s ", key->name);
        assert_non_null(strstr(text, row));
        assert_non_null(strstr(text, key->help));
    }
    for (unsigned i = 0; i < SECTION_COUNT; i++)
        assert_non_null(strstr(text, config_section_heading((enum config_section)i)));
    free(text);
}

static void
words_that_do_not_fit_are_cut(void **state)
{
    (void)state;
    const struct config_key *key = config_key_find(SECTION_LINK, TEXT("profile"));
    assert_non_null(key);
    for (size_t size = 1; size < 64; size++) {
        char out[65];
        memset(out, '#', sizeof(out));
        assert_int_equal(strlen(config_key_allowed(key, out, size)), size - 1);
        assert_int_equal(out[size], '#');
        config_suggest_key(SECTION_LINK, TEXT("zzzz"), out, size);
        assert_true(strlen(out) < size);
        assert_int_equal(out[size], '#');
    }
}

static void
a_suggestion_is_close_or_not_made(void **state)
{
    (void)state;
    char out[256];
    const struct config_key *profile = config_key_find(SECTION_LINK, TEXT("profile"));
    assert_string_equal(config_suggest_value(profile, TEXT("panasonik"), out, sizeof(out)),
                        "; did you mean \"panasonic\"?");
    assert_string_equal(config_suggest_value(profile, TEXT("cisco"), out, sizeof(out)), "");
    assert_string_equal(config_suggest_value(profile, TEXT_NONE, out, sizeof(out)), "");
    assert_string_equal(config_suggest_key(SECTION_ENGINE, TEXT("ring_slots"), out, sizeof(out)),
                        "; did you mean \"ring-slots\"?");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_reads_without_a_word),
        cmocka_unit_test(the_example_documents_every_key_and_its_default),
        cmocka_unit_test(the_example_has_no_key_that_is_not_there),
        cmocka_unit_test(spans_take_units),
        cmocka_unit_test(every_default_is_allowed),
        cmocka_unit_test(the_printed_table_names_every_section_and_key),
        cmocka_unit_test(words_that_do_not_fit_are_cut),
        cmocka_unit_test(a_suggestion_is_close_or_not_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
