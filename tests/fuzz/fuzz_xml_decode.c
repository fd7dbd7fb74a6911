/*
 * Decodes any byte string by both paths of xml_decode() and every way of the fast one, and compares
 * what they say, field by field. Whatever is said must stand in the document or the scratch, and
 * keep the bounds that the headers promise.
 */
#include "tests/xml_paths.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct csta_message message;
static struct csta_scratch scratch;

static bool
is_within(struct text text, const char *bytes, size_t length)
{
    bool is_input = text.at >= bytes && text.at + text.length <= bytes + length;
    bool is_copy =
        text.at >= scratch.bytes && text.at + text.length <= scratch.bytes + scratch.used;
    return text_is_none(text) || is_input || is_copy;
}

static void
check_message(const char *bytes, size_t length)
{
    const struct event *event = &message.event;
    CHECK((message.message_class == MESSAGE_CALL_EVENT) == (event->kind != EVENT_NONE));
    CHECK(event->item_count <= EVENT_ITEMS_MAX);
    const struct text texts[] = {message.cross_ref,   message.object,      message.session,
                                 message.register_id, message.service_ref, message.refusal,
                                 message.lack};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CHECK(is_within(texts[i], bytes, length));
    CHECK(message.session.length <= 128 && message.refusal.length <= 64);
    for (int i = 0; i < EVENT_TEXT_COUNT; i++)
        CHECK(is_within(event->texts[i], bytes, length));
    for (uint16_t i = 0; i < event->item_count; i++) {
        const struct event_item *item = &event->items[i];
        CHECK(is_within(item->new_call, bytes, length) && item->new_call.length <= 64);
        CHECK(is_within(item->new_device, bytes, length));
        CHECK(is_within(item->old_call, bytes, length) && item->old_call.length <= 64);
        CHECK(is_within(item->old_device, bytes, length));
        CHECK(is_within(item->endpoint, bytes, length));
    }
    if (message.message_class == MESSAGE_CALL_EVENT)
        CHECK(!text_is_none(event->texts[EVENT_TEXT_CALL]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    const struct csta_options options = {.loose_causes = size % 2 == 0};
    const char *why = NULL;
    size_t where = SIZE_MAX;
    enum csta_result result = xml_decode(&message, bytes, size, &options, &scratch, &why, &where);
    CHECK((result == CSTA_OK) == (why == NULL));
    CHECK(result == CSTA_OK || where <= size);
    if (result == CSTA_OK)
        check_message(bytes, size);

    enum xml_fast fast;
    const char *difference = paths_compare(bytes, size, options.loose_causes, &fast);
    if (difference != NULL)
        fprintf(stderr, "the paths differ in %s\n", difference);
    CHECK(difference == NULL);
    CHECK(result == complete_answer.result);
    CHECK(size > CSTA_MESSAGE_MAX || paths_index_alike(bytes, size));
    return 0;
}
