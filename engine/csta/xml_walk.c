#include "engine/csta/xml_walk.h"

#include "base/check.h"
#include "engine/csta/xml_char.h"
#include "engine/csta/xml_take.h"

void
xml_walk_begin(struct xml_walk *walk, struct csta_message *message,
               const struct csta_options *options, struct csta_scratch *scratch)
{
    walk->message = message;
    walk->options = options;
    walk->scratch = scratch;
    walk->skipped = walk->frame_count = 0;
    walk->problem = NULL;
    scratch->used = 0;
    csta_message_reset(message);
}

/* Notes the first reason; the rest of the document is still checked. */
static void
note_problem(struct xml_walk *walk, const char *why, size_t where)
{
    if (why == NULL || walk->problem != NULL)
        return;
    walk->problem = why;
    walk->problem_at = where;
}

static void
push_frame(struct xml_walk *walk, const struct xml_shape *shape, char *place, uint8_t what)
{
    CHECK(walk->frame_count < XML_FRAMES_MAX);
    walk->frames[walk->frame_count++] =
        (struct xml_frame){.shape = shape, .place = place, .what = what};
    walk->captured = (struct text){walk->scratch->bytes + walk->scratch->used, 0};
}

static void
open_root(struct xml_walk *walk, struct text name, size_t name_at)
{
    const struct xml_root *root = xml_root_find(name);
    walk->root_at = name_at;
    if (root == NULL) {
        walk->skipped = 1;
        return;
    }
    walk->message->message_class = (enum message_class)root->message_class;
    walk->message->event.kind = root->kind;
    push_frame(walk, root->shape, (char *)walk->message, WHAT_GROUP);
}

bool
xml_walk_open(struct xml_walk *walk, struct text name, size_t name_at, size_t where)
{
    if (walk->skipped > 0) {
        walk->skipped++;
        return false;
    }
    if (walk->frame_count == 0) {
        open_root(walk, name, name_at);
        return false;
    }
    struct xml_frame *parent = &walk->frames[walk->frame_count - 1];
    parent->has_child = true;
    const struct xml_row *row = xml_shape_find(parent->shape, &parent->next, name);
    char *place = row == NULL              ? NULL
                  : row->what == WHAT_ITEM ? (char *)csta_message_open_item(walk->message)
                                           : parent->place + row->place;
    if (place == NULL) {
        if (row != NULL)
            note_problem(walk, "more than 64 connections in one list", where);
        walk->skipped = 1;
        return false;
    }
    push_frame(walk, row->shape, place, row->what);
    xml_take_open(walk->message, (enum xml_what)row->what);
    return row->what == WHAT_SUBJECT_DEVICE;
}

static bool
takes_text(const struct xml_walk *walk)
{
    if (walk->skipped > 0)
        return false;
    const struct xml_frame *frame = &walk->frames[walk->frame_count - 1];
    return frame->what >= WHAT_CALL_ID && !frame->has_child;
}

void
xml_walk_text(struct xml_walk *walk, struct text piece, size_t where)
{
    struct csta_scratch *scratch = walk->scratch;
    if (!takes_text(walk))
        return;
    if (piece.length > sizeof(scratch->bytes) - scratch->used) {
        note_problem(walk, "texts longer than the scratch when transcoded", where);
        return;
    }
    memcpy(scratch->bytes + scratch->used, piece.at, piece.length);
    scratch->used += piece.length;
    walk->captured.length += piece.length;
}

void
xml_walk_dynamic(struct xml_walk *walk)
{
    walk->frames[walk->frame_count - 1].is_dynamic = true;
}

static void
take_captured(struct xml_walk *walk, const struct xml_frame *frame, size_t where)
{
    if (frame->is_dynamic)
        xml_take_dynamic(walk->message);
    note_problem(walk,
                 xml_take_text(walk->message, (enum xml_what)frame->what, frame->place,
                               xml_trim(walk->captured), walk->options),
                 where);
}

void
xml_walk_close(struct xml_walk *walk, size_t where)
{
    if (walk->skipped > 0) {
        walk->skipped--;
        return;
    }
    const struct xml_frame *frame = &walk->frames[walk->frame_count - 1];
    if (takes_text(walk))
        take_captured(walk, frame, where);
    else if (frame->what == WHAT_ITEM)
        csta_message_close_item(walk->message);
    walk->frame_count--;
}

enum csta_result
xml_walk_end(struct xml_walk *walk, const char **why, size_t *where)
{
    note_problem(walk, csta_message_finish(walk->message), walk->root_at);
    if (walk->problem == NULL)
        return CSTA_OK;
    *why = walk->problem;
    *where = walk->problem_at;
    return CSTA_UNUSABLE;
}
