#include "tools/inspect/top_model.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"

enum {
    STATE_SIZE = 24,
    STALE_SHOWN_S = 99999, /* and more */
};

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  1e9

void
top_model_open(struct top_model *model, const struct view *view)
{
    memset(model, 0, sizeof *model);
    model->view = *view;
    model->is_open = true;
    model->follows = view_follow_begin(&model->view, &model->follow, TOP_OUTCOMES);
}

void
top_model_close(struct top_model *model)
{
    if (model->is_open)
        view_close(&model->view);
    model->is_open = false;
}

const struct stat_sample *
top_model_now(const struct top_model *model)
{
    return model->looks > 0 ? &model->samples[model->looks % 2] : NULL;
}

const struct stat_sample *
top_model_before(const struct top_model *model)
{
    return model->looks > 1 ? &model->samples[(model->looks + 1) % 2] : NULL;
}

static uint64_t
total_of(const struct top_model *model, const struct stat_sample *sample, enum counter which)
{
    uint64_t total = 0;
    for (uint32_t i = 0; sample != NULL && i < model->view.process_count; i++)
        total += sample->values[i][which];
    return total;
}

uint64_t
top_model_total(const struct top_model *model, enum counter which)
{
    return total_of(model, top_model_now(model), which);
}

double
top_model_rate(const struct top_model *model, enum counter which)
{
    const struct stat_sample *now = top_model_now(model);
    const struct stat_sample *before = top_model_before(model);
    if (before == NULL || now->taken_ns <= before->taken_ns)
        return 0;
    uint64_t value = total_of(model, now, which);
    uint64_t older = total_of(model, before, which);
    if (value < older)
        return 0;
    return (double)(value - older) * NS_PER_S / (double)(now->taken_ns - before->taken_ns);
}

/* ---- outcomes ------------------------------------------------------------------------------ */

static struct top_device *
device_of(struct top_model *model, struct text name)
{
    uint64_t at = hash_text(0, name);
    for (uint32_t i = 0; i < TOP_DEVICES; i++, at++) {
        struct top_device *device = &model->devices[at & (TOP_DEVICES - 1)];
        if (device->name[0] == '\0') {
            if (model->device_count == TOP_DEVICES / 2)
                return NULL;
            model->device_count++;
            memcpy(device->name, name.at, name.length);
            return device;
        }
        if (text_is_equal(text_of(device->name), name))
            return device;
    }
    return NULL;
}

static void
count_device(struct top_model *model, const struct shm_outcome *outcome)
{
    struct text name = outcome_text(outcome, OUTCOME_TEXT_PARTY);
    if (text_is_none(name) || name.at[0] == '\0')
        return;
    struct top_device *device = device_of(model, name);
    if (device == NULL) {
        model->devices_refused++;
        return;
    }
    device->ended++;
    device->by[outcome->releasing]++;
    device->abandoned += outcome->event == OUTCOME_ABANDONED;
}

static void
follow(struct top_model *model)
{
    struct shm_outcome outcome;
    for (int i = 0; i < TOP_FOLLOW_MAX; i++) {
        if (!view_follow_next(&model->view, &model->follow, &outcome))
            return;
        if (outcome.event != OUTCOME_RELEASED && outcome.event != OUTCOME_ABANDONED)
            continue;
        model->outcomes[model->outcome_count++ % TOP_OUTCOMES] = outcome;
        count_device(model, &outcome);
    }
}

/* ---- processes ----------------------------------------------------------------------------- */

static void
note_progress(struct top_model *model)
{
    uint64_t now_ns = top_model_now(model)->taken_ns;
    model->watermark = view_watermark(&model->view);
    for (uint32_t i = 0; i < model->view.process_count; i++) {
        uint64_t progress = view_progress(&model->view, i);
        if (model->moved_ns[i] == 0 || progress != model->progress[i])
            model->moved_ns[i] = now_ns;
        model->progress[i] = progress;
    }
}

/* A worker with inputs before it, a publisher with outcomes. What a front-end waits for nobody
 * else knows; but where links are live it beats while it waits. */
static bool
has_work(const struct top_model *model, uint32_t process)
{
    struct view_fill fill;
    switch (view_role(&model->view, process)) {
    case ROLE_WORKER:
        return model->watermark > model->progress[process];
    case ROLE_PUBLISHER:
        return view_result(&model->view, &fill) && fill.depth > 0;
    case ROLE_FRONTEND:
        return model->view.fixed.live_links > 0;
    case ROLE_SUPERVISOR:
        break;
    }
    return false;
}

/* For how long it has not got on, or, without work, has not looked for any. */
static uint64_t
still_of(const struct top_model *model, uint32_t process, bool works)
{
    if (!works || view_role(&model->view, process) == ROLE_FRONTEND)
        return top_watch_still_ms(&model->watch, process);
    if (view_role(&model->view, process) == ROLE_PUBLISHER)
        return top_watch_age_ms(&model->watch, process);
    return (top_model_now(model)->taken_ns - model->moved_ns[process]) / NS_PER_MS;
}

const char *
top_model_state(const struct top_model *model, uint32_t process, char *buffer)
{
    const struct view *view = &model->view;
    uint32_t pid = view_pid(view, process);
    if (view_is_done(view, process))
        return "done";
    if (pid == 0 || model->owner == 0 || (kill((pid_t)pid, 0) != 0 && errno == ESRCH))
        return "DEAD";
    bool works = has_work(model, process);
    if (!works && view_role(view, process) == ROLE_FRONTEND)
        return "runs"; /* it reads a file, and need not beat */
    uint64_t still_ms = still_of(model, process, works);
    if (still_ms < TOP_STALE_MS)
        return works ? "runs" : "waits";
    unsigned still_s =
        still_ms < STALE_SHOWN_S * 1000 ? (unsigned)(still_ms / 1000) : STALE_SHOWN_S;
    snprintf(buffer, STATE_SIZE, "STALE %u s", still_s);
    return buffer;
}

/* The name may be another engine's by now: then that one is looked at. */
static void
look_for_successor(struct top_model *model)
{
    static struct view next; /* large */
    next = model->view;
    if (!view_renew(&next))
        return;
    if (next.fixed.identity.epoch != model->view.fixed.identity.epoch)
        top_model_open(model, &next);
    else
        model->view = next;
    if (!model->follows)
        model->follows = view_follow_begin(&model->view, &model->follow, TOP_OUTCOMES);
}

void
top_model_look(struct top_model *model)
{
    look_for_successor(model);
    model->looks++;
    stat_take(&model->samples[model->looks % 2], &model->view);
    model->owner = view_owner(&model->view);
    uint64_t at = model->looks % TOP_HISTORY;
    model->messages[at] = top_model_rate(model, COUNTER_MESSAGES);
    model->ended[at] = top_model_rate(model, COUNTER_PARTIES_DELETED);
    note_progress(model);
    const struct stat_sample *now = top_model_now(model);
    top_watch_look(&model->watch, &model->view, now->taken_ns, now->time_us);
    if (model->follows)
        follow(model);
}
