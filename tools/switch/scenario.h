#ifndef TOOLS_SWITCH_SCENARIO_H
#define TOOLS_SWITCH_SCENARIO_H

/*
 * tools/switch/scenario.h - stories of calls as text, and read.
 *
 *   # two talk, one of them hangs up
 *   scenario answered 30
 *     cast A outside
 *     cast B agent
 *     dial 1 A B
 *     ring 1 B
 *     wait ring
 *     answer 1 B
 *     wait talk
 *     hangup 1 A|B
 *
 * `scenario NAME WEIGHT [related]` begins one; calls are 1 to 4, devices A to H; A|B is either, by
 * chance. `wait` takes ring, talk, queue, tone, think, or milliseconds: 500 or 100..900. The steps
 * are those of scenario_op.def. A step that no longer fits, because somebody hung up before, is
 * left out. A semicolon ends a step like the end of a line.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tools/switch/pbx.h"

enum scenario_op {
#define SCENARIO_OP(name, word, calls, devices, cause, what) OP_##name,
#include "tools/switch/scenario_op.def"
#undef SCENARIO_OP
    OP_WAIT,
};

enum scenario_wait { /* how long is said by options */
                     WAIT_RING,
                     WAIT_TALK,
                     WAIT_QUEUE,
                     WAIT_TONE,
                     WAIT_THINK,
                     WAIT_EXACT,
};

enum {
    SCENARIOS_MAX = 64,
    SCENARIO_STEPS_MAX = 64,
    SCENARIO_CAST_MAX = 8,
    SCENARIO_CALLS_MAX = 4,
    SCENARIO_NAME_SIZE = 32,
    SCENARIO_LINE_MAX = 256,
};

struct scenario_step {
    enum scenario_op op;
    uint8_t call, second; /* 0..3 */
    uint8_t who, whom;    /* sets of devices, 1 << 0 is A: one is chosen */
    const char *cause;    /* NULL: the usual one */
    enum scenario_wait wait;
    uint32_t low_ms, high_ms; /* of WAIT_EXACT */
};

struct scenario {
    char name[SCENARIO_NAME_SIZE];
    uint32_t weight;
    bool is_related;
    enum device_kind cast[SCENARIO_CAST_MAX];
    uint32_t cast_count;
    struct scenario_step steps[SCENARIO_STEPS_MAX];
    uint32_t step_count;
};

struct scenario_book {
    struct scenario scenarios[SCENARIOS_MAX];
    uint32_t count;
    uint32_t weight[2]; /* of the plain and the related ones together */
};

/*
 * scenario_read - add what the text says to the book
 *
 * False at the first line that cannot be read: *line is its number, *why a static sentence.
 */
bool scenario_read(struct scenario_book *book, const char *text, unsigned *line, const char **why);

/* scenario_mix - the stories told unless the user has his own; NULL ends them. */
extern const char *const scenario_mix[];

/* scenario_choose - by weight, plain or related ones; NULL: there are none of that kind. */
const struct scenario *scenario_choose(const struct scenario_book *book, bool related,
                                       struct random *random);

/* scenario_print_steps - the steps one can write, for help. */
void scenario_print_steps(FILE *out);

#endif
