#ifndef TOOLS_INSPECT_TOP_MODEL_H
#define TOOLS_INSPECT_TOP_MODEL_H

/*
 * tools/inspect/top_model.h - what `onhook top` knows of an engine: the last two looks at its
 * counters, what a second brought for a minute back, the outcomes that went by.
 *
 * Private memory, bounded; no terminal, no engine needed to draw it.
 */

#include "tools/inspect/stat_print.h"
#include "tools/inspect/top_watch.h"

enum {
    TOP_STALE_MS = 2000,    /* not a step further for so long, though it should have got on */
    TOP_HISTORY = 64,       /* looks remembered */
    TOP_OUTCOMES = 512,     /* outcomes remembered; power of two */
    TOP_DEVICES = 4096,     /* devices told apart; power of two */
    TOP_FOLLOW_MAX = 65536, /* outcomes taken in one look: the screen never falls behind for long */
};

struct top_device {
    char name[EVENT_TEXT_LENGTH + 1]; /* empty: a free place */
    uint64_t ended;                   /* DN events seen */
    uint64_t by[4];                   /* by enum releasing_party */
    uint64_t abandoned;
};

struct top_model {
    struct view view;
    bool is_open;
    uint32_t owner; /* the supervisor's process; 0: nobody runs the engine */
    uint64_t looks;
    struct stat_sample samples[2]; /* samples[looks % 2] is the last */
    double messages[TOP_HISTORY];  /* a second, by looks % TOP_HISTORY */
    double ended[TOP_HISTORY];
    uint64_t moved_ns[VIEW_PROCESSES_MAX]; /* CLOCK_MONOTONIC: its progress last changed */
    uint64_t progress[VIEW_PROCESSES_MAX];
    uint64_t watermark; /* just before it */
    struct top_watch watch;
    struct view_follow follow;
    bool follows;
    struct shm_outcome outcomes[TOP_OUTCOMES]; /* DN events, by number % TOP_OUTCOMES */
    uint64_t outcome_count;
    struct top_device devices[TOP_DEVICES];
    uint32_t device_count;
    uint64_t devices_refused; /* DN events of devices there was no place for */
};

/* top_model_open - begin anew with an open view; the model owns it from now on. */
void top_model_open(struct top_model *model, const struct view *view);
void top_model_close(struct top_model *model);

/* top_model_look - look again, now; begin anew where the name is another engine's by now. */
void top_model_look(struct top_model *model);

/* The last look and the one before it; NULL while there is none. */
const struct stat_sample *top_model_now(const struct top_model *model);
const struct stat_sample *top_model_before(const struct top_model *model);

/* Over all processes: the number, and what a second brought of it. */
uint64_t top_model_total(const struct top_model *model, enum counter which);
double top_model_rate(const struct top_model *model, enum counter which);

/* How a process is: "runs", "done", "waits", "STALE 12 s", "DEAD". `buffer`: 24 bytes. STALE is who
 * has work and does not get on, and who has none and does not even look for it. */
const char *top_model_state(const struct top_model *model, uint32_t process, char *buffer);

#endif
