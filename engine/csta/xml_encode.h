#ifndef ENGINE_CSTA_XML_ENCODE_H
#define ENGINE_CSTA_XML_ENCODE_H

/*
 * engine/csta/xml_encode.h - what onhook sends as CSTA XML (ECMA-323; sessions: ECMA-354).
 *
 * Elements in the order of the schemas of editions 3 to 6, without prefixes. Pure functions, no
 * allocation; frame_write_header() (frame.h) puts the TCP header before the document.
 */

#include <stddef.h>

#include "engine/csta/outgoing.h"

/* The namespaces of a link; a text of length 0: no xmlns at all. */
struct xml_namespaces {
    struct text csta;    /* such as http://www.ecma-international.org/standards/ecma-323/csta/ed4 */
    struct text session; /* of ECMA-354's messages */
};

/*
 * xml_encode - write the message as one XML document into bytes[capacity]
 *
 * On ENCODE_OK *length is the document's. On any other result `bytes` holds nothing of use,
 * *length is untouched and *why is a static sentence. Markup in texts is escaped.
 */
enum encode_result xml_encode(char *bytes, size_t capacity, size_t *length,
                              const struct outgoing *message,
                              const struct xml_namespaces *namespaces, const char **why);

#endif
