/* The fast path and libexpat say the same, and what switches write takes the fast one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "tests/xml_fixture.h"
#include "tests/xml_paths.h"

static unsigned well_formed, fast_count, rejected;

/* Both paths, on bytes that end where the memory does. */
static void
compare(const char *name, const char *bytes, size_t length)
{
    enum xml_fast fast = XML_FAST_PASSED_ON;
    char *exact = malloc(length > 0 ? length : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, length);
    const char *difference = paths_compare(exact, length, length % 2 == 0, &fast);
    if (difference != NULL)
        fail_msg("%s: the paths differ in %s:\n%.*s", name, difference, (int)length, bytes);
    free(exact);
    if (complete_answer.result == CSTA_OK || complete_answer.result == CSTA_UNUSABLE)
        well_formed++;
    else
        rejected++;
    fast_count += fast != XML_FAST_PASSED_ON;
}

static void
reset_counts(void)
{
    well_formed = fast_count = rejected = 0;
}

static void
index_every_way(const char *name, const char *bytes, size_t length)
{
    if (!paths_index_alike(bytes, length))
        fail_msg("%s: the ways of indexing differ", name);
}

static void
every_way_indexes_every_sample_alike(void **state)
{
    (void)state;
    assert_int_equal(for_each_sample(index_every_way), 64);
}

static void
every_sample_takes_the_fast_path(void **state)
{
    (void)state;
    reset_counts();
    assert_int_equal(for_each_sample(compare), 64);
    assert_int_equal(well_formed, 62);
    assert_int_equal(rejected, 2);
    assert_int_equal(fast_count, 62);
}

/* The document of a trace's line; NULL when it has none. */
static const char *
document_of(const char *line)
{
    if (line[0] == '#')
        return NULL;
    for (const char *at = line; (at = strchr(at, '<')) != NULL; at++) {
        if (at[1] != ' ' && at[1] != '\0')
            return at;
    }
    return NULL;
}

static void
compare_trace(const char *path)
{
    static char line[4 * CSTA_MESSAGE_MAX];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        const char *document = document_of(line);
        if (document != NULL)
            compare(path, document, strlen(document));
    }
    fclose(file);
}

/* Two traces are about documents that nobody writes. */
static bool
is_usual_trace(const char *name)
{
    size_t length = strlen(name);
    return length > 6 && strcmp(name + length - 6, ".trace") == 0 &&
           strcmp(name, "179-text-in-every-spelling.trace") != 0 &&
           strcmp(name, "180-prefixes-attributes-order.trace") != 0;
}

static void
every_golden_message_takes_the_fast_path(void **state)
{
    (void)state;
    DIR *directory = opendir(TESTS_DIR "/golden");
    assert_non_null(directory);
    reset_counts();
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char path[512];
        snprintf(path, sizeof(path), TESTS_DIR "/golden/%s", entry->d_name);
        if (is_usual_trace(entry->d_name))
            compare_trace(path);
    }
    closedir(directory);
    assert_true(well_formed > 1000);
    assert_int_equal(fast_count, well_formed);
}

static void
every_message_of_the_sample_site_takes_the_fast_path(void **state)
{
    (void)state;
    reset_counts();
    compare_trace(TESTS_DIR "/../docs/sample-site/site.trace");
    assert_true(well_formed > 200);
    assert_int_equal(fast_count, well_formed);
}

/* Every fifth byte, once each, becomes each of those that mean something in XML. */
static void
damage(const char *name, const char *bytes, size_t length)
{
    static const char damages[] = "<>&;'\"/!?-[]=: a\t\r\x01\x80\xc3\xef";
    static char copy[CSTA_MESSAGE_MAX];
    memcpy(copy, bytes, length);
    for (size_t i = 0; i < length; i += 5) {
        for (size_t j = 0; j < sizeof(damages) - 1; j++) {
            copy[i] = damages[j];
            compare(name, copy, length);
        }
        copy[i] = bytes[i];
    }
}

static void
both_agree_on_every_damaged_sample(void **state)
{
    (void)state;
    reset_counts();
    assert_int_equal(for_each_sample(damage), 64);
    assert_true(fast_count > 10000 && well_formed > fast_count && rejected > 10000);
}

static void
flip(const char *name, const char *bytes, size_t length)
{
    static char copy[CSTA_MESSAGE_MAX];
    memcpy(copy, bytes, length);
    for (size_t i = 0; i < length; i++) {
        for (int bit = 0; bit < 8; bit++) {
            copy[i] = (char)(bytes[i] ^ (1 << bit));
            compare(name, copy, length);
        }
        copy[i] = bytes[i];
    }
}

static void
both_agree_when_any_bit_is_flipped(void **state)
{
    (void)state;
    reset_counts();
    assert_int_equal(for_each_sample(flip), 64);
    assert_true(fast_count > 10000 && well_formed > fast_count && rejected > 10000);
}

static void
cut(const char *name, const char *bytes, size_t length)
{
    struct text document = xml_without_padding((struct text){bytes, (uint32_t)length});
    size_t end = (size_t)(document.at - bytes) + document.length;
    for (size_t left = 0; left < end; left++) {
        unsigned was_rejected = rejected;
        compare(name, bytes, left);
        if (rejected != was_rejected + 1)
            fail_msg("%s cut at %zu passes for a whole document", name, left);
    }
}

static void
no_document_that_was_cut_off_is_accepted(void **state)
{
    (void)state;
    reset_counts();
    assert_int_equal(for_each_sample(cut), 64);
    assert_int_equal(well_formed, 0);
}

#define HELD(device)                                                                               \
    "<HeldEvent><heldConnection><callID>1</callID>" device "</heldConnection></HeldEvent>"

/* What is passed on, and read all the same. */
static void
the_unusual_is_read_by_the_complete_path(void **state)
{
    (void)state;
    static const char *const documents[] = {
        HELD("<deviceID>20<!-- -->01</deviceID>"),
        HELD("<deviceID><![CDATA[2001]]></deviceID>"),
        HELD("<?p?><deviceID>2001</deviceID>"),
        HELD("<deviceID>2001</deviceID >"),
        HELD("<deviceID a = 'b'>2001</deviceID>"),
        HELD("<deviceID>2001</deviceID><a b=']]>'/>"),
        HELD("<gr\xc3\xbc/><deviceID>2001</deviceID>"),
        "\xef\xbb\xbf" HELD("<deviceID>2001</deviceID>"),
        "<?xml version='1.0' encoding='ISO-8859-1'?>" HELD("<deviceID>2001</deviceID>"),
        "<?xml version='1.0'  ?>" HELD("<deviceID>2001</deviceID>"),
        HELD("<deviceID>2001</deviceID>") "<!-- -->",
    };
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        reset_counts();
        compare(documents[i], documents[i], strlen(documents[i]));
        assert_int_equal(fast_count, 0);
        DECODES(documents[i]);
        HAS(DEVICE, "2001");
    }
}

static void
the_usual_takes_the_fast_path(void **state)
{
    (void)state;
    static const char *const documents[] = {
        HELD("<deviceID>2001</deviceID>"),
        HELD("<deviceID x='y'\n typeOfNumber='dynamic' >2001</deviceID>"),
        HELD("<deviceID typeOfNumber='a'>&#50;0&#x30;1</deviceID>"),
        HELD("<a:b><a:c d='&lt;'/>\xc3\xbc</a:b><deviceID>\r\n\t2001 </deviceID>"),
        ("<x:HeldEvent xmlns:x='y'><x:heldConnection><x:callID>1</x:callID><z:deviceID>2001"
         "</z:deviceID></x:heldConnection></x:HeldEvent>"),
    };
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        reset_counts();
        compare(documents[i], documents[i], strlen(documents[i]));
        assert_int_equal(fast_count, 1);
        DECODES(documents[i]);
        HAS(DEVICE, "2001");
    }
}

/* The scratch is used up by no document that the fast path reads. */
static void
a_document_full_of_references_fits_the_scratch(void **state)
{
    (void)state;
    static char document[CSTA_MESSAGE_MAX + 1];
    strcpy(document, "<HeldEvent><heldConnection><callID>1</callID></heldConnection>");
    char *end = document + strlen(document);
    while (end < document + CSTA_MESSAGE_MAX - 100)
        end += sprintf(end, "<holdingDevice>&lt;%s&#x10FFFF;</holdingDevice>", "x");
    strcpy(end, "</HeldEvent>");
    reset_counts();
    compare("references", document, strlen(document));
    assert_int_equal(fast_count, 1);
    assert_int_equal(complete_answer.result, CSTA_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_indexes_every_sample_alike),
        cmocka_unit_test(every_sample_takes_the_fast_path),
        cmocka_unit_test(every_golden_message_takes_the_fast_path),
        cmocka_unit_test(every_message_of_the_sample_site_takes_the_fast_path),
        cmocka_unit_test(both_agree_on_every_damaged_sample),
        cmocka_unit_test(both_agree_when_any_bit_is_flipped),
        cmocka_unit_test(no_document_that_was_cut_off_is_accepted),
        cmocka_unit_test(the_unusual_is_read_by_the_complete_path),
        cmocka_unit_test(the_usual_takes_the_fast_path),
        cmocka_unit_test(a_document_full_of_references_fits_the_scratch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
