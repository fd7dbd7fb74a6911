/* Every XML sample of tests/samples is what stands in it; the table was written from the files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/xml_fixture.h"

enum {
    NEW_CALL = 22, /* EventCause numbers of ECMA-269 */
    MAKE_CALL = 44,
};

/* NULL: absent. The texts are as the file has them, device numbers not canonical. */
struct sample {
    const char *file;
    enum csta_result result;
    enum message_class is;
    enum event_kind kind;
    enum local_state state;
    enum system_status status;
    uint8_t cause;
    const char *cross_ref, *object;
    const char *call, *device, *subject, *calling, *called, *releasing, *redirection;
    const char *network_calling, *network_called;
};

/* Both editions of a template hold the same. They are events without a callID: refused as they
 * are; `kind` and the texts are what they say once there is one. */
#define EVENT_TEMPLATE(edition, name, ...)                                                         \
    {                                                                                              \
        "osv-tmpl-" edition "-" name ".xml", .result = CSTA_UNUSABLE, .is = MESSAGE_CALL_EVENT,    \
                                             .cross_ref = "{CSTA_USE_MONITOR_CROSS_REF_ID}",       \
                                             .call = "77", .device = "{deviceID}",                 \
                                             .state = LOCAL_ABSENT, __VA_ARGS__                    \
    }
#define NETWORK                                                                                    \
    .network_calling = "{networkCallingDevice}", .network_called = "{networkCalledDevice}"
#define EVENT_TEMPLATES(edition)                                                                   \
    EVENT_TEMPLATE(edition, "ConnectionClearedEvent", .kind = EVENT_CONNECTION_CLEARED,            \
                   .releasing = "{releasingDevice}"),                                              \
        EVENT_TEMPLATE(edition, "DeliveredEvent", .kind = EVENT_DELIVERED,                         \
                       .subject = "{alertingDevice}", .calling = "{callingDevice}",                \
                       .called = "{deviceIdentifier}", .redirection = "{numberDialed}", NETWORK),  \
        EVENT_TEMPLATE(edition, "EstablishedEvent", .kind = EVENT_ESTABLISHED,                     \
                       .subject = "{answeringDevice}", .calling = "{callingDevice}",               \
                       .called = "{calledDevice}", .redirection = "{numberDialed}", NETWORK),      \
        EVENT_TEMPLATE(edition, "OriginatedEvent", .kind = EVENT_ORIGINATED,                       \
                       .subject = "{callingDevice}", .calling = "{callingDevice}",                 \
                       .called = "{calledDevice}", NETWORK),                                       \
        EVENT_TEMPLATE(edition, "ServiceInitiatedEvent", .kind = EVENT_SERVICE_INITIATED,          \
                       .subject = "{initiatingDevice}", NETWORK)

#define SERVICE(name, ...)                                                                         \
    {                                                                                              \
        name ".xml", .state = LOCAL_ABSENT, __VA_ARGS__                                            \
    }
#define OTHER(name) SERVICE(name, .is = MESSAGE_OTHER)
#define SERVICE_TEMPLATES(edition)                                                                 \
    SERVICE("osv-tmpl-" edition "-ClearConnection", .is = MESSAGE_CLEAR_CONNECTION,                \
            .device = "{deviceID}"),                                                               \
        SERVICE("osv-tmpl-" edition "-ClearConnectionResponse",                                    \
                .is = MESSAGE_CLEAR_CONNECTION_RESPONSE),                                          \
        OTHER("osv-tmpl-" edition "-MakeCall"), OTHER("osv-tmpl-" edition "-MakeCallResponse"),    \
        SERVICE("osv-tmpl-" edition "-MonitorStart", .is = MESSAGE_MONITOR_START,                  \
                .object = "{user}"),                                                               \
        SERVICE("osv-tmpl-" edition "-MonitorStartResponse", .is = MESSAGE_MONITOR_START_RESPONSE, \
                .cross_ref = "{CSTA_CREATE_MONITOR_CROSS_REF_ID}"),                                \
        SERVICE("osv-tmpl-" edition "-SystemRegister", .is = MESSAGE_SYSTEM_REGISTER),             \
        SERVICE("osv-tmpl-" edition "-SystemStatus", .is = MESSAGE_SYSTEM_STATUS),                 \
        SERVICE("osv-tmpl-" edition "-SystemStatusResponse",                                       \
                .is = MESSAGE_SYSTEM_STATUS_RESPONSE),                                             \
        SERVICE("osv-tmpl-" edition "-SystemStatus_RegisterID", .is = MESSAGE_SYSTEM_STATUS,       \
                .status = STATUS_DISABLED)

static const struct sample samples[] = {
    SERVICE("dmcc-SystemRegisterResponse", .is = MESSAGE_SYSTEM_REGISTER_RESPONSE),
    OTHER("dmcc-getDeviceIdMessage"),
    /* This one and resetApplicationSessionTimer lack a space between attributes. */
    SERVICE("dmcc-getDeviceIdResponseMessage", .result = CSTA_MALFORMED),
    SERVICE("dmcc-monitorStartMessage", .is = MESSAGE_MONITOR_START),
    SERVICE("dmcc-resetApplicationSessionTimer", .result = CSTA_MALFORMED),
    OTHER("dmcc-startAppSession"),
    SERVICE("dmcc-startAppSessionNegResp", .is = MESSAGE_SESSION_REFUSED),
    SERVICE("dmcc-startAppSessionPosResp", .is = MESSAGE_SESSION_STARTED),
    OTHER("eltex-StartApplicationSession"),
    SERVICE("ocs-rcc-clear_connection", .is = MESSAGE_CLEAR_CONNECTION, .call = "%s",
            .device = "%s"),
    OTHER("ocs-rcc-get_csta_features"),
    OTHER("ocs-rcc-make_call"),
    SERVICE("ocs-rcc-monitor_start", .is = MESSAGE_MONITOR_START, .object = "%s"),
    SERVICE("ocs-rcc-monitor_stop", .is = MESSAGE_MONITOR_STOP, .cross_ref = "%s"),
    SERVICE("ocs-rcc-request_system_status", .is = MESSAGE_REQUEST_SYSTEM_STATUS),
    OTHER("osv-cap-CallInformationEvent-1"),
    SERVICE("osv-cap-ClearConnection-1", .is = MESSAGE_CLEAR_CONNECTION, .call = "{callID}",
            .device = "{deviceID}"),
    OTHER("osv-cap-DeflectCall-1"),
    OTHER("osv-cap-GetAgentStateResponse-1"),
    OTHER("osv-cap-MakeCallResponse-1"),
    SERVICE("osv-cap-MonitorStart-1", .is = MESSAGE_MONITOR_START, .object = "{user}"),
    SERVICE("osv-cap-MonitorStart-2", .is = MESSAGE_MONITOR_START, .object = "3021033"),
    SERVICE("osv-cap-MonitorStartResponse-1", .is = MESSAGE_MONITOR_START_RESPONSE,
            .cross_ref = "1136370025"),
    SERVICE("osv-cap-MonitorStop-1", .is = MESSAGE_MONITOR_STOP, .cross_ref = "1193240031"),
    {"osv-cap-OriginatedEvent-1.xml", .is = MESSAGE_CALL_EVENT, .kind = EVENT_ORIGINATED,
     .state = LOCAL_CONNECTED, .cause = NEW_CALL, .cross_ref = "1169730059",
     .call = "FF000100000000002D65C85C1C750000", .device = "302118840100",
     .subject = "302118840100", .calling = "302118840100",
     .called = "N<302118840101>;displayNumber=302118840101;noa=nk"},
    {"osv-cap-ServiceInitiatedEvent-1.xml", .is = MESSAGE_CALL_EVENT,
     .kind = EVENT_SERVICE_INITIATED, .state = LOCAL_INITIATED, .cause = MAKE_CALL,
     .cross_ref = "1169730059", .call = "FF000100000000002D65C85C1C750000",
     .device = "302118840100", .subject = "N<302118840100>;noa=nk"},
    OTHER("osv-cap-StartApplicationSession-1"),
    SERVICE("osv-cap-StartApplicationSessionPosResponse-1", .is = MESSAGE_SESSION_STARTED),
    SERVICE("osv-cap-SystemRegisterResponse-1", .is = MESSAGE_SYSTEM_REGISTER_RESPONSE),
    SERVICE("osv-cap-SystemStatus-1", .is = MESSAGE_SYSTEM_STATUS, .status = STATUS_NORMAL),
    SERVICE("osv-cap-SystemStatus-2", .is = MESSAGE_SYSTEM_STATUS),
    EVENT_TEMPLATES("ed2"),
    EVENT_TEMPLATES("ed4"),
    SERVICE_TEMPLATES("ed2"),
    SERVICE_TEMPLATES("ed4"),
    SERVICE("osv-tmpl-ed4-SnapshotDevice", .is = MESSAGE_SNAPSHOT_DEVICE, .object = "{user}"),
    SERVICE("osv-tmpl-ed4-SnapshotDeviceResponse", .is = MESSAGE_SNAPSHOT_DEVICE_RESPONSE),
    SERVICE("osv-tmpl-ed4-SystemRegisterResponse", .is = MESSAGE_SYSTEM_REGISTER_RESPONSE),
};

enum {
    SAMPLE_COUNT = sizeof samples / sizeof samples[0],
};

static void
check_text(const struct sample *sample, const char *what, struct text text, const char *wanted)
{
    if (text_is_equal(text, text_of(wanted == NULL ? "" : wanted)))
        return;
    print_error("%s: %s is \"%.*s\", not \"%s\"\n", sample->file, what, (int)text.length, text.at,
                wanted == NULL ? "" : wanted);
    fail();
}

static void
check_message(const struct sample *sample)
{
    const struct text *texts = message.event.texts;
    if (message.message_class != sample->is || message.event.kind != sample->kind ||
        message.status != sample->status || message.event.cause != sample->cause ||
        message.event.local_state != sample->state)
        fail_msg("%s: class %d, kind %d, status %d, cause %d, state %d", sample->file,
                 (int)message.message_class, message.event.kind, (int)message.status,
                 message.event.cause, message.event.local_state);
    check_text(sample, "monitorCrossRefID", message.cross_ref, sample->cross_ref);
    check_text(sample, "the object", message.object, sample->object);
    check_text(sample, "the callID", texts[EVENT_TEXT_CALL], sample->call);
    check_text(sample, "the device", texts[EVENT_TEXT_DEVICE], sample->device);
    check_text(sample, "the subject device", texts[EVENT_TEXT_SUBJECT], sample->subject);
    check_text(sample, "callingDevice", texts[EVENT_TEXT_CALLING], sample->calling);
    check_text(sample, "calledDevice", texts[EVENT_TEXT_CALLED], sample->called);
    check_text(sample, "releasingDevice", texts[EVENT_TEXT_RELEASING], sample->releasing);
    check_text(sample, "lastRedirectionDevice", texts[EVENT_TEXT_LAST_REDIRECTION],
               sample->redirection);
    check_text(sample, "networkCallingDevice", texts[EVENT_TEXT_NETWORK_CALLING],
               sample->network_calling);
    check_text(sample, "networkCalledDevice", texts[EVENT_TEXT_NETWORK_CALLED],
               sample->network_called);
}

static const struct sample *
sample_of(const char *file)
{
    for (int i = 0; i < SAMPLE_COUNT; i++)
        if (strcmp(samples[i].file, file) == 0)
            return &samples[i];
    fail_msg("%s is not in the table", file);
    return NULL;
}

static void
check_sample(const char *name, const char *bytes, size_t length)
{
    const struct sample *sample = sample_of(name);
    enum csta_result result = decode_bytes(bytes, length, false);
    if (result != sample->result)
        fail_msg("%s: result %d, not %d: %s", name, (int)result, (int)sample->result,
                 why == NULL ? "" : why);
    if (result == CSTA_OK)
        check_message(sample);
}

static void
every_sample_is_what_stands_in_it(void **state)
{
    (void)state;
    assert_int_equal(for_each_sample(check_sample), SAMPLE_COUNT);
}

static void
check_template(const char *name, const char *bytes, size_t length)
{
    static const char call[] = "<callID>77</callID>";
    static char changed[CSTA_MESSAGE_MAX];
    const struct sample *sample = sample_of(name);
    if (sample->result != CSTA_UNUSABLE)
        return;
    const char *device = memmem(bytes, length, "<deviceID>", strlen("<deviceID>"));
    assert_non_null(device);
    size_t before = (size_t)(device - bytes);
    memcpy(changed, bytes, before);
    memcpy(changed + before, call, strlen(call));
    memcpy(changed + before + strlen(call), device, length - before);
    assert_int_equal(decode_bytes(changed, length + strlen(call), false), CSTA_OK);
    check_message(sample);
}

static void
an_event_template_is_read_once_it_has_a_call_id(void **state)
{
    (void)state;
    for_each_sample(check_template);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample_is_what_stands_in_it),
        cmocka_unit_test(an_event_template_is_read_once_it_has_a_call_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
