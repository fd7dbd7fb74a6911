#include <stdlib.h>

#include "tests/sim/scenes.h"

bool
cast_sides(struct scene *scene, struct sides *sides)
{
    struct random *random = scene_random(scene);
    uint32_t chance = random_below(random, 100);
    enum device_kind caller = DEVICE_AGENT, called = DEVICE_AGENT;
    if (chance < 50)
        caller = DEVICE_CUSTOMER;
    else if (chance < 70)
        called = DEVICE_CUSTOMER;
    else if (chance < 78)
        caller = DEVICE_PHONE;
    else if (chance < 86)
        called = DEVICE_PHONE;
    sides->caller = scene_cast(scene, caller);
    sides->called = scene_cast(scene, called);
    return sides->caller != NULL && sides->called != NULL;
}

void
dial(struct sim_call *call, struct device *caller, const char *called, const char *cause)
{
    struct random *random = scene_random(call->scene);
    call->caller = caller;
    call->called = called;
    if (caller->kind == DEVICE_CUSTOMER) { /* outside; the switch meets it when it arrives */
        call_enter(call, caller, PARTY_CONNECTED);
        return;
    }
    if (random_chance(random, 70)) {
        say_initiated(call, caller, cause);
        scene_wait(call->scene, 500, 4000);
    }
    say_originated(call, caller, called, cause);
    scene_wait(call->scene, 20, 300);
}

void
ring(struct sim_call *call, struct device *device)
{
    struct random *random = scene_random(call->scene);
    if (device->kind == DEVICE_CUSTOMER && random_chance(random, 60)) {
        say_network_reached(call, device);
        /* A trunk's own name is the customer's only once it is told with the number. */
        if (device->trunk[0] == '\0' && random_chance(random, 50))
            return;
        scene_wait(call->scene, 100, 1000);
    }
    say_delivered(call, device, NULL, NULL);
}

void
connect_sides(struct sim_call *call, const struct sides *sides)
{
    dial(call, sides->caller, sides->called->number, NULL);
    ring(call, sides->called);
    scene_wait(call->scene, 500, 9000);
    say_established(call, sides->called, NULL, NULL);
}

void
talk(struct sim_call *call, struct device *one, struct device *other)
{
    struct random *random = scene_random(call->scene);
    scene_wait(call->scene, 1000, 30000);
    for (int holds = 0; holds < 2 && random_chance(random, 25); holds++) {
        struct device *holder = random_chance(random, 50) ? one : other;
        if (holder->kind == DEVICE_CUSTOMER)
            holder = holder == one ? other : one;
        say_held(call, holder);
        scene_wait(call->scene, 500, 15000);
        if (random_chance(random, 30))
            return; /* and never comes back */
        say_retrieved(call, holder);
        scene_wait(call->scene, 500, 15000);
    }
}

void
call_finish(struct sim_call *call)
{
    struct scene *scene = call->scene;
    if (!call->over) {
        CHECK(!call_is_in_sight(call));
        scene->not_reusable = true;
        if (call_live(call) > 0)
            judge_vanish(call);
        return;
    }
    if (call->joined_to == NULL && call->watcher_count > 0 &&
        random_chance(scene_random(scene), 50))
        say_call_cleared(call, &(struct cue){.cause = "normalClearing"});
}

/* ---- which story ----------------------------------------------------------------------------- */

struct story {
    const char *name;
    bool (*play)(struct scene *scene);
    uint32_t weight;
};

static const struct story plain_stories[] = {
    {"two-party", play_two_party, 40},
    {"unanswered", play_unanswered, 18},
    {"failed", play_failed, 8},
    {"redirect", play_redirect, 10},
    {"group", play_group, 8},
    {"queue", play_queue, 14},
    {"route-point", play_route_point, 4},
};

static const struct story related_stories[] = {
    {"consult", play_consult, 15},
    {"transfer", play_transfer, 35},
    {"sent-on", play_sent_on, 15},
    {"conference", play_conference, 35},
};

static const struct story *
choose(struct random *random, const struct story *stories, uint32_t count)
{
    uint32_t total = 0;
    for (uint32_t i = 0; i < count; i++)
        total += stories[i].weight;
    uint32_t at = random_below(random, total);
    while (at >= stories->weight)
        at -= stories++->weight;
    return stories;
}

static void
give_back(struct scene *scene)
{
    for (uint32_t i = 0; i < scene->cast_count; i++)
        scene->cast[i]->free_ms = scene->now_ms;
    CHECK(scene->call_count == 0 && scene->holds == 1);
    free(scene);
}

bool
scene_play(struct site *site, struct sim_link *link, uint64_t now_ms)
{
    const struct story *story =
        random_chance(&site->random, site->related_percent)
            ? choose(&site->random, related_stories,
                     sizeof related_stories / sizeof *related_stories)
            : choose(&site->random, plain_stories, sizeof plain_stories / sizeof *plain_stories);
    struct scene *scene = scene_open(site, link, story->name, now_ms);
    if (!story->play(scene)) {
        give_back(scene);
        return false;
    }
    for (uint32_t i = 0; i < scene->call_count; i++)
        call_finish(scene->calls[i]);
    scene_over(scene);
    return true;
}
