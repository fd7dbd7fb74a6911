#ifndef TESTS_XML_PATHS_H
#define TESTS_XML_PATHS_H

/*
 * tests/xml_paths.h - one document through both paths of xml_decode(), every way of the fast one.
 *
 * The fast path may pass a document on; what it accepts must be what the complete path, which is
 * libexpat, makes of it, field by field. The ways of finding tags must give the same index too.
 */

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "engine/csta/xml_char.h"
#include "engine/csta/xml_decode.h"
#include "engine/csta/xml_expat.h"
#include "engine/csta/xml_fast.h"

/* What a path said of a document. */
struct path_answer {
    enum csta_result result; /* of the fast path: CSTA_OK or CSTA_UNUSABLE */
    const char *why;
    size_t where;
    struct csta_message message;
    struct csta_scratch scratch;
};

static struct path_answer complete_answer, fast_answer;

static inline bool
path_items_equal(const struct event_item *left, const struct event_item *right)
{
    return text_is_equal(left->new_call, right->new_call) &&
           text_is_equal(left->new_device, right->new_device) &&
           text_is_equal(left->old_call, right->old_call) &&
           text_is_equal(left->old_device, right->old_device) &&
           text_is_equal(left->endpoint, right->endpoint) && left->state == right->state;
}

/* The name of a part of the event in which they differ, or NULL. */
static inline const char *
path_event_difference(const struct event *left, const struct event *right)
{
    if (left->kind != right->kind || left->cause != right->cause ||
        left->local_state != right->local_state || left->monitor_type != right->monitor_type)
        return "kind, cause, state or monitor type";
    if (left->link != right->link || left->flags != right->flags ||
        left->monitor != right->monitor || left->order != right->order || left->seq != right->seq ||
        left->time_us != right->time_us || left->clock_ms != right->clock_ms ||
        left->request != right->request || left->extra != right->extra)
        return "link, flags or numbers";
    for (int i = 0; i < EVENT_TEXT_COUNT; i++) {
        if (!text_is_equal(left->texts[i], right->texts[i]))
            return "texts";
    }
    if (left->item_count != right->item_count)
        return "item_count";
    for (uint16_t i = 0; i < left->item_count; i++) {
        if (!path_items_equal(&left->items[i], &right->items[i]))
            return "items";
    }
    return NULL;
}

static inline const char *
path_message_difference(const struct csta_message *left, const struct csta_message *right)
{
    if (left->message_class != right->message_class)
        return "message_class";
    if (!text_is_equal(left->cross_ref, right->cross_ref) ||
        !text_is_equal(left->object, right->object) || !text_is_equal(left->invoke, right->invoke))
        return "cross_ref, object or invoke";
    if (left->object_is_call != right->object_is_call ||
        left->monitors_calls != right->monitors_calls || left->whole != right->whole)
        return "object_is_call, monitors_calls or whole";
    if (left->status != right->status)
        return "status";
    if (left->has_time != right->has_time || left->time_us != right->time_us)
        return "time";
    return path_event_difference(&left->event, &right->event);
}

/* What the answers differ in, or NULL. Of an unusable message only the reason counts. */
static inline const char *
path_difference(const struct path_answer *left, const struct path_answer *right)
{
    if (left->result != right->result)
        return "result";
    if (left->result == CSTA_OK)
        return path_message_difference(&left->message, &right->message);
    if (strcmp(left->why, right->why) != 0)
        return "why";
    return left->where == right->where ? NULL : "where";
}

/* All that an index says, of every way; bits and flags. */
static inline bool
path_index_is_equal(const struct xml_index *left, const struct xml_index *right)
{
    size_t size = left->block_count * sizeof(left->tags[0]);
    return left->block_count == right->block_count && left->has_high == right->has_high &&
           left->has_control == right->has_control && left->has_return == right->has_return &&
           left->has_bracket == right->has_bracket && memcmp(left->tags, right->tags, size) == 0 &&
           memcmp(left->references, right->references, size) == 0 &&
           memcmp(left->quotes, right->quotes, size) == 0 &&
           memcmp(left->names, right->names, size) == 0;
}

/* What the fast path says, by one way of finding tags; in fast_answer. */
static inline enum xml_fast
path_take_fast(struct text document, const struct xml_index_way *way, bool is_loose)
{
    const struct csta_options options = {.loose_causes = is_loose};
    enum xml_fast fast =
        xml_fast_decode(&fast_answer.message, document, way, &options, &fast_answer.scratch,
                        &fast_answer.why, &fast_answer.where);
    fast_answer.result = fast == XML_FAST_UNUSABLE ? CSTA_UNUSABLE : CSTA_OK;
    return fast;
}

/*
 * paths_compare - one document through all of them
 *
 * Returns NULL if they agree, or what they differ in. *fast is what the fast path said, and
 * complete_answer what the complete one did.
 */
static inline const char *
paths_compare(const char *bytes, size_t length, bool is_loose, enum xml_fast *fast)
{
    const struct csta_options options = {.loose_causes = is_loose};
    const struct xml_index_way *ways;
    uint32_t count = xml_index_ways(&ways);
    struct text document = xml_without_padding((struct text){bytes, (uint32_t)length});
    struct path_answer *complete = &complete_answer;
    complete->why = NULL;
    complete->result = xml_expat_decode(&complete->message, bytes, length, &options,
                                        &complete->scratch, &complete->why, &complete->where);
    for (uint32_t i = 0; i < count; i++) {
        enum xml_fast said = path_take_fast(document, &ways[i], is_loose);
        fast_answer.where += (size_t)(document.at - bytes);
        if (i > 0 && said != *fast)
            return "what the ways of the fast path accept";
        *fast = said;
        const char *difference =
            said == XML_FAST_PASSED_ON ? NULL : path_difference(&fast_answer, complete);
        if (difference != NULL)
            return difference;
    }
    return NULL;
}

/* paths_index_alike - is the index the same by every way? `length` is at most CSTA_MESSAGE_MAX. */
static inline bool
paths_index_alike(const char *bytes, size_t length)
{
    static struct xml_index indexes[2];
    const struct xml_index_way *ways;
    uint32_t count = xml_index_ways(&ways);
    bool is_alike = true;
    for (uint32_t i = 0; i < count; i++) {
        ways[i].build(&indexes[i > 0], bytes, length);
        is_alike = is_alike && (i == 0 || path_index_is_equal(&indexes[0], &indexes[1]));
    }
    return is_alike;
}

#endif
