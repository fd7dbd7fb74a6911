#ifndef ENGINE_LAST_CALL_H
#define ENGINE_LAST_CALL_H

/*
 * engine/last_call.h - the call each device was heard of in last.
 *
 * For requests that name a device and no call. A bounded memory: LAST_CALL_SETS sets of
 * LAST_CALL_WAYS devices, the one not heard of for longest gives way within its set. Memory of
 * the front-end, one thread.
 */

#include "base/text.h"
#include "engine/front.h"

/* last_call_note - the device was heard of in this call, at that place of the input. */
void last_call_note(struct front *front, uint16_t link, struct text device, struct text call,
                    uint64_t order);

/* last_call_expect - it will be noted soon: what that takes is fetched from memory meanwhile. */
void last_call_expect(const struct front *front, uint16_t link, struct text device);

/* last_call_find - the call, or none. Good until the next note. */
struct text last_call_find(const struct front *front, uint16_t link, struct text device);

/*
 * last_call_links - on which links is a call of that ID remembered?
 *
 * The first `size` of them, each once; returns how many of those there are. Looks at the whole
 * memory, some milliseconds: only for requests of people.
 */
uint32_t last_call_links(const struct front *front, struct text call, uint16_t *links,
                         uint32_t size);

#endif
