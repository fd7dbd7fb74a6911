/*
 * The table of rules points into docs/attribution.md, and each rule's place is there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/rule.h"

enum {
    DOCUMENT_MAX = 1 << 20,
};

static char *document;

static int
read_document(void **state)
{
    (void)state;
    FILE *file = fopen(TESTS_DIR "/../docs/attribution.md", "r");
    if (file == NULL)
        return -1;
    document = malloc(DOCUMENT_MAX);
    size_t length = fread(document, 1, DOCUMENT_MAX - 1, file);
    document[length] = '\0';
    fclose(file);
    return 0;
}

static int
free_document(void **state)
{
    (void)state;
    free(document);
    return 0;
}

/* The section's text, from its heading to the next one. */
static char *
section_of(const char *number)
{
    char heading[16];
    snprintf(heading, sizeof heading, "\n## %s. ", number);
    const char *begin = strstr(document, heading);
    assert_non_null(begin);
    const char *end = strstr(begin + 1, "\n## ");
    return strndup(begin, end == NULL ? strlen(begin) : (size_t)(end - begin));
}

static void
each_rule_stands_under_its_title_in_its_section(void **state)
{
    (void)state;
    for (int rule = RULE_NONE + 1; rule < RULE_COUNT; rule++) {
        const struct rule_row *row = rule_row((uint8_t)rule);
        char *section = section_of(row->section);
        char forms[3][96];
        snprintf(forms[0], sizeof forms[0], ". %s\n", row->title);
        snprintf(forms[1], sizeof forms[1], "\n### %s\n", row->title);
        snprintf(forms[2], sizeof forms[2], "\n**%s", row->title);
        if (strstr(section, forms[0]) == NULL && strstr(section, forms[1]) == NULL &&
            strstr(section, forms[2]) == NULL)
            fail_msg("%s: section %s has no \"%s\"", row->name, row->section, row->title);
        free(section);
    }
}

static void
only_who_and_scope_say_what_would_be_certain(void **state)
{
    (void)state;
    for (int rule = RULE_NONE + 1; rule < RULE_COUNT; rule++) {
        const struct rule_row *row = rule_row((uint8_t)rule);
        assert_true(row->says[0] != '\0');
        if (row->kind == RULE_IS_SILENT)
            assert_string_equal(row->certain_if, "");
    }
}

static void
a_number_that_is_no_rule_has_the_row_of_none(void **state)
{
    (void)state;
    assert_ptr_equal(rule_row(RULE_COUNT), rule_row(RULE_NONE));
    assert_ptr_equal(rule_row(255), rule_row(RULE_NONE));
    assert_int_equal(rule_row(RULE_NONE)->kind, RULE_IS_NONE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_stands_under_its_title_in_its_section),
        cmocka_unit_test(only_who_and_scope_say_what_would_be_certain),
        cmocka_unit_test(a_number_that_is_no_rule_has_the_row_of_none),
    };
    return cmocka_run_group_tests(tests, read_document, free_document);
}
