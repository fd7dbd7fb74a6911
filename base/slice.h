#ifndef BASE_SLICE_H
#define BASE_SLICE_H

/*
 * base/slice.h - how long a process goes on before another one has its turn.
 *
 * A process that asks for shorter turns gets no more of the processor, but sooner: a scheduler that
 * goes by deadlines (Linux from 6.6 on, where turns can be asked for from 6.12 on) lets whoever
 * wakes up for a little work in before whoever computes for long. On a busy machine that is the
 * difference between a tenth of a millisecond and many of them.
 */

#include <stdbool.h>
#include <stdint.h>

enum {
    SLICE_SHORT_NS = 100000, /* kernels that bound turns have none shorter */
};

/*
 * slice_ask - from here on our turns are of `nanoseconds`; children inherit that
 *
 * All else stays: policy, niceness. Asks for nothing where turns are somebody's decision already (a
 * real-time policy). False: errno; nothing has changed. An older kernel says true and does nothing.
 */
bool slice_ask(uint64_t nanoseconds);

#endif
