/* All calls of a switch at once: when it restarts, and when the run is over. */
#include <stdlib.h>

#include "tools/switch/clearing.h"
#include "tools/switch/tell.h"
#include "tools/switch/truth.h"

void
scene_forget_calls(struct pbx *pbx)
{
    struct act act = {.reason = END_ABNORMAL};
    for (uint32_t i = 0; i < pbx->call_capacity; i++) {
        struct call *call = &pbx->calls[i];
        if (call->serial == 0)
            continue;
        tell_touch(call);
        for (uint32_t p = 0; p < call->party_count; p++)
            if (call->parties[p].state != STATE_NULL)
                clear_note(call, call->parties[p].device, &act);
        clear_over(call, &act, call->serial);
    }
}

void
scene_close(struct simulator *simulator)
{
    struct truth_deletion open = {.is_open = true};
    for (uint32_t l = 0; l < simulator->listener_count; l++) {
        struct pbx *pbx = &simulator->listeners[l].pbx;
        for (uint32_t i = 0; i < pbx->call_capacity; i++)
            if (pbx->calls[i].serial != 0)
                truth_call(&pbx->calls[i], &open);
    }
    while (simulator->scene_count > 0)
        free(simulator->heap[--simulator->scene_count]);
    free(simulator->heap);
    simulator->heap = NULL;
}
