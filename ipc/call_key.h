#ifndef IPC_CALL_KEY_H
#define IPC_CALL_KEY_H

/*
 * ipc/call_key.h - what front-end and workers know a call by: it picks the worker, finds the call
 * in its table, and names it in the feedback of calls that have closed.
 */

#include "base/hash.h"

/* Never 0, which means "no call". */
static inline uint64_t
call_key(uint16_t link, struct text call_id)
{
    uint64_t key = hash_text(link, call_id);
    return key == 0 ? 1 : key;
}

#endif
