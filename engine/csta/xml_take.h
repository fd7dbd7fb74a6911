#ifndef ENGINE_CSTA_XML_TAKE_H
#define ENGINE_CSTA_XML_TAKE_H

/*
 * engine/csta/xml_take.h - what elements and their texts mean: into a struct csta_message.
 *
 * Whoever walks a document calls these; so a message says the same however it was read. Texts
 * are taken as they are: trimmed, references resolved, and living as long as the message.
 */

#include "engine/csta/xml_shape.h"

/* xml_take_open - an element of this kind opens that is no item. */
void xml_take_open(struct csta_message *message, enum xml_what what);

/* xml_take_dynamic - the device that xml_take_text() gets next, the subject connection's, is
 * dynamic. Only the first one counts. */
void xml_take_dynamic(struct csta_message *message);

/* xml_take_word - xml_take_text() of the elements from WHAT_CAUSE on. */
void xml_take_word(struct csta_message *message, enum xml_what what, struct text text,
                   const struct csta_options *options);

/* How long texts may be, and why longer ones make a message unusable; NULL: they do not count. */
struct xml_text_bound {
    uint32_t length_max;
    const char *too_long;
};

extern const struct xml_text_bound xml_text_bounds[WHAT_CAUSE];

/*
 * xml_take_text - an element closes whose own text counts (`what` from WHAT_CALL_ID on)
 *
 * `place` is where its row says texts go. The first of repeated elements counts. Returns NULL,
 * or a static sentence: why the message is unusable.
 */
static inline const char *
xml_take_text(struct csta_message *message, enum xml_what what, char *place, struct text text,
              const struct csta_options *options)
{
    if (what >= WHAT_CAUSE) {
        xml_take_word(message, what, text, options);
        return NULL;
    }
    struct text *stored = (struct text *)(void *)place;
    if (text.length > xml_text_bounds[what].length_max)
        return xml_text_bounds[what].too_long;
    if (text_is_none(*stored))
        *stored = text;
    return NULL;
}

#endif
