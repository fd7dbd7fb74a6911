/*
 * engine/source/resume.c - where a source stands, and how another one goes on from there.
 */
#include "engine/source/source.h"

/* What a capture's source remembers of its connections is read again from the beginning. */
static bool
begins_anew(const struct source *source)
{
    return source->format == SOURCE_PCAP || source->format == SOURCE_PCAPNG;
}

struct source_position
source_position(const struct source *source)
{
    if (begins_anew(source))
        return (struct source_position){.given = source->given};
    struct source_position position = {
        .offset = source->reader.offset,
        .line = source->line,
        .format = (uint8_t)source->format,
        .over = source->over,
        .skipping = source->skipping,
    };
    if (source->undeclared.length > 0) {
        position.offset = source->declared_at;
        position.line = source->line - 1;
        position.given = source->declared;
    }
    return position;
}

bool
source_resume(struct source *source, const struct source_position *position)
{
    if (!reader_seek(&source->reader, position->offset))
        return false;
    source->format = (enum source_format)position->format;
    source->line = position->line;
    source->over = position->over;
    source->skipping = position->skipping;
    struct source_message again;
    for (uint64_t i = 0; i < position->given; i++) {
        if (source_next(source, &again) != SOURCE_OK)
            return false;
    }
    return true;
}
