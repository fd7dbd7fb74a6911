/*
 * Any bytes behind a trace's first line: the source ends, gives texts inside its buffers, and
 * never more messages than lines and keys. The first line is put there so that the fuzzer need
 * not find it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "engine/source/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t
sum_of(struct text text)
{
    uint8_t sum = 0;
    for (uint32_t i = 0; i < text.length; i++)
        sum = (uint8_t)(sum + (uint8_t)text.at[i]);
    return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char title[] = "# onhook-trace 1\n";
    size_t length = sizeof title - 1 + size;
    char *trace = malloc(length);
    CHECK(trace != NULL);
    memcpy(trace, title, sizeof title - 1);
    memcpy(trace + sizeof title - 1, data, size);

    struct source source;
    struct source_message message;
    CHECK(source_open_bytes(&source, "fuzz", trace, length));
    size_t messages = 0;
    volatile uint8_t sum = 0;
    while (source_next(&source, &message) == SOURCE_OK) {
        CHECK(++messages <= size + 1);
        CHECK(text_is_none(message.link) || source_is_link_name(message.link));
        CHECK(message.line >= 2);
        CHECK((message.kind == SOURCE_BAD) == (message.why != NULL));
        CHECK(message.kind != SOURCE_BROKEN);
        sum = (uint8_t)(sum + sum_of(message.payload) + sum_of(message.invoke) +
                        sum_of(message.by) + sum_of(message.key) + sum_of(message.value));
    }
    CHECK(source_format(&source) == SOURCE_TRACE);
    source_close(&source);
    free(trace);
    return 0;
}
