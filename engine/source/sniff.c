/*
 * engine/source/sniff.c - what an input holds, from its first bytes.
 */
#include <string.h>

#include "engine/source/source.h"

#define TRACE_TITLE      "# onhook-trace"
#define TRACE_FIRST_LINE TRACE_TITLE " 1"

enum {
    SNIFF_SIZE = 32, /* enough for the first line of a trace and for a frame's header */
    FRAMED_SIZE = 9, /* a frame's header and the first byte of XML */
};

static bool
is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' || byte == '\0';
}

static enum reader_result
look_ahead(struct reader *reader)
{
    while (reader_available(reader) < SNIFF_SIZE) {
        enum reader_result result = reader_more(reader);
        if (result == READER_END)
            return READER_OK;
        if (result != READER_OK)
            return result;
    }
    return READER_OK;
}

static bool
is_trace(struct text first)
{
    if (text_has_prefix(first, TEXT("\xef\xbb\xbf")))
        first = text_skip(first, 3); /* an editor's byte order mark */
    if (!text_has_prefix(first, TEXT(TRACE_FIRST_LINE)))
        return false;
    struct text rest = text_skip(first, sizeof(TRACE_FIRST_LINE) - 1);
    while (rest.length > 0 && (rest.at[0] == ' ' || rest.at[0] == '\t' || rest.at[0] == '\r'))
        rest = text_skip(rest, 1);
    return rest.length == 0 || rest.at[0] == '\n';
}

/* The invoke ID may be anything: an old client writes it in binary. */
static bool
is_framed(struct text first)
{
    return first.length >= FRAMED_SIZE && first.at[0] == 0 && first.at[1] == 0 &&
           (first.at[2] != 0 || (uint8_t)first.at[3] >= FRAMED_SIZE) && first.at[8] == '<';
}

/* Does the element that begins at the tag `first` fill `size` bytes? */
static bool
fills(struct text first, uint32_t size)
{
    if (first.length < 4)
        return false;
    const uint8_t *at = (const uint8_t *)first.at;
    if (at[1] <= 0x80) /* 0x80: what follows says itself where it ends */
        return at[1] == 0x80 || size == 2U + at[1];
    if (at[1] == 0x81)
        return size == 3U + at[2];
    return at[1] == 0x82 && size == 4U + ((uint32_t)at[2] << 8 | at[3]);
}

static bool
is_ber(struct text first)
{
    if (first.length < 3)
        return false;
    uint32_t length = (uint32_t)(uint8_t)first.at[0] << 8 | (uint8_t)first.at[1];
    uint8_t tag = (uint8_t)first.at[2];
    return ((tag >= 0xA1 && tag <= 0xA4) || tag == 0x60 || tag == 0x61 || tag == 0x64) &&
           fills(text_skip(first, 2), length);
}

static const char *
why_unknown(struct text first)
{
    if (text_has_prefix(first, TEXT(TRACE_TITLE)))
        return "a trace of a version this program does not read; expected '" TRACE_FIRST_LINE "'";
    if (is_ber(first))
        return "looks like BER; expected a trace ('" TRACE_FIRST_LINE
               "'), framed CSTA XML (00 00, length, invoke ID, '<') or XML";
    return "expected a trace ('" TRACE_FIRST_LINE
           "'), framed CSTA XML (00 00, length, invoke ID, '<') or XML";
}

/* Blanks alone decide nothing: take them and look further. */
static enum reader_result
skip_blanks(struct reader *reader)
{
    for (;;) {
        while (reader_available(reader) > 0 && is_blank(*reader_at(reader)))
            reader_take(reader, 1);
        if (reader_available(reader) > 0)
            return look_ahead(reader);
        enum reader_result result = reader_more(reader);
        if (result == READER_END)
            return READER_OK;
        if (result != READER_OK)
            return result;
    }
}

static struct text
first_bytes(const struct reader *reader)
{
    size_t available = reader_available(reader);
    return (struct text){reader_at(reader),
                         (uint32_t)(available < SNIFF_SIZE ? available : SNIFF_SIZE)};
}

enum reader_result
source_sniff(struct source *source, const char **why)
{
    struct reader *reader = &source->reader;
    enum reader_result result = look_ahead(reader);
    if (result != READER_OK)
        return result;
    struct text first = first_bytes(reader);
    /* Once blanks were taken, the input's beginning is behind us: neither trace nor stream. */
    if (reader->offset == 0 && is_trace(first)) {
        source->format = SOURCE_TRACE;
        return READER_OK;
    }
    if (reader->offset == 0 && is_framed(first)) {
        source->format = SOURCE_FRAMED;
        return READER_OK;
    }
    *why = why_unknown(first);
    result = skip_blanks(reader);
    if (result != READER_OK)
        return result;
    first = first_bytes(reader);
    if (first.length == 0)
        source->format = SOURCE_EMPTY;
    else if (first.at[0] == '<' || text_has_prefix(first, TEXT("\xEF\xBB\xBF")))
        source->format = SOURCE_BARE;
    return READER_OK;
}
