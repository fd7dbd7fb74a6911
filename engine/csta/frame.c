#include "engine/csta/frame.h"

#include "base/check.h"

enum frame_result
frame_next(struct frame *frame, const char *bytes, size_t length, const char **why)
{
    CHECK(bytes != NULL || length == 0);

    /* A wrong byte is said as soon as it is seen: waiting for more of it would never end. */
    if ((length > 0 && bytes[0] != 0) || (length > 1 && bytes[1] != 0)) {
        *why = "a frame begins with two zero bytes";
        return FRAME_BAD;
    }
    if (length < 4)
        return FRAME_NEED_MORE;
    uint32_t size = (uint32_t)(uint8_t)bytes[2] << 8 | (uint8_t)bytes[3];
    if (size < FRAME_HEADER_SIZE) {
        *why = "a frame's length includes its eight header bytes";
        return FRAME_BAD;
    }
    if (length < size)
        return FRAME_NEED_MORE;

    frame->invoke = (struct text){bytes + 4, 4};
    frame->payload = (struct text){bytes + FRAME_HEADER_SIZE, size - FRAME_HEADER_SIZE};
    frame->size = size;
    return FRAME_OK;
}

bool
frame_write_header(char header[FRAME_HEADER_SIZE], uint32_t invoke, size_t length)
{
    CHECK(invoke <= 9999);
    if (length > FRAME_MAX - FRAME_HEADER_SIZE)
        return false;
    size_t size = length + FRAME_HEADER_SIZE;
    header[0] = header[1] = 0;
    header[2] = (char)(size >> 8);
    header[3] = (char)size;
    for (int i = 7; i >= 4; i--, invoke /= 10)
        header[i] = (char)('0' + invoke % 10);
    return true;
}
