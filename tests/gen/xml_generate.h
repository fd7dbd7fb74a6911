#ifndef TESTS_GEN_XML_GENERATE_H
#define TESTS_GEN_XML_GENERATE_H

/*
 * tests/gen/xml_generate.h - CSTA XML documents of every root that engine/csta/xml_root.def knows.
 *
 * Each document comes in two shapes that say the same: plain (schema order, no prefix, references
 * only where they must be) and decorated (any order, prefixes, attributes, comments, processing
 * instructions, CDATA, references, white space, elements nobody knows). A decoder that reads the
 * two differently is wrong, whatever it reads. The same seeds give the same documents.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { XML_GENERATED_MAX = 60000 };

struct xml_generated {
    uint64_t contents; /* states of the two random numbers: what it says, how it is written */
    uint64_t dress;
    bool is_decorated;
    const char *prefix;
    size_t size;
    char bytes[XML_GENERATED_MAX];
};

/* xml_generate - a document; `contents` says what, and if decorated, `dress` says how. */
void xml_generate(struct xml_generated *document, uint64_t contents, uint64_t dress,
                  bool is_decorated);

#endif
