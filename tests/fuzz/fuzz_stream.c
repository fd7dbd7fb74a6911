/*
 * Any bytes as an input of any format, once as nobody knows what, once as BER: the source ends,
 * messages stand in the input in order and do not overlap, and after a framing error there is
 * nothing more. (A capture of packets has many streams: fuzz_pcap.)
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "engine/source/packets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_stream(const char *bytes, size_t size, enum csta_encoding encoding)
{
    struct source source;
    struct source_message message = {.kind = SOURCE_MESSAGE};
    CHECK(source_open_bytes(&source, "fuzz", bytes, size));
    source_set_options(&source, &(struct source_options){.encoding = encoding});
    uint64_t end = 0;
    bool broken = false;
    while (source_next(&source, &message) == SOURCE_OK) {
        if (packets_figures(&source) != NULL)
            continue;
        CHECK(!broken);
        broken = message.kind == SOURCE_BROKEN;
        CHECK(!broken || message.why != NULL);
        if (message.kind != SOURCE_MESSAGE || source_format(&source) == SOURCE_TRACE)
            continue;
        CHECK(message.offset >= end);
        CHECK(message.offset + message.payload.length <= size);
        CHECK(message.payload.at == bytes + message.offset);
        end = message.offset + message.payload.length;
    }
    CHECK(source_next(&source, &message) == SOURCE_END);
    source_close(&source);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of just that size, so that a look beyond it is seen. */
    char *bytes = malloc(size == 0 ? 1 : size);
    CHECK(bytes != NULL);
    memcpy(bytes, data, size);
    read_stream(bytes, size, ENCODING_AUTO);
    read_stream(bytes, size, ENCODING_BER3);
    free(bytes);
    return 0;
}
