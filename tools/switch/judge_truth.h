#ifndef TOOLS_SWITCH_JUDGE_TRUTH_H
#define TOOLS_SWITCH_JUDGE_TRUTH_H

/*
 * tools/switch/judge_truth.h - a file of truths (truth.h) as the judge needs it: in memory, names
 * as their hashes, found by link and callID.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "tools/switch/pbx.h"

enum {
    JUDGE_LINKS_MAX = 64,
    JUDGE_DOWNS_MAX = 100000,
};

struct judge_end {
    uint64_t party, also, by; /* also: its dynamic ID, 0 none; by 0: nobody */
    int64_t at_us;
    uint8_t told; /* enum told */
    bool is_abandoned, is_monitored;
    bool dn_said, party_said;
};

struct judge_call {
    uint64_t serial; /* 0: a free place */
    int64_t from_us, to_us, touched_us;
    uint64_t deleted_by;
    uint32_t first_end;
    uint16_t end_count;
    uint8_t link;
    uint8_t deleted_told;
    bool is_unwatched, is_open, is_joined;
    bool deleted_said;
};

struct judge_down {
    int64_t from_us, to_us;
};

struct judge_link {
    char name[PBX_NAME_SIZE];
    bool is_hex; /* callIDs are: BER */
    struct judge_down *downs;
    uint32_t down_count;
};

struct judge_truth {
    struct judge_link links[JUDGE_LINKS_MAX];
    uint32_t link_count;
    struct judge_call *calls; /* open addressing */
    uint64_t capacity, call_count;
    struct judge_end *ends;
    uint64_t end_room, end_count;
};

/* judge_name - the hash of a device's number; never 0. */
uint64_t judge_name(struct text name);

/* judge_truth_read - NULL, or what is wrong (a static sentence) with *line set, 0: the file. */
const char *judge_truth_read(struct judge_truth *truth, const char *path, unsigned long *line);
void judge_truth_free(struct judge_truth *truth);

struct judge_call *judge_find(struct judge_truth *truth, struct text link, struct text call_id);

/* judge_was_down - was the call alive while the monitors of its link were void? */
bool judge_was_down(const struct judge_truth *truth, const struct judge_call *call);

#endif
