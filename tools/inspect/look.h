#ifndef TOOLS_INSPECT_LOOK_H
#define TOOLS_INSPECT_LOOK_H

/*
 * tools/inspect/look.h - what the inspection commands have in common: which engine, how often.
 */

#include "ipc/view.h"
#include "tools/options.h"

/* As the command line says. */
struct look {
    const char *name;   /* NULL: the engine that is there */
    const char *folder; /* NULL: where engines run */
    double every;       /* seconds; 0: once */
    uint64_t count;     /* looks; 0: for ever */
    bool json;
};

enum {
    LOOK_WHY = 768,
};

/* Rows for a command whose struct has a `look`: which engine... */
#define LOOK_WHICH(type)                                                                           \
    ROW_TEXT(0, "name", type, look.name, "NAME", "which engine; alone it finds the one that runs", \
             NULL),                                                                                \
        ROW_TEXT(0, "dir", type, look.folder, "FOLDER",                                            \
                 "look at copies of segments in FOLDER, not at /dev/shm", NULL)

/* ... and how often, in which form. */
#define LOOK_OFTEN(type)                                                                           \
    ROW_DECIMAL(0, "every", type, look.every, "SECONDS", "again and again; 0.01 and more", NULL,   \
                0.01, 1000000, "seconds"),                                                         \
        ROW_NUMBER(0, "count", type, look.count, "N", "so many times, then end", NULL, 1, 1000000, \
                   NULL),                                                                          \
        ROW_FLAG(0, "json", type, look.json, "one JSON object a look")

#define LOOK_CODES                                                                                 \
    "\n"                                                                                           \
    "Exit codes: 0 done; 1 no such engine, or its segments cannot be read; 2 wrong usage.\n"

/*
 * look_open - open the engine that is meant
 *
 * Without a name: the only one there is; of several, the only one that lives. False when there is
 * none, or it cannot be told which: said on standard error, with the names to choose from. From now
 * on a segment that shrinks while it is read ends the command: said, exit code 1.
 */
bool look_open(const struct look *look, struct view *view);

/* look_before_refusal - what is to be done before the command ends because a segment shrank while
 * it was read. NULL: nothing. */
void look_before_refusal(void (*act)(void));

/* look_find - the same, but what is wrong is put into `why`, LOOK_WHY bytes. */
bool look_find(const struct look *look, struct view *view, char *why);

/* look_again - after look number `done`: wait for the next, and open again what by then stands
 * under the engine's name; false when there is none. */
bool look_again(const struct look *look, struct view *view, uint64_t done);

/* look_seconds - CLOCK_MONOTONIC. */
double look_seconds(void);

/* look_nap - so many seconds. */
void look_nap(double seconds);

enum {
    LOOK_NUMBER_SIZE = 32,
    LOOK_CHANNEL_SIZE = 24,
};

/* look_channel - "2", its worker; where there are several front-ends "1:2", with its front-end
 * before. Returns `out`. */
const char *look_channel(char out[LOOK_CHANNEL_SIZE], const struct view *view, uint32_t channel);

/* look_grouped - 1234567 as 1,234,567; returns `out`. */
const char *look_grouped(char out[LOOK_NUMBER_SIZE], uint64_t number);

/* look_rate - a second's worth: 0.25, 17.5, 1,234; returns `out`. */
const char *look_rate(char out[LOOK_NUMBER_SIZE], double rate);

/* look_span - 850 as 850 ns, 12345 as 12.3 us, and so on; returns `out`. */
const char *look_span(char out[LOOK_NUMBER_SIZE], uint64_t ns);

/* look_print_head - the line above tables: engine, time, workers, whether it lives. */
void look_print_head(const struct view *view);

#endif
