#include "engine/announce.h"

#include "base/check.h"
#include "base/log.h"

void
announce_stamp(const struct session *session, const struct link *link, struct event *event,
               enum event_kind kind)
{
    event_reset(event);
    event->kind = (uint8_t)kind;
    event->local_state = LOCAL_ABSENT;
    event->order = session->order;
    event->link = link->index;
    event->seq = link->seq;
    event->clock_ms = link->clock_ms;
    if (link->timed) {
        event->flags = EVENT_HAS_TIME;
        event->time_us = link->time_us;
    }
}

void
announce_notice(struct session *session, const struct link *link, enum event_kind kind)
{
    announce_stamp(session, link, &session->notice, kind);
    route_broadcast(&session->route, &session->notice);
}

void
announce_tick(struct session *session, const struct link *link)
{
    struct event *tick = &session->notice;
    announce_stamp(session, link, tick, EVENT_TICK);
    tick->clock_ms = link_tick_ms(link);
    if (link->timed)
        tick->time_us = (int64_t)(tick->clock_ms * 1000);
    route_broadcast(&session->route, tick);
}

static void
announce_device(struct session *session, const struct link *link, struct text number)
{
    struct event *told = &session->notice;
    announce_stamp(session, link, told, EVENT_DEVICE);
    told->texts[EVENT_TEXT_DEVICE] = number;
    const struct device *device = directory_find_device(session->directory, link->index, number);
    if (device != NULL) {
        told->flags |= device_flags(device);
        told->texts[EVENT_TEXT_AGENT] = (struct text){device->agent, device->agent_length};
    }
    route_broadcast(&session->route, told);
}

void
announce_devices(struct session *session, const struct link *link,
                 const struct monitor_changes *changes)
{
    for (uint32_t i = 0; i < changes->count; i++)
        announce_device(session, link, changes->devices[i]);
    if (!changes->refused)
        return;
    counter_add(session->counters, COUNTER_DIRECTORY_FULL, 1);
    if (!session->refused_said)
        log_say("link %s: more than %d monitors or devices; what is beyond is not followed",
                link->name, DIRECTORY_MAX);
    session->refused_said = true;
}

static void
configure_list(struct session *session, const struct link *link, const struct device_list *list,
               uint32_t flag)
{
    for (uint32_t i = 0; i < list->count; i++) {
        struct text number = settings_alias(session->settings, text_of(list->numbers[i]));
        if (text_is_none(number))
            continue;
        struct monitor_changes changes = {.count = 0};
        device_configure(session->directory, link, number, flag, &changes);
        announce_devices(session, link, &changes);
    }
}

static void
tell_settings(struct session *session, struct link *link, const struct link_settings *settings)
{
    link->all_monitored = !settings->monitored_given && !link->monitors_asked;
    link->request_timeout_ms = settings->request_timeout_ms;

    struct event *told = &session->notice;
    announce_stamp(session, link, told, EVENT_LINK);
    told->flags |= link->all_monitored ? EVENT_LINK_ALL_MONITORED : 0;
    told->flags |= settings->infer_first_cleared ? EVENT_LINK_INFER : 0;
    told->flags |= settings->report_redirect ? EVENT_LINK_REPORT_REDIRECT : 0;
    told->request = (uint64_t)settings->profile << 32 | settings->request_timeout_ms;
    told->extra = settings->stale_after_ms;
    told->texts[EVENT_TEXT_LINK] = text_of(link->name);
    route_broadcast(&session->route, told);
}

void
announce_monitoring(struct session *session, struct link *link)
{
    tell_settings(session, link, session_settings(session, link));
}

void
announce_link(struct session *session, struct link *link)
{
    link->announced = true;
    link->changed = false;
    const struct link_settings *settings = session_settings(session, link);
    dialect_settle(&link->dialect, settings); /* a notice may have come first */
    tell_settings(session, link, settings);
    configure_list(session, link, &settings->monitored, EVENT_DEVICE_MONITORED);
    configure_list(session, link, &settings->observers, EVENT_DEVICE_OBSERVER);
    configure_list(session, link, &settings->treatments, EVENT_DEVICE_TREATMENT);
    configure_list(session, link, &settings->route_points, EVENT_DEVICE_ROUTE_POINT);
}
