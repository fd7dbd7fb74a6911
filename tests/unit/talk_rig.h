#ifndef TESTS_UNIT_TALK_RIG_H
#define TESTS_UNIT_TALK_RIG_H

/*
 * tests/unit/talk_rig.h - a conversation without a socket: the rig stands for the live loop, and
 * what the switch says is fed to it.
 *
 * What is sent reaches the switch when it is published; talk_rig_die() ends the front-end with all
 * that was not, and another goes on.
 */

#include <inttypes.h>

#include "engine/csta/ber_encode.h"
#include "engine/csta/xml_encode.h"
#include "engine/live/conversation.h"
#include "tests/unit/session_rig.h"

enum {
    TALK_RIG_SENT = 4096,
    TALK_RIG_SLOTS = 1 << 14, /* nobody reads while a step is taken */
};

/* What the switch got. */
struct sent {
    enum outgoing_kind kind;
    char invoke[8]; /* as the response carries it */
    uint32_t number;
    char device[160];
    char call[80];
    char cross_ref[80];
    char text[2200]; /* of XML: the document */
    bool monitors_calls;
    bool is_other;
};

struct live {
    uint64_t now_ms;
    struct live_link link;
    struct link_settings *settings;
    struct sent staged[TALK_RIG_SENT]; /* by steps that are not published */
    uint32_t staged_count;
    struct sent *sent; /* the switch has these; TALK_RIG_SENT of them, then again from the first */
    uint32_t sent_count;
    uint32_t taken; /* the switch has looked at them */
    char closed[128];
    char staged_closed[128];
    uint32_t ups, downs, staged_ups, staged_downs;
    bool is_full;    /* the buffer takes nothing */
    bool refuses;    /* nothing can be written */
    uint32_t deaths; /* so many times it is killed, here and there */
    uint64_t random;
};

static struct live live;

/* ---- live.h --------------------------------------------------------------------------------- */

void
live_touch(struct live_link *link)
{
    front_begin(&link->session->front);
    front_touch(&link->session->front, link->state, sizeof *link->state);
}

uint64_t
live_now_ms(const struct live_link *link)
{
    return link->live->now_ms;
}

void
live_close(struct live_link *link, const char *why)
{
    snprintf(link->live->staged_closed, sizeof link->live->staged_closed, "%s",
             why != NULL ? why : "in an orderly way");
}

static void
live_take(struct live_link *link, const struct source_message *message)
{
    const char *why = NULL;
    size_t where;
    if (session_take(link->session, message, 1, &why, &where) != SESSION_OK)
        fail_msg("%s", why);
}

void
live_notice(struct live_link *link, enum source_kind kind)
{
    struct source_message message = {.kind = kind, .link = TEXT("p")};
    live_take(link, &message);
    if (kind == SOURCE_UP)
        link->live->staged_ups++;
    else
        link->live->staged_downs++;
}

static bool
talk_rig_is_xml(void)
{
    return live.settings->encoding == ENCODING_XML;
}

static enum encode_result
talk_rig_encode(const struct outgoing *message, char *bytes, size_t size, size_t *length,
                const char **why)
{
    const struct xml_namespaces none = {TEXT_NONE, TEXT_NONE};
    if (talk_rig_is_xml())
        return xml_encode(bytes, size, length, message, &none, why);
    return ber_encode(bytes, size, length, message, live.settings->encoding, why);
}

static void
talk_rig_copy(char *to, size_t size, struct text text)
{
    snprintf(to, size, "%.*s", (int)text.length, text.at == NULL ? "" : text.at);
}

enum live_sent
live_send(struct live_link *link, struct outgoing *message, struct text by, struct text answers,
          const char **why)
{
    static char bytes[OUTGOING_SIZE_MAX];
    size_t length = 0;
    if (live.is_full)
        return LIVE_FULL;
    *why = "the rig refuses it";
    if (live.refuses)
        return LIVE_REFUSED;
    uint32_t next = link->state->talk.next_invoke;
    if (text_is_none(answers))
        message->invoke_id = next;
    if (talk_rig_encode(message, bytes, sizeof bytes, &length, why) != ENCODE_OK)
        return LIVE_REFUSED;
    char invoke[8];
    snprintf(invoke, sizeof invoke, "%04u", message->invoke_id);
    struct source_message source = {
        .kind = SOURCE_MESSAGE,
        .direction = SOURCE_TO_SWITCH,
        .link = TEXT("p"),
        .by = by,
        .payload = {bytes, (uint32_t)length},
    };
    if (talk_rig_is_xml())
        source.invoke = text_is_none(answers) ? text_of(invoke) : answers;
    live_take(link, &source);
    if (text_is_none(answers)) {
        live_touch(link);
        link->state->talk.next_invoke = (next + 1) % 9999;
    }
    assert_true(live.staged_count < TALK_RIG_SENT);
    struct sent *sent = &live.staged[live.staged_count++];
    memset(sent, 0, sizeof *sent);
    sent->kind = message->kind;
    sent->number = message->invoke_id;
    talk_rig_copy(sent->invoke, sizeof sent->invoke,
                  text_is_none(answers) ? text_of(invoke) : answers);
    talk_rig_copy(sent->device, sizeof sent->device, message->device);
    talk_rig_copy(sent->call, sizeof sent->call, message->call);
    talk_rig_copy(sent->cross_ref, sizeof sent->cross_ref, message->cross_ref);
    if (talk_rig_is_xml())
        talk_rig_copy(sent->text, sizeof sent->text, (struct text){bytes, (uint32_t)length});
    sent->monitors_calls = message->monitors_calls;
    sent->is_other = message->device_is_other;
    return LIVE_SENT;
}

/* ---- lives ---------------------------------------------------------------------------------- */

static inline void
talk_rig_attach(void)
{
    struct front *front = &rig.session->front;
    front_begin(front);
    live.link = (struct live_link){
        .live = &live,
        .session = rig.session,
        .settings = live.settings,
        .link = link_table_find(&rig.session->links, TEXT("p")),
        .state = &front->tables->live[3],
        .place = 3,
    };
}

/* What was done becomes so, and the switch gets what was sent. */
static inline void
talk_rig_publish(void)
{
    session_publish(rig.session, false);
    rig_read(&rig, 0, ~UINT64_C(0));
    for (uint32_t i = 0; i < live.staged_count; i++)
        live.sent[live.sent_count++ % TALK_RIG_SENT] = live.staged[i];
    live.ups += live.staged_ups;
    live.downs += live.staged_downs;
    if (live.staged_closed[0] != '\0')
        memcpy(live.closed, live.staged_closed, sizeof live.closed);
    live.staged_count = live.staged_ups = live.staged_downs = 0;
    live.staged_closed[0] = '\0';
}

/* The front-end is killed: what was not published never was. Another goes on. */
static inline void
talk_rig_die(void)
{
    session_close(rig.session);
    live.staged_count = live.staged_ups = live.staged_downs = 0;
    live.staged_closed[0] = '\0';
    rig.session = session_open(&rig.engine, 0, &rig.settings);
    assert_non_null(rig.session);
    talk_rig_attach();
    conversation_open(&live.link, false);
}

/* Is this where it is killed? Then what was done since the last publishing was not. */
static inline bool
talk_rig_is_killed(void)
{
    live.random = live.random * UINT64_C(6364136223846793005) + 1442695040888963407;
    uint32_t chance = (uint32_t)(live.random >> 33) % 8;
    if (live.deaths == 0 || chance > 2)
        return false;
    if (chance == 1)
        talk_rig_publish(); /* it dies right after */
    live.deaths--;
    talk_rig_die();
    return chance != 1;
}

/* ---- what happens --------------------------------------------------------------------------- */

/* Everything that is due now; when something is due next. */
static inline uint64_t
talk_rig_work(void)
{
    uint64_t due_ms = 0;
    for (uint32_t i = 0; conversation_work(&live.link, &due_ms); i++) {
        assert_true(i < 2000000);
        assert_true(due_ms == UINT64_MAX || due_ms > 0);
        if (live.staged_count + 8 > TALK_RIG_SENT)
            talk_rig_publish();
        talk_rig_is_killed();
    }
    talk_rig_publish();
    return due_ms;
}

static inline uint64_t
talk_rig_after(uint64_t ms)
{
    live.now_ms += ms;
    return talk_rig_work();
}

/* The switch says something; published with nothing else. */
static inline void
talk_rig_feed(struct text payload, const char *invoke)
{
    struct source_message message = {
        .kind = SOURCE_MESSAGE,
        .direction = SOURCE_FROM_SWITCH,
        .link = TEXT("p"),
        .invoke = talk_rig_is_xml() ? text_of(invoke) : TEXT_NONE,
        .payload = payload,
    };
    do {
        live_take(&live.link, &message);
        live_touch(&live.link);
        live.link.state->stream.heard_ms = live.now_ms;
        conversation_hear(&live.link,
                          talk_rig_is_xml() ? message.invoke : rig.session->reader.message.invoke);
    } while (talk_rig_is_killed());
    talk_rig_publish();
}

__attribute__((format(printf, 2, 3))) static inline void
talk_rig_say(const char *invoke, const char *format, ...)
{
    static char text[8192];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    assert_true(length > 0 && (size_t)length < sizeof text);
    talk_rig_feed((struct text){text, (uint32_t)length}, invoke);
}

/* The next thing the switch got; NULL: nothing more. */
static inline const struct sent *
talk_rig_next(void)
{
    if (live.taken == live.sent_count)
        return NULL;
    return &live.sent[live.taken++ % TALK_RIG_SENT];
}

static inline const struct sent *
talk_rig_expect(enum outgoing_kind kind)
{
    static const struct sent none;
    const struct sent *sent = talk_rig_next();
    if (sent == NULL) {
        fail_msg("nothing was sent, not a message of kind %d", kind);
        return &none;
    }
    if (sent->kind != kind)
        fail_msg("kind %d was sent, not %d: %s", sent->kind, kind, sent->text);
    return sent;
}

#define NOTHING_SENT() assert_null(talk_rig_next())

static inline void
talk_rig_connect(void)
{
    live.now_ms += 10;
    conversation_begin(&live.link);
    live_touch(&live.link);
    live.link.state->stream.heard_ms = live.now_ms;
    talk_rig_publish();
    talk_rig_work();
}

static inline void
talk_rig_set(const char *key, const char *value)
{
    const char *why = settings_link_key(live.settings, text_of(key), text_of(value));
    if (why != NULL)
        fail_msg("%s = %s: %s", key, value, why);
}

/* `keys`: key, value, key, value, NULL. */
static inline void
talk_rig_open(const char *const *keys)
{
    if (rig_ring_slots < TALK_RIG_SLOTS)
        rig_ring_slots = TALK_RIG_SLOTS;
    rig_open(&rig, 1);
    struct sent *sent = calloc(TALK_RIG_SENT, sizeof *sent);
    memset(&live, 0, sizeof live);
    live.sent = sent;
    live.now_ms = 1000000;
    live.settings = settings_link(&rig.settings, TEXT("p"));
    assert_non_null(live.settings);
    talk_rig_set("encoding", "xml");
    for (; *keys != NULL; keys += 2)
        talk_rig_set(keys[0], keys[1]);
    talk_rig_attach();
    conversation_open(&live.link, false);
}

static inline int
talk_rig_close(void **state)
{
    (void)state;
    free(live.sent);
    rig_close(&rig);
    return 0;
}

#define OPEN(...) talk_rig_open((const char *const[]){__VA_ARGS__, NULL})

static inline const struct shm_talk *
talk_rig_talk(void)
{
    return &rig.session->front.tables->talks[3];
}

/* ---- a switch that grants everything -------------------------------------------------------- */

static inline void
talk_rig_grant(const struct sent *sent)
{
    talk_rig_say(sent->invoke,
                 "<MonitorStartResponse><monitorCrossRefID>x%s</monitorCrossRefID>"
                 "</MonitorStartResponse>",
                 sent->device);
}

static inline void
talk_rig_answer(const struct sent *sent)
{
    switch ((int)sent->kind) {
    case OUTGOING_MONITOR_START:
        talk_rig_grant(sent);
        break;
    case OUTGOING_MONITOR_STOP:
        talk_rig_say(sent->invoke, "<MonitorStopResponse/>");
        break;
    case OUTGOING_SNAPSHOT_DEVICE:
        talk_rig_say(sent->invoke, "<SnapshotDeviceResponse><crossRefIDorSnapshotData>"
                                   "<snapshotData/></crossRefIDorSnapshotData>"
                                   "</SnapshotDeviceResponse>");
        break;
    case OUTGOING_SNAPSHOT_CALL:
        talk_rig_say(sent->invoke, "<SnapshotCallResponse><crossRefIDorSnapshotData>"
                                   "<snapshotData/></crossRefIDorSnapshotData>"
                                   "</SnapshotCallResponse>");
        break;
    case OUTGOING_REQUEST_SYSTEM_STATUS:
        talk_rig_say(sent->invoke, "<RequestSystemStatusResponse><systemStatus>normal"
                                   "</systemStatus></RequestSystemStatusResponse>");
        break;
    default:
        break;
    }
}

/* Answers until nothing more is asked, as time passes. The number of questions. */
static inline uint32_t
talk_rig_settle(void)
{
    uint32_t count = 0;
    for (uint32_t idle = 0; idle < 20;) {
        talk_rig_after(1);
        const struct sent *sent = talk_rig_next();
        idle = sent == NULL ? idle + 1 : 0;
        for (; sent != NULL; sent = talk_rig_next()) {
            struct sent copy = *sent;
            talk_rig_answer(&copy);
            count++;
        }
    }
    return count;
}

#endif
