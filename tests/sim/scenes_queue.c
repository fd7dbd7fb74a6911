/* Stories of queues and route points. */
#include <stddef.h>

#include "tests/sim/release.h"
#include "tests/sim/scenes.h"

/* The queue hands the call to an agent; three ways to say so. */
static void
offer_agent(struct sim_call *call, struct device *queue, struct device *agent)
{
    struct random *random = scene_random(call->scene);
    const struct party *party = call_party(call, queue);
    bool queued = party != NULL && party->state == PARTY_QUEUED;
    uint32_t chance = random_below(random, 3);
    if (queued && chance == 0) {
        say_diverted(call, queue, agent, "distributed");
        scene_wait(call->scene, 1, 200);
    } else if (queued && chance == 1) {
        say_cleared_away(call, queue, "distributed");
    }
    say_delivered(call, agent, queue, "distributed");
}

/* An agent does not answer: back into the queue, if anybody can see that. */
static void
miss_call(struct sim_call *call, struct device *queue, struct device *agent)
{
    struct random *random = scene_random(call->scene);
    struct cue cue = {.no_answer = true, .cause = "callNotAnswered"};
    scene_wait(call->scene, 5000, 12000);
    if (random_chance(random, 50))
        say_cleared(call, agent, &cue);
    else
        say_diverted(call, agent, queue, "callNotAnswered");
    scene_wait(call->scene, 10, 1000);
    if (queue->monitored && random_chance(random, 70)) {
        say_queued(call, queue, "enteringDistribution");
        scene_wait(call->scene, 200, 8000);
    }
}

static void
leave_queue(struct sim_call *call, struct device *customer)
{
    if (call_other(call, customer) != NULL)
        hang_up(call, customer);
    else
        give_up(call, customer);
}

bool
play_queue(struct scene *scene)
{
    struct random *random = scene_random(scene);
    bool internal = random_chance(random, 15);
    struct device *customer = scene_cast(scene, internal ? DEVICE_AGENT : DEVICE_CUSTOMER);
    struct device *queue = scene_cast(scene, DEVICE_QUEUE);
    struct device *agents[2] = {scene_cast(scene, DEVICE_AGENT), scene_cast(scene, DEVICE_AGENT)};
    if (customer == NULL || queue == NULL || agents[0] == NULL || agents[1] == NULL ||
        customer->trunk[0] != '\0')
        return false;
    struct sim_call *call = scene_call(scene);
    bool seen = queue->monitor_count > 0 || internal;
    dial(call, customer, queue->number, NULL);
    if (seen)
        say_queued(call, queue, "enteringDistribution");
    scene_wait(scene, 500, 20000);
    if (seen && random_chance(random, 25)) {
        leave_queue(call, customer);
        return true;
    }
    offer_agent(call, queue, agents[0]);
    struct device *agent = agents[0];
    if (random_chance(random, 30)) {
        miss_call(call, queue, agent);
        agent = agents[random_chance(random, 80)];
        offer_agent(call, queue, agent);
    }
    scene_wait(scene, 500, 5000);
    if (random_chance(random, 15)) {
        leave_queue(call, customer);
        return true;
    }
    say_established(call, agent, NULL, NULL);
    talk(call, customer, agent);
    end_talk(call);
    return true;
}

/* The route point has an application that may send the call on, or end it. */
bool
play_route_point(struct scene *scene)
{
    struct random *random = scene_random(scene);
    struct sides sides = {
        scene_cast(scene, random_chance(random, 50) ? DEVICE_AGENT : DEVICE_CUSTOMER),
        scene_cast(scene, DEVICE_ROUTE_POINT)};
    struct device *agent = scene_cast(scene, DEVICE_AGENT);
    if (sides.caller == NULL || sides.called == NULL || agent == NULL ||
        sides.caller->trunk[0] != '\0')
        return false;
    if (sides.caller->kind == DEVICE_CUSTOMER && !sides.called->monitored)
        return false;
    struct sim_call *call = scene_call(scene);
    dial(call, sides.caller, sides.called->number, NULL);
    if (random_chance(random, 50))
        say_queued(call, sides.called, NULL);
    else
        say_delivered(call, sides.called, NULL, NULL);
    scene_wait(scene, 100, 6000);
    uint32_t chance = random_below(random, 100);
    if (chance < 40) {
        force_off(call, sides.called);
        return true;
    }
    if (chance < 60) {
        hang_up(call, sides.caller);
        return true;
    }
    say_diverted(call, sides.called, agent, "redirected");
    scene_wait(scene, 1, 300);
    say_delivered(call, agent, sides.called, NULL);
    scene_wait(scene, 500, 5000);
    say_established(call, agent, NULL, NULL);
    talk(call, sides.caller, agent);
    end_talk(call);
    return true;
}
