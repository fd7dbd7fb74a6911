#ifndef TOOLS_INSPECT_CALLS_PRINT_H
#define TOOLS_INSPECT_CALLS_PRINT_H

/*
 * tools/inspect/calls_print.h - calls of an engine on standard output: which of them, as a table or
 * as JSON.
 */

#include "ipc/view_calls.h"

enum {
    CALLS_VERSION = 1, /* of the JSON's shape; fields are only ever added */
};

/* Which calls are wanted. */
struct calls_filter {
    const char *device; /* a glob over the numbers of its devices; NULL: any */
    const char *link;   /* a glob over link names; NULL: any */
    const char *state;  /* a word of calls_state_is_known(); NULL: calls that live */
    bool with_all;      /* calls that have ended, or were only asked about, too */
    double older_s;     /* 0: any */
    double younger_s;   /* 0: any */
};

/* Is it a word for --state? */
bool calls_state_is_known(const char *word);

/* A call, and what its worker knows of its link. */
struct calls_entry {
    const struct view_call *call;
    const struct shm_worker_link *link; /* NULL: nothing is known */
    uint32_t frontend;
    uint32_t worker;
};

bool calls_wants(const struct calls_filter *filter, const struct calls_entry *entry);

void calls_print_head(void);
void calls_print_text(const struct calls_entry *entry);

/* One object, without anything around it. */
void calls_print_json(const struct calls_entry *entry);

#endif
