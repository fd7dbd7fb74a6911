#ifndef TESTS_SIM_SITE_H
#define TESTS_SIM_SITE_H

/*
 * tests/sim/site.h - the simulated site: links, the devices behind them, who is free when.
 *
 * Each link is one switch in one of three manners, so that every way to know what is monitored
 * is met (docs/attribution.md, "monitored"):
 *   MANNER_STARTED     MonitorStart requests and their answers stand at the head of the trace;
 *                      some queues have a monitor of type call, some devices two monitors;
 *                      outside callers may be anonymous or come over a trunk with its own name
 *   MANNER_CONFIGURED  the trace header lists the monitored devices; report-redirect is on;
 *                      device texts are N<...>
 *   MANNER_OPEN        nobody says anything: every device is monitored, customers too
 * Without requests the other two manners take turns.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/random.h"

enum {
    SIM_LINKS_MAX = 64,
    SIM_AGENTS = 400,
    SIM_PHONES = 120,
    SIM_CUSTOMERS = 1500,
    SIM_QUEUES = 40,
    SIM_ROUTE_POINTS = 40,
    SIM_DEVICES = SIM_AGENTS + SIM_PHONES + SIM_CUSTOMERS + SIM_QUEUES + SIM_ROUTE_POINTS,
    SIM_MONITORS_MAX = 2,
    SIM_REUSABLE_MAX = 64,
    SIM_PARTIES_MAX = 12,
};

enum device_kind {
    DEVICE_AGENT,       /* monitored extension */
    DEVICE_PHONE,       /* extension without a monitor, but for MANNER_OPEN */
    DEVICE_CUSTOMER,    /* outside party */
    DEVICE_QUEUE,       /* every second one monitored; of the others some by a call monitor */
    DEVICE_ROUTE_POINT, /* listed as route-points; every second one monitored */
};

enum manner {
    MANNER_STARTED,
    MANNER_CONFIGURED,
    MANNER_OPEN,
};

struct device {
    char number[16];
    char trunk[16]; /* its name in connection IDs; empty: the number */
    enum device_kind kind;
    bool anonymous;      /* the number is never shown, only the trunk */
    bool monitored;      /* has DN events */
    bool monitors_calls; /* its monitor is of type call */
    uint32_t monitor_count;
    char cross_refs[SIM_MONITORS_MAX][20];
    uint64_t heard_ms[SIM_MONITORS_MAX]; /* a monitor's messages never overtake each other */
    uint64_t free_ms;                    /* UINT64_MAX: in a scene */
};

/* A callID whose call is over, to be used again. */
struct reusable {
    char id[24];
    uint32_t generation;
    uint64_t over_ms; /* nothing more is sent about the old call from here on */
    const struct device *devices[SIM_PARTIES_MAX * 2]; /* who was in it */
    uint32_t device_count;
};

struct sim_link {
    char name[16];
    uint32_t number;
    enum manner manner;
    struct device *devices; /* SIM_DEVICES, in the order of enum device_kind */
    uint64_t next_call;
    uint32_t next_invoke;
    uint64_t seq; /* of the last message written */
    struct reusable reusable[SIM_REUSABLE_MAX];
    uint32_t reusable_count;
};

struct scene;
struct sim_call;

/* One message that waits for its time. */
struct message {
    uint64_t time_ms;
    uint64_t order; /* of two at one time the earlier told is the earlier written */
    struct sim_link *link;
    struct scene *scene;       /* NULL: of no scene */
    struct sim_call *about[2]; /* calls it may open; NULL where none */
    char head[40];             /* "< 9999 " or "> 0007 by=20001 " */
    char *payload;             /* owned */
};

struct site {
    struct random random;
    uint32_t silent_percent;
    uint32_t related_percent;
    bool phase2_only; /* messages say only what CSTA phase II can say */
    bool no_requests; /* nobody asks the switch for anything; no monitor is started */
    struct sim_link *links;
    uint32_t link_count;
    FILE *trace;
    FILE *truth;
    struct message *waiting; /* a binary heap */
    uint32_t waiting_count;
    uint32_t waiting_capacity;
    uint64_t told;    /* messages ever put into the heap */
    uint64_t written; /* messages written */
    uint64_t calls;   /* truth lines written */
};

/* site_open - make the links and devices; seeds the random numbers. */
void site_open(struct site *site, uint64_t seed, uint32_t link_count);

/* site_write_head - the trace's first lines, and the requests that start monitors. */
void site_write_head(struct site *site);

/* site_close - give everything back. Every message must have been written. */
void site_close(struct site *site);

/*
 * site_take - a device of that kind that is free at `now_ms`, then marked as in a scene
 *
 * NULL when a few tries find none. The scene gives it back by setting free_ms.
 */
struct device *site_take(struct site *site, struct sim_link *link, enum device_kind kind,
                         uint64_t now_ms);

/* site_tell - put a message into the heap; takes a copy of the payload. */
void site_tell(struct site *site, const struct message *message, const char *payload);

/* site_write_until - write, in order, every waiting message before `time_ms`. */
void site_write_until(struct site *site, uint64_t time_ms);

#endif
