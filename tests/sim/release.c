#include "tests/sim/release.h"

#include <string.h>

static const char *
clearing_cause(struct scene *scene)
{
    static const char *const causes[] = {"normalClearing", "normalClearing", "normal", NULL};
    return causes[random_below(scene_random(scene), 4)];
}

static const char *
veto_cause(struct scene *scene)
{
    static const char *const causes[] = {"switchingFunctionTerminated",
                                         "networkOutOfOrder",
                                         "maintenance",
                                         "destOutOfOrder",
                                         "resourcesNotAvailable",
                                         "lockout"};
    return causes[random_below(scene_random(scene), 6)];
}

static bool
is_silent(struct scene *scene)
{
    return random_chance(scene_random(scene), scene->site->silent_percent);
}

/* ---- two parties ----------------------------------------------------------------------------- */

/* Two clearings of one decision; `first` and `second` are what releasingDevice says. */
struct pair {
    struct device *parties[2]; /* in the order they are cleared */
    const struct device *named[2];
    const struct device *truth;
    const struct device *requester; /* proven by a granted request */
    const char *cause;
};

static void
clear_pair(struct sim_call *call, const struct pair *pair)
{
    for (int i = 0; i < 2; i++) {
        struct cue cue = {.truth = pair->truth,
                          .named = pair->named[i],
                          .requester = pair->requester,
                          .cause = pair->cause};
        say_cleared(call, pair->parties[i], &cue);
        scene_wait(call->scene, 0, 300);
    }
}

static struct pair
pair_of(struct sim_call *call, struct device *who, uint32_t first_percent)
{
    struct device *other = call_other(call, who);
    CHECK(other != NULL);
    bool is_first = random_chance(scene_random(call->scene), first_percent);
    return (struct pair){.parties = {is_first ? who : other, is_first ? other : who},
                         .truth = who,
                         .cause = clearing_cause(call->scene)};
}

/* The link alone says who: in both clearings, one of them, or none. */
static void
hang_up_plainly(struct sim_call *call, struct device *who)
{
    struct scene *scene = call->scene;
    struct pair pair = pair_of(call, who, 75);
    if (!is_silent(scene)) {
        pair.named[0] = who;
        switch (random_below(scene_random(scene), 4)) {
        case 0: /* first clearing wins, whatever the second says of its own party */
            pair.named[1] = pair.parties[1];
            break;
        case 1:
            break;
        default:
            pair.named[1] = who;
            break;
        }
    } else if (random_chance(scene_random(scene), 20)) {
        pair.named[1] = who; /* late: what was reported stays, the rest is known */
    }
    call->own_only = random_chance(scene_random(scene), 25) && call->watcher_count == 0 &&
                     call_is_monitored(call);
    if (call->own_only && !pair.parties[0]->monitored && pair.named[1] == pair.parties[1])
        pair.named[1] = pair.named[0];
    clear_pair(call, &pair);
}

/* A second copy of the first clearing names the releaser the first copy did not. */
static void
hang_up_late_copy(struct sim_call *call, struct device *who)
{
    struct scene *scene = call->scene;
    struct pair pair = pair_of(call, who, 50);
    scene_settle(scene, call);
    say_cleared_twice(call, pair.parties[0], who, pair.cause);
    scene_settle(scene, call);
    struct cue cue = {.truth = who, .cause = pair.cause};
    say_cleared(call, pair.parties[1], &cue);
}

/* Asked on behalf of `who`, for a connection of either, or without saying on whose behalf. */
struct asking {
    const struct device *by;
    struct device *target;
    bool whole_call;
};

static struct asking
choose_asking(struct sim_call *call, struct device *who)
{
    struct random *random = scene_random(call->scene);
    struct asking asking = {.by = who, .target = who};
    if (random_chance(random, 40))
        asking.target = call_other(call, who);
    else if (random_chance(random, 25))
        asking.by = NULL;
    asking.whole_call = random_chance(random, 15);
    return asking;
}

static uint32_t
ask(struct sim_call *call, const struct asking *asking)
{
    scene_settle(call->scene, call);
    return say_request(call, asking->by, asking->target, asking->whole_call);
}

static void
answer(struct sim_call *call, uint32_t invoke, bool granted, const struct asking *asking)
{
    say_answer(call, invoke, granted, asking->whole_call);
}

/* What the switch writes into the clearings that a request brought about. */
static struct pair
asked_pair(struct sim_call *call, struct device *who, const struct asking *asking)
{
    struct scene *scene = call->scene;
    struct pair pair = pair_of(call, asking->target, 80);
    pair.truth = who;
    if (!is_silent(scene)) {
        bool dropped = asking->by == who && asking->target != who && !asking->whole_call &&
                       pair.parties[0] == asking->target && random_chance(scene_random(scene), 50);
        pair.named[0] = dropped ? asking->target : who;
        pair.named[1] = random_chance(scene_random(scene), 50) ? who : NULL;
    }
    return pair;
}

/* Requested and granted: before the clearing, after it, or before and long after the wait. */
static void
hang_up_granted(struct sim_call *call, struct device *who)
{
    struct scene *scene = call->scene;
    struct asking asking = choose_asking(call, who);
    struct pair pair = asked_pair(call, who, &asking);
    pair.requester = who;
    uint32_t invoke = ask(call, &asking);
    switch (random_below(scene_random(scene), 3)) {
    case 0:
        scene_wait(scene, 20, 400);
        answer(call, invoke, true, &asking);
        scene_wait(scene, 10, 400);
        clear_pair(call, &pair);
        break;
    case 1: {
        uint64_t asked = scene->now_ms;
        scene_wait(scene, 10, 300);
        clear_pair(call, &pair);
        uint64_t cleared = scene->now_ms;
        scene->now_ms = asked + random_between(scene_random(scene), 340, 1500);
        if (random_chance(scene_random(scene), 50) && cleared < asked + 1500)
            scene->now_ms = cleared; /* after both, or between the two */
        answer(call, invoke, true, &asking);
        if (scene->now_ms < cleared)
            scene->now_ms = cleared;
        break;
    }
    default:
        scene_wait(scene, 2500, 6000);
        answer(call, invoke, true, &asking);
        scene_wait(scene, 10, 400);
        clear_pair(call, &pair);
        break;
    }
    scene->now_ms += 100;
    scene->not_reusable = true;
}

/* Requests are made for extensions; customers have no application. */
static bool
may_ask(const struct scene *scene, const struct device *who)
{
    return !scene->site->no_requests && who != NULL &&
           (who->kind == DEVICE_AGENT || who->kind == DEVICE_PHONE);
}

static struct device *
choose_asker(struct sim_call *call, struct device *who)
{
    struct device *other = call_other(call, who);
    bool other_can = other->kind == DEVICE_AGENT || other->kind == DEVICE_PHONE;
    bool who_can = who->kind == DEVICE_AGENT || who->kind == DEVICE_PHONE;
    if (who_can && other_can)
        return random_chance(scene_random(call->scene), 50) ? who : other;
    return who_can ? who : other_can ? other : NULL;
}

/* The switch says no, and then one of the two hangs up all the same; or was quicker. */
static void
hang_up_refused(struct sim_call *call, struct device *who)
{
    struct scene *scene = call->scene;
    struct asking asking = choose_asking(call, choose_asker(call, who));
    struct pair pair = pair_of(call, who, 75);
    if (!is_silent(scene))
        pair.named[0] = pair.named[1] = who;
    uint32_t invoke = ask(call, &asking);
    if (random_chance(scene_random(scene), 50)) {
        scene_wait(scene, 20, 400);
        answer(call, invoke, false, &asking);
        scene_wait(scene, 10, 3000);
        clear_pair(call, &pair);
    } else {
        scene_wait(scene, 10, 100);
        clear_pair(call, &pair);
        scene_wait(scene, 10, 200);
        answer(call, invoke, false, &asking);
    }
    scene->now_ms += 100;
    scene->not_reusable = true;
}

/* No answer ever comes, or it came so long before that it proves nothing any more. */
static void
hang_up_unproven(struct sim_call *call, struct device *who)
{
    struct scene *scene = call->scene;
    struct asking asking = choose_asking(call, choose_asker(call, who));
    struct pair pair = pair_of(call, who, 75);
    if (!is_silent(scene))
        pair.named[0] = pair.named[1] = who;
    uint32_t invoke = ask(call, &asking);
    switch (random_below(scene_random(scene), 3)) {
    case 0:
        scene_wait(scene, 100, 1000);
        break;
    case 1:
        scene_wait(scene, 2500, 6000);
        break;
    default:
        scene_wait(scene, 50, 300);
        answer(call, invoke, true, &asking);
        scene_wait(scene, 12000, 20000);
        break;
    }
    clear_pair(call, &pair);
    scene->now_ms += 3000;
    scene->not_reusable = true;
}

void
hang_up(struct sim_call *call, struct device *who)
{
    struct random *random = scene_random(call->scene);
    const struct device *other = call_other(call, who);
    uint32_t chance = random_below(random, 100);
    bool asked = may_ask(call->scene, choose_asker(call, who)) && !who->anonymous &&
                 !other->anonymous && other->kind != DEVICE_QUEUE && chance < 24;
    if (asked && chance < 12 && who->kind != DEVICE_CUSTOMER)
        hang_up_granted(call, who);
    else if (asked && chance < 18)
        hang_up_refused(call, who);
    else if (asked)
        hang_up_unproven(call, who);
    else if (chance < 28 && call_is_monitored(call) && !who->anonymous)
        hang_up_late_copy(call, who);
    else
        hang_up_plainly(call, who);
}

void
force_off(struct sim_call *call, struct device *route_point)
{
    if (call->scene->site->no_requests)
        give_up(call, route_point);
    else
        hang_up_granted(call, route_point);
}

void
hang_up_both(struct sim_call *call)
{
    struct device *first = NULL;
    for (uint32_t i = 0; i < call->party_count && first == NULL; i++)
        if (call->parties[i].state != PARTY_NULL)
            first = call->parties[i].device;
    struct pair pair = pair_of(call, first, 50);
    pair.truth = pair.parties[0];
    if (!is_silent(call->scene)) {
        pair.named[0] = pair.parties[0];
        pair.named[1] = pair.parties[1];
    }
    clear_pair(call, &pair);
}

void
break_down(struct sim_call *call)
{
    struct scene *scene = call->scene;
    struct device *first = NULL;
    for (uint32_t i = 0; i < call->party_count && first == NULL; i++)
        if (call->parties[i].state != PARTY_NULL)
            first = call->parties[i].device;
    struct pair pair = pair_of(call, first, 50);
    const char *cause = veto_cause(scene);
    for (int i = 0; i < 2; i++) {
        struct cue cue = {.cause = cause, .veto = true};
        if (random_chance(scene_random(scene), 30))
            cue.named = pair.parties[i];
        say_cleared(call, pair.parties[i], &cue);
        scene_wait(scene, 0, 200);
    }
}

void
end_talk(struct sim_call *call)
{
    struct random *random = scene_random(call->scene);
    struct device *live[2] = {NULL, NULL};
    uint32_t count = 0;
    for (uint32_t i = 0; i < call->party_count; i++)
        if (call->parties[i].state != PARTY_NULL && count < 2)
            live[count++] = call->parties[i].device;
    CHECK(count == 2);
    uint32_t chance = random_below(random, 100);
    if (chance < 6)
        hang_up_both(call);
    else if (chance < 12)
        break_down(call);
    else
        hang_up(call, live[random_below(random, 2)]);
}

/* ---- more than two --------------------------------------------------------------------------- */

static uint32_t
list_parties(const struct sim_call *call, struct device *devices[SIM_PARTIES_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < call->party_count; i++)
        if (call->parties[i].state != PARTY_NULL)
            devices[count++] = call->parties[i].device;
    return count;
}

static void
shuffle(struct random *random, struct device **devices, uint32_t count)
{
    for (uint32_t i = count; i > 1; i--) {
        uint32_t other = random_below(random, i);
        struct device *kept = devices[i - 1];
        devices[i - 1] = devices[other];
        devices[other] = kept;
    }
}

/* Everybody's connection is cleared, in any order; all clearings say the same. */
static void
clear_all(struct sim_call *call, struct cue cue)
{
    struct device *devices[SIM_PARTIES_MAX];
    uint32_t count = list_parties(call, devices);
    shuffle(scene_random(call->scene), devices, count);
    for (uint32_t i = 0; i < count; i++) {
        say_cleared(call, devices[i], &cue);
        scene_wait(call->scene, 0, 150);
    }
}

void
give_up(struct sim_call *call, struct device *caller)
{
    struct cue cue = {.truth = caller, .cause = clearing_cause(call->scene)};
    if (!is_silent(call->scene))
        cue.named = caller;
    clear_all(call, cue);
}

static void
clear_one(struct sim_call *call, struct device *who, struct cue cue)
{
    cue.cause = clearing_cause(call->scene);
    say_cleared(call, who, &cue);
}

/* `by` has `who` cleared: the answer before the clearing, or soon after it. */
static void
clear_granted(struct sim_call *call, const struct asking *asking, struct cue cue)
{
    struct scene *scene = call->scene;
    uint32_t invoke = ask(call, asking);
    bool before = random_chance(scene_random(scene), 50);
    if (before) {
        scene_wait(scene, 20, 400);
        answer(call, invoke, true, asking);
        scene_wait(scene, 1, 300);
        clear_one(call, asking->target, cue);
        return;
    }
    scene_wait(scene, 1, 300);
    clear_one(call, asking->target, cue);
    scene_wait(scene, 20, 900);
    answer(call, invoke, true, asking);
    scene_wait(scene, 1, 100);
}

void
leave_conference(struct sim_call *call, struct device *who)
{
    struct random *random = scene_random(call->scene);
    struct cue cue = {.truth = who};
    bool can_ask = may_ask(call->scene, who);
    uint32_t chance = random_below(random, 100);
    call->scene->not_reusable |= chance < 25;
    if (!is_silent(call->scene))
        cue.named = who;
    if (chance < 15 && can_ask) {
        cue.requester = who;
        clear_granted(call, &(struct asking){.by = who, .target = who}, cue);
    } else if (chance < 25 && can_ask) { /* nobody named: with three it proves nothing */
        clear_granted(call, &(struct asking){.target = who}, cue);
    } else if (chance < 33) {
        cue = (struct cue){.veto = true, .cause = veto_cause(call->scene)};
        say_cleared(call, who, &cue);
    } else {
        clear_one(call, who, cue);
    }
}

void
remove_party(struct sim_call *call, struct device *by, struct device *who)
{
    struct scene *scene = call->scene;
    struct random *random = scene_random(scene);
    struct asking asking = {.by = by, .target = who};
    struct cue cue = {.truth = by};
    uint32_t chance = random_below(random, 100);
    scene->not_reusable = true;
    if (!is_silent(scene))
        cue.named = by;
    if (scene->site->no_requests) {
        clear_one(call, who, cue);
        return;
    }
    if (chance < 60) {
        cue.requester = by;
        if (random_chance(random, 40))
            cue.named = who;
        clear_granted(call, &asking, cue);
        return;
    }
    uint32_t invoke = ask(call, &asking);
    scene_wait(scene, 20, 400);
    if (chance < 80) { /* refused: nothing happens */
        answer(call, invoke, false, &asking);
    } else { /* done, but never answered */
        clear_one(call, who, cue);
        scene_wait(scene, 2500, 4000);
    }
}

void
end_conference(struct sim_call *call, struct device *by)
{
    struct scene *scene = call->scene;
    struct cue cue = {.truth = by, .cause = clearing_cause(scene)};
    uint32_t chance = random_below(scene_random(scene), 100);
    if (!is_silent(scene))
        cue.named = by;
    if (chance < 25 && by->kind == DEVICE_AGENT && may_ask(scene, by)) {
        struct asking asking = {.by = by, .target = by, .whole_call = true};
        uint32_t invoke = ask(call, &asking);
        scene_wait(scene, 20, 400);
        answer(call, invoke, true, &asking);
        scene_wait(scene, 1, 300);
        cue.requester = by;
        cue.whole_call = true;
        scene->not_reusable = true;
    } else if (chance < 40 && call->watcher_count > 0) {
        cue.named = NULL;
        say_call_cleared(call, &cue);
    }
    clear_all(call, cue);
}
