#ifndef ENGINE_CSTA_XML_EXPAT_H
#define ENGINE_CSTA_XML_EXPAT_H

/*
 * engine/csta/xml_expat.h - the complete way to read a message: any well-formed document.
 *
 * libexpat reads it and decides what is well-formed; xml_walk.h fills the message. The parser is
 * made once and reset for each document. Nothing is fetched and nothing declared: a DTD is refused
 * before it is read, so there are no entities but the five. This adapter alone knows expat.
 * One thread at a time.
 */

#include "engine/csta/csta_message.h"

/* xml_expat_decode - as xml_decode(), whatever the document looks like. */
enum csta_result xml_expat_decode(struct csta_message *message, const char *bytes, size_t length,
                                  const struct csta_options *options, struct csta_scratch *scratch,
                                  const char **why, size_t *where);

#endif
