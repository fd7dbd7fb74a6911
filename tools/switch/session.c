/*
 * What a client asks, and what the switch says to it: sessions, monitors, snapshots, requests.
 * Requests of XML are told by their root and read with the engine's decoder; what that has no class
 * for (sessions, registrations) is read here.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/csta/ber_decode.h"
#include "engine/csta/xml_decode.h"
#include "tools/switch/client.h"
#include "tools/switch/clearing.h"
#include "tools/switch/request.h"
#include "tools/switch/write.h"

enum {
    SECOND_MS = 1000,
    CLEAR_LATE_MS = 400,
    SEGMENTED_FROM = WRITE_ITEMS_MAX,
    BER_ITEMS_MAX = 64,
    SNAPSHOT_ITEMS_MAX = 4096,
};

static void
refuse(struct client *client, uint32_t invoke, enum refusal refusal)
{
    struct answer answer = {.kind = ANSWER_REFUSAL, .invoke = invoke, .refusal = refusal};
    client_answer_request(client, &answer, 0);
}

static void
answer_plain(struct client *client, enum answer_kind kind, uint32_t invoke)
{
    struct answer answer = {.kind = kind, .invoke = invoke, .status = STATUS_NORMAL};
    client_answer_request(client, &answer, 0);
}

void
client_begin_session(struct client *client)
{
    struct pbx *pbx = client->pbx;
    client->is_open = pbx->profile != PBX_OPENSCAPE && pbx->profile != PBX_AVAYA &&
                      (pbx->profile != PBX_OXE || pbx->encoding == ENCODING_XML);
    client->ask_at_ms = pbx->simulator->now_ms + pbx->simulator->options.keep_alive * SECOND_MS;
    if (pbx->profile != PBX_OPENSCAPE)
        return;
    struct answer status = {
        .kind = ASK_SYSTEM_STATUS, .status = STATUS_NORMAL, .invoke = client->invoke++};
    client->asked_invoke = status.invoke;
    client->asked_ms = pbx->simulator->now_ms;
    client_answer_request(client, &status, 0);
}

/* ---- sessions ------------------------------------------------------------------------------- */

static bool
is_word(struct text text, const char *expected)
{
    return expected == NULL || text_is_equal(text, text_of(expected));
}

static void
start_session(struct client *client, const struct request *request)
{
    struct simulator *simulator = client->pbx->simulator;
    const struct switch_options *options = &simulator->options;
    bool known =
        client->pbx->profile != PBX_AVAYA ||
        (is_word(request->user, options->user) && is_word(request->password, options->password));
    struct answer answer = {.kind = known ? ANSWER_SESSION_START : ANSWER_SESSION_REFUSED,
                            .invoke = request->invoke,
                            .seconds = (uint32_t)options->session};
    if (known) {
        client->session = answer.cross_ref = client->pbx->next_cross_ref++;
        client->session_ends_ms = simulator->now_ms + options->session * SECOND_MS;
        client->is_open = true;
    }
    client_answer_request(client, &answer, 0);
}

static void
reset_timer(struct client *client, const struct request *request)
{
    struct simulator *simulator = client->pbx->simulator;
    if (client->session_ends_ms == 0) {
        refuse(client, request->invoke, REFUSAL_STATE);
        return;
    }
    struct answer answer = {.kind = ANSWER_SESSION_TIMER,
                            .invoke = request->invoke,
                            .seconds = (uint32_t)simulator->options.session};
    client->session_ends_ms = simulator->now_ms + simulator->options.session * SECOND_MS;
    client_answer_request(client, &answer, 0);
}

static void
stop_session(struct client *client, const struct request *request)
{
    answer_plain(client, ANSWER_SESSION_STOP, request->invoke);
    client->session_ends_ms = 0;
    client->is_open = client->pbx->profile != PBX_AVAYA;
    pbx_monitor_void(client->pbx, client);
}

static void
associate(struct client *client)
{
    bool accepts = !client->pbx->is_disabled;
    answer_plain(client, accepts ? ACSE_ACCEPT : ACSE_REFUSE, 0);
    client->is_open = client->is_associated = accepts;
}

static void
release_association(struct client *client)
{
    answer_plain(client, ACSE_RELEASED, 0);
    client->is_open = client->is_associated = false;
    pbx_monitor_void(client->pbx, client);
}

static void
register_status(struct client *client, const struct request *request)
{
    struct answer answer = {.kind = ANSWER_SYSTEM_REGISTER,
                            .invoke = request->invoke,
                            .cross_ref = client->pbx->next_cross_ref++};
    client->is_open |= client->pbx->profile == PBX_OPENSCAPE;
    client_answer_request(client, &answer, 0);
}

static void
tell_status(struct client *client, const struct request *request)
{
    struct answer answer = {.kind = ANSWER_REQUEST_SYSTEM_STATUS,
                            .invoke = request->invoke,
                            .status = client->pbx->is_disabled ? STATUS_DISABLED : STATUS_NORMAL};
    client_answer_request(client, &answer, 0);
}

static void
tell_device(struct client *client, const struct request *request)
{
    struct answer answer = {
        .kind = ANSWER_DEVICE_ID, .invoke = request->invoke, .device = request->extension};
    if (pbx_find(client->pbx, request->extension.at, request->extension.length) == NULL)
        refuse(client, request->invoke, REFUSAL_OBJECT);
    else
        client_answer_request(client, &answer, 0);
}

/* ---- monitors ------------------------------------------------------------------------------- */

/* Avaya wants extension and switch: 4750:SWITCH::0; or what it said when it was asked. */
static struct pbx_device *
find_device(struct client *client, struct text text)
{
    if (text_is_none(text))
        return NULL;
    const char *colon = memchr(text.at, ':', text.length);
    struct text rest = colon == NULL ? TEXT_NONE : text_skip(text, (uint32_t)(colon - text.at));
    bool asked = client->pbx->simulator->options.device_ids;
    if (client->pbx->profile == PBX_AVAYA &&
        (colon == NULL || (asked && !text_is_equal(rest, TEXT(PBX_ASKED_ID)))))
        return NULL;
    return pbx_find(client->pbx, text.at, text.length);
}

static bool
is_refused(struct client *client, const struct request *request)
{
    struct pbx *pbx = client->pbx;
    const struct switch_options *options = &pbx->simulator->options;
    enum refusal refusal;
    if (options->monitor_limit != 0 && pbx->monitor_count >= options->monitor_limit)
        refusal = REFUSAL_LIMIT;
    else if (pbx_chance(pbx, options->monitor_refuse))
        refusal = REFUSAL_BUSY;
    else
        return false;
    count(pbx, COUNT_MONITORS_REFUSED);
    refuse(client, request->invoke, refusal);
    return true;
}

static void
start_monitor(struct client *client, const struct request *request)
{
    struct pbx *pbx = client->pbx;
    struct pbx_device *device = find_device(client, request->message.object);
    if (device == NULL || request->message.object_is_call) {
        count(pbx, COUNT_MONITORS_REFUSED);
        refuse(client, request->invoke, REFUSAL_OBJECT);
        return;
    }
    if (is_refused(client, request))
        return;
    struct monitor *monitor = pbx_monitor_start(client, device, request->message.monitors_calls);
    if (monitor == NULL) {
        refuse(client, request->invoke, REFUSAL_BUSY);
        return;
    }
    struct answer answer = {.kind = ANSWER_MONITOR_START,
                            .invoke = request->invoke,
                            .cross_ref = monitor->cross_ref,
                            .existing = !monitor->skips_old_calls};
    count(pbx, COUNT_MONITORS);
    client_answer_request(client, &answer, 0);
}

static void
stop_monitor(struct client *client, const struct request *request)
{
    char text[CALL_TEXT_SIZE] = "";
    struct text cross_ref = request->message.cross_ref;
    if (cross_ref.length < sizeof text && cross_ref.length > 0)
        memcpy(text, cross_ref.at, cross_ref.length);
    unsigned long number = strtoul(text, NULL, client->pbx->encoding == ENCODING_XML ? 10 : 16);
    if (number == 0 || !pbx_monitor_stop(client, (uint32_t)number))
        refuse(client, request->invoke, REFUSAL_OBJECT);
    else
        answer_plain(client, ANSWER_MONITOR_STOP, request->invoke);
}

/* ---- snapshots ------------------------------------------------------------------------------ */

static struct snapshot_item items[SNAPSHOT_ITEMS_MAX];

static uint32_t
add_item(uint32_t length, struct call *call, const struct pbx_party *party)
{
    if (party->state == STATE_NULL || length == SNAPSHOT_ITEMS_MAX)
        return length;
    items[length] = (struct snapshot_item){party->device, call->serial, party->state};
    return length + 1;
}

static uint32_t
collect_device(struct pbx *pbx, struct pbx_device *device)
{
    uint32_t length = 0;
    struct scene *scene = device->scene;
    bool is_own = device->kind == DEVICE_AGENT;
    uint32_t places = !is_own ? pbx->call_capacity : scene == NULL ? 0 : SCENARIO_CALLS_MAX;
    for (uint32_t i = 0; i < places; i++) {
        struct call *call = is_own ? pbx_call(pbx, scene->calls[i]) : &pbx->calls[i];
        bool is_again = false;
        for (uint32_t j = 0; is_own && j < i; j++)
            is_again |= scene->calls[j] == scene->calls[i];
        if (call == NULL || call->serial == 0 || is_again)
            continue;
        struct pbx_party *party = pbx_party_of(call, device);
        if (party != NULL)
            length = add_item(length, call, party);
    }
    return length;
}

static uint32_t
collect_call(struct call *call)
{
    uint32_t length = 0;
    for (uint32_t i = 0; i < call->party_count; i++)
        length = add_item(length, call, &call->parties[i]);
    return length;
}

/* At least two segments; a partial answer is one whose last segment never comes. */
static void
send_segments(struct client *client, struct answer *answer, uint32_t length, bool is_partial)
{
    answer->is_segmented = true;
    answer->cross_ref = client->pbx->next_cross_ref++;
    client_answer_request(client, answer, 0);
    uint32_t each = length > WRITE_ITEMS_MAX ? WRITE_ITEMS_MAX : (length + 1) / 2;
    uint32_t sent = 0, segment = 1;
    do {
        uint32_t part = length - sent < each ? length - sent : each;
        struct answer data = {.kind = ASK_SNAPSHOT_DATA,
                              .invoke = client->invoke++ % 9999,
                              .cross_ref = answer->cross_ref,
                              .by_call = answer->by_call,
                              .segment = segment++,
                              .items = items + sent,
                              .item_count = part,
                              .is_last = sent + part == length};
        if (data.is_last && is_partial)
            return;
        client_answer_request(client, &data, 0);
        sent += part;
    } while (sent < length);
}

void
client_snapshot(struct client *client, struct answer *answer, struct pbx_device *device,
                uint64_t serial)
{
    struct pbx *pbx = client->pbx;
    const struct switch_options *options = &pbx->simulator->options;
    struct call *call = pbx_call(pbx, serial);
    bool is_xml = pbx->encoding == ENCODING_XML;
    /* What is told late of calls must be told before the answer that knows it already. */
    client_send_delayed(client, UINT64_MAX);
    if (answer->by_call && call == NULL) {
        count(pbx, COUNT_SNAPSHOTS_REFUSED);
        refuse(client, answer->invoke, REFUSAL_CALL);
        return;
    }
    uint32_t length = answer->by_call ? collect_call(call) : collect_device(pbx, device);
    if (!is_xml && length > BER_ITEMS_MAX) {
        count(pbx, COUNT_SNAPSHOTS_REFUSED);
        refuse(client, answer->invoke, REFUSAL_BUSY);
        return;
    }
    count(pbx, COUNT_SNAPSHOTS);
    bool is_partial = is_xml && pbx_chance(pbx, options->snapshot_partial);
    bool is_cut_up = is_xml && pbx_chance(pbx, options->snapshot_segment);
    if (is_partial || is_cut_up || (is_xml && length > SEGMENTED_FROM)) {
        send_segments(client, answer, length, is_partial);
        return;
    }
    answer->items = items;
    answer->item_count = length;
    client_answer_request(client, answer, serial);
}

static void
ask_snapshot(struct client *client, const struct request *request, bool by_call)
{
    struct pbx *pbx = client->pbx;
    const struct switch_options *options = &pbx->simulator->options;
    struct pbx_device *device = NULL;
    uint64_t serial = 0;
    if (by_call) {
        struct call *call = pbx_find_call(pbx, request->message.event.texts[EVENT_TEXT_CALL]);
        serial = call == NULL ? 0 : call->serial;
    } else {
        device = find_device(client, request->message.object);
    }
    if ((device == NULL && serial == 0) || pbx_chance(pbx, options->snapshot_refuse)) {
        count(pbx, COUNT_SNAPSHOTS_REFUSED);
        bool is_known = device != NULL || serial != 0;
        enum refusal unknown = by_call ? REFUSAL_CALL : REFUSAL_OBJECT;
        refuse(client, request->invoke, is_known ? REFUSAL_BUSY : unknown);
        return;
    }
    struct answer answer = {.kind = by_call ? ANSWER_SNAPSHOT_CALL : ANSWER_SNAPSHOT_DEVICE,
                            .invoke = request->invoke,
                            .by_call = by_call};
    if (pbx_chance(pbx, options->snapshot_late))
        client_snapshot_later(client, &answer, device, serial, SECOND_MS);
    else
        client_snapshot(client, &answer, device, serial);
}

/* ---- requests to clear ---------------------------------------------------------------------- */

static struct pbx_device *
find_party(struct call *call, const struct csta_message *message)
{
    struct text name = message->event.texts[EVENT_TEXT_DEVICE];
    for (uint32_t i = 0; i < call->party_count; i++) {
        struct pbx_device *device = call->parties[i].device;
        char dynamic[16];
        uint32_t octets = device_dynamic(device, call->serial);
        request_dynamic_text(dynamic, octets);
        if (call->parties[i].state == STATE_NULL)
            continue;
        if (text_is_equal(name, text_of(dynamic)) || text_is_equal(name, text_of(device->number)))
            return device;
        if (pbx_find(call->pbx, name.at, name.length) == device && device_is_inside(device))
            return device;
    }
    return NULL;
}

static void
clear(struct client *client, const struct request *request, bool whole)
{
    struct pbx *pbx = client->pbx;
    const struct switch_options *options = &pbx->simulator->options;
    struct call *call = pbx_find_call(pbx, request->message.event.texts[EVENT_TEXT_CALL]);
    struct pbx_device *device = call == NULL ? NULL : find_party(call, &request->message);
    if (pbx_chance(pbx, options->clear_never)) {
        count(pbx, COUNT_CLEARS_UNANSWERED);
        return;
    }
    if (call == NULL || (device == NULL && !whole) || pbx_chance(pbx, options->clear_refuse)) {
        count(pbx, COUNT_CLEARS_REFUSED);
        refuse(client, request->invoke, call == NULL ? REFUSAL_CONNECTION : REFUSAL_BUSY);
        return;
    }
    bool is_late = pbx_chance(pbx, options->clear_late);
    uint64_t serial = call->serial;
    /* With more than two in it, what a request proves depends on whom the client acts for. */
    enum told told = whole || pbx_live_parties(call) > 2 ? TOLD_MAYBE : TOLD_REQUEST;
    struct answer answer = {.kind = whole ? ANSWER_CLEAR_CALL : ANSWER_CLEAR_CONNECTION,
                            .invoke = request->invoke};
    count(pbx, COUNT_CLEARS);
    client_answer_later(client, &answer, serial, is_late ? CLEAR_LATE_MS : 0);
    if (whole)
        scene_clear_call(call, device != NULL ? device : call->caller, "normalClearing", told);
    else
        scene_hang_up(call, device, device, told);
}

/* ---- what is asked -------------------------------------------------------------------------- */

static bool
handle_session(struct client *client, const struct request *request)
{
    switch (request->kind) {
    case REQUEST_SESSION_START:
        start_session(client, request);
        return true;
    case REQUEST_SESSION_TIMER:
        reset_timer(client, request);
        return true;
    case REQUEST_SESSION_STOP:
        stop_session(client, request);
        return true;
    case REQUEST_ASSOCIATE:
        associate(client);
        return true;
    case REQUEST_RELEASE:
        release_association(client);
        return true;
    case REQUEST_REGISTER:
        register_status(client, request);
        return true;
    case REQUEST_STATUS:
        tell_status(client, request);
        return true;
    case REQUEST_DEVICE_ID:
        tell_device(client, request);
        return true;
    case REQUEST_OUR_STATUS: /* the client tells its own */
        answer_plain(client, ANSWER_SYSTEM_STATUS, request->invoke);
        return true;
    case REQUEST_ANSWER:
        if (request->invoke == client->asked_invoke || client->ends_with_nul)
            client->asked_ms = 0;
        return true;
    case REQUEST_CSTA:
    case REQUEST_NONE:
    case REQUEST_ABORT:
        return false;
    }
    return false;
}

static void
handle_csta(struct client *client, const struct request *request)
{
    switch ((int)request->message.message_class) {
    case MESSAGE_MONITOR_START:
        start_monitor(client, request);
        return;
    case MESSAGE_MONITOR_STOP:
        stop_monitor(client, request);
        return;
    case MESSAGE_SNAPSHOT_DEVICE:
        ask_snapshot(client, request, false);
        return;
    case MESSAGE_SNAPSHOT_CALL:
        ask_snapshot(client, request, true);
        return;
    case MESSAGE_CLEAR_CONNECTION:
        clear(client, request, false);
        return;
    case MESSAGE_CLEAR_CALL:
        clear(client, request, true);
        return;
    default:
        count(client->pbx, COUNT_UNKNOWN_REQUESTS);
        refuse(client, request->invoke, REFUSAL_STATE);
        return;
    }
}

bool
client_message(struct client *client, uint32_t invoke, struct text payload)
{
    static struct request request;
    if (!request_read(&request, client->pbx->encoding, invoke, payload))
        return false;
    if (handle_session(client, &request))
        return true;
    if (request.kind == REQUEST_ABORT)
        return false;
    if (request.kind == REQUEST_NONE || client->pbx->is_disabled || !client->is_open) {
        if (request.kind == REQUEST_NONE)
            count(client->pbx, COUNT_UNKNOWN_REQUESTS);
        refuse(client, request.invoke, REFUSAL_STATE);
        return true;
    }
    handle_csta(client, &request);
    return true;
}
