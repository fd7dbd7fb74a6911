#ifndef TOOLS_BENCH_LOAD_H
#define TOOLS_BENCH_LOAD_H

/*
 * tools/bench/load.h - what the switches of a site would say, written to files.
 *
 * The simulator of `onhook switch` (tools/switch), with a clock of its own instead of the world's:
 * an hour of calls is written in seconds. One file is one link: frames as they come over TCP, every
 * device monitored. The same shape gives the same bytes.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/csta/csta_message.h"

enum {
    LOAD_AGENTS_MAX = 80000,
    LOAD_LINKS_MAX = 8,
};

/* The shape of a site. */
struct load_shape {
    uint32_t agents;             /* of all links together */
    double calls_per_second;     /* of all links together */
    uint32_t related;            /* percent of the stories that join calls */
    enum csta_encoding encoding; /* ENCODING_XML, or one of the phases */
    uint32_t links;              /* >= 1 */
    uint32_t talk_ms;            /* how long two talk, on average */
};

enum {
    LOAD_MONITORED_SIZE = 512,
};

/* load_monitored - the devices of the site that have monitors, as --monitored takes them. */
void load_monitored(char text[LOAD_MONITORED_SIZE], uint32_t agents, uint32_t links);

/* What was written, of all links together. */
struct load_facts {
    uint64_t messages;
    uint64_t calls;
    uint64_t bytes;
    uint64_t live; /* calls that stood at the end, in load_write_standing() */
};

/*
 * load_write - one link's share of the site, until about `messages` messages are said
 *
 * Ends with all calls over. `link` counts from 0. Adds to *facts. False: errno says why not.
 */
bool load_write(const struct load_shape *shape, uint32_t link, uint64_t messages, const char *path,
                struct load_facts *facts);

/*
 * load_write_standing - as many calls as are asked for, which all stand at the end
 *
 * For what a live call costs. As many agents as it takes; no calls are joined.
 */
bool load_write_standing(const struct load_shape *shape, uint64_t calls, const char *path,
                         struct load_facts *facts);

#endif
