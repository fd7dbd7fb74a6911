#include "engine/csta/xml_decode.h"

#include "base/check.h"
#include "engine/csta/xml_char.h"

/* A search for the end of one document. */
struct search {
    const char *begin; /* of the document, behind what is skipped before it */
    const char *at;
    const char *end; /* of the bytes that may be looked at */
    uint32_t depth;
    const char *why;
};

static enum csta_result
refuse(struct search *search, enum csta_result result, const char *why)
{
    search->why = why;
    return result;
}

/* Moves behind the next `mark`, which is at least `skip` bytes away; false when there is none. */
static bool
skip_behind(struct search *search, size_t skip, struct text mark)
{
    size_t left = (size_t)(search->end - search->at);
    if (left < skip)
        return false;
    const char *found = memmem(search->at + skip, left - skip, mark.at, mark.length);
    if (found == NULL)
        return false;
    search->at = found + mark.length;
    return true;
}

/* Moves behind the > of a tag, over quoted values; false when it does not end here. */
static bool
skip_tag(struct search *search)
{
    char quote = '\0';
    for (const char *at = search->at + 1; at < search->end; at++) {
        if (quote != '\0') {
            at = memchr(at, quote, (size_t)(search->end - at));
            if (at == NULL)
                return false;
            quote = '\0';
        } else if (*at == '"' || *at == '\'') {
            quote = *at;
        } else if (*at == '>') {
            search->at = at + 1;
            return true;
        }
    }
    return false;
}

static bool
goes_on_with(const struct search *search, struct text text)
{
    size_t left = (size_t)(search->end - search->at);
    return memcmp(search->at, text.at, left < text.length ? left : text.length) == 0;
}

/* An XML declaration, of which it is known that it cannot stand inside an element. */
static bool
is_declaration(const struct search *search)
{
    return search->end - search->at > 5 && goes_on_with(search, TEXT("<?xml")) &&
           xml_byte_is(search->at[5], XML_BYTE_SPACE);
}

/* <! begins a comment or a CDATA section; anything else could hide < and > in its own ways. */
static enum csta_result
skip_exclamation(struct search *search)
{
    if (goes_on_with(search, TEXT("<!--")))
        return skip_behind(search, 4, TEXT("-->")) ? CSTA_OK : CSTA_INCOMPLETE;
    if (search->depth > 0 && goes_on_with(search, TEXT("<![CDATA[")))
        return skip_behind(search, 9, TEXT("]]>")) ? CSTA_OK : CSTA_INCOMPLETE;
    if (goes_on_with(search, TEXT("<!DOCTYPE")))
        return refuse(search, CSTA_REFUSED, "a document type definition");
    return refuse(search, CSTA_MALFORMED, "neither comment nor CDATA section");
}

/* Moves behind the markup at <. */
static enum csta_result
skip_markup(struct search *search)
{
    if (search->end - search->at < 2)
        return CSTA_INCOMPLETE;
    const char second = search->at[1];
    if (second == '!')
        return skip_exclamation(search);
    if (second == '?') {
        if (search->depth > 0 && is_declaration(search))
            return refuse(search, CSTA_MALFORMED, "an XML declaration inside an element");
        return skip_behind(search, 2, TEXT("?>")) ? CSTA_OK : CSTA_INCOMPLETE;
    }
    if (second == '/' && search->depth == 0)
        return refuse(search, CSTA_MALFORMED, "an end tag without its start tag");
    if (!skip_tag(search))
        return CSTA_INCOMPLETE;
    if (second == '/')
        search->depth--;
    else if (search->at[-2] != '/')
        search->depth++;
    return CSTA_OK;
}

/* Moves to the end of the root element. */
static enum csta_result
search_end(struct search *search)
{
    for (;;) {
        const char *open = memchr(search->at, '<', (size_t)(search->end - search->at));
        const char *limit = open == NULL ? search->end : open;
        while (search->depth == 0 && search->at < limit && xml_byte_is(*search->at, XML_BYTE_SPACE))
            search->at++;
        if (search->depth == 0 && search->at < limit)
            return refuse(search, CSTA_MALFORMED, "text outside the root element");
        if (open == NULL)
            return CSTA_INCOMPLETE;
        search->at = open;
        bool is_element = search->end - open > 1 && open[1] != '?' && open[1] != '!';
        enum csta_result result = skip_markup(search);
        if (result != CSTA_OK || (is_element && search->depth == 0))
            return result;
    }
}

enum csta_result
xml_document_end(const char *bytes, size_t length, size_t *end, const char **why, size_t *where)
{
    if (length == 0)
        return CSTA_INCOMPLETE;
    CHECK(bytes != NULL);

    size_t skipped = 0;
    while (skipped < length &&
           (bytes[skipped] == '\0' || xml_byte_is(bytes[skipped], XML_BYTE_SPACE)))
        skipped++;
    size_t left = length - skipped;
    if (left == 0)
        return CSTA_INCOMPLETE;
    bool is_bounded = left > CSTA_MESSAGE_MAX;
    struct search search = {.begin = bytes + skipped, .at = bytes + skipped};
    search.end = search.begin + (is_bounded ? CSTA_MESSAGE_MAX : left);
    if (left >= 3 && memcmp(search.at, "\xef\xbb\xbf", 3) == 0)
        search.at += 3;
    else if (left < 3 && memcmp(search.at, "\xef\xbb\xbf", left) == 0)
        return CSTA_INCOMPLETE;

    enum csta_result result = search_end(&search);
    if (result == CSTA_INCOMPLETE && is_bounded)
        result = refuse(&search, CSTA_REFUSED, "a document over 65536 bytes");
    if (result == CSTA_OK) {
        *end = (size_t)(search.at - bytes);
    } else if (result != CSTA_INCOMPLETE) {
        *why = search.why;
        *where = (size_t)(search.at - bytes);
    }
    return result;
}
