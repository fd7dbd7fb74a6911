#ifndef TOOLS_EXPLAIN_PAPER_H
#define TOOLS_EXPLAIN_PAPER_H

/*
 * tools/explain/paper.h - a flow as text: for people, for Mermaid, for programs.
 */

#include "tools/explain/flow.h"

enum {
    PAPER_TEXT = 4 * FLOW_NAME, /* bytes of a switch's text made printable */
    PAPER_SAID = 1024,          /* bytes of what a message says */
};

struct paper {
    FILE *out;
    bool raw; /* messages' bytes, too */
};

/* paper_ladder - parties as columns, a line a message, then who hung up and by which rule. */
void paper_ladder(const struct paper *paper, const struct flow *flow);

/* paper_verdicts - the second half of it alone. */
void paper_verdicts(const struct paper *paper, const struct flow *flow);

/* paper_mermaid - a sequenceDiagram. */
void paper_mermaid(const struct paper *paper, const struct flow *flow);

/* paper_json - one object on one line; `Version` says which shape it has. */
void paper_json(const struct paper *paper, const struct flow *flow);

/* paper_say_message - what the message says beside its arrow, in at most PAPER_SAID bytes. */
void paper_say_message(char said[PAPER_SAID], const struct flow *flow,
                       const struct flow_moment *moment, const struct event *event);

/* paper_time - "15.020", or "10:00:05.250" of a time of day. "" where there is none. */
void paper_time(char *buffer, size_t size, bool has_time, int64_t time_us);

/* paper_raw - a message's bytes: XML as text, all else in hex. */
void paper_raw(FILE *out, const char *indent, const char *bytes, uint32_t length);

#endif
