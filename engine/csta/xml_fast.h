#ifndef ENGINE_CSTA_XML_FAST_H
#define ENGINE_CSTA_XML_FAST_H

/*
 * engine/csta/xml_fast.h - the fast way to read a message, written as switches write them.
 *
 * What it accepts is well-formed, and checked to be: tags in balance, attributes quoted and
 * unrepeated, names and characters legal, UTF-8, references resolved. What is unusual or wrong is
 * passed on, and says nothing: CDATA, comments, instructions, a DTD, a byte order mark, names
 * beyond ASCII, spaces where hardly anybody writes them, encodings other than UTF-8, and all
 * errors. Then xml_expat.h decides.
 */

#include "engine/csta/csta_message.h"
#include "engine/csta/xml_index.h"

enum xml_fast {
    XML_FAST_PASSED_ON, /* *message is undefined */
    XML_FAST_OK,
    XML_FAST_UNUSABLE, /* well-formed; *why and *where as xml_decode() says them */
};

/*
 * xml_fast_decode - decode one document without white space or NULs around it
 *
 * `way` finds its tags. Texts point into the document or the scratch.
 */
enum xml_fast xml_fast_decode(struct csta_message *message, struct text document,
                              const struct xml_index_way *way, const struct csta_options *options,
                              struct csta_scratch *scratch, const char **why, size_t *where);

#endif
