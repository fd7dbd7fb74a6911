/* Stories of one call between two, or on its way to a second. */
#include <stddef.h>

#include "tests/sim/release.h"
#include "tests/sim/scenes.h"

bool
play_two_party(struct scene *scene)
{
    struct sides sides;
    if (!cast_sides(scene, &sides))
        return false;
    struct sim_call *call = scene_call(scene);
    connect_sides(call, &sides);
    talk(call, sides.caller, sides.called);
    end_talk(call);
    return true;
}

/* ---- nobody answers ------------------------------------------------------------------------- */

/* Nobody answered; the switch takes the ringing away and the caller is left. */
static void
ring_out(struct sim_call *call, const struct sides *sides)
{
    static const char *const causes[] = {"callNotAnswered", "alertTimeExpired", "timeout"};
    struct random *random = scene_random(call->scene);
    struct cue cue = {.no_answer = true, .cause = causes[random_below(random, 3)]};
    if (random_chance(random, 30))
        cue.named = random_chance(random, 50) ? sides->called : sides->caller;
    scene_wait(call->scene, 8000, 20000);
    say_cleared(call, sides->called, &cue);
    scene_wait(call->scene, 100, 4000);
    if (!call_is_in_sight(call))
        return; /* what becomes of the caller is not seen */
    cue = (struct cue){.truth = sides->caller, .cause = "normalClearing"};
    if (!random_chance(random, call->scene->site->silent_percent))
        cue.named = sides->caller;
    say_cleared(call, sides->caller, &cue);
}

/* The called party rejects; the caller hears a tone for a while and then hangs up. */
static void
reject_then_tone(struct sim_call *call, const struct sides *sides)
{
    static const char *const causes[] = {"busy", "callCancelled", "blocked", "destNotObtainable"};
    struct random *random = scene_random(call->scene);
    struct cue cue = {.truth = sides->called, .cause = "normalClearing"};
    if (!random_chance(random, call->scene->site->silent_percent))
        cue.named = sides->called;
    say_cleared(call, sides->called, &cue);
    scene_wait(call->scene, 1, 200);
    if (call->over)
        return;
    say_failed(call, sides->called, random_chance(random, 50), causes[random_below(random, 4)]);
    scene_wait(call->scene, 500, 5000);
    cue = (struct cue){.truth = sides->caller, .cause = "normalClearing"};
    if (!random_chance(random, call->scene->site->silent_percent))
        cue.named = sides->caller;
    say_cleared(call, sides->caller, &cue);
}

bool
play_unanswered(struct scene *scene)
{
    struct sides sides;
    if (!cast_sides(scene, &sides))
        return false;
    struct random *random = scene_random(scene);
    struct sim_call *call = scene_call(scene);
    uint32_t chance = random_below(random, 100);
    dial(call, sides.caller, sides.called->number, NULL);
    if (chance < 12 && sides.caller->monitored && sides.caller->kind != DEVICE_CUSTOMER) {
        give_up(call, sides.caller);
        return true;
    }
    ring(call, sides.called);
    scene_wait(scene, 300, 9000);
    bool alerts = call_party(call, sides.called)->state == PARTY_ALERTING;
    if (chance < 55 || (chance >= 70 && !alerts))
        hang_up(call, sides.caller);
    else if (chance < 70)
        hang_up(call, sides.called);
    else if (chance < 80)
        reject_then_tone(call, &sides);
    else
        ring_out(call, &sides);
    return true;
}

/* ---- busy, blocked, wrong number ------------------------------------------------------------ */

bool
play_failed(struct scene *scene)
{
    static const char *const causes[] = {"busy",
                                         "busy",
                                         "aCDBusy",
                                         "trunksBusy",
                                         "networkCongestion",
                                         "invalidNumberFormat",
                                         "numberUnallocated",
                                         "destNotObtainable",
                                         "selectedTrunkBusy",
                                         "reorderTone",
                                         "blocked"};
    struct random *random = scene_random(scene);
    struct sides sides = {.caller = scene_cast(scene, DEVICE_AGENT)};
    sides.called = scene_cast(scene, random_chance(random, 50) ? DEVICE_AGENT : DEVICE_CUSTOMER);
    if (sides.caller == NULL || sides.called == NULL)
        return false;
    struct sim_call *call = scene_call(scene);
    bool own = random_chance(random, 40);
    dial(call, sides.caller, sides.called->number, NULL);
    say_failed(call, sides.called, own, causes[random_below(random, 11)]);
    scene_wait(scene, 200, 5000);
    struct cue cue = {.truth = sides.caller, .cause = "normalClearing"};
    if (random_chance(random, 25))
        cue.truth = NULL; /* the switch ends the tone */
    else if (!random_chance(random, scene->site->silent_percent))
        cue.named = sides.caller;
    if (!own && random_chance(random, 30))
        say_cleared(call, sides.called, &cue);
    say_cleared(call, sides.caller, &cue);
    return true;
}

/* ---- forwarded, picked up, not answered and passed on --------------------------------------- */

static const char *
redirect_cause(struct random *random)
{
    static const char *const causes[] = {"callForwardNoAnswer", "callForward", "redirected",
                                         "callNotAnswered",     "callPickup",  "alertTimeExpired"};
    return causes[random_below(random, 6)];
}

/* The ringing moves on: by a DivertedEvent, or by a clearing with a diversion's cause. */
static void
move_on(struct sim_call *call, struct device *from, const struct device *to)
{
    struct random *random = scene_random(call->scene);
    const char *cause = redirect_cause(random);
    if (random_chance(random, 70))
        say_diverted(call, from, to, cause);
    else
        say_cleared_away(call, from, random_chance(random, 50) ? "redirected" : "callPickup");
    scene_wait(call->scene, 20, 2000);
}

bool
play_redirect(struct scene *scene)
{
    struct random *random = scene_random(scene);
    struct sides sides;
    if (!cast_sides(scene, &sides))
        return false;
    struct device *next[2];
    uint32_t hops = random_between(random, 1, 2);
    for (uint32_t i = 0; i < hops; i++)
        if ((next[i] = scene_cast(scene,
                                  random_chance(random, 75) ? DEVICE_AGENT : DEVICE_PHONE)) == NULL)
            return false;
    struct sim_call *call = scene_call(scene);
    struct device *ringing = sides.called;
    dial(call, sides.caller, sides.called->number, NULL);
    say_delivered(call, ringing, NULL, NULL);
    for (uint32_t i = 0; i < hops; i++) {
        scene_wait(scene, 1000, 12000);
        move_on(call, ringing, next[i]);
        say_delivered(call, next[i], random_chance(random, 50) ? ringing : NULL, NULL);
        ringing = next[i];
    }
    scene_wait(scene, 500, 6000);
    if (!call_is_in_sight(call) || !call_party(call, ringing)->seen)
        return true; /* it rings, and goes on, where nobody sees it */
    if (random_chance(random, 20)) {
        hang_up(call, sides.caller);
        return true;
    }
    say_established(call, ringing, NULL, NULL);
    talk(call, sides.caller, ringing);
    end_talk(call);
    return true;
}

/* ---- several phones ring -------------------------------------------------------------------- */

/* One answered; what the others hear of it. */
static void
silence_others(struct sim_call *call, struct device **members, uint32_t count,
               struct device *winner)
{
    struct random *random = scene_random(call->scene);
    for (uint32_t i = 0; i < count; i++) {
        if (members[i] == winner)
            continue;
        struct cue cue = {.truth = winner, .cause = "normalClearing"};
        uint32_t chance = random_below(random, 3);
        if (chance == 0) {
            say_diverted(call, members[i], winner, "callPickup");
            continue;
        }
        if (chance == 1)
            cue.named = winner;
        say_cleared(call, members[i], &cue);
    }
}

bool
play_group(struct scene *scene)
{
    struct random *random = scene_random(scene);
    struct sides sides;
    struct device *members[4];
    uint32_t count = random_between(random, 2, 4);
    bool has_phone = false; /* an anonymous caller must be the only one without a monitor */
    sides.caller = scene_cast(scene, random_chance(random, 60) ? DEVICE_CUSTOMER : DEVICE_AGENT);
    for (uint32_t i = 0; i < count; i++) {
        bool phone = i > 0 && random_chance(random, 20);
        has_phone |= phone;
        if ((members[i] = scene_cast(scene, phone ? DEVICE_PHONE : DEVICE_AGENT)) == NULL)
            return false;
    }
    if (sides.caller == NULL || (sides.caller->anonymous && has_phone))
        return false;
    struct sim_call *call = scene_call(scene);
    dial(call, sides.caller, "70000", NULL);
    for (uint32_t i = 0; i < count; i++)
        say_delivered(call, members[i], NULL,
                      random_chance(random, 50) ? "multipleAlerting" : NULL);
    scene_wait(scene, 500, 6000);
    if (random_chance(random, 30)) {
        struct cue cue = {.truth = members[0], .named = members[0], .cause = "normalClearing"};
        if (random_chance(random, 30) && count > 2)
            say_cleared(call, members[0], &cue); /* rejects while the others ring on */
        give_up(call, sides.caller);
        return true;
    }
    struct device *winner = members[random_below(random, count)];
    say_established(call, winner, NULL, NULL);
    silence_others(call, members, count, winner);
    scene_wait(scene, 100, 500);
    talk(call, sides.caller, winner);
    if (!call->over && call_is_in_sight(call))
        end_talk(call);
    return true;
}
