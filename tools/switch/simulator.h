#ifndef TOOLS_SWITCH_SIMULATOR_H
#define TOOLS_SWITCH_SIMULATOR_H

/*
 * tools/switch/simulator.h - all listeners of one `onhook switch`, their clock, their counts.
 *
 * One process, one thread, one epoll. Whatever lasts is a state here, so that nothing waits.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tools/switch/scenario.h"

enum {
    LISTENERS_MAX = 16,
    LISTEN_TEXT_SIZE = 64,
};

struct range_ms {
    uint32_t low, high;
};

struct switch_options {
#define OPTION_NUMBER(field, name, usual, least, most, help) uint64_t field;
#define OPTION_RANGE(field, name, low, high, help)           struct range_ms field##_ms;
#define OPTION_TEXT(field, name, word, help)                 const char *field;
#define OPTION_FLAG(field, name, help)                       bool field;
#include "tools/switch/options.def"
#undef OPTION_NUMBER
#undef OPTION_RANGE
#undef OPTION_TEXT
#undef OPTION_FLAG
};

/* SWITCH_COUNT(NAME, "what is printed") */
enum switch_count {
#define SWITCH_COUNT(name, text) COUNT_##name,
#include "tools/switch/switch_count.def"
#undef SWITCH_COUNT
    SWITCH_COUNTS,
};

struct listener {
    struct pbx pbx;
    char host[LISTEN_TEXT_SIZE];
    uint16_t port;
    bool tls;
    int fd;              /* -1: closed */
    uint64_t reopens_ms; /* the link is cut so long; 0: it is not */
    uint64_t cut_at_ms;  /* the next ones, if there are */
    uint64_t restart_at_ms;
    uint64_t lost_at_ms;
    uint64_t stop_at_ms;
    uint64_t mute_at_ms;
    uint64_t wrong_at_ms;
    uint64_t enables_ms;   /* initializing so long after a restart */
    uint64_t monitored_ms; /* the last MonitorStart */
    bool is_started;       /* calls may begin */
    int64_t down_since_us; /* a client with monitors went; 0: all monitors stand again */
};

struct scene;

struct simulator {
    struct switch_options options;
    struct scenario_book book;
    struct listener listeners[LISTENERS_MAX];
    uint32_t listener_count;
    int epoll;
    uint64_t started_ms;
    uint64_t now_ms;     /* CLOCK_MONOTONIC, of this turn of the loop */
    int64_t now_us;      /* since 1970 */
    struct scene **heap; /* scenes by their next step */
    uint32_t scene_count, scene_room;
    uint64_t begun; /* calls begun by the rate */
    double owed;    /* calls that should have begun, not yet begun */
    bool is_draining;
    bool is_over;
    FILE *truth;
    struct random random;
    uint64_t counts[SWITCH_COUNTS];
};

static inline struct simulator *
simulator_of(struct pbx *pbx)
{
    return pbx->simulator;
}

static inline void
count(struct pbx *pbx, enum switch_count which)
{
    pbx->simulator->counts[which]++;
}

/* A chance of so many percent, told by the pbx's own dice. */
static inline bool
pbx_chance(struct pbx *pbx, uint64_t percent)
{
    return percent != 0 && random_chance(&pbx->random, (uint32_t)percent);
}

#endif
