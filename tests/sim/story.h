#ifndef TESTS_SIM_STORY_H
#define TESTS_SIM_STORY_H

/*
 * tests/sim/story.h - what really happens in a simulated call, and what a reader of its
 * messages can know.
 *
 * A scene is one story: some devices, one or several calls, told from its own clock. Telling a
 * step (say_*) does three things at once: it changes the true state of the call, it puts one
 * message into the heap for each monitor that sees the step, and, where a connection ends, it
 * notes the end: who truly did it, and what the published rules (docs/attribution.md) can
 * conclude from the messages alone. The second is computed here from the rules' text, in no
 * way from the engine's code.
 *
 * A generator's mistake is a broken promise: if the rules would name somebody who did not do
 * it, the scene told something no switch would send, and CHECK stops the program.
 */

#include <stdbool.h>
#include <stdint.h>

#include "tests/sim/site.h"

enum {
    SIM_ENDS_MAX = 24,
    SIM_IDS_MAX = 6,
    SIM_CALLS_MAX = 10, /* of one scene */
    SIM_CAST_MAX = 12,
    SIM_WATCHERS_MAX = 4,
};

enum party_state {
    PARTY_NULL,
    PARTY_INITIATED,
    PARTY_ALERTING,
    PARTY_CONNECTED,
    PARTY_HOLD,
    PARTY_QUEUED,
    PARTY_FAIL,
};

/* The reasons of docs/attribution.md; a truth may allow several where the rules leave room. */
enum reason {
    BECAUSE_ABNORMAL,
    BECAUSE_OUT_OF_SIGHT,
    BECAUSE_TRANSFER,
    BECAUSE_FORCED,
    BECAUSE_REJECT,
    BECAUSE_NO_ANSWER,
    BECAUSE_BUSY,
    BECAUSE_BLOCKED,
    BECAUSE_CONFERENCE_DROP,
    BECAUSE_CONFERENCE_LEAVE,
    BECAUSE_CONFERENCE_END,
    BECAUSE_ABANDON,
    BECAUSE_HANGUP,
    BECAUSE_COUNT,
};

struct party {
    struct device *device;
    enum party_state state;
    bool talked;
    bool seen;         /* some message named it: a party to a reader */
    int act;           /* the act it ends in, being alone; -1: its own */
    uint64_t ended_ms; /* when state became PARTY_NULL */
};

/* One decision to end connections. */
struct act {
    const struct device *truth;   /* who really decided; NULL: nobody */
    const struct device *verdict; /* whom the messages told so far name; NULL: nobody */
    uint32_t reasons;             /* bits 1 << enum reason */
};

/* One party's end as it must be reported. */
struct end {
    const struct device *device;
    const struct device *truth;
    const struct device *verdict;
    char kind;  /* 'R'eleased, 'A'bandoned, 'X': redirected, no call event */
    char value; /* of ReleasingParty: '1', '2', '3'; '-': not monitored */
    uint32_t reasons;
    int call_state; /* T-Library number; -1: not said by the rules */
    uint32_t act;
};

struct sim_call {
    struct scene *scene;
    struct sim_link *link;
    char ids[SIM_IDS_MAX][24]; /* the last one is the present one */
    uint32_t id_count;
    uint32_t generation;
    uint64_t first_seq; /* 0: no message about it was written yet */
    struct party parties[SIM_PARTIES_MAX];
    uint32_t party_count;
    struct device *caller;
    const char *called;                        /* what was dialled */
    const struct device *answerer;             /* who answered an alerting call last */
    struct device *watchers[SIM_WATCHERS_MAX]; /* call monitors */
    uint32_t watcher_count;
    const char *failure; /* cause of the failure it is in; NULL: in none */
    bool own_only;       /* clearings of unmonitored devices are not reported */
    bool was_conference;
    bool over;    /* nothing more can be reported about it */
    bool deleted; /* and EventCallDeleted is owed: */
    struct act last_act;
    struct sim_call *joined_to;
    struct end ends[SIM_ENDS_MAX];
    uint32_t end_count;
    uint32_t act_count;
    struct act acts[SIM_ENDS_MAX];
};

struct scene {
    struct site *site;
    struct sim_link *link;
    const char *name;
    uint64_t now_ms;
    uint32_t holds; /* messages not written yet, and the teller itself */
    struct device *cast[SIM_CAST_MAX];
    uint32_t cast_count;
    struct sim_call *calls[SIM_CALLS_MAX];
    uint32_t call_count;
    bool not_reusable; /* something of it may still wait when it is over */
};

/* How one connection is cleared, and what was said about it. */
struct cue {
    const struct device *truth;     /* who did it; NULL: a fault, or a timer */
    const struct device *named;     /* releasingDevice; NULL: not known */
    const struct device *requester; /* what a granted request proves about this clearing */
    const char *cause;              /* NULL: none sent */
    bool veto;                      /* the cause says that no person asked */
    bool no_answer;                 /* the cause says that nobody answered */
    bool whole_call;                /* requester's request was ClearCall */
};

/* ---- scenes --------------------------------------------------------------------------------- */

/* scene_open - an empty story that begins at `now_ms`; held by the caller. */
struct scene *scene_open(struct site *site, struct sim_link *link, const char *name,
                         uint64_t now_ms);

/* scene_cast - a free device of that kind for this scene; NULL: none, give the scene up. */
struct device *scene_cast(struct scene *scene, enum device_kind kind);

/* scene_call - a new call of this scene; its callID may have been another's before. */
struct sim_call *scene_call(struct scene *scene);

/* scene_over - the teller is done: devices become free some seconds after the last step. */
void scene_over(struct scene *scene);

/* scene_hold, scene_release - one message more, one less; the last writes the truth. */
void scene_hold(struct scene *scene);
void scene_release(struct scene *scene);

/* scene_wait - time passes: low..high milliseconds. */
void scene_wait(struct scene *scene, uint32_t low, uint32_t high);

/* scene_settle - wait until every monitor of the call has told all it saw. */
void scene_settle(struct scene *scene, const struct sim_call *call);

static inline struct random *
scene_random(struct scene *scene)
{
    return &scene->site->random;
}

/* call_was_written - a message about the call was written as its link's number `seq`. */
void call_was_written(struct sim_call *call, uint64_t seq);

/* ---- calls ---------------------------------------------------------------------------------- */

struct party *call_party(struct sim_call *call, const struct device *device);
uint32_t call_live(const struct sim_call *call);
/* The live party that is not `device`; NULL if there is not exactly one. */
struct device *call_other(const struct sim_call *call, const struct device *device);
/* A monitored party is left, or a call monitor follows it. */
bool call_is_in_sight(const struct sim_call *call);
bool call_is_monitored(const struct sim_call *call);
const char *call_id(const struct sim_call *call);

/* call_enter - a device becomes a party that no message named yet, or changes its state. */
struct party *call_enter(struct sim_call *call, struct device *device, enum party_state state);

/* call_show - a message named the party; a newcomer ends what anybody was alone in. */
void call_show(struct sim_call *call, const struct device *device);
/* call_end_alone - whoever is left ends in an act of its own. */
void call_end_alone(struct sim_call *call);

/* call_leave_silently - diverted: no end is owed, but on links with report-redirect. */
void call_leave_silently(struct sim_call *call, const struct device *device, const char *cause);

/* ---- ends (story_judge.c) ------------------------------------------------------------------- */

/* judge_clearing - note what a visible clearing of `device` means by the rules. */
void judge_clearing(struct sim_call *call, const struct device *device, const struct cue *cue);

/* judge_late - a later message named who did it; what was reported stays. */
void judge_late(struct sim_call *call, uint32_t act, const struct device *who);

/* judge_call_cleared - all that is left ends; a party already alone keeps its act. */
void judge_call_cleared(struct sim_call *call, const struct cue *cue);

/* judge_transfer_leave - the transferring device left this call, once. */
void judge_transfer_leave(struct sim_call *call, struct device *device);

/* judge_vanish - everybody left ends out of sight. */
void judge_vanish(struct sim_call *call);

/* judge_redirect - a monitored party was diverted where that is reported. */
void judge_redirect(struct sim_call *call, const struct device *device, const char *cause);

/* truth_write - the call's truth as one line (README.md has the format). */
void truth_write(FILE *out, const struct sim_call *call);

/* reason_name - as the program prints it. */
const char *reason_name(enum reason reason);

#endif
