#ifndef TESTS_SIM_TRUTH_FILE_H
#define TESTS_SIM_TRUTH_FILE_H

/*
 * tests/sim/truth_file.h - the truth lines of sim_generate, found by ConnID.
 *
 * The file is mapped, not read; what was checked so far about a call takes some bytes beside
 * its offset, so a million calls need about a hundred MB besides the page cache.
 * The format of a line is in README.md.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
    TRUTH_ENDS_MAX = 32,
};

/* One party's end as it must be reported. Texts point into the file. */
struct truth_end {
    struct text names;   /* separated by |; `-` among them: may be reported without a name */
    struct text truth;   /* likewise, or `nobody` */
    bool visible;        /* the messages prove it */
    char kind;           /* R, A, or X: DN event only */
    char value;          /* 1, 2, 3; - for a device that is not monitored */
    struct text reasons; /* separated by | */
    int64_t call_state;
    uint32_t act;
};

struct truth_call {
    struct text link;
    struct text ids; /* callIDs it had one after another, separated by + */
    struct text scene;
    uint64_t key;
    bool deleted; /* EventCallDeleted is owed */
    struct text truth;
    bool visible;
    struct text reasons;
    struct text joined_to; /* ConnID, or - */
    struct truth_end ends[TRUTH_ENDS_MAX];
    uint32_t end_count;
};

/* What was met in the outcomes of one call. */
struct truth_seen {
    uint64_t key; /* ConnID; 0: free place */
    uint64_t offset;
    uint32_t dn_events; /* a bit for each end */
    uint32_t party_events;
    uint32_t local_acts; /* acts in which a DN event said 1 Local */
    bool deleted;
};

struct truth_file {
    const char *bytes;
    size_t length;
    struct truth_seen *seen; /* open addressing by ConnID */
    uint64_t capacity;       /* a power of two */
    uint64_t count;
};

/* truth_file_open - map and index; NULL, or why not (a static sentence, errno where it helps). */
const char *truth_file_open(struct truth_file *file, const char *name);
void truth_file_close(struct truth_file *file);

/* truth_file_find - what was seen of the call with that ConnID; NULL: there is none. */
struct truth_seen *truth_file_find(struct truth_file *file, uint64_t key);

/* truth_call_read - the whole line at an offset; false: it is no truth line. */
bool truth_call_read(struct truth_call *call, const struct truth_file *file, uint64_t offset);

/* truth_has_name - `name` is one of `names`; an absent name must be there as `-`. */
bool truth_has_name(struct text names, char separator, struct text name);

#endif
