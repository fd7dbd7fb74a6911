/*
 * engine/source/stream.c - framed CSTA, XML or BER: the bytes of one direction of a TCP stream.
 */
#include "base/check.h"
#include "engine/csta/frame.h"
#include "engine/source/source.h"

static enum source_result
broken(struct source *source, struct source_message *message, const char *why)
{
    source->over = true;
    *message = (struct source_message){
        .kind = SOURCE_BROKEN,
        .link = text_of(source->link),
        .why = why,
        .offset = source->reader.offset,
    };
    return SOURCE_OK;
}

static enum source_result
give(struct source *source, struct source_message *message, const struct frame *frame)
{
    *message = (struct source_message){
        .kind = SOURCE_MESSAGE,
        .link = text_of(source->link),
        .invoke = frame->invoke,
        .payload = frame->payload,
        .offset = source->reader.offset + (frame->size - frame->payload.length),
    };
    reader_take(&source->reader, frame->size);
    return SOURCE_OK;
}

enum source_result
stream_next(struct source *source, struct source_message *message)
{
    struct reader *reader = &source->reader;
    enum frame_kind kind = source->format == SOURCE_BER ? FRAME_BER : FRAME_XML;
    for (;;) {
        struct frame frame;
        const char *why = NULL;
        size_t available = reader_available(reader);
        enum frame_result result = FRAME_NEED_MORE;
        if (available > 0)
            result = frame_read(kind, &frame, reader_at(reader), available, &why);
        if (result == FRAME_OK)
            return give(source, message, &frame);
        if (result == FRAME_BAD)
            return broken(source, message, why);

        CHECK(available < FRAME_BER_MAX);
        enum reader_result more = reader_more(reader);
        if (more == READER_WAIT)
            return SOURCE_WAIT;
        if (more == READER_FAILED)
            return SOURCE_FAILED;
        if (more == READER_END && available == 0)
            return SOURCE_END;
        if (more == READER_END)
            return broken(source, message, "the input ends inside a frame");
    }
}
