#ifndef ENGINE_CSTA_XML_DECODE_H
#define ENGINE_CSTA_XML_DECODE_H

/*
 * engine/csta/xml_decode.h - one CSTA XML message (ECMA-323 editions 2 to 6) to what it says.
 *
 * No allocation. Elements are matched by local name: any namespace, any prefix, any order;
 * unknown elements are skipped. The whole document is checked for well-formedness. Two paths lead
 * through it (docs/adr/0005): xml_fast.h for what switches write, xml_expat.h for everything, and
 * for saying what is wrong. UTF-8, UTF-16, ISO-8859-1 and US-ASCII are read; texts come as UTF-8.
 *
 * Refused, though XML would have it: a DTD, nesting deeper than XML_DEPTH_MAX, other encodings,
 * versions other than 1.x.
 *
 * One thread at a time: libexpat's parser is kept from message to message.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/csta/csta_message.h"

enum {
    XML_DEPTH_MAX = 32,
};

/*
 * xml_decode - decode exactly one document, `length` bytes, at most CSTA_MESSAGE_MAX
 *
 * On CSTA_OK fills *message; its texts point into `bytes` or *scratch and live as long as both.
 * On any other result *message is undefined, *why is a static sentence and *where the offset of
 * the offending byte. White space and NULs may stand around the document; anything else is
 * malformed. Device texts are at most 512 bytes here. CSTA_UNUSABLE is said only of well-formed
 * documents.
 */
enum csta_result xml_decode(struct csta_message *message, const char *bytes, size_t length,
                            const struct csta_options *options, struct csta_scratch *scratch,
                            const char **why, size_t *where);

/*
 * xml_document_end - length of the first document in `bytes`, for bare XML streams
 *
 * Skips leading white space and NULs (counted in). CSTA_OK: *end is where the document ends.
 * CSTA_INCOMPLETE: no end within `length` bytes yet. Else *why and *where as above. Looks at
 * nesting only; xml_decode() judges the rest. In UTF-16 no end is found. Bounded: a document over
 * CSTA_MESSAGE_MAX bytes is CSTA_REFUSED.
 */
enum csta_result xml_document_end(const char *bytes, size_t length, size_t *end, const char **why,
                                  size_t *where);

#endif
