#include "engine/announce.h"

#include "base/check.h"
#include "base/log.h"
#include "engine/declared.h"

void
announce_stamp(const struct session *session, const struct shm_link *link, struct event *event,
               enum event_kind kind)
{
    event_reset(event);
    event->kind = (uint8_t)kind;
    event->local_state = LOCAL_ABSENT;
    event->order = session_order(session);
    event->link = link->index;
    event->seq = link->seq;
    event->clock_ms = link->clock_ms;
    if (link->timed) {
        event->flags = EVENT_HAS_TIME;
        event->time_us = link->time_us;
    }
}

void
announce_notice(struct session *session, const struct shm_link *link, enum event_kind kind)
{
    announce_stamp(session, link, &session->notice, kind);
    route_broadcast(&session->route, &session->notice);
}

void
announce_tick(struct session *session, const struct shm_link *link)
{
    struct event *tick = &session->notice;
    announce_stamp(session, link, tick, EVENT_TICK);
    tick->clock_ms = link_tick_ms(link);
    if (link->timed)
        tick->time_us = ((int64_t)tick->clock_ms + link->ahead_ms) * 1000;
    route_broadcast(&session->route, tick);
}

static void
announce_device(struct session *session, const struct shm_link *link, struct text number)
{
    struct event *told = &session->notice;
    announce_stamp(session, link, told, EVENT_DEVICE);
    told->texts[EVENT_TEXT_DEVICE] = number;
    const struct shm_front_device *device =
        directory_find_device(session->directory, link->index, number);
    if (device != NULL) {
        told->flags |= device_flags(device);
        told->texts[EVENT_TEXT_AGENT] = (struct text){device->agent, device->agent_length};
    }
    route_broadcast(&session->route, told);
}

void
announce_devices(struct session *session, const struct shm_link *link,
                 const struct monitor_changes *changes)
{
    for (uint32_t i = 0; i < changes->count; i++)
        announce_device(session, link, changes->devices[i]);
    if (!changes->refused)
        return;
    counter_add(session->counters, COUNTER_DIRECTORY_FULL, 1);
    struct shm_front_cursors *now = session->front.now;
    if (now->refused_said == 0)
        log_say("link %s: more than %d monitors or devices; what is beyond is not followed",
                link->name, DIRECTORY_MAX);
    now->refused_said = 1;
}

static void
tell_settings(struct session *session, struct shm_link *link, const struct link_settings *settings)
{
    link_touch(&session->front, link);
    link->all_monitored = !settings->monitored_given && !link->monitors_asked;
    link->request_timeout_ms = settings->request_timeout_ms;

    struct event *told = &session->notice;
    announce_stamp(session, link, told, EVENT_LINK);
    told->flags |= link->all_monitored ? EVENT_LINK_ALL_MONITORED : 0;
    told->flags |= settings->infer_first_cleared ? EVENT_LINK_INFER : 0;
    told->flags |= session->regains ? EVENT_LINK_REGAINED : 0;
    told->flags |= settings->report_redirect ? EVENT_LINK_REPORT_REDIRECT : 0;
    told->request = (uint64_t)settings->profile << 32 | settings->request_timeout_ms;
    told->extra = settings->stale_after_ms;
    told->texts[EVENT_TEXT_LINK] = text_of(link->name);
    route_broadcast(&session->route, told);
}

void
announce_monitoring(struct session *session, struct shm_link *link)
{
    tell_settings(session, link, session_settings(session, link));
}

/* One device of the list that is being told; true when there was one. */
static bool
tell_next(struct session *session, const struct shm_link *link, const struct device_list *list,
          uint32_t flag)
{
    route_reserve(&session->route);
    directory_quiescent(session->directory);
    struct shm_front_begun *begun = &session->front.now->begun;
    if (begun->told_index >= list->count)
        return false;
    const char *listed = list->numbers[begun->told_index++];
    struct text number = settings_alias(session->settings, text_of(listed));
    if (text_is_none(number))
        return true;
    struct monitor_changes changes = {.count = 0};
    device_configure(session->directory, link, number, flag, &changes);
    announce_devices(session, link, &changes);
    return true;
}

void
announce_link(struct session *session, struct shm_link *link)
{
    struct front *front = &session->front;
    const struct link_settings *settings = session_settings(session, link);
    const struct {
        const struct device_list *list;
        uint32_t flag;
    } lists[] = {
        {&settings->monitored, EVENT_DEVICE_MONITORED},
        {&settings->observers, EVENT_DEVICE_OBSERVER},
        {&settings->treatments, EVENT_DEVICE_TREATMENT},
        {&settings->route_points, EVENT_DEVICE_ROUTE_POINT},
    };
    enum { LISTS = sizeof lists / sizeof *lists };
    if (front->now->begun.told_list == 0) {
        link_touch(front, link);
        dialect_settle(&link->dialect, settings); /* a notice may have come first */
        tell_settings(session, link, settings);
        front->now->begun.told_list = 1;
    }
    while (front->now->begun.told_list <= LISTS) {
        uint8_t at = front->now->begun.told_list - 1;
        while (tell_next(session, link, lists[at].list, lists[at].flag))
            continue;
        front->now->begun.told_list++;
        front->now->begun.told_index = 0;
    }
    link_touch(front, link);
    link->announced = 1;
    link->changed = 0;
}
