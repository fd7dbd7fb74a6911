#include "engine/message.h"

#include "base/check.h"
#include "base/clock.h"
#include "engine/announce.h"
#include "engine/gather.h"
#include "engine/last_call.h"

/* What is being taken, for the functions of this file. */
struct taking {
    struct session *session;
    struct shm_link *link;
    const struct source_message *source;
    struct csta_message *message; /* decoded and complete */
    struct event *event;          /* &message->event */
};

static const char *
of_no_use(const struct taking *taking)
{
    counter_add(taking->session->counters, COUNTER_OTHER, 1);
    return NULL;
}

/* Which messages are timed: ipc/histogram.h. */
static void
stamp_times(struct session *session, struct event *event)
{
    event->received_ns = 0;
    if (!LATENCY_IS_KEPT || session->received_ns == 0 ||
        (!session->slept && !latency_is_due(event->order)))
        return;
    session->slept = false;
    event->received_ns = session->received_ns;
    event->decoded_ns = clock_ns();
    histogram_add(&session->engine->frontends[session->index].latency[STAGE_RECEIVED_DECODED],
                  event->received_ns, event->decoded_ns);
}

/* The message's own event gets its place; what the decoder said of it stays. */
static void
stamp(const struct taking *taking)
{
    struct event *event = taking->event;
    const struct shm_link *link = taking->link;
    event->order = session_order(taking->session);
    event->link = link->index;
    event->seq = link->seq;
    event->clock_ms = link->clock_ms;
    event->request = 0;
    event->extra = 0;
    event->flags &= EVENT_DEVICE_DYNAMIC;
    if (link->timed) {
        event->flags |= EVENT_HAS_TIME;
        event->time_us = link->time_us;
    }
    stamp_times(taking->session, event);
}

static void
note_last_call(const struct taking *taking)
{
    const struct event *event = taking->event;
    struct text device = event->texts[EVENT_TEXT_DEVICE];
    if (!text_is_none(device) && (event->flags & EVENT_DEVICE_DYNAMIC) == 0)
        last_call_note(&taking->session->front, event->link, device, event->texts[EVENT_TEXT_CALL],
                       event->order);
}

static const char *
take_call_event(const struct taking *taking)
{
    struct session *session = taking->session;
    struct event *event = taking->event;
    struct monitor_changes changes = {.count = 0};
    struct shm_monitor *monitor =
        monitor_of(session->directory, taking->link, taking->message->cross_ref, &changes);
    const char *why = complete_connection(event, monitor);
    if (why != NULL)
        return why;
    if (monitor != NULL) {
        monitor = monitor_learn(session->directory, monitor, event, &changes);
        event->monitor = monitor->number;
        event->monitor_type = monitor->type;
        event->texts[EVENT_TEXT_MONITOR_DEVICE] = monitor_device(monitor);
    }
    announce_devices(session, taking->link, &changes);
    note_last_call(taking);
    route_event(&session->route, event);
    counter_add(session->counters, COUNTER_EVENTS, 1);
    return NULL;
}

static struct request_query
query(const struct taking *taking, enum request_kind kind)
{
    return (struct request_query){
        .link = taking->link->index,
        .kind = kind,
        .invoke = text_is_none(taking->message->invoke) ? taking->source->invoke
                                                        : taking->message->invoke,
        .now_ms = taking->link->clock_ms,
        .timeout_ms = taking->link->request_timeout_ms,
    };
}

static struct shm_front_request *
put_request(const struct taking *taking, enum request_kind kind, struct text call,
            struct text device)
{
    struct request_query sent = query(taking, kind);
    struct shm_front_request *request =
        request_put(&taking->session->requests, &sent, session_order(taking->session));
    CHECK(call.length <= EVENT_TEXT_LENGTH && device.length <= EVENT_TEXT_LENGTH);
    request->call_length = (uint8_t)call.length;
    request->device_length = (uint8_t)device.length;
    if (call.length > 0)
        memcpy(request->call, call.at, call.length);
    if (device.length > 0)
        memcpy(request->device, device.at, device.length);
    return request;
}

/* A request to clear: its call's worker hears of it now, and of its answer later. */
static const char *
take_clear(const struct taking *taking, enum request_kind kind, enum event_kind event_kind)
{
    struct session *session = taking->session;
    struct event *event = taking->event;
    struct text *call = &event->texts[EVENT_TEXT_CALL], device = event->texts[EVENT_TEXT_DEVICE];
    if (text_is_none(*call) && !text_is_none(device))
        *call = last_call_find(&session->front, event->link, device);
    put_request(taking, kind, *call, device);
    if (text_is_none(*call))
        return NULL;
    event->kind = (uint8_t)event_kind;
    event->request = event->order;
    route_call(&session->route, event);
    return NULL;
}

static const char *
take_snapshot(const struct taking *taking, enum request_kind kind)
{
    const struct event *event = taking->event;
    struct text device = taking->message->object_is_call ? TEXT_NONE : taking->message->object;
    if (text_is_none(device))
        device = event->texts[EVENT_TEXT_DEVICE];
    put_request(taking, kind, event->texts[EVENT_TEXT_CALL], device);
    return NULL;
}

/* From the first MonitorStart on, monitored is what is granted or configured. */
static const char *
take_monitor_start(const struct taking *taking)
{
    const struct csta_message *message = taking->message;
    struct text device = message->object_is_call ? TEXT_NONE : message->object;
    struct shm_front_request *request =
        put_request(taking, REQUEST_MONITOR_START, TEXT_NONE, device);
    request->object_is_call = message->object_is_call;
    request->monitors_calls = message->monitors_calls;
    if (!taking->link->monitors_asked) {
        taking->link->monitors_asked = true;
        if (taking->link->all_monitored)
            announce_monitoring(taking->session, taking->link);
    }
    return NULL;
}

static const char *
stop_monitor(const struct taking *taking, struct text cross_ref)
{
    struct monitor_changes changes = {.count = 0};
    monitor_stop(taking->session->directory, taking->link, cross_ref, &changes);
    announce_devices(taking->session, taking->link, &changes);
    return NULL;
}

/* The switch's own MonitorStop counts at once. */
static const char *
take_monitor_stopped(const struct taking *taking)
{
    struct session *session = taking->session;
    const struct shm_monitor *monitor =
        text_is_none(taking->message->cross_ref)
            ? NULL
            : directory_find_monitor(session->directory, taking->link->index,
                                     taking->message->cross_ref);
    if (monitor != NULL) {
        session->has_stopped = true;
        session->stopped = *monitor;
    }
    return stop_monitor(taking, taking->message->cross_ref);
}

/* Ours counts when the switch has agreed: until then the monitor stands. */
static const char *
take_monitor_stop(const struct taking *taking)
{
    put_request(taking, REQUEST_MONITOR_STOP, taking->message->cross_ref, TEXT_NONE);
    return NULL;
}

static bool
take_request(const struct taking *taking, enum request_kind kind, struct shm_front_request *request)
{
    struct request_query answer = query(taking, kind);
    /* Without an ID the oldest request is meant only where IDs are not written at all. */
    if (!taking->message->invoke_unreadable &&
        request_take(&taking->session->requests, &answer, request)) {
        taking->session->has_answered = true;
        taking->session->answered = *request;
        return true;
    }
    counter_add(taking->session->counters, COUNTER_UNMATCHED_ANSWERS, 1);
    return false;
}

static void
send_answer(const struct taking *taking, const struct shm_front_request *request,
            enum event_kind kind)
{
    if (request->call_length == 0)
        return;
    struct event *answer = &taking->session->notice;
    announce_stamp(taking->session, taking->link, answer, kind);
    answer->texts[EVENT_TEXT_CALL] = request_call(request);
    answer->request = request->order;
    answer->extra = kind == EVENT_SNAPSHOT_CALL; /* whole: nobody is in a call that is not known */
    route_call(&taking->session->route, answer);
}

static const char *
take_granted(const struct taking *taking, enum request_kind kind)
{
    struct shm_front_request request;
    if (take_request(taking, kind, &request))
        send_answer(taking, &request, EVENT_REQUEST_GRANTED);
    return NULL;
}

static const char *
take_error(const struct taking *taking)
{
    struct shm_front_request request;
    if (!take_request(taking, REQUEST_KIND_COUNT, &request))
        return NULL;
    if (request.kind == REQUEST_CLEAR_CONNECTION || request.kind == REQUEST_CLEAR_CALL)
        send_answer(taking, &request, EVENT_REQUEST_REFUSED);
    if (request.kind == REQUEST_SNAPSHOT_CALL && taking->link->lists_calls &&
        csta_message_knows_no_call(taking->message))
        send_answer(taking, &request, EVENT_SNAPSHOT_CALL);
    return NULL;
}

static const char *
take_stop_granted(const struct taking *taking)
{
    struct shm_front_request request;
    if (!take_request(taking, REQUEST_MONITOR_STOP, &request))
        return NULL;
    return stop_monitor(taking, request_call(&request));
}

/* The switch agrees to something and does not say to what: the invoke ID tells. */
static const char *
take_result(const struct taking *taking)
{
    struct shm_front_request request;
    if (!take_request(taking, REQUEST_KIND_COUNT, &request))
        return NULL;
    if (request.kind == REQUEST_CLEAR_CONNECTION || request.kind == REQUEST_CLEAR_CALL)
        send_answer(taking, &request, EVENT_REQUEST_GRANTED);
    else if (request.kind == REQUEST_MONITOR_STOP)
        return stop_monitor(taking, request_call(&request));
    return NULL;
}

/* Without the request nobody knows whose monitor it is: it can still be learned. */
static const char *
take_monitor_granted(const struct taking *taking)
{
    struct session *session = taking->session;
    struct monitor_changes changes = {.count = 0};
    struct shm_front_request request;
    if (!take_request(taking, REQUEST_MONITOR_START, &request)) {
        monitor_of(session->directory, taking->link, taking->message->cross_ref, &changes);
    } else {
        bool call = request.object_is_call || request.monitors_calls;
        struct monitor_request asked = {
            .device = request_device(&request),
            .type = call ? MONITOR_CALL : MONITOR_DEVICE,
        };
        monitor_grant(session->directory, taking->link, taking->message->cross_ref, &asked,
                      &changes);
    }
    announce_devices(session, taking->link, &changes);
    return NULL;
}

static const char *
send_snapshot(const struct taking *taking, const struct shm_front_request *request)
{
    bool is_call = request->kind == REQUEST_SNAPSHOT_CALL;
    struct event *event = taking->event;
    event->kind = is_call ? EVENT_SNAPSHOT_CALL : EVENT_SNAPSHOT_DEVICE;
    event->request = request->order;
    event->extra = taking->message->whole ? 1 : 0;
    if (is_call) {
        taking->link->lists_calls |= event->extra != 0 && event->item_count > 0;
        event->texts[EVENT_TEXT_CALL] = request_call(request);
        route_call(&taking->session->route, event);
    } else {
        event->texts[EVENT_TEXT_DEVICE] = request_device(request);
        event->flags &= ~(uint32_t)EVENT_DEVICE_DYNAMIC;
        for (uint32_t i = 0; i < event->item_count; i++)
            if (event->items[i].state != LOCAL_NULL && event->items[i].new_call.length > 0)
                last_call_note(&taking->session->front, event->link, request_device(request),
                               event->items[i].new_call, event->order);
        route_snapshot_device(&taking->session->route, event);
    }
    return NULL;
}

static const char *
take_snapshot_answer(const struct taking *taking, enum request_kind kind)
{
    struct shm_front_request request;
    if (!take_request(taking, kind, &request) ||
        (request.device_length == 0 && request.call_length == 0))
        return NULL;
    if (!taking->message->whole)
        gather_begin(&taking->session->front, taking->link, taking->message->service_ref, &request,
                     session_order(taking->session));
    return send_snapshot(taking, &request);
}

/* With its last segment the request is answered. */
static const char *
take_segment(const struct taking *taking)
{
    struct session *session = taking->session;
    if (!gather_add(&session->front, taking->link, taking->message, &session->answered))
        return of_no_use(taking);
    session->has_answered = true;
    return send_snapshot(taking, &session->answered);
}

/* For the calls a loss of messages is a link that went and came. */
static const char *
take_system_status(const struct taking *taking)
{
    if (!link_loses_events(taking->link, taking->message->status))
        return of_no_use(taking);
    announce_notice(taking->session, taking->link, EVENT_LINK_DOWN);
    announce_notice(taking->session, taking->link, EVENT_LINK_UP);
    return NULL;
}

/* An association is the link itself: with it go all monitors. */
static const char *
take_association(const struct taking *taking, enum event_kind notice)
{
    if (notice != EVENT_LINK_DOWN || link_goes_down(taking->link))
        announce_notice(taking->session, taking->link, notice);
    return NULL;
}

static const char *
take_agent(const struct taking *taking, bool logged_on)
{
    struct text device = taking->event->texts[EVENT_TEXT_DEVICE];
    if (text_is_none(device))
        return of_no_use(taking);
    struct monitor_changes changes = {.count = 0};
    struct text agent = logged_on ? taking->event->texts[EVENT_TEXT_AGENT] : TEXT_NONE;
    device_set_agent(taking->session->directory, taking->link, device, agent, &changes);
    announce_devices(taking->session, taking->link, &changes);
    return NULL;
}

static const char *
take_from_switch(const struct taking *taking)
{
    switch (taking->message->message_class) {
    case MESSAGE_CALL_EVENT:
        return take_call_event(taking);
    case MESSAGE_MONITOR_START_RESPONSE:
        return take_monitor_granted(taking);
    case MESSAGE_MONITOR_STOP:
        return take_monitor_stopped(taking);
    case MESSAGE_MONITOR_STOP_RESPONSE:
        return take_stop_granted(taking);
    case MESSAGE_CLEAR_CONNECTION_RESPONSE:
        return take_granted(taking, REQUEST_CLEAR_CONNECTION);
    case MESSAGE_CLEAR_CALL_RESPONSE:
        return take_granted(taking, REQUEST_CLEAR_CALL);
    case MESSAGE_SNAPSHOT_DEVICE_RESPONSE:
        return take_snapshot_answer(taking, REQUEST_SNAPSHOT_DEVICE);
    case MESSAGE_SNAPSHOT_CALL_RESPONSE:
        return take_snapshot_answer(taking, REQUEST_SNAPSHOT_CALL);
    case MESSAGE_SNAPSHOT_DEVICE_DATA:
    case MESSAGE_SNAPSHOT_CALL_DATA:
        return take_segment(taking);
    case MESSAGE_GET_DEVICE_ID_RESPONSE:
        return take_granted(taking, REQUEST_GET_DEVICE_ID);
    case MESSAGE_ERROR:
        return take_error(taking);
    case MESSAGE_SYSTEM_STATUS:
        return take_system_status(taking);
    case MESSAGE_AGENT_LOGGED_ON:
        return take_agent(taking, true);
    case MESSAGE_AGENT_LOGGED_OFF:
        return take_agent(taking, false);
    case MESSAGE_RESULT:
        return take_result(taking);
    case MESSAGE_ASSOCIATION_BEGUN:
        return take_association(taking, EVENT_LINK_UP);
    case MESSAGE_ASSOCIATION_REFUSED:
    case MESSAGE_ASSOCIATION_RELEASE:
    case MESSAGE_ASSOCIATION_ENDED:
        return take_association(taking, EVENT_LINK_DOWN);
    case MESSAGE_OTHER:
    case MESSAGE_MONITOR_START:
    case MESSAGE_CLEAR_CONNECTION:
    case MESSAGE_CLEAR_CALL:
    case MESSAGE_SNAPSHOT_DEVICE:
    case MESSAGE_SNAPSHOT_CALL:
    case MESSAGE_SYSTEM_STATUS_RESPONSE:
    case MESSAGE_REQUEST_SYSTEM_STATUS:
    case MESSAGE_REQUEST_SYSTEM_STATUS_RESPONSE:
    case MESSAGE_SYSTEM_REGISTER:
    case MESSAGE_SYSTEM_REGISTER_RESPONSE:
    case MESSAGE_SESSION_STARTED:
    case MESSAGE_SESSION_REFUSED:
    case MESSAGE_SESSION_RENEWED:
    case MESSAGE_SESSION_NOT_RENEWED:
    case MESSAGE_SESSION_STOPPED:
    case MESSAGE_SESSION_ENDED:
    case MESSAGE_GET_DEVICE_ID:
        break;
    }
    return of_no_use(taking);
}

static const char *
take_to_switch(const struct taking *taking)
{
    if (taking->message->message_class == MESSAGE_MONITOR_START)
        return take_monitor_start(taking);
    if (taking->message->message_class == MESSAGE_MONITOR_STOP)
        return take_monitor_stop(taking);
    if (taking->message->message_class == MESSAGE_CLEAR_CONNECTION)
        return take_clear(taking, REQUEST_CLEAR_CONNECTION, EVENT_CLEAR_CONNECTION);
    if (taking->message->message_class == MESSAGE_CLEAR_CALL)
        return take_clear(taking, REQUEST_CLEAR_CALL, EVENT_CLEAR_CALL);
    if (taking->message->message_class == MESSAGE_SNAPSHOT_DEVICE)
        return take_snapshot(taking, REQUEST_SNAPSHOT_DEVICE);
    if (taking->message->message_class == MESSAGE_SNAPSHOT_CALL)
        return take_snapshot(taking, REQUEST_SNAPSHOT_CALL);
    if (taking->message->message_class == MESSAGE_GET_DEVICE_ID)
        put_request(taking, REQUEST_GET_DEVICE_ID, TEXT_NONE, taking->message->object);
    if (taking->message->message_class == MESSAGE_ASSOCIATION_RELEASE ||
        taking->message->message_class == MESSAGE_ASSOCIATION_ENDED)
        return take_association(taking, EVENT_LINK_DOWN);
    return of_no_use(taking);
}

/* A stream does not say which way a message went: requests are ours, the rest is the switch's. */
static const char *
take_decoded(const struct taking *taking)
{
    stamp(taking);
    switch (taking->source->direction) {
    case SOURCE_FROM_SWITCH:
        return take_from_switch(taking);
    case SOURCE_TO_SWITCH:
        return take_to_switch(taking);
    case SOURCE_EITHER:
        break;
    }
    /* A MonitorStop among events is the switch's. */
    return csta_message_is_request(taking->message) &&
                   taking->message->message_class != MESSAGE_MONITOR_STOP
               ? take_to_switch(taking)
               : take_from_switch(taking);
}

const char *
message_take(struct session *session, struct shm_link *link, const struct source_message *source)
{
    struct csta_message *message = &session->reader.message;
    struct taking taking = {session, link, source, message, &message->event};
    return take_decoded(&taking);
}
