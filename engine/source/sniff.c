/*
 * engine/source/sniff.c - what an input holds, from its first bytes.
 */
#include <string.h>

#include "engine/csta/frame.h"
#include "engine/source/source.h"

#define TRACE_TITLE      "# onhook-trace"
#define TRACE_FIRST_LINE TRACE_TITLE " 1"

enum {
    SNIFF_SIZE = 32, /* enough for the first line of a trace and for frame_sniff() */
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

/* The magic words of pcap (microseconds, nanoseconds and a form with longer record headers, each
 * in both byte orders) and of a section header of pcapng. */
static bool
is_pcap(struct text first)
{
    static const char words[][5] = {
        "\xa1\xb2\xc3\xd4", "\xd4\xc3\xb2\xa1", "\xa1\xb2\x3c\x4d",
        "\x4d\x3c\xb2\xa1", "\xa1\xb2\xcd\x34", "\x34\xcd\xb2\xa1",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (text_has_prefix(first, (struct text){words[i], 4}))
            return true;
    }
    return false;
}

/* With digits in it the header alone will do: white space before the XML hides its `<`. */
static bool
has_xml_header(struct text first)
{
    return first.length >= FRAME_HEADER_SIZE && first.at[0] == 0 && first.at[1] == 0 &&
           strspn((const char[]){first.at[4], first.at[5], first.at[6], first.at[7], '\0'},
                  "0123456789") == 4;
}

static bool
is_bare(struct text first)
{
    return first.length > 0 && (first.at[0] == '<' || text_has_prefix(first, TEXT("\xEF\xBB\xBF")));
}

static enum source_format
format_of(const struct source *source, struct text first)
{
    if (is_trace(first))
        return SOURCE_TRACE;
    if (is_pcap(first))
        return SOURCE_PCAP;
    if (text_has_prefix(first, TEXT("\n\r\r\n")))
        return SOURCE_PCAPNG;
    enum frame_kind kind = frame_sniff(first.at, first.length);
    if (kind == FRAME_XML)
        return SOURCE_FRAMED;
    if (kind == FRAME_BER)
        return SOURCE_BER;
    /* What its bytes do not tell, whoever started us may know. */
    enum csta_encoding encoding = source->options.encoding;
    if (encoding == ENCODING_XML)
        return has_xml_header(first) ? SOURCE_FRAMED : SOURCE_UNKNOWN;
    bool may_be_ber = encoding != ENCODING_AUTO && first.length > 0 && !is_bare(first);
    return may_be_ber ? SOURCE_BER : SOURCE_UNKNOWN;
}

static const char *
why_unknown(struct text first)
{
    if (text_has_prefix(first, TEXT(TRACE_TITLE)))
        return "a trace of a version this program does not read; expected '" TRACE_FIRST_LINE "'";
    return "expected a trace ('" TRACE_FIRST_LINE "'), a capture (pcap, pcapng), framed CSTA XML "
           "(00 00, length, invoke ID, '<'), BER with "
           "2-byte lengths, or XML";
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
    if (reader->offset == 0)
        source->format = format_of(source, first);
    if (source->format != SOURCE_UNKNOWN)
        return READER_OK;
    *why = why_unknown(first);
    result = skip_blanks(reader);
    if (result != READER_OK)
        return result;
    first = first_bytes(reader);
    if (first.length == 0)
        source->format = SOURCE_EMPTY;
    else if (is_bare(first))
        source->format = SOURCE_BARE;
    return READER_OK;
}
