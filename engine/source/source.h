#ifndef ENGINE_SOURCE_SOURCE_H
#define ENGINE_SOURCE_SOURCE_H

/*
 * engine/source/source.h - one recorded input, as the messages that stand in it.
 *
 * An input is a file, a pipe, a FIFO or standard input, read from its beginning; only a source that
 * goes on for another one (source_resume()) begins further on. What it holds is found out from its
 * first bytes (README.md, "What it reads"):
 *
 *   trace   first line `# onhook-trace 1`; text, a message a line; names its links itself
 *   framed  00 00 hi lo i i i i <   one direction of a CSTA XML TCP stream (engine/csta/frame.h)
 *   BER     hi lo tag ...           the same for BER: tag of a PDU that fills its frame
 *   pcap, pcapng                    their magic words; TCP connections that carry CSTA (packets.h)
 *   bare    `<` after white space, NULs or a byte order mark; documents back to back
 *
 * Anything else is one SOURCE_BROKEN at offset 0. An empty input has no messages.
 *
 *   source_open -> source_next ... SOURCE_END or SOURCE_FAILED -> source_close
 *
 * What cannot be told so, source_options.encoding may tell.
 *
 * Memory is bounded whatever the input holds: READER_CAPACITY bytes and one decoded line; of a
 * capture, what connection.h and reassembly.h say.
 * No function here writes to stderr. One process, one thread for each source.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "engine/csta/csta_message.h"
#include "engine/source/reader.h"
#include "ipc/event_record.h"

enum {
    TRACE_LINE_MAX = 200 * 1024, /* bytes of one trace line without its end; longer: skipped */
    SOURCE_PORTS_MAX = 16,
};

/* What the user knows of an input. All zero: nothing. */
struct source_options {
    enum csta_encoding encoding;      /* how messages are written, where their bytes do not tell */
    uint16_t ports[SOURCE_PORTS_MAX]; /* of switches: of a capture, nothing else is looked at */
    uint32_t port_count;              /* 0: connections are found by their content */
};

enum source_format {
    SOURCE_UNKNOWN = 0, /* not looked at yet, or nothing we read */
    SOURCE_EMPTY,
    SOURCE_TRACE,
    SOURCE_FRAMED,
    SOURCE_BER,
    SOURCE_BARE,
    SOURCE_PCAP,
    SOURCE_PCAPNG,
};

enum source_result {
    SOURCE_OK = 0, /* *message is filled */
    SOURCE_END,    /* nothing more will come */
    SOURCE_WAIT,   /* a pipe has nothing yet: publish what there is, source_wait(), ask again */
    SOURCE_FAILED, /* the input could not be read: source_error() */
};

enum source_kind {
    SOURCE_MESSAGE, /* one message of a switch or to it: `payload` */
    SOURCE_DECLARE, /* `# link NAME key=value`: one for each key; `key` is none if there is none.
                       `# alias NUMBER=NUMBER` likewise, with no link */
    SOURCE_UP,      /* the link came */
    SOURCE_DOWN,    /* the link went */
    SOURCE_TICK,    /* time passed */
    SOURCE_SET,     /* the clock that `time_us` is of was set: no time passed */
    SOURCE_BAD,     /* one message or line that cannot be read: `why`. It takes a Seq of `link` if
                       that is there; a line without a readable link name is nobody's message */
    SOURCE_BROKEN,  /* a framing error: `why`; the stream ends here, and with it the input if it is
                       one stream (SOURCE_END follows). A capture goes on with its others */
};

enum source_direction {
    SOURCE_EITHER = 0, /* a stream does not say */
    SOURCE_FROM_SWITCH,
    SOURCE_TO_SWITCH,
};

/* All texts live until the next call of source_next() or source_close(). */
struct source_message {
    enum source_kind kind;
    enum source_direction direction;
    struct text link;    /* name; a stream's is its file's (source_link_name()) */
    struct text invoke;  /* 4 bytes; none where there is none */
    struct text by;      /* by=DN, as written */
    struct text payload; /* SOURCE_MESSAGE: any bytes; XML, or one PDU without its length */
    struct text key;     /* SOURCE_DECLARE */
    struct text value;
    const char *why; /* SOURCE_BAD, SOURCE_BROKEN: a sentence */
    bool has_time;
    int64_t time_us; /* since 1970 (or since the trace's start, counted from 1970) */
    uint64_t line;   /* of a trace, from 1; 0 elsewhere */
    uint64_t packet; /* of a capture, from 1: the one that completed it; 0 elsewhere */
    uint64_t offset; /* of the payload, or of what is bad, in the input, from 0; in a capture, in
                        the bytes of its direction of the connection */
};

struct packets; /* packets.h */

struct source {
    struct reader reader;
    struct source_options options;
    enum source_format format;
    char link[EVENT_TEXT_LENGTH + 1]; /* what a stream's messages belong to */
    bool over;                        /* SOURCE_BROKEN was given: only SOURCE_END is left */
    uint64_t given;                   /* messages given out; captures only */
    /* traces only */
    uint64_t line;          /* lines given out so far */
    uint64_t searched;      /* bytes behind the reader's start known to hold no line end */
    bool skipping;          /* inside a line that was too long */
    struct text undeclared; /* rest of a `# link` line not yet given out */
    uint64_t declared_at;   /* where that line begins */
    uint64_t declared;      /* how many of its keys were given out */
    struct source_message declaration; /* what its keys have in common */
    char *hex;                         /* TRACE_LINE_MAX / 2 bytes */
    struct packets *packets;           /* captures only; made by the first packets_next() */
};

/*
 * source_open - open `path`, "-" for standard input
 *
 * Reads nothing yet. False when the file cannot be opened or memory is out: errno says why, and
 * *source needs no source_close().
 */
bool source_open(struct source *source, const char *path);

/* source_open_bytes - a source over memory, for tests and fuzzing; `bytes` must outlive it. */
bool source_open_bytes(struct source *source, const char *link, const void *bytes, size_t length);

/* source_set_options - before the first source_next(); *options is copied. */
void source_set_options(struct source *source, const struct source_options *options);

/*
 * source_add_ports - "1040" or "1040,4721" of a command line
 *
 * NULL, or what is wrong in a static sentence; *options is untouched then.
 */
const char *source_add_ports(struct source_options *options, const char *list);

/*
 * source_next - the next message
 *
 * Fills *message on SOURCE_OK only. Blocks on nothing but disks. After SOURCE_END or
 * SOURCE_FAILED it says the same for ever.
 */
enum source_result source_next(struct source *source, struct source_message *message);

/* source_wait - after SOURCE_WAIT: sleep until there is something to read, or `timeout_ms`. */
void source_wait(const struct source *source, int timeout_ms);

/* source_format - what the input holds; SOURCE_UNKNOWN before the first source_next(). */
enum source_format source_format(const struct source *source);

/* source_error - after SOURCE_FAILED: errno of the failed read. */
int source_error(const struct source *source);

/* source_names_links - messages may be of several links: a trace, a capture. */
bool source_names_links(const struct source *source);

/* source_received_ns - when the last bytes came (base/clock.h); 0 where they stood in memory. */
uint64_t source_received_ns(const struct source *source);

/* source_bytes - bytes read so far. */
uint64_t source_bytes(const struct source *source);

void source_close(struct source *source);

/* A place between two messages of an input. All zero: its beginning. */
struct source_position {
    uint64_t offset; /* of the input, where reading begins */
    uint64_t line;   /* of a trace: lines before that */
    uint64_t given;  /* messages given out already of what stands there */
    uint8_t format;  /* enum source_format; SOURCE_UNKNOWN: not looked at yet */
    bool over;       /* nothing more comes */
    bool skipping;   /* inside a line that was too long */
};

/* source_position - where the next source_next() goes on. */
struct source_position source_position(const struct source *source);

/*
 * source_resume - a source just opened goes on where another one of the same input stood
 *
 * False when that input cannot be read twice, or is shorter than that now.
 */
bool source_resume(struct source *source, const struct source_position *position);

/*
 * source_link_name - the link of a stream file: its base name without a last .xml, .bin, .trace,
 * .ber or .txt; bytes no link name may have become `_`; "stdin" for "-". At most EVENT_TEXT_LENGTH.
 */
void source_link_name(char name[EVENT_TEXT_LENGTH + 1], const char *path);

/* source_is_link_name - 1..EVENT_TEXT_LENGTH of [A-Za-z0-9._@-] */
bool source_is_link_name(struct text name);

/*
 * The formats, one file each. source_next() calls the one that fits; `format` is settled by
 * source_sniff(), which leaves SOURCE_UNKNOWN and *why when it is none of them.
 */
enum reader_result source_sniff(struct source *source, const char **why);
enum source_result trace_next(struct source *source, struct source_message *message);
enum source_result stream_next(struct source *source, struct source_message *message);
enum source_result bare_next(struct source *source, struct source_message *message);
enum source_result packets_next(struct source *source, struct source_message *message);

enum trace_line {
    TRACE_NOTHING = 0, /* a comment, an empty line */
    TRACE_ENTRY,       /* *message is filled, kind MESSAGE, UP, DOWN, TICK or BAD */
    TRACE_DECLARATION, /* *message has the link; the rest of the line is in message->payload */
};

/*
 * trace_parse_line - what one line says, without its line end; a pure function
 *
 * Sets every field of *message but line and offset. `hex` (half of line.length bytes) takes the
 * bytes of a hex: payload. `cut`: the line is only the beginning of one that is too long.
 */
enum trace_line trace_parse_line(struct text line, bool cut, char *hex,
                                 struct source_message *message);

#endif
