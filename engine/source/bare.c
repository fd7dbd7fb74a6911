/*
 * engine/source/bare.c - XML documents back to back, with or without declarations, white space,
 * NULs or byte order marks between them.
 */
#include "base/check.h"
#include "engine/csta/xml_decode.h"
#include "engine/source/source.h"

static enum source_result
give(struct source *source, struct source_message *message, size_t length)
{
    struct reader *reader = &source->reader;
    *message = (struct source_message){
        .kind = SOURCE_MESSAGE,
        .link = text_of(source->link),
        .payload = {reader_at(reader), (uint32_t)length},
        .offset = reader->offset,
    };
    reader_take(reader, length);
    return SOURCE_OK;
}

/* Where nesting cannot be followed nobody knows where the next document begins. */
static enum source_result
broken(struct source *source, struct source_message *message, const char *why, size_t where)
{
    source->over = true;
    *message = (struct source_message){
        .kind = SOURCE_BROKEN,
        .link = text_of(source->link),
        .why = why,
        .offset = source->reader.offset + where,
    };
    return SOURCE_OK;
}

static void
skip_between(struct reader *reader)
{
    for (;;) {
        const char *at = reader_at(reader);
        size_t available = reader_available(reader);
        size_t count = 0;
        while (count < available && (at[count] == ' ' || at[count] == '\t' || at[count] == '\r' ||
                                     at[count] == '\n' || at[count] == '\0'))
            count++;
        if (available - count >= 3 && memcmp(at + count, "\xEF\xBB\xBF", 3) == 0)
            count += 3;
        if (count == 0)
            return;
        reader_take(reader, count);
    }
}

enum source_result
bare_next(struct source *source, struct source_message *message)
{
    struct reader *reader = &source->reader;
    for (;;) {
        skip_between(reader);
        size_t available = reader_available(reader);
        size_t end = 0;
        size_t where = 0;
        const char *why = NULL;
        enum csta_result result = CSTA_INCOMPLETE;
        if (available > 0)
            result = xml_document_end(reader_at(reader), available, &end, &why, &where);
        if (result == CSTA_OK)
            return give(source, message, end);
        if (result != CSTA_INCOMPLETE)
            return broken(source, message, why, where);
        if (available > CSTA_MESSAGE_MAX)
            return broken(source, message, "a document of more than 65536 bytes", 0);

        enum reader_result more = reader_more(reader);
        if (more == READER_WAIT)
            return SOURCE_WAIT;
        if (more == READER_FAILED)
            return SOURCE_FAILED;
        if (more == READER_END && available == 0)
            return SOURCE_END;
        if (more == READER_END)
            return broken(source, message, "the input ends inside a document", 0);
    }
}
