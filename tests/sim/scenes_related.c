/* Stories of calls that become one: consultation, transfer, conference. */
#include <stddef.h>

#include "tests/sim/release.h"
#include "tests/sim/scenes.h"

/* What these stories start from: two talk, one of them an agent who will act. */
struct base_call {
    struct sim_call *call;
    struct device *agent;
    struct device *other;
};

/* A queue may have brought the call, with a call monitor that follows it to its end. */
static bool
open_base(struct scene *scene, struct base_call *base, bool plain_caller)
{
    struct random *random = scene_random(scene);
    uint32_t chance = random_below(random, 100);
    enum device_kind kind = chance < 55   ? DEVICE_CUSTOMER
                            : chance < 85 ? DEVICE_AGENT
                                          : DEVICE_PHONE;
    struct device *queue = chance < 15 ? scene_cast(scene, DEVICE_QUEUE) : NULL;
    base->agent = scene_cast(scene, DEVICE_AGENT);
    base->other = scene_cast(scene, kind);
    if (base->agent == NULL || base->other == NULL)
        return false;
    if ((queue != NULL || plain_caller) && base->other->anonymous)
        return false;
    if (queue != NULL && (base->other->trunk[0] != '\0' || queue->monitor_count == 0))
        return false;
    base->call = scene_call(scene);
    if (queue != NULL) {
        dial(base->call, base->other, queue->number, NULL);
        say_queued(base->call, queue, "enteringDistribution");
        scene_wait(scene, 200, 5000);
        say_delivered(base->call, base->agent, queue, "distributed");
        scene_wait(scene, 300, 5000);
        say_established(base->call, base->agent, NULL, NULL);
    } else {
        bool outward = random_chance(random, 25);
        struct sides sides = {outward ? base->agent : base->other,
                              outward ? base->other : base->agent};
        connect_sides(base->call, &sides);
    }
    scene_wait(scene, 500, 20000);
    return true;
}

/* The agent holds and dials somebody else; the new call rings there, and may be answered. */
static struct sim_call *
consult(struct sim_call *call, struct device *agent, struct device *destination, bool answered)
{
    struct scene *scene = call->scene;
    if (call_party(call, agent)->state == PARTY_CONNECTED)
        say_held(call, agent);
    struct sim_call *consultation = scene_call(scene);
    dial(consultation, agent, destination->number, "consultation");
    say_delivered(consultation, destination, NULL, "consultation");
    scene_wait(scene, 300, 5000);
    if (answered) {
        say_established(consultation, destination, NULL, NULL);
        scene_wait(scene, 300, 10000);
    }
    return consultation;
}

static struct device *
cast_destination(struct scene *scene)
{
    uint32_t chance = random_below(scene_random(scene), 100);
    return scene_cast(scene, chance < 65   ? DEVICE_AGENT
                             : chance < 85 ? DEVICE_PHONE
                                           : DEVICE_CUSTOMER);
}

static bool
is_plain(const struct device *device)
{
    return device != NULL && device->trunk[0] == '\0';
}

static enum result_id
choose_result_id(struct random *random)
{
    return (enum result_id)random_below(random, 3);
}

bool
play_consult(struct scene *scene)
{
    struct random *random = scene_random(scene);
    struct base_call base;
    struct device *destination = cast_destination(scene);
    if (!is_plain(destination) || !open_base(scene, &base, false))
        return false;
    struct sim_call *second =
        consult(base.call, base.agent, destination, random_chance(random, 70));
    if (random_chance(random, 20)) { /* the one on hold gives up meanwhile */
        hang_up(base.call, base.other);
        scene_wait(scene, 100, 3000);
    }
    hang_up(second, random_chance(random, 60) ? base.agent : destination);
    scene_wait(scene, 100, 2000);
    if (base.call->over)
        return true;
    say_retrieved(base.call, base.agent);
    scene_wait(scene, 500, 10000);
    end_talk(base.call);
    return true;
}

/* ---- transfer ------------------------------------------------------------------------------- */

/* What became of a transfer: who is left talks, rings, or is out of sight. */
static void
after_transfer(struct sim_call *call, struct device *destination)
{
    struct scene *scene = call->scene;
    struct random *random = scene_random(scene);
    if (!call_is_in_sight(call))
        return;
    struct device *caller = call_other(call, destination);
    scene_wait(scene, 200, 8000);
    if (call_party(call, destination)->state == PARTY_ALERTING) {
        if (random_chance(random, 30)) {
            hang_up(call, caller);
            return;
        }
        say_established(call, destination, NULL, NULL);
    }
    scene_wait(scene, 300, 20000);
    end_talk(call);
}

/* The agent's own connections may also go in messages of their own, before or after. */
static struct sim_call *
transfer(struct sim_call *call, struct device *agent, struct device *destination)
{
    struct random *random = scene_random(call->scene);
    struct sim_call *second = consult(call, agent, destination, random_chance(random, 65));
    bool apart = random_chance(random, 30);
    bool before = apart && random_chance(random, 50);
    char ids[2][24];
    snprintf(ids[0], sizeof ids[0], "%s", call_id(call));
    snprintf(ids[1], sizeof ids[1], "%s", call_id(second));
    if (before) {
        say_transfer_clearing(call, ids[0], agent);
        say_transfer_clearing(second, ids[1], agent);
    }
    struct sim_call *result =
        say_transferred(call, second, agent, choose_result_id(random), random_chance(random, 10));
    if (apart && !before) {
        say_transfer_clearing(call, ids[0], agent);
        say_transfer_clearing(second, ids[1], agent);
    }
    return result;
}

bool
play_transfer(struct scene *scene)
{
    struct random *random = scene_random(scene);
    struct base_call base;
    struct device *first = cast_destination(scene);
    struct device *next = random_chance(random, 25) ? scene_cast(scene, DEVICE_AGENT) : NULL;
    if (!is_plain(first) || !open_base(scene, &base, true))
        return false;
    struct sim_call *call = transfer(base.call, base.agent, first);
    const struct party *party = call_party(call, first);
    if (next != NULL && first->kind == DEVICE_AGENT && party->state == PARTY_CONNECTED) {
        scene_wait(scene, 500, 10000);
        call = transfer(call, first, next);
        first = next;
    }
    after_transfer(call, first);
    return true;
}

bool
play_sent_on(struct scene *scene)
{
    struct random *random = scene_random(scene);
    struct base_call base;
    struct device *destination = cast_destination(scene);
    if (!is_plain(destination) || !open_base(scene, &base, true))
        return false;
    struct sim_call *call = base.call;
    say_sent_on(call, base.agent, destination, random_chance(random, 40));
    scene_wait(scene, 20, 800);
    if (!call_is_in_sight(call) && destination->kind != DEVICE_AGENT && !destination->monitored)
        return true;
    say_delivered(call, destination, random_chance(random, 50) ? base.agent : NULL,
                  "singleStepTransfer");
    after_transfer(call, destination);
    return true;
}

/* ---- conference ----------------------------------------------------------------------------- */

static struct sim_call *
add_member(struct sim_call *call, struct device *agent, struct device *member)
{
    struct random *random = scene_random(call->scene);
    scene_wait(call->scene, 300, 6000);
    if (call_live(call) >= 3 && random_chance(random, 40)) {
        say_invited(call, agent, member);
        return call;
    }
    struct sim_call *second = consult(call, agent, member, true);
    return say_conferenced(call, second, agent, choose_result_id(random));
}

static struct device *
random_party(struct sim_call *call, const struct device *but)
{
    struct device *found = NULL;
    uint32_t seen = 0;
    for (uint32_t i = 0; i < call->party_count; i++) {
        if (call->parties[i].state == PARTY_NULL || call->parties[i].device == but)
            continue;
        if (random_below(scene_random(call->scene), ++seen) == 0)
            found = call->parties[i].device;
    }
    return found;
}

static void
unravel(struct sim_call *call, struct device *agent)
{
    struct scene *scene = call->scene;
    struct random *random = scene_random(scene);
    while (!call->over && call_is_in_sight(call) && call_live(call) >= 3) {
        uint32_t chance = random_below(random, 100);
        bool there = call_party(call, agent)->state != PARTY_NULL;
        scene_wait(scene, 300, 12000);
        if (chance < 30 && there)
            end_conference(call, agent);
        else if (chance < 55 && there)
            remove_party(call, agent, random_party(call, agent));
        else
            leave_conference(call, random_party(call, NULL));
    }
    scene_wait(scene, 300, 12000);
    if (!call->over && call_is_in_sight(call))
        end_talk(call);
}

bool
play_conference(struct scene *scene)
{
    struct random *random = scene_random(scene);
    struct base_call base;
    struct device *members[3];
    uint32_t count = random_between(random, 1, 3);
    for (uint32_t i = 0; i < count; i++)
        if (!is_plain(members[i] = cast_destination(scene)))
            return false;
    if (!open_base(scene, &base, true))
        return false;
    struct sim_call *call = base.call;
    for (uint32_t i = 0; i < count; i++)
        call = add_member(call, base.agent, members[i]);
    unravel(call, base.agent);
    return true;
}
