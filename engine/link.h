#ifndef ENGINE_LINK_H
#define ENGINE_LINK_H

/*
 * engine/link.h - what the front-end remembers of each link: its numbers and its clock.
 *
 * Private memory of the front-end, one thread. At most LINKS_MAX links; a link is never
 * forgotten, since its Seq goes on over all inputs that name it.
 *
 * The clock of a link serves spans (2 s, 5 s, ...). With times it is milliseconds of link time;
 * what has none stands at the time of what came before it. A message without a time moves the
 * clock by a millisecond. It never falls.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/dialect.h"

enum {
    LINK_TICK_MS = 100, /* ticks stand at multiples of this */
};

struct link {
    char name[EVENT_TEXT_LENGTH + 1];
    uint16_t index;
    uint32_t last_file; /* number of the last input that may speak of this link */

    bool announced;         /* the workers were told, and the link has not ended since */
    bool changed;           /* settings changed since they were told */
    bool monitors_asked;    /* a MonitorStart was sent on it */
    bool all_monitored;     /* as last told */
    struct dialect dialect; /* of the settings last told */
    uint32_t request_timeout_ms;

    bool started; /* something was said */
    bool timed;   /* something that was said had a time; the last one is time_us */
    int64_t time_us;
    uint64_t seq; /* of the last message */
    uint64_t clock_ms;
    uint32_t monitors; /* numbers given to monitorCrossRefIDs */
    uint32_t epoch;    /* times the switch has lost all monitors: their IDs may mean others now */
};

struct link_table {
    struct link **links; /* [count], in order of first appearance */
    uint32_t count;
    struct link *last; /* the one asked for last: the next question is often the same */
    uint16_t *slots;   /* index + 1 by hash of the name, 0 for none; LINKS_MAX * 2 of them */
};

bool link_table_open(struct link_table *table);
void link_table_close(struct link_table *table);

/*
 * link_table_find - the link of that name, made if it is not there
 *
 * NULL when LINKS_MAX are there or memory is out. `name` must be a link name. The pointer stays
 * valid until link_table_close().
 */
struct link *link_table_find(struct link_table *table, struct text name);

/*
 * link_advance - the clock moves to what a message or a line says
 *
 * `counts`: it is a message, so that time passes in a link without times. Returns true when a
 * multiple of LINK_TICK_MS was reached or passed, or when this is the first thing the link says:
 * then a tick at link_tick_ms() is due before it.
 */
bool link_advance(struct link *link, bool has_time, int64_t time_us, bool counts);

/* The last tick at or before the clock. */
static inline uint64_t
link_tick_ms(const struct link *link)
{
    return link->clock_ms - link->clock_ms % LINK_TICK_MS;
}

#endif
