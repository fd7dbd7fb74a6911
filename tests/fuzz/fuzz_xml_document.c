/*
 * Cuts any byte string into documents and asserts the promises of xml_document_end(): progress,
 * bounds, an answer that more bytes behind it do not change, and a document that xml_decode()
 * takes whole is never cut elsewhere than at its root's end. Of UTF-16, which is cut nowhere, only
 * the others hold.
 */
#include "base/check.h"
#include "engine/csta/xml_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct csta_message message;
static struct csta_scratch scratch;

static enum csta_result
decode(const char *bytes, size_t length)
{
    const struct csta_options options = {.loose_causes = false};
    const char *why;
    size_t where;
    return xml_decode(&message, bytes, length, &options, &scratch, &why, &where);
}

static bool
is_well_formed(const char *bytes, size_t length)
{
    enum csta_result result = decode(bytes, length);
    return result == CSTA_OK || result == CSTA_UNUSABLE;
}

/* All that came before the end is "more is needed"; all that comes after changes nothing. */
static void
check_cut(const char *bytes, size_t length, size_t end)
{
    size_t again = 0, where = 0;
    const char *why = NULL;
    CHECK(xml_document_end(bytes, end, &again, &why, &where) == CSTA_OK && again == end);
    size_t cut = (length * 31 + 7) % end;
    CHECK(xml_document_end(bytes, cut, &again, &why, &where) == CSTA_INCOMPLETE);
    /* What ends early never passes for a whole document. */
    CHECK(!is_well_formed(bytes, cut));
}

/* A letter of two bytes before or after the first <, or a byte order mark. */
static bool
is_utf16(const uint8_t *data, size_t size)
{
    return size >= 2 && (data[0] == 0 || data[1] == 0 || data[0] >= 0xfe);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data;
    size_t left = size, end = 0, where = SIZE_MAX;
    const char *why = NULL;

    bool was_whole = !is_utf16(data, size) && is_well_formed(at, left);
    for (int documents = 0;; documents++) {
        enum csta_result result = xml_document_end(at, left, &end, &why, &where);
        CHECK(result != CSTA_UNUSABLE);
        if (was_whole && documents == 0)
            CHECK(result == CSTA_OK && is_well_formed(at, end));
        if (result != CSTA_OK) {
            CHECK(result == CSTA_INCOMPLETE || (why != NULL && where <= left));
            return 0;
        }
        CHECK(end > 0 && end <= left);
        check_cut(at, left, end);
        at += end;
        left -= end;
    }
}
