#include "tests/gen/xml_generate.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"

/* A row of xml_shape.def; the last of a shape has no `what`. */
struct rule {
    const char *name; /* NULL: any */
    const char *what;
    const char *place;
    const struct rule *shape;
};

static const struct rule shape_NOTHING[] = {{NULL, NULL, NULL, NULL}};

#define SHAPE(name) static const struct rule shape_##name[] = {
#define END(name)                                                                                  \
    {                                                                                              \
        NULL, NULL, NULL, NULL                                                                     \
    }                                                                                              \
    }                                                                                              \
    ;
#define ROW(name, what, place, shape) {name, #what, #place, shape_##shape},
#define ANY(what, place, shape)       {NULL, #what, #place, shape_##shape},
#include "engine/csta/xml_shape.def"

static const struct root {
    const char *name;
    const struct rule *shape;
} roots[] = {
#define ROOT(name, message_class, kind, shape) {name, shape_##shape},
#include "engine/csta/xml_root.def"
};

static const char *const causes[] = {
#define CAUSE(number, name, printed) printed,
#include "ipc/cause.def"
#undef CAUSE
};
static const char *const local_states[] = {
#define LOCAL_STATE(word, state) word,
#include "engine/csta/xml_value.def"
};
static const char *const simple_states[] = {
#define SIMPLE_STATE(word, state) word,
#include "engine/csta/xml_value.def"
};
static const char *const statuses[] = {
#define STATUS(word, status) word,
#include "engine/csta/xml_value.def"
};

#define COUNT(array) (uint32_t)(sizeof(array) / sizeof((array)[0]))

static uint32_t
draw(uint64_t *state, uint32_t limit)
{
    CHECK(limit > 0);
    /* SplitMix64 */
    uint64_t mixed = *state += 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return (uint32_t)((mixed ^ (mixed >> 31)) % limit);
}

/* One in `n`, by what the document says; never by its dress. */
static bool
chance(struct xml_generated *document, uint32_t n)
{
    return draw(&document->contents, n) == 0;
}

/* One in `n`, only where the document is decorated. */
static bool
whim(struct xml_generated *document, uint32_t n)
{
    return document->is_decorated && draw(&document->dress, n) == 0;
}

static void
put_bytes(struct xml_generated *document, const char *bytes, size_t length)
{
    if (document->size + length > sizeof(document->bytes))
        return;
    memcpy(document->bytes + document->size, bytes, length);
    document->size += length;
}

static void
put(struct xml_generated *document, const char *text)
{
    put_bytes(document, text, strlen(text));
}

static void
put_space(struct xml_generated *document)
{
    static const char *const spaces[] = {" ", "\n", "\t", "\r\n  ", "   "};
    if (whim(document, 4))
        put(document, spaces[draw(&document->dress, COUNT(spaces))]);
}

/* What may stand within a text without being part of it. */
static void
put_aside(struct xml_generated *document)
{
    static const char *const asides[] = {"<!--a <b> & - c-->", "<!---->", "<?pi a?b>c ?>", "<?p?>"};
    if (whim(document, 6))
        put(document, asides[draw(&document->dress, COUNT(asides))]);
}

static void
put_unknown(struct xml_generated *document)
{
    static const char *const unknowns[] = {
        "<private/>",
        "<x:other xmlns:x='urn:x' x:a=\"1>2\"><x:callID>999</x:callID>text</x:other>",
        "<correlatorData><string>3C3E</string></correlatorData>",
        "<extensions><private><![CDATA[</private></extensions>]]></private></extensions>",
        "<u\xc3\xa4><deviceIdentifier>1</deviceIdentifier></u\xc3\xa4>",
    };
    if (whim(document, 5))
        put(document, unknowns[draw(&document->dress, COUNT(unknowns))]);
}

/* A character, `length` bytes of it, in one of the ways it can be written. */
static void
put_character(struct xml_generated *document, const char *at, size_t length)
{
    char reference[16];
    const char *escaped = *at == '<' ? "&lt;" : *at == '&' ? "&amp;" : *at == '>' ? "&gt;" : NULL;
    if (length == 1 && whim(document, 6)) {
        snprintf(reference, sizeof(reference), whim(document, 2) ? "&#x%X;" : "&#%d;", *at);
        put(document, reference);
    } else if (whim(document, 8)) {
        put(document, "<![CDATA[");
        put_bytes(document, at, length);
        put(document, "]]>");
    } else if (escaped != NULL) {
        put(document, escaped);
    } else {
        put_bytes(document, at, length);
    }
    put_aside(document);
}

static void
put_text(struct xml_generated *document, const char *text)
{
    put_space(document);
    for (const char *at = text; *at != '\0';) {
        size_t length = 1;
        while ((at[length] & 0xc0) == 0x80)
            length++;
        put_character(document, at, length);
        at += length;
    }
    put_space(document);
}

static void
put_identifier(struct xml_generated *document)
{
    static const char *const pieces[] = {
        "0",
        "1",
        "2",
        "34",
        "567",
        "FF",
        "a",
        "<",
        ">",
        "&",
        ";",
        "=",
        ":",
        "]]>",
        "\"",
        "'",
        "\xc3\xa4",
        "\xe2\x82\xac",
        "\xf0\x9f\x98\x80",
    };
    char text[64] = "";
    uint32_t plain = chance(document, 4) ? COUNT(pieces) : 6;
    for (uint32_t i = 1 + draw(&document->contents, 8); i > 0; i--)
        strcat(text, pieces[draw(&document->contents, plain)]);
    put_text(document, text);
}

static void
put_word(struct xml_generated *document, const char *const *words, uint32_t count)
{
    put_text(document,
             chance(document, 30) ? "noSuchWord" : words[draw(&document->contents, count)]);
}

static void
put_value(struct xml_generated *document, const char *what)
{
    static const char *const monitor_types[] = {"call", "device"};
    static const char *const times[] = {"2026-11-22T10:00:05.25Z", "yesterday"};
    if (strcmp(what, "CAUSE") == 0)
        put_word(document, causes, COUNT(causes));
    else if (strcmp(what, "LOCAL_STATE") == 0 || strcmp(what, "ITEM_STATE") == 0)
        put_word(document, local_states, COUNT(local_states));
    else if (strcmp(what, "SIMPLE_STATE") == 0)
        put_word(document, simple_states, COUNT(simple_states));
    else if (strcmp(what, "STATUS") == 0)
        put_word(document, statuses, COUNT(statuses));
    else if (strcmp(what, "MONITOR_TYPE") == 0)
        put_word(document, monitor_types, COUNT(monitor_types));
    else if (strcmp(what, "TIME") == 0)
        put_word(document, times, COUNT(times));
    else
        put_identifier(document);
}

static void put_children(struct xml_generated *document, const struct rule *shape);

static void
put_element(struct xml_generated *document, const char *name, const struct rule *rule)
{
    put(document, "<");
    put(document, document->prefix);
    put(document, name);
    if (strcmp(rule->what, "SUBJECT_DEVICE") == 0 && chance(document, 4))
        put(document, whim(document, 2) ? " typeOfNumber='dynamic'" : " typeOfNumber=\"dynamic\"");
    if (whim(document, 6))
        put(document, " mediaClass\n= 'voice&#32;&lt;'");
    put_space(document);
    put(document, ">");
    if (rule->shape[0].what != NULL)
        put_children(document, rule->shape);
    else
        put_value(document, rule->what);
    put(document, "</");
    put(document, document->prefix);
    put(document, name);
    put_space(document);
    put(document, ">");
}

static bool
has_rule(const struct rule *shape, const char *what)
{
    for (; shape->what != NULL; shape++)
        if (strcmp(shape->what, what) == 0)
            return true;
    return false;
}

static bool
has_any(const struct rule *shape)
{
    for (; shape->what != NULL; shape++)
        if (shape->name == NULL)
            return true;
    return false;
}

/* Just one of its rows is meant. */
static bool
is_choice(const struct rule *shape)
{
    return shape == shape_DEVICE || shape == shape_REDIRECTION_DEVICE || shape == shape_ENDPOINT ||
           shape == shape_CALL_STATE || shape == shape_COMPOUND_STATE ||
           shape == shape_MONITOR_OBJECT;
}

enum { CHILDREN_MAX = 80 };

/* Where each child begins; the last one is where all end. */
struct children {
    size_t start[CHILDREN_MAX + 1];
    uint32_t count;
};

static void
put_child(struct xml_generated *document, struct children *children, const struct rule *rule)
{
    put_space(document);
    put_element(document, rule->name == NULL ? "item" : rule->name, rule);
    if (children->count < CHILDREN_MAX)
        children->start[++children->count] = document->size;
}

/* Two ways to spell one field: the second is left out. */
static bool
is_said_twice(const struct rule *shape, const struct rule *rule)
{
    for (const struct rule *other = shape; other < rule; other++)
        if (strcmp(other->what, rule->what) == 0 && strcmp(other->place, rule->place) == 0 &&
            other->shape == rule->shape)
            return true;
    return false;
}

/* The children in another order. */
static void
shuffle(struct xml_generated *document, const struct children *children)
{
    static char copy[XML_GENERATED_MAX];
    uint32_t order[CHILDREN_MAX] = {0};
    size_t first = children->start[0], at = first;
    memcpy(copy, document->bytes, document->size);
    for (uint32_t i = 0; i < children->count; i++) {
        uint32_t with = draw(&document->dress, i + 1);
        order[i] = order[with];
        order[with] = i;
    }
    for (uint32_t i = 0; i < children->count; i++) {
        size_t from = children->start[order[i]], length = children->start[order[i] + 1] - from;
        memcpy(document->bytes + at, copy + from, length);
        at += length;
    }
}

static void
put_rules(struct xml_generated *document, const struct rule *shape, struct children *children)
{
    for (const struct rule *rule = shape; rule->what != NULL; rule++) {
        bool is_item = strcmp(rule->what, "ITEM") == 0;
        bool is_call = strcmp(rule->what, "CALL_ID") == 0 || strcmp(rule->place, "CALL") == 0;
        uint32_t count = is_item ? draw(&document->contents, 4) : 1;
        if (chance(document, is_call ? 40 : 4) || is_said_twice(shape, rule))
            continue;
        while (count-- > 0)
            put_child(document, children, rule);
    }
}

static void
put_children(struct xml_generated *document, const struct rule *shape)
{
    struct children children = {.start = {document->size}};
    uint32_t count = 0;
    while (shape[count].what != NULL)
        count++;
    if (is_choice(shape))
        put_child(document, &children, &shape[draw(&document->contents, count)]);
    else
        put_rules(document, shape, &children);
    if (!has_rule(shape, "ITEM") && whim(document, 2))
        shuffle(document, &children);
    if (!has_any(shape))
        put_unknown(document);
    put_aside(document);
}

void
xml_generate(struct xml_generated *document, uint64_t contents, uint64_t dress, bool is_decorated)
{
    document->contents = contents;
    document->dress = dress;
    document->is_decorated = is_decorated;
    document->size = 0;
    const struct root *root = &roots[draw(&document->contents, COUNT(roots))];
    document->prefix = whim(document, 3) ? "c:" : "";
    if (!whim(document, 3))
        put(document, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    put_space(document);
    put_aside(document);
    put(document, "<");
    put(document, document->prefix);
    put(document, root->name);
    if (is_decorated)
        put(document, " xmlns:c='urn:c' xmlns=\"urn:d\"");
    put(document, ">");
    put_children(document, root->shape);
    put(document, "</");
    put(document, document->prefix);
    put(document, root->name);
    put(document, ">");
    put_space(document);
}
