/*
 * Decodes any byte string and compares with libexpat: what the decoder takes, expat must take,
 * and the other way round, but for what the decoder's header says it refuses. The two must also
 * read the same monitorCrossRefID, whatever references, CDATA and encodings it is made of.
 */
#include "base/check.h"
#include "tests/expat_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct csta_message message;
static struct csta_scratch scratch;
static struct oracle oracle;

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
    CHECK(is_within(message.cross_ref, bytes, length) && is_within(message.object, bytes, length));
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

static void
check_same_cross_ref(void)
{
    if (!(message.message_class == MESSAGE_CALL_EVENT ||
          message.message_class == MESSAGE_MONITOR_START_RESPONSE))
        return;
    const char *from = oracle.cross_ref, *to = from + oracle.cross_ref_length;
    while (from < to && xml_byte_is(*from, XML_BYTE_SPACE))
        from++;
    while (from < to && xml_byte_is(to[-1], XML_BYTE_SPACE))
        to--;
    if (from == to)
        return; /* the decoder may then have taken a later one */
    CHECK(text_is_equal(message.cross_ref, (struct text){from, (uint32_t)(to - from)}));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    const struct csta_options options = {.loose_causes = size % 2 == 0};
    const char *why = NULL;
    size_t where = SIZE_MAX;
    enum csta_result result = xml_decode(&message, bytes, size, &options, &scratch, &why, &where);
    oracle_read(&oracle, bytes, size);

    CHECK((result == CSTA_OK) == (why == NULL));
    CHECK(result == CSTA_OK || where <= size);
    if (result == CSTA_OK)
        check_message(bytes, size);
    if (result == CSTA_OK || result == CSTA_UNUSABLE)
        CHECK(oracle.is_accepted || oracle_knows_fewer_names(&oracle, bytes, size));
    if (oracle.is_accepted && (result == CSTA_MALFORMED || result == CSTA_INCOMPLETE))
        CHECK(where < size && oracle_knows_more_names(&oracle, bytes[where]));
    if (oracle.is_accepted && result == CSTA_REFUSED)
        CHECK(oracle.may_refuse);
    if (oracle.is_accepted && result == CSTA_OK)
        check_same_cross_ref();
    return 0;
}
