/*
 * One XML message to what it says: the decoder beside expat, which every C program would take, and
 * beside one memchr pass over the same bytes, which is as fast as looking at them can be.
 */
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "bench/cbench.h"
#include "bench/messages.h"
#include "engine/csta/xml_decode.h"

struct subject {
    const char *bytes;
    size_t length;
    XML_Parser parser;
    uint64_t seen; /* elements and bytes expat told us of */
};

static struct csta_message message;
static struct csta_scratch scratch;

static void
decode(void *context, uint64_t operations)
{
    const struct subject *subject = context;
    const struct csta_options options = {.loose_causes = false};
    for (uint64_t i = 0; i < operations; i++) {
        const char *why;
        size_t where;
        enum csta_result result =
            xml_decode(&message, subject->bytes, subject->length, &options, &scratch, &why, &where);
        CHECK(result == CSTA_OK);
        cbench_keep(&message);
    }
}

static void
see_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
    struct subject *subject = context;
    (void)attributes;
    subject->seen += (uint64_t)(name != NULL);
}

static void
see_end(void *context, const XML_Char *name)
{
    struct subject *subject = context;
    subject->seen += (uint64_t)(name != NULL);
}

static void
see_text(void *context, const XML_Char *bytes, int length)
{
    struct subject *subject = context;
    (void)bytes;
    subject->seen += (uint64_t)length;
}

/* Only parsing: the handlers count and keep nothing, which flatters expat. */
static void
parse_with_expat(void *context, uint64_t operations)
{
    struct subject *subject = context;
    for (uint64_t i = 0; i < operations; i++) {
        CHECK(XML_ParserReset(subject->parser, NULL) == XML_TRUE);
        XML_SetUserData(subject->parser, subject);
        XML_SetElementHandler(subject->parser, see_start, see_end);
        XML_SetCharacterDataHandler(subject->parser, see_text);
        CHECK(XML_Parse(subject->parser, subject->bytes, (int)subject->length, 1) == XML_STATUS_OK);
    }
    cbench_keep(&subject->seen);
}

static void
pass_with_memchr(void *context, uint64_t operations)
{
    struct subject *subject = context;
    const char *end = subject->bytes + subject->length;
    for (uint64_t i = 0; i < operations; i++) {
        uint64_t tags = 0;
        const char *at = subject->bytes;
        while ((at = memchr(at, '<', (size_t)(end - at))) != NULL) {
            tags++;
            at++;
        }
        subject->seen += tags;
        cbench_keep(subject);
    }
}

static void
measure(struct subject *subject, const struct cbench_case cases[3])
{
    struct cbench_result results[3];
    struct cbench_options options = cbench_options_default();
    cbench_run(results, cases, 3, &options);
    for (uint32_t i = 0; i < 3; i++)
        cbench_print(&results[i]);
    cbench_print_comparison(&results[0], &results[1]);
    cbench_print_comparison(&results[0], &results[2]);
    XML_ParserFree(subject->parser);
}

int
main(void)
{
    struct subject cleared = {
        .bytes = MESSAGE_CONNECTION_CLEARED,
        .length = sizeof MESSAGE_CONNECTION_CLEARED - 1,
        .parser = XML_ParserCreate(NULL),
    };
    struct subject established = {
        .bytes = MESSAGE_ESTABLISHED,
        .length = sizeof MESSAGE_ESTABLISHED - 1,
        .parser = XML_ParserCreate(NULL),
    };
    CHECK(cleared.parser && established.parser);
    measure(&cleared, (const struct cbench_case[3]){
                          {"decode.cleared", "message", 20000, decode, &cleared},
                          {"decode.cleared.expat", "message", 1000, parse_with_expat, &cleared},
                          {"decode.cleared.memchr", "message", 50000, pass_with_memchr, &cleared},
                      });
    measure(&established,
            (const struct cbench_case[3]){
                {"decode.established", "message", 20000, decode, &established},
                {"decode.established.expat", "message", 1000, parse_with_expat, &established},
                {"decode.established.memchr", "message", 50000, pass_with_memchr, &established},
            });
    return 0;
}
