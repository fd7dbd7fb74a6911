#ifndef ENGINE_CSTA_XML_SCAN_H
#define ENGINE_CSTA_XML_SCAN_H

/*
 * engine/csta/xml_scan.h - an XML document as a row of tokens, in one pass, without allocation.
 *
 * Checks all that XML 1.0 (fifth edition) calls well-formed, for documents without a DTD:
 * names, tags in balance, quoted and unrepeated attributes, legal characters, UTF-8,
 * references, comments, processing instructions, CDATA, the XML declaration. Namespaces are
 * not looked up: a prefix is split off and may be undeclared.
 *
 * Refused with a reason, though XML would have it: a DTD, nesting deeper than XML_DEPTH_MAX,
 * more than XML_ATTRIBUTES_MAX attributes in one tag, encodings other than UTF-8, US-ASCII and
 * ISO-8859-1, versions other than 1.x.
 *
 *   xml_scan_begin(&scan, bytes, length);
 *   while ((token = xml_scan_next(&scan)) < XML_TOKEN_FINISHED)
 *       ...
 *
 * The scan and what it points at belong to one caller; nothing is shared.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "engine/csta/xml_decode.h"

enum {
    XML_ATTRIBUTES_MAX = 64, /* in one tag */
};

enum xml_token {
    XML_TOKEN_START,    /* an element opens: name, attributes */
    XML_TOKEN_END,      /* the innermost open element closes; also after <empty/> */
    XML_TOKEN_TEXT,     /* a piece of the innermost element's text: piece */
    XML_TOKEN_FINISHED, /* the document is over, and was well-formed; again if called again */
    XML_TOKEN_FAILED,   /* result, why, at; again if called again */
};

enum xml_encoding {
    XML_ENCODING_UTF_8,
    XML_ENCODING_US_ASCII,
    XML_ENCODING_ISO_8859_1,
};

struct xml_attribute {
    struct text name;  /* with its prefix */
    struct text value; /* as written, references and all */
};

struct xml_scan {
    const char *begin; /* the document, without white space and NULs around it */
    const char *at;    /* what is read next; on failure the offending byte */
    const char *end;
    struct text name;      /* START: the local name */
    struct text piece;     /* TEXT: UTF-8, references resolved, line ends as LF */
    bool piece_is_passing; /* TEXT: valid until the next call only, not as long as the bytes */
    bool end_is_due;       /* an <empty/> element was opened and is to be closed */
    bool is_in_cdata;
    bool root_is_over;
    uint8_t encoding; /* enum xml_encoding */
    uint32_t depth;   /* open elements */
    uint32_t attribute_count;
    enum csta_result result; /* FAILED: CSTA_MALFORMED, CSTA_REFUSED or CSTA_INCOMPLETE */
    const char *why;         /* FAILED: a static sentence */
    char resolved[4];
    struct text open[XML_DEPTH_MAX]; /* names of the open elements, as written */
    struct xml_attribute attributes[XML_ATTRIBUTES_MAX];
};

/*
 * xml_scan_begin - stand before the first token of a document
 *
 * White space and NULs around the document are dropped. Reads the byte order mark and the XML
 * declaration; if they are bad, the first xml_scan_next() says so.
 */
void xml_scan_begin(struct xml_scan *scan, const char *bytes, size_t length);

/* xml_scan_next - go on to the next token. Comments and instructions are checked, not given. */
enum xml_token xml_scan_next(struct xml_scan *scan);

/* xml_scan_has - after START: is there an attribute of that local name with that value? */
bool xml_scan_has(const struct xml_scan *scan, struct text name, struct text value);

#endif
