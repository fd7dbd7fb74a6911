#ifndef ENGINE_COMPLAINT_H
#define ENGINE_COMPLAINT_H

/*
 * engine/complaint.h - what is wrong with one input, said on stderr in bounded words.
 *
 *   FILE:LINE: why            traces
 *   FILE: offset N: why       streams
 *   FILE: packet N: why       captures of packets, from 1
 *
 * The first COMPLAINTS_MAX of a file in detail, then how many more.
 */

#include "engine/source/source.h"

enum {
    COMPLAINTS_MAX = 20,
};

struct complaints {
    const char *file;
    uint64_t count;
};

/* complaint_say - `where` is an offset within the message's payload, 0 for its beginning. */
void complaint_say(struct complaints *complaints, const struct source_message *message,
                   const char *why, size_t where);

/* complaint_end - the file is done: how many were not said. */
void complaint_end(const struct complaints *complaints);

#endif
