/*
 * One XML message to what it says: the decoder, by every way it has, beside the parsers that every
 * C program would take, and beside what looking at the bytes takes at least: the index of the tags
 * alone, one memchr pass, one memcpy.
 *
 * The peers only parse: their handlers count and keep nothing, which flatters them. Each is made
 * once and reused: expat by XML_ParserReset, with a hash salt given so that it does not ask the
 * kernel for one each time; libxml2 as a push parser with a SAX2 handler for elements and text, by
 * xmlCtxtResetPush, which keeps its dictionary of names.
 */
#include <expat.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "bench/cbench.h"
#include "bench/messages.h"
#include "bench/peer_rapidxml.h"
#include "engine/csta/xml_decode.h"
#include "engine/csta/xml_expat.h"
#include "engine/csta/xml_fast.h"

struct subject {
    struct text bytes;
    const struct xml_index_way *way;
    XML_Parser expat;
    xmlParserCtxtPtr libxml2;
    uint64_t seen; /* elements and bytes of text that a peer told us of */
    char copy[4096];
};

static const struct csta_options options = {.loose_causes = false};
static struct csta_message message;
static struct csta_scratch scratch;
static const char *why;
static size_t where;

/* ------------------------------------------------------------------------ our own */

static void
decode(void *context, uint64_t operations)
{
    const struct subject *subject = context;
    for (uint64_t i = 0; i < operations; i++) {
        CHECK(xml_decode(&message, subject->bytes.at, subject->bytes.length, &options, &scratch,
                         &why, &where) == CSTA_OK);
        cbench_keep(&message);
    }
}

static void
decode_one_way(void *context, uint64_t operations)
{
    const struct subject *subject = context;
    struct text document = subject->bytes;
    while (document.at[document.length - 1] == '\n')
        document.length--;
    for (uint64_t i = 0; i < operations; i++) {
        CHECK(xml_fast_decode(&message, document, subject->way, &options, &scratch, &why, &where) ==
              XML_FAST_OK);
        cbench_keep(&message);
    }
}

static void
decode_completely(void *context, uint64_t operations)
{
    const struct subject *subject = context;
    for (uint64_t i = 0; i < operations; i++) {
        CHECK(xml_expat_decode(&message, subject->bytes.at, subject->bytes.length, &options,
                               &scratch, &why, &where) == CSTA_OK);
        cbench_keep(&message);
    }
}

/* ------------------------------------------------------------------------ peers */

static void
expat_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
    struct subject *subject = context;
    (void)attributes;
    subject->seen += (uint64_t)(name != NULL);
}

static void
expat_end(void *context, const XML_Char *name)
{
    struct subject *subject = context;
    subject->seen += (uint64_t)(name != NULL);
}

static void
expat_text(void *context, const XML_Char *bytes, int length)
{
    struct subject *subject = context;
    (void)bytes;
    subject->seen += (uint64_t)length;
}

static void
parse_with_expat(void *context, uint64_t operations)
{
    struct subject *subject = context;
    for (uint64_t i = 0; i < operations; i++) {
        CHECK(XML_ParserReset(subject->expat, NULL) == XML_TRUE);
        XML_SetHashSalt(subject->expat, 1);
        XML_SetUserData(subject->expat, subject);
        XML_SetElementHandler(subject->expat, expat_start, expat_end);
        XML_SetCharacterDataHandler(subject->expat, expat_text);
        CHECK(XML_Parse(subject->expat, subject->bytes.at, (int)subject->bytes.length, 1) ==
              XML_STATUS_OK);
    }
    cbench_keep(&subject->seen);
}

/* NOLINTBEGIN(readability-function-size): libxml2 says how many parameters its handlers have */
static void
libxml2_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
              int namespaces, const xmlChar **declared, int count, int defaulted,
              const xmlChar **attributes)
{
    struct subject *subject = context;
    (void)prefix, (void)uri, (void)namespaces, (void)declared;
    (void)count, (void)defaulted, (void)attributes;
    subject->seen += (uint64_t)(name != NULL);
}

/* NOLINTEND(readability-function-size) */

static void
libxml2_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct subject *subject = context;
    (void)prefix, (void)uri;
    subject->seen += (uint64_t)(name != NULL);
}

static void
libxml2_text(void *context, const xmlChar *bytes, int length)
{
    struct subject *subject = context;
    (void)bytes;
    subject->seen += (uint64_t)length;
}

static void
parse_with_libxml2(void *context, uint64_t operations)
{
    struct subject *subject = context;
    for (uint64_t i = 0; i < operations; i++) {
        CHECK(xmlCtxtResetPush(subject->libxml2, subject->bytes.at, (int)subject->bytes.length,
                               NULL, NULL) == 0);
        CHECK(xmlParseChunk(subject->libxml2, NULL, 0, 1) == 0);
    }
    cbench_keep(&subject->seen);
}

static void
pass_with_memchr(void *context, uint64_t operations)
{
    struct subject *subject = context;
    const char *end = subject->bytes.at + subject->bytes.length;
    for (uint64_t i = 0; i < operations; i++) {
        uint64_t tags = 0;
        const char *at = subject->bytes.at;
        while ((at = memchr(at, '<', (size_t)(end - at))) != NULL) {
            tags++;
            at++;
        }
        subject->seen += tags;
        cbench_keep(subject);
    }
}

/* Where the tags are, and nothing more: the first thing our own decoder does. */
static void
index_only(void *context, uint64_t operations)
{
    static struct xml_index found;
    const struct subject *subject = context;
    for (uint64_t i = 0; i < operations; i++) {
        xml_index_best()->build(&found, subject->bytes.at, subject->bytes.length);
        cbench_keep(&found);
    }
}

#ifdef BENCH_RAPIDXML
static void
parse_with_rapidxml(void *context, uint64_t operations)
{
    struct subject *subject = context;
    for (uint64_t i = 0; i < operations; i++)
        CHECK(peer_rapidxml_parse(subject->copy));
    cbench_keep(subject->copy);
}
#endif

static void
copy_with_memcpy(void *context, uint64_t operations)
{
    struct subject *subject = context;
    for (uint64_t i = 0; i < operations; i++) {
        memcpy(subject->copy, subject->bytes.at, subject->bytes.length);
        cbench_keep(subject->copy);
    }
}

/* ------------------------------------------------------------------------ all of them */

static void
make_peers(struct subject *subject)
{
    static xmlSAXHandler sax = {
        .startElementNs = libxml2_start,
        .endElementNs = libxml2_end,
        .characters = libxml2_text,
        .initialized = XML_SAX2_MAGIC,
    };
    subject->expat = XML_ParserCreate(NULL);
    subject->libxml2 = xmlCreatePushParserCtxt(&sax, subject, NULL, 0, NULL);
    CHECK(subject->expat != NULL && subject->libxml2 != NULL);
    CHECK(subject->bytes.length < sizeof(subject->copy));
    memcpy(subject->copy, subject->bytes.at, subject->bytes.length);

    /* Peers must see the message whole. */
    parse_with_expat(subject, 1);
    uint64_t seen = subject->seen;
    subject->seen = 0;
    parse_with_libxml2(subject, 1);
    CHECK(seen == subject->seen && seen > 0);
#ifdef BENCH_RAPIDXML
    parse_with_rapidxml(subject, 1);
    CHECK(peer_rapidxml_elements() > 5);
#endif
}

enum { NAME_SIZE = 64 };

static void
measure(const char *name, struct text bytes)
{
    static struct subject subject, by_way[3];
    static char names[CBENCH_CASES_MAX][NAME_SIZE];
    const struct xml_index_way *ways;
    uint32_t way_count = xml_index_ways(&ways), count = 0;
    /* About a millisecond each: on a busy machine who takes longer is interrupted more often. */
    struct cbench_case cases[CBENCH_CASES_MAX] = {
        {"", "message", 4000, decode, &subject, 0},
        {".expat", "message", 250, parse_with_expat, &subject, 0},
        {".libxml2", "message", 500, parse_with_libxml2, &subject, 0},
#ifdef BENCH_RAPIDXML
        {".rapidxml", "message", 2000, parse_with_rapidxml, &subject, 0},
#endif
        {".index", "message", 10000, index_only, &subject, 0},
        {".memchr", "message", 10000, pass_with_memchr, &subject, 0},
        {".memcpy", "message", 100000, copy_with_memcpy, &subject, 0},
        {".complete", "message", 200, decode_completely, &subject, 0},
    };
    struct cbench_result results[CBENCH_CASES_MAX];
    struct cbench_options rounds = cbench_options_default();

    subject = (struct subject){.bytes = bytes};
    make_peers(&subject);
    while (cases[count].run != NULL)
        count++;
    for (uint32_t i = 0; i < way_count; i++) {
        by_way[i] = (struct subject){.bytes = bytes, .way = &ways[i]};
        cases[count] =
            (struct cbench_case){ways[i].name, "message", 3000, decode_one_way, &by_way[i], 0};
        count++;
    }
    for (uint32_t i = 0; i < count; i++) {
        const char *dot = i > 0 && cases[i].name[0] != '.' ? "." : "";
        snprintf(names[i], NAME_SIZE, "decode.%s%s%s", name, dot, cases[i].name);
        cases[i].name = names[i];
    }
    cbench_run(results, cases, count, &rounds);
    for (uint32_t i = 0; i < count; i++)
        cbench_print(&results[i]);
    for (uint32_t i = 1; i < count; i++)
        cbench_print_comparison(&results[0], &results[i]);
    XML_ParserFree(subject.expat);
    xmlFreeParserCtxt(subject.libxml2);
}

int
main(void)
{
    measure("cleared", TEXT(MESSAGE_CONNECTION_CLEARED));
    measure("established", TEXT(MESSAGE_ESTABLISHED));
    measure("delivered", TEXT(MESSAGE_DELIVERED));
    return 0;
}
