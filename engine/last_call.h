#ifndef ENGINE_LAST_CALL_H
#define ENGINE_LAST_CALL_H

/*
 * engine/last_call.h - the call each device was heard of in last.
 *
 * For requests that name a device and no call. A bounded memory: LAST_CALL_SETS sets of
 * LAST_CALL_WAYS devices, the one not heard of for longest gives way within its set. Private
 * memory of the front-end, one thread; nothing is allocated after last_call_open().
 */

#include <stdint.h>

#include "base/text.h"
#include "ipc/event_record.h"

enum {
    LAST_CALL_SETS = 1 << 14,
    LAST_CALL_WAYS = 4,
};

struct last_call {
    uint64_t key; /* hash of link and device, 0 for none */
    uint64_t order;
    uint8_t call_length;
    char call[EVENT_TEXT_LENGTH];
};

/* last_call_open - LAST_CALL_SETS * LAST_CALL_WAYS empty places; NULL: memory is out. free(). */
struct last_call *last_call_open(void);

/* last_call_note - the device was heard of in this call, at that place of the input. */
void last_call_note(struct last_call *places, uint16_t link, struct text device, struct text call,
                    uint64_t order);

/* last_call_find - the call, or none. Good until the next note. */
struct text last_call_find(const struct last_call *places, uint16_t link, struct text device);

#endif
