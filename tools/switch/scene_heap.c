/* The scenes by the time of their next step: a binary heap, the earliest first. */
#include <stdlib.h>

#include "tools/switch/scene.h"

enum { SCENES_MAX = 1 << 20 };

bool
scene_heap_add(struct simulator *simulator, struct scene *scene)
{
    if (simulator->scene_count == simulator->scene_room) {
        uint32_t room = simulator->scene_room == 0 ? 1024 : simulator->scene_room * 2;
        struct scene **heap =
            room > SCENES_MAX ? NULL : realloc(simulator->heap, room * sizeof *heap);
        if (heap == NULL)
            return false;
        simulator->heap = heap;
        simulator->scene_room = room;
    }
    uint32_t at = simulator->scene_count++;
    while (at > 0 && simulator->heap[(at - 1) / 2]->due_ms > scene->due_ms) {
        simulator->heap[at] = simulator->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    simulator->heap[at] = scene;
    return true;
}

/* Put the scene where it belongs from the top down. */
void
scene_heap_sink(struct simulator *simulator, struct scene *scene)
{
    uint32_t at = 0, total = simulator->scene_count;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= total)
            break;
        if (child + 1 < total &&
            simulator->heap[child + 1]->due_ms < simulator->heap[child]->due_ms)
            child++;
        if (simulator->heap[child]->due_ms >= scene->due_ms)
            break;
        simulator->heap[at] = simulator->heap[child];
        at = child;
    }
    simulator->heap[at] = scene;
}

void
scene_heap_remove_first(struct simulator *simulator)
{
    struct scene *last = simulator->heap[--simulator->scene_count];
    if (simulator->scene_count > 0)
        scene_heap_sink(simulator, last);
}

uint64_t
scene_next_ms(const struct simulator *simulator)
{
    return simulator->scene_count == 0 ? UINT64_MAX : simulator->heap[0]->due_ms;
}
