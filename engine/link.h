#ifndef ENGINE_LINK_H
#define ENGINE_LINK_H

/*
 * engine/link.h - what the front-end remembers of each link: its numbers and its clock.
 *
 * Memory of the front-end (engine/front.h), one thread. At most LINKS_MAX links; a link is never
 * forgotten, since its Seq goes on over all inputs that name it. Who changes a link touches it.
 *
 * The clock of a link serves spans (2 s, 5 s, ...). With times it is milliseconds of link time;
 * what has none stands at the time of what came before it. A message without a time moves the
 * clock by a millisecond. It never falls.
 *
 * A link may show its first time after some messages, and a clock may be set: a switch's, whose
 * stamps are all there is in some inputs, and ours, which live links are timed by (the loop says
 * so, and records it). Then no time has passed: the clock goes on where it was, and is behind the
 * times by ahead_ms from then on.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/dialect.h"
#include "engine/front.h"

enum {
    LINK_TICK_MS = 100,   /* ticks stand at multiples of this */
    LINK_BACK_MS = 60000, /* a stamp further behind the one before: the clock was set back */
};

/* A stamp further ahead of the one before: the clock was set. Seven days. */
#define LINK_LEAP_MS (INT64_C(7) * 24 * 3600 * 1000)

/* When something was said. */
struct link_moment {
    bool has_time;
    bool is_stamp;   /* the time is the message's own stamp, not the input's clock */
    bool was_set;    /* the input says that its clock was set just now */
    bool counts;     /* it is a message, so that time passes in a link without times */
    int64_t time_us; /* since 1970, not negative */
};

struct link_table {
    struct front *front;
    struct shm_link *last; /* the one asked for last: the next question is often the same */
    uint16_t *slots;       /* index + 1 by hash of the name, 0 for none; LINKS_MAX * 2 of them */
};

/* link_table_open - with the links that are there already. False: memory is out. */
bool link_table_open(struct link_table *table, struct front *front);
void link_table_close(struct link_table *table);

/*
 * link_table_find - the link of that name, made if it is not there
 *
 * NULL when the front-end has as many as it may (LINKS_MAX, over all front-ends). `name` must be a
 * link name; a transaction is in hand. The pointer stays valid until link_table_close().
 */
struct shm_link *link_table_find(struct link_table *table, struct text name);

static inline void
link_touch(struct front *front, struct shm_link *link)
{
    front_touch(front, link, sizeof *link);
}

/*
 * link_advance - the clock moves to what a message or a line says
 *
 * Returns true when a multiple of LINK_TICK_MS was reached or passed, or when this is the first
 * thing the link says: then a tick at link_tick_ms() is due before it.
 */
bool link_advance(struct shm_link *link, const struct link_moment *moment);

/*
 * link_loses_events - what the switch says of itself; true: up to now events may be missing
 *
 * Messages were lost; or it is back after it was disabled, when it had no monitors: all it had are
 * void from the moment it is disabled. The link is touched.
 */
bool link_loses_events(struct shm_link *link, enum system_status status);

/*
 * link_goes_down - an association or a connection has ended: its monitors are void
 *
 * False: it was down already. An association that is released ends with its connection too, and is
 * told of up to three times; that is one loss. The link is touched.
 */
bool link_goes_down(struct shm_link *link);

/* The last tick at or before the clock. */
static inline uint64_t
link_tick_ms(const struct shm_link *link)
{
    return link->clock_ms - link->clock_ms % LINK_TICK_MS;
}

#endif
