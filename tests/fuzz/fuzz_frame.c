/*
 * Walks any byte string as a stream of frames and asserts the promises of frame_next(): views
 * inside the bytes, progress, and the same answer however few bytes have come so far.
 */
#include "base/check.h"
#include "engine/csta/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_frame(const struct frame *frame, const char *bytes, size_t length)
{
    CHECK(frame->size >= FRAME_HEADER_SIZE && frame->size <= length);
    CHECK(frame->invoke.at == bytes + 4 && frame->invoke.length == 4);
    CHECK(frame->payload.at == bytes + FRAME_HEADER_SIZE);
    CHECK(frame->payload.length == frame->size - FRAME_HEADER_SIZE);
}

/* With fewer bytes than the frame has, the answer is "more", never another one. */
static void
check_prefix(const char *bytes, uint32_t size, uint32_t cut)
{
    struct frame frame = {.size = 0};
    const char *why = NULL;
    CHECK(frame_next(&frame, bytes, cut % size, &why) == FRAME_NEED_MORE);
    CHECK(frame.size == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *end = at + size;
    for (;;) {
        struct frame frame;
        const char *why = NULL;
        enum frame_result result = frame_next(&frame, at, (size_t)(end - at), &why);
        CHECK((result == FRAME_BAD) == (why != NULL));
        if (result != FRAME_OK)
            return 0;
        check_frame(&frame, at, (size_t)(end - at));
        check_prefix(at, frame.size, (uint32_t)(end - at) * 7 + 3);
        at += frame.size;
    }
}
