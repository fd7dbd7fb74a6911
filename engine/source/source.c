#include "engine/source/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/source/packets.h"

static bool
open_over(struct source *source, const char *link)
{
    source->hex = malloc(TRACE_LINE_MAX / 2);
    if (source->hex == NULL) {
        reader_close(&source->reader);
        errno = ENOMEM;
        return false;
    }
    source_link_name(source->link, link);
    return true;
}

bool
source_open(struct source *source, const char *path)
{
    *source = (struct source){.format = SOURCE_UNKNOWN};
    return reader_open(&source->reader, path) && open_over(source, path);
}

bool
source_open_bytes(struct source *source, const char *link, const void *bytes, size_t length)
{
    *source = (struct source){.format = SOURCE_UNKNOWN};
    reader_open_bytes(&source->reader, bytes, length);
    return open_over(source, link);
}

void
source_close(struct source *source)
{
    packets_close(source->packets);
    source->packets = NULL;
    free(source->hex);
    source->hex = NULL;
    reader_close(&source->reader);
}

static enum source_result
sniff(struct source *source, struct source_message *message)
{
    const char *why = NULL;
    enum reader_result result = source_sniff(source, &why);
    if (result == READER_WAIT)
        return SOURCE_WAIT;
    if (result == READER_FAILED)
        return SOURCE_FAILED;
    if (source->format != SOURCE_UNKNOWN)
        return source_next(source, message);
    source->over = true;
    *message =
        (struct source_message){.kind = SOURCE_BROKEN, .link = text_of(source->link), .why = why};
    return SOURCE_OK;
}

static enum source_result
next_of_packets(struct source *source, struct source_message *message)
{
    enum source_result result = packets_next(source, message);
    source->given += result == SOURCE_OK;
    return result;
}

enum source_result
source_next(struct source *source, struct source_message *message)
{
    if (source->over)
        return SOURCE_END;
    switch (source->format) {
    case SOURCE_UNKNOWN:
        return sniff(source, message);
    case SOURCE_EMPTY:
        return SOURCE_END;
    case SOURCE_TRACE:
        return trace_next(source, message);
    case SOURCE_FRAMED:
    case SOURCE_BER:
        return stream_next(source, message);
    case SOURCE_BARE:
        return bare_next(source, message);
    case SOURCE_PCAP:
    case SOURCE_PCAPNG:
        return next_of_packets(source, message);
    }
    return SOURCE_END;
}

void
source_set_options(struct source *source, const struct source_options *options)
{
    source->options = *options;
}

const char *
source_add_ports(struct source_options *options, const char *list)
{
    struct source_options wanted = *options;
    for (const char *at = list;; at++) {
        char *end;
        errno = 0;
        unsigned long port = strtoul(at, &end, 10);
        if (*at < '0' || *at > '9' || errno != 0 || port < 1 || port > UINT16_MAX)
            return "ports are numbers from 1 to 65535, separated by commas";
        if (wanted.port_count == SOURCE_PORTS_MAX)
            return "at most 16 ports can be named";
        wanted.ports[wanted.port_count++] = (uint16_t)port;
        at = end;
        if (*at == '\0')
            break;
        if (*at != ',')
            return "ports are numbers from 1 to 65535, separated by commas";
    }
    *options = wanted;
    return NULL;
}

void
source_wait(const struct source *source, int timeout_ms)
{
    reader_wait(&source->reader, timeout_ms);
}

enum source_format
source_format(const struct source *source)
{
    return source->format;
}

bool
source_names_links(const struct source *source)
{
    return source->format == SOURCE_TRACE || source->format == SOURCE_PCAP ||
           source->format == SOURCE_PCAPNG;
}

int
source_error(const struct source *source)
{
    return source->reader.error;
}

uint64_t
source_received_ns(const struct source *source)
{
    return source->reader.read_ns;
}

uint64_t
source_bytes(const struct source *source)
{
    return source->reader.offset + reader_available(&source->reader);
}

static bool
is_link_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '@' || byte == '-';
}

bool
source_is_link_name(struct text name)
{
    if (name.length == 0 || name.length > EVENT_TEXT_LENGTH)
        return false;
    for (uint32_t i = 0; i < name.length; i++) {
        if (!is_link_byte(name.at[i]))
            return false;
    }
    return true;
}

/* Length of the name without a final extension that only says what the file holds. */
static size_t
without_extension(const char *base)
{
    static const char *const extensions[] = {".xml", ".bin", ".ber", ".trace", ".txt"};
    size_t length = strlen(base);
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
        size_t extension = strlen(extensions[i]);
        if (length > extension && strcmp(base + length - extension, extensions[i]) == 0)
            return length - extension;
    }
    return length;
}

void
source_link_name(char name[EVENT_TEXT_LENGTH + 1], const char *path)
{
    if (strcmp(path, "-") == 0)
        path = "stdin";
    const char *slash = strrchr(path, '/');
    const char *base = slash == NULL ? path : slash + 1;
    size_t length = without_extension(base);
    if (length > EVENT_TEXT_LENGTH)
        length = EVENT_TEXT_LENGTH;
    for (size_t i = 0; i < length; i++)
        name[i] = is_link_byte(base[i]) ? base[i] : '_';
    if (length == 0)
        name[length++] = '_';
    name[length] = '\0';
}
