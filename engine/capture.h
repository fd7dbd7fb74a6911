#ifndef ENGINE_CAPTURE_H
#define ENGINE_CAPTURE_H

/*
 * engine/capture.h - what a recorded input holds, before anybody replays it.
 *
 * Reads one input to its end, message by message, as the front-end would, but follows no call: it
 * counts, and it answers what decides about the quality of the answers to come: are there clock
 * times, are there monitors, does the switch say who released. Bounded memory whatever the input.
 */

#include "engine/link.h"
#include "engine/source/packets.h"
#include "engine/source/source.h"

enum {
    CAPTURE_PROBLEMS_MAX = 5,    /* unreadable messages that are described */
    CAPTURE_LINKS_MAX = 32,      /* links that are named */
    CAPTURE_MONITORS_MAX = 4096, /* cross references told apart; power of two */
};

struct capture_problem {
    uint64_t line;   /* of a trace; 0 in streams */
    uint64_t packet; /* of a capture of packets; else 0 */
    uint64_t offset; /* of the bad byte in the input; streams */
    char why[320];
};

struct capture_link {
    char name[EVENT_TEXT_LENGTH + 1];
    enum csta_encoding encoding; /* as found; ENCODING_AUTO: no message told it */
};

struct capture {
    enum source_format format;
    uint64_t bytes;
    uint64_t messages; /* readable or not, as replay counts them */
    uint64_t events[EVENT_KIND_COUNT];
    uint64_t events_total;
    uint64_t other;                /* well-formed, no call-control event */
    uint64_t unreadable;           /* messages, and lines of a trace, that say nothing */
    bool broken;                   /* a framing error ended the input, or a stream in it, early */
    struct packet_figures packets; /* of a capture of packets; else zeros */
    uint32_t problem_count;
    struct capture_problem problems[CAPTURE_PROBLEMS_MAX];
    uint32_t link_count; /* at most CAPTURE_LINKS_MAX */
    bool more_links;
    struct capture_link links[CAPTURE_LINKS_MAX];
    uint64_t with_time; /* messages that have a clock time */
    int64_t first_us;   /* of the earliest and the latest of them */
    int64_t last_us;
    uint64_t monitors_requested;
    uint64_t monitors_granted;
    uint32_t monitors_reporting; /* cross references of a link that events name */
    bool more_monitors;          /* at least so many */
    uint64_t clearings;          /* ConnectionCleared */
    uint64_t named_clearings;    /* those that name a releasing device */
    struct front front;          /* both open while reading only */
    struct link_table table;
    uint64_t reporting[CAPTURE_MONITORS_MAX]; /* hashes of (link, cross reference); 0: free */
};

enum capture_result {
    CAPTURE_OK = 0,
    CAPTURE_NOT_READ, /* the file could not be opened or read: errno; *capture has what was */
};

/*
 * capture_read - read `path` ("-": standard input) to its end and fill *capture
 *
 * `settings` say how links are read; declarations of a trace change them. *options is what is
 * known of the input. One thread; not
 * reentrant.
 */
enum capture_result capture_read(struct capture *capture, struct settings *settings,
                                 const char *path, const struct source_options *options);

/* What an input is, in words: "trace", "framed XML", "framed BER", "bare XML", "pcap capture",
 * "pcapng capture", "empty", "unknown". */
const char *capture_format_name(enum source_format format);

#endif
