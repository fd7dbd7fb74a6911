#include "base/log.h"
#include "engine/live/talk.h"

enum {
    ROSTER_AT_ONCE = 32, /* devices of one step: their old bytes are bounded */
    ROSTER_LISTS = 4,
};

/* In the order of engine/announce.c. */
static const struct device_list *
list_of(const struct talk *talk, uint32_t which, uint32_t *flag)
{
    const struct link_settings *settings = talk->link->settings;
    switch (which) {
    case 0:
        *flag = EVENT_DEVICE_MONITORED;
        return &settings->monitored;
    case 1:
        *flag = EVENT_DEVICE_OBSERVER;
        return &settings->observers;
    case 2:
        *flag = EVENT_DEVICE_TREATMENT;
        return &settings->treatments;
    default:
        *flag = EVENT_DEVICE_ROUTE_POINT;
        return &settings->route_points;
    }
}

void
roster_read_again(const struct talk *talk)
{
    talk_touch(talk);
    talk->state->generation++;
    talk->state->roster_list = talk->state->roster_index = 0;
    talk->state->roster_done = 0;
    talk->state->sweep_cursor = 0;
}

static void
note_listed(const struct talk *talk, struct text number, uint32_t flag)
{
    struct shm_errand *errand = errand_find(talk, ERRAND_DEVICE, number);
    if (errand == NULL)
        errand = errand_add(talk, ERRAND_DEVICE, number);
    if (errand == NULL) {
        if (talk_say_once(talk, TALK_SAID_FULL))
            log_say("link %s: more than %d devices; what is beyond is not monitored",
                    talk->link->link->name, ERRANDS_MAX);
        return;
    }
    errand_touch(talk, errand);
    if (errand->generation != talk->state->generation)
        errand->listed = 0;
    errand->generation = talk->state->generation;
    errand->listed |= flag;
}

/* Some devices of the list in hand; after the last list everybody is swept. */
static void
read_some(const struct talk *talk)
{
    struct shm_talk *state = talk->state;
    uint32_t flag;
    const struct device_list *list = list_of(talk, state->roster_list, &flag);
    for (uint32_t i = 0; i < ROSTER_AT_ONCE && state->roster_index < list->count; i++) {
        const char *listed = list->numbers[state->roster_index++];
        struct text number = settings_alias(talk->link->session->settings, text_of(listed));
        if (!text_is_none(number))
            note_listed(talk, number, flag);
    }
    if (state->roster_index < list->count)
        return;
    state->roster_index = 0;
    if (++state->roster_list == ROSTER_LISTS)
        state->sweep_cursor = state->all.oldest;
}

/* The directory learns by itself of what was added (engine/announce.h); what is no longer so must
 * be taken back: a step of its own. True: it was. */
static bool
take_back(const struct talk *talk, struct shm_errand *errand)
{
    uint32_t gone = errand->configured & ~errand->listed;
    if (gone == 0)
        return false;
    session_unconfigure(talk->link->session, talk->link->link, errand_text(errand), gone);
    errand_touch(talk, errand);
    errand->configured &= ~gone;
    return true;
}

/* The settings count from here on. */
static void
apply(const struct talk *talk, struct shm_errand *errand, bool wanted, bool wanted_calls)
{
    struct shm_talk *state = talk->state;
    bool calls = false;
    errand->configured = errand->listed;
    bool wants = errand_wants_monitor(errand, &calls);
    errand->wanted = wants || wanted;
    if (wants && !wanted) {
        state->wanted++;
        state->unasked++;
        state->unsure++;
        monitoring_ask_now(talk, errand);
    } else if (!wants && wanted) {
        monitoring_leave(talk, errand);
        return;
    } else if (wants && (calls != wanted_calls || naming_has_changed(talk, errand))) {
        monitoring_ask_now(talk, errand);
    }
    if (errand->configured == 0)
        monitoring_leave(talk, errand);
}

/* One device; false when a step of its own was needed. */
static bool
sweep_one(const struct talk *talk, struct shm_errand *errand)
{
    errand_touch(talk, errand);
    if (errand->generation != talk->state->generation)
        errand->listed = 0;
    bool wanted_calls = errand->call_type != 0;
    bool wanted = errand->wanted != 0;
    if (take_back(talk, errand))
        return false;
    talk_touch(talk);
    errand_touch(talk, errand);
    talk->state->sweep_cursor = errand->after;
    apply(talk, errand, wanted, wanted_calls);
    return true;
}

enum talk_work
roster_work(const struct talk *talk)
{
    struct shm_talk *state = talk->state;
    if (state->roster_done != 0)
        return TALK_NOTHING;
    talk_touch(talk);
    if (state->roster_list < ROSTER_LISTS) {
        read_some(talk);
        return TALK_DONE;
    }
    for (uint32_t i = 0; i < ROSTER_AT_ONCE; i++) {
        struct shm_errand *errand = errand_at(talk, state->sweep_cursor);
        if (errand == NULL) {
            state->roster_done = 1;
            break;
        }
        if (!sweep_one(talk, errand))
            break;
    }
    return TALK_DONE;
}
