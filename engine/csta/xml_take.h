#ifndef ENGINE_CSTA_XML_TAKE_H
#define ENGINE_CSTA_XML_TAKE_H

/*
 * engine/csta/xml_take.h - what elements and their texts mean: into a struct csta_message.
 *
 * Whoever walks a document calls these; so a message says the same however it was read. Texts
 * are taken as they are: trimmed, references resolved, and living as long as the message.
 */

#include "engine/csta/xml_shape.h"

/* xml_take_begin - a message with nothing in it. */
void xml_take_begin(struct csta_message *message);

/* xml_take_open - an element of this kind opens that is no item. */
void xml_take_open(struct csta_message *message, enum xml_what what);

/* xml_take_item - the next of event.items, empty; NULL when there are EVENT_ITEMS_MAX. */
struct event_item *xml_take_item(struct csta_message *message);

/* xml_take_item_end - the item closes; one that names neither call nor device is dropped. */
void xml_take_item_end(struct csta_message *message);

/* xml_take_dynamic - the device that xml_take_text() gets next, the subject connection's, is
 * dynamic. Only the first one counts. */
void xml_take_dynamic(struct csta_message *message);

/*
 * xml_take_text - an element closes whose own text counts (`what` from WHAT_CALL_ID on)
 *
 * `place` is where its row says texts go. The first of repeated elements counts. Returns NULL,
 * or a static sentence: why the message is unusable.
 */
const char *xml_take_text(struct csta_message *message, enum xml_what what, char *place,
                          struct text text, const struct csta_options *options);

/* xml_take_end - the document is over. NULL, or why the message is unusable. */
const char *xml_take_end(struct csta_message *message);

#endif
