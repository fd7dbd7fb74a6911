#ifndef TESTS_XML_FIXTURE_H
#define TESTS_XML_FIXTURE_H

/*
 * tests/xml_fixture.h - one decoder for the tests of xml_decode(): decode a text, look at the
 * message. Include it after cmocka.h.
 */

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "engine/csta/xml_decode.h"

static struct csta_message message;
static struct csta_scratch scratch;
static const char *why;
static size_t where;

static inline enum csta_result
decode_bytes(const char *bytes, size_t length, bool is_loose)
{
    const struct csta_options options = {.loose_causes = is_loose};
    why = NULL;
    where = SIZE_MAX;
    enum csta_result result = xml_decode(&message, bytes, length, &options, &scratch, &why, &where);
    assert_true((result == CSTA_OK) == (why == NULL));
    assert_true(result == CSTA_OK || where <= length);
    return result;
}

static inline enum csta_result
decode(const char *document)
{
    return decode_bytes(document, strlen(document), false);
}

static inline void
check_is(const char *file, int line, struct text text, const char *expected)
{
    if (text_is_equal(text, text_of(expected)))
        return;
    print_error("%s:%d: \"%.*s\", not \"%s\"\n", file, line, (int)text.length, text.at, expected);
    fail();
}

/* The text holds just these characters; "" for an absent one. */
#define IS(text, expected)   check_is(__FILE__, __LINE__, (text), (expected))
#define HAS(which, expected) IS(message.event.texts[EVENT_TEXT_##which], (expected))
#define DECODES(document)    assert_int_equal(decode(document), CSTA_OK)
#define UNUSABLE(document)   assert_int_equal(decode(document), CSTA_UNUSABLE)
#define CLASS_IS(wanted)     assert_int_equal(message.message_class, MESSAGE_##wanted)
#define KIND_IS(wanted)      assert_int_equal(message.event.kind, EVENT_##wanted)

/* read_sample - a file of tests/samples/ into `bytes`; its length. */
static inline size_t
read_sample(const char *name, char *bytes, size_t size)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/samples/%s", TESTS_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t length = fread(bytes, 1, size, file);
    assert_true(feof(file) && length > 0);
    fclose(file);
    return length;
}

/* for_each_sample - call `visit` with every XML file of tests/samples/; how many there were. */
static inline int
for_each_sample(void (*visit)(const char *name, const char *bytes, size_t length))
{
    static char bytes[CSTA_MESSAGE_MAX];
    DIR *directory = opendir(TESTS_DIR "/samples");
    assert_non_null(directory);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (length < 4 || strcmp(entry->d_name + length - 4, ".xml") != 0)
            continue;
        visit(entry->d_name, bytes, read_sample(entry->d_name, bytes, sizeof(bytes)));
        count++;
    }
    closedir(directory);
    return count;
}

#endif
