#ifndef ENGINE_CSTA_XML_WALK_H
#define ENGINE_CSTA_XML_WALK_H

/*
 * engine/csta/xml_walk.h - the way through a document's elements, told one by one by a parser.
 *
 * The parser tells what opens, what closes and which text stands between; the walk knows
 * xml_shape.def and fills the message. Texts are copied to the scratch. The parser has seen to it
 * that elements are in balance; `where` is the offset that is to be blamed if this is too much.
 */

#include "engine/csta/xml_shape.h"

/* One open element that xml_shape.def knows. */
struct xml_frame {
    const struct xml_shape *shape;
    char *place;
    uint8_t what; /* enum xml_what */
    uint8_t next; /* for xml_shape_find() */
    bool has_child;
    bool is_dynamic; /* typeOfNumber="dynamic" */
};

struct xml_walk {
    struct csta_message *message;
    const struct csta_options *options;
    struct csta_scratch *scratch;
    struct text captured; /* the innermost known element's text so far, at the scratch's end */
    uint32_t skipped;     /* open elements inside an unknown one, itself included */
    uint32_t frame_count;
    const char *problem; /* why the message is unusable, NULL while it is not */
    size_t problem_at;
    size_t root_at;
    struct xml_frame frames[XML_FRAMES_MAX];
};

void xml_walk_begin(struct xml_walk *walk, struct csta_message *message,
                    const struct csta_options *options, struct csta_scratch *scratch);

/*
 * xml_walk_open - an element of that local name opens
 *
 * True if it is one whose typeOfNumber matters: if that is dynamic, call xml_walk_dynamic().
 * `name_at` is the offset of its local name.
 */
bool xml_walk_open(struct xml_walk *walk, struct text name, size_t name_at, size_t where);

void xml_walk_dynamic(struct xml_walk *walk);

void xml_walk_text(struct xml_walk *walk, struct text piece, size_t where);

void xml_walk_close(struct xml_walk *walk, size_t where);

/* xml_walk_end - the document is over: CSTA_OK, or CSTA_UNUSABLE with *why and *where. */
enum csta_result xml_walk_end(struct xml_walk *walk, const char **why, size_t *where);

#endif
