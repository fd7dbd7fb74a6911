#ifndef BENCH_PEER_RAPIDXML_H
#define BENCH_PEER_RAPIDXML_H

/*
 * bench/peer_rapidxml.h - what RapidXML takes to parse a message.
 *
 * Driven fairly: one document for all messages, whose pool is cleared in between and keeps its
 * memory; by its fastest flags, which change nothing in the bytes, resolve no references and make
 * no nodes for text. It does not check UTF-8, and closing tags only by where they are.
 */

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* peer_rapidxml_parse - 0 when it is refused. */
int peer_rapidxml_parse(char *bytes_terminated);

/* peer_rapidxml_elements - how many the document that was parsed last has. */
size_t peer_rapidxml_elements(void);

#ifdef __cplusplus
}
#endif

#endif
