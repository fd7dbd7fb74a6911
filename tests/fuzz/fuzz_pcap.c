/*
 * Any bytes as a capture: the source ends, holds no more than its bounds, can be read on after its
 * end, and each link's messages come in the order of their packets.
 *
 * The first byte chooses what the user says of it, the rest is the capture.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "engine/csta/frame.h"
#include "engine/source/packets.h"
#include "engine/source/reassembly.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct source_options choices[] = {
    {.port_count = 0},
    {.ports = {1040}, .port_count = 1},
    {.ports = {1040, 40000}, .port_count = 2, .encoding = ENCODING_BER3},
    {.ports = {1040}, .port_count = 1, .encoding = ENCODING_XML},
};

enum {
    LINKS_WATCHED = 64, /* of an input; it rarely has two */
};

/* The packet of each link's last message. */
struct order {
    uint32_t count;
    struct {
        char name[EVENT_TEXT_LENGTH + 1];
        uint64_t packet;
    } links[LINKS_WATCHED];
};

static void
check_order(struct order *order, const struct source_message *message)
{
    uint32_t i = 0;
    while (i < order->count && !text_is_equal(message->link, text_of(order->links[i].name)))
        i++;
    if (i == LINKS_WATCHED)
        return;
    if (i == order->count) {
        order->count++;
        memcpy(order->links[i].name, message->link.at, message->link.length);
        order->links[i].name[message->link.length] = '\0';
        order->links[i].packet = 0;
    }
    CHECK(message->packet >= order->links[i].packet);
    order->links[i].packet = message->packet;
}

static void
check_message(const struct source_message *message, struct order *order)
{
    CHECK((message->why != NULL) ==
          (message->kind == SOURCE_BAD || message->kind == SOURCE_BROKEN));
    if (message->kind != SOURCE_MESSAGE)
        return;
    CHECK(source_is_link_name(message->link));
    check_order(order, message);
    CHECK(message->payload.length <= 65535);
    CHECK(text_is_none(message->invoke) || message->invoke.length == 4);
    /* Every byte of it can be read, and is in the capture's or our own memory. */
    uint32_t sum = 0;
    for (uint32_t i = 0; i < message->payload.length; i++)
        sum += (uint8_t)message->payload.at[i];
    CHECK(sum <= message->payload.length * 255U);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct source_options options = choices[data[0] % (sizeof choices / sizeof *choices)];
    data++;
    size--;
    char *bytes = malloc(size == 0 ? 1 : size); /* just that size: a look beyond it is seen */
    CHECK(bytes != NULL);
    memcpy(bytes, data, size);
    struct source source;
    struct source_message message;
    CHECK(source_open_bytes(&source, "fuzz", bytes, size));
    source_set_options(&source, &options);
    struct order order = {.count = 0};
    uint64_t messages = 0;
    enum source_result result;
    while ((result = source_next(&source, &message)) == SOURCE_OK) {
        messages += message.kind == SOURCE_MESSAGE;
        if (source_format(&source) == SOURCE_PCAP || source_format(&source) == SOURCE_PCAPNG)
            check_message(&message, &order);
    }
    CHECK(result == SOURCE_END && source_next(&source, &message) == SOURCE_END);
    const struct packet_figures *figures = packets_figures(&source);
    if (figures != NULL) {
        /* A message is at least a frame's header, and none of its bytes is given twice. */
        CHECK(messages * FRAME_BER_HEADER_SIZE <= size);
        CHECK(figures->memory_most <= BUDGET_BYTES_MAX);
        CHECK(figures->csta_connections <= figures->connections);
        CHECK(figures->segments <= figures->packets);
    }
    source_close(&source);
    free(bytes);
    return 0;
}
