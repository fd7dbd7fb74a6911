#ifndef IPC_GATHER_STATE_H
#define IPC_GATHER_STATE_H

/*
 * ipc/gather_state.h - answers to snapshots that come in segments, as far as they have come.
 *
 * Part of the front-end's tables (ipc/front_state.h): touched before it changes. Writer: the
 * front-end.
 */

#include <assert.h>
#include <stdint.h>

#include "ipc/event_record.h"

enum {
    GATHERS_MAX = 256, /* at one time, of all links; the oldest gives way */
};

struct shm_gather_item {
    uint8_t state;
    uint8_t call_length;
    uint8_t device_length;
    uint8_t endpoint_length;
    char call[EVENT_TEXT_LENGTH];
    char device[EVENT_TEXT_LENGTH];
    char endpoint[EVENT_TEXT_LENGTH];
};

struct shm_gather {
    uint64_t order;   /* of the answer that began it; 0: a free place */
    uint64_t request; /* order of the request */
    uint32_t epoch;   /* of the link then */
    uint32_t segments;
    uint16_t link;
    uint16_t count;
    uint8_t kind;    /* enum request_kind */
    uint8_t is_part; /* a segment is missing, or it is more than can be kept */
    uint8_t ref_length;
    uint8_t text_length;
    uint8_t invoke_length;
    uint8_t reserved[3];
    char invoke[4];
    char ref[EVENT_TEXT_LENGTH];
    char text[EVENT_TEXT_LENGTH]; /* the device, or the call */
    struct shm_gather_item items[EVENT_ITEMS_MAX];
};

static_assert(sizeof(struct shm_gather_item) == 196, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_gather) == 168 + 196 * EVENT_ITEMS_MAX, "bump SHM_LAYOUT_VERSION");

#endif
