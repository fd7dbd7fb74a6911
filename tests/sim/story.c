#include "tests/sim/story.h"

#include <stdlib.h>
#include <string.h>

/* ---- scenes --------------------------------------------------------------------------------- */

struct scene *
scene_open(struct site *site, struct sim_link *link, const char *name, uint64_t now_ms)
{
    struct scene *scene = calloc(1, sizeof *scene);
    CHECK(scene != NULL);
    scene->site = site;
    scene->link = link;
    scene->name = name;
    scene->now_ms = now_ms;
    scene->holds = 1;
    return scene;
}

struct device *
scene_cast(struct scene *scene, enum device_kind kind)
{
    CHECK(scene->cast_count < SIM_CAST_MAX);
    struct device *device = site_take(scene->site, scene->link, kind, scene->now_ms);
    if (device != NULL)
        scene->cast[scene->cast_count++] = device;
    return device;
}

void
scene_wait(struct scene *scene, uint32_t low, uint32_t high)
{
    scene->now_ms += random_between(scene_random(scene), low, high);
}

void
scene_settle(struct scene *scene, const struct sim_call *call)
{
    for (uint32_t i = 0; i < call->party_count; i++) {
        const struct device *device = call->parties[i].device;
        for (uint32_t m = 0; m < device->monitor_count; m++)
            if (device->heard_ms[m] >= scene->now_ms)
                scene->now_ms = device->heard_ms[m] + 1;
    }
}

void
scene_hold(struct scene *scene)
{
    scene->holds++;
}

void
scene_release(struct scene *scene)
{
    CHECK(scene->holds > 0);
    if (--scene->holds > 0)
        return;
    for (uint32_t i = 0; i < scene->call_count; i++) {
        CHECK(scene->calls[i]->first_seq != 0);
        truth_write(scene->site->truth, scene->calls[i]);
        scene->site->calls++;
    }
    for (uint32_t i = 0; i < scene->call_count; i++)
        free(scene->calls[i]);
    free(scene);
}

/* The callID of a call that is certainly over may be given to another. */
static void
offer_id(struct scene *scene, const struct sim_call *call)
{
    struct sim_link *link = scene->link;
    if (scene->not_reusable || !call->deleted || call->joined_to != NULL || call->id_count != 1)
        return;
    uint32_t place = link->reusable_count < SIM_REUSABLE_MAX
                         ? link->reusable_count++
                         : random_below(scene_random(scene), SIM_REUSABLE_MAX);
    struct reusable *reusable = &link->reusable[place];
    *reusable = (struct reusable){.generation = call->generation + 1};
    memcpy(reusable->id, call->ids[0], sizeof reusable->id);
    reusable->over_ms = scene->now_ms;
    for (uint32_t i = 0; i < scene->cast_count; i++)
        reusable->devices[reusable->device_count++] = scene->cast[i];
}

void
scene_over(struct scene *scene)
{
    for (uint32_t i = 0; i < scene->cast_count; i++) {
        struct device *device = scene->cast[i];
        for (uint32_t m = 0; m < device->monitor_count; m++)
            if (device->heard_ms[m] >= scene->now_ms)
                scene->now_ms = device->heard_ms[m] + 1;
    }
    for (uint32_t i = 0; i < scene->cast_count; i++)
        scene->cast[i]->free_ms = scene->now_ms + 200;
    for (uint32_t i = 0; i < scene->call_count; i++)
        offer_id(scene, scene->calls[i]);
    scene_release(scene);
}

/* Within seconds only if no device was in both, so that no message could be of either. */
static bool
is_reusable(struct scene *scene, const struct reusable *reusable)
{
    if (reusable->over_ms + 10 > scene->now_ms)
        return false;
    if (reusable->over_ms + 6000 <= scene->now_ms)
        return true;
    for (uint32_t i = 0; i < scene->cast_count; i++)
        for (uint32_t d = 0; d < reusable->device_count; d++)
            if (reusable->devices[d] == scene->cast[i])
                return false;
    return true;
}

static void
choose_id(struct scene *scene, struct sim_call *call)
{
    struct sim_link *link = scene->link;
    if (link->reusable_count > 0 && random_chance(scene_random(scene), 15)) {
        uint32_t place = random_below(scene_random(scene), link->reusable_count);
        if (is_reusable(scene, &link->reusable[place])) {
            memcpy(call->ids[0], link->reusable[place].id, sizeof call->ids[0]);
            call->generation = link->reusable[place].generation;
            link->reusable[place] = link->reusable[--link->reusable_count];
            return;
        }
    }
    snprintf(call->ids[0], sizeof call->ids[0], "%s%llu",
             link->manner == MANNER_CONFIGURED ? "0x00c0ffee-" : "",
             (unsigned long long)link->next_call++);
}

struct sim_call *
scene_call(struct scene *scene)
{
    CHECK(scene->call_count < SIM_CALLS_MAX);
    struct sim_call *call = calloc(1, sizeof *call);
    CHECK(call != NULL);
    call->scene = scene;
    call->link = scene->link;
    call->id_count = 1;
    call->generation = 1;
    choose_id(scene, call);
    scene->calls[scene->call_count++] = call;
    return call;
}

/* ---- calls ---------------------------------------------------------------------------------- */

void
call_was_written(struct sim_call *call, uint64_t seq)
{
    if (call->first_seq == 0)
        call->first_seq = seq;
}

const char *
call_id(const struct sim_call *call)
{
    return call->ids[call->id_count - 1];
}

struct party *
call_party(struct sim_call *call, const struct device *device)
{
    for (uint32_t i = 0; i < call->party_count; i++)
        if (call->parties[i].device == device)
            return &call->parties[i];
    return NULL;
}

uint32_t
call_live(const struct sim_call *call)
{
    uint32_t live = 0;
    for (uint32_t i = 0; i < call->party_count; i++)
        live += call->parties[i].state != PARTY_NULL && call->parties[i].seen;
    return live;
}

struct device *
call_other(const struct sim_call *call, const struct device *device)
{
    struct device *other = NULL;
    for (uint32_t i = 0; i < call->party_count; i++) {
        const struct party *party = &call->parties[i];
        if (party->state == PARTY_NULL || party->device == device)
            continue;
        if (other != NULL)
            return NULL;
        other = party->device;
    }
    return other;
}

bool
call_is_monitored(const struct sim_call *call)
{
    for (uint32_t i = 0; i < call->party_count; i++)
        if (call->parties[i].state != PARTY_NULL && call->parties[i].device->monitored)
            return true;
    return false;
}

bool
call_is_in_sight(const struct sim_call *call)
{
    return call->watcher_count > 0 || call_is_monitored(call);
}

struct party *
call_enter(struct sim_call *call, struct device *device, enum party_state state)
{
    struct party *party = call_party(call, device);
    if (party == NULL) {
        CHECK(call->party_count < SIM_PARTIES_MAX);
        party = &call->parties[call->party_count++];
        *party = (struct party){.device = device, .act = -1};
    }
    if (party->state == PARTY_NULL)
        party->talked = party->seen = false;
    party->state = state;
    return party;
}

void
call_show(struct sim_call *call, const struct device *device)
{
    struct party *party = call_party(call, device);
    if (party == NULL || party->state == PARTY_NULL || party->seen)
        return;
    party->seen = true;
    call_end_alone(call);
}

void
call_end_alone(struct sim_call *call)
{
    for (uint32_t i = 0; i < call->party_count; i++)
        call->parties[i].act = -1;
}

void
call_leave_silently(struct sim_call *call, const struct device *device, const char *cause)
{
    struct party *party = call_party(call, device);
    if (party == NULL || party->state == PARTY_NULL)
        return;
    if (party->seen)
        judge_redirect(call, device, cause);
    party->state = PARTY_NULL;
    party->ended_ms = call->scene->now_ms;
}
