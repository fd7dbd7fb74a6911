#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "engine/live/talk.h"

enum {
    SESSION_PAUSE_MS = 1000, /* before a session is started again; doubles */
    SESSION_PAUSE_DOUBLES = 6,
    SESSION_STOOD_MS = 60000, /* a session that stood so long, or was renewed, begins anew */
};

static enum handshake
handshake_of(const struct talk *talk)
{
    const struct link_settings *settings = talk->link->settings;
    if (settings->handshake != HANDSHAKE_PROFILE)
        return settings->handshake;
    uint32_t flags = profile_row(settings->profile)->flags;
    if ((flags & PROFILE_REGISTERS) != 0)
        return HANDSHAKE_REGISTER;
    return (flags & PROFILE_HAS_SESSION) != 0 ? HANDSHAKE_APPLICATION : HANDSHAKE_NONE;
}

/* The talk is touched. */
static void
go_to(const struct talk *talk, enum talk_greeting step, uint64_t at_ms)
{
    talk->state->greeting = (uint8_t)step;
    talk->state->greeting_ms = at_ms;
}

static uint64_t
deadline(const struct talk *talk)
{
    return talk->now_ms + talk->link->settings->answer_ms;
}

static void
go_to_handshake(const struct talk *talk)
{
    switch (handshake_of(talk)) {
    case HANDSHAKE_REGISTER:
        go_to(talk, GREETING_STATUS, deadline(talk));
        break;
    case HANDSHAKE_APPLICATION:
        go_to(talk, GREETING_SESSION, talk->now_ms);
        break;
    case HANDSHAKE_PROFILE:
    case HANDSHAKE_NONE:
        go_to(talk, GREETING_DONE, talk->now_ms);
        break;
    }
}

void
greeting_begin(const struct talk *talk)
{
    talk_touch(talk);
    talk->state->session_length = talk->state->register_length = 0;
    talk->state->session_due_ms = talk->state->session_end_ms = 0;
    talk->state->sessions = 0;
    if (talk_encoding(talk) == ENCODING_XML)
        go_to_handshake(talk);
    else
        go_to(talk, GREETING_ASSOCIATE, talk->now_ms);
}

/* ---- what is heard -------------------------------------------------------------------------- */

static const struct csta_message *
heard(const struct talk *talk)
{
    return &talk->link->session->reader.message;
}

static void
hear_session(const struct talk *talk)
{
    const struct csta_message *message = heard(talk);
    struct shm_talk *state = talk->state;
    uint32_t seconds = message->session_seconds;
    if (seconds == 0)
        seconds = state->session_seconds != 0 ? state->session_seconds
                                              : talk->link->settings->session_ms / 1000;
    state->session_seconds = seconds;
    state->session_due_ms = talk->now_ms + (uint64_t)seconds * 500;
    state->session_end_ms = talk->now_ms + (uint64_t)seconds * 1000;
    if (text_is_none(message->session))
        return;
    CHECK(message->session.length <= TALK_SESSION_LENGTH);
    state->session_length = (uint8_t)message->session.length;
    memcpy(state->session, message->session.at, message->session.length);
}

static void
hear_registered(const struct talk *talk)
{
    struct text id = heard(talk)->register_id;
    if (id.length > 0 && id.length <= EVENT_TEXT_LENGTH) {
        talk->state->register_length = (uint8_t)id.length;
        memcpy(talk->state->register_id, id.at, id.length);
    }
    if (talk->state->greeting == GREETING_REGISTERED)
        go_to(talk, GREETING_DONE, talk->now_ms);
}

/* The session is gone, and with it all monitors: another one, after a pause. */
static void
lose_session(const struct talk *talk, const char *why)
{
    struct shm_talk *state = talk->state;
    if (handshake_of(talk) != HANDSHAKE_APPLICATION || state->session_end_ms == 0)
        return;
    talk_touch(talk);
    uint64_t granted_ms = state->session_end_ms - (uint64_t)state->session_seconds * 1000;
    if (talk->now_ms >= granted_ms + SESSION_STOOD_MS)
        state->sessions = 0;
    uint32_t doubles =
        state->sessions < SESSION_PAUSE_DOUBLES ? state->sessions : (uint32_t)SESSION_PAUSE_DOUBLES;
    if (talk->link->state->talk.stage == TALK_USABLE) {
        live_touch(talk->link);
        talk->link->state->talk.stage = TALK_GREETING;
        state->down_due = 1;
    }
    state->session_due_ms = state->session_end_ms = 0;
    state->session_length = 0;
    state->sessions++;
    errand_void_all(talk);
    go_to(talk, GREETING_SESSION, talk->now_ms + ((uint64_t)SESSION_PAUSE_MS << doubles));
    log_say("link %s: the application session is over, %s; starting another",
            talk->link->link->name, why);
}

/* Was it the request that is waited for that was refused? */
static bool
is_answer_to(const struct talk *talk, uint32_t sent, struct text invoke)
{
    return !talk->link->session->has_answered && sent != UINT32_MAX &&
           talk_invoke_number(talk, invoke) == sent;
}

static void
hear_refused(const struct talk *talk, struct text invoke)
{
    struct shm_talk *state = talk->state;
    if (state->greeting == GREETING_REGISTERED &&
        is_answer_to(talk, state->greeting_invoke, invoke)) {
        log_say("link %s: the switch does not let us register; going on without",
                talk->link->link->name);
        go_to(talk, GREETING_DONE, talk->now_ms);
    } else if (state->greeting == GREETING_STARTED &&
               is_answer_to(talk, state->greeting_invoke, invoke)) {
        state->close_due = CLOSE_SESSION_REFUSED;
    } else if (state->session_end_ms != 0 && is_answer_to(talk, state->session_invoke, invoke)) {
        lose_session(talk, "its timer could not be reset");
    }
}

void
greeting_hear(const struct talk *talk, struct text invoke)
{
    struct shm_talk *state = talk->state;
    if (state->close_due == CLOSE_LEAVING) {
        parting_hear(talk, invoke);
        return;
    }
    talk_touch(talk);
    switch ((int)heard(talk)->message_class) {
    case MESSAGE_ASSOCIATION_BEGUN:
        if (state->greeting == GREETING_ASSOCIATED)
            go_to_handshake(talk);
        break;
    case MESSAGE_ASSOCIATION_REFUSED:
        state->close_due = CLOSE_ASSOCIATION_REFUSED;
        break;
    case MESSAGE_ASSOCIATION_RELEASE:
    case MESSAGE_ASSOCIATION_ENDED:
        state->close_due = CLOSE_ASSOCIATION_ENDED;
        break;
    case MESSAGE_SYSTEM_STATUS:
        if (state->greeting == GREETING_STATUS)
            go_to(talk, GREETING_REGISTER, talk->now_ms);
        break;
    case MESSAGE_SYSTEM_REGISTER_RESPONSE:
        hear_registered(talk);
        break;
    case MESSAGE_SESSION_STARTED:
        if (state->greeting != GREETING_STARTED)
            break;
        hear_session(talk);
        go_to(talk, GREETING_DONE, talk->now_ms);
        break;
    case MESSAGE_SESSION_REFUSED:
        if (state->greeting == GREETING_STARTED)
            state->close_due = CLOSE_SESSION_REFUSED;
        break;
    case MESSAGE_SESSION_RENEWED:
        if (state->session_end_ms == 0)
            break;
        hear_session(talk);
        state->sessions = 0;
        break;
    case MESSAGE_SESSION_NOT_RENEWED:
        lose_session(talk, "its timer was not reset");
        break;
    case MESSAGE_SESSION_ENDED:
        lose_session(talk, "the switch has ended it");
        break;
    case MESSAGE_ERROR:
        hear_refused(talk, invoke);
        break;
    default:
        break;
    }
}

/* ---- what is sent --------------------------------------------------------------------------- */

/* A request of the greeting; then its answer is waited for. A switch whose encoding has no such
 * request is taken as if it had agreed. */
static enum talk_work
ask(const struct talk *talk, struct outgoing *message, enum talk_greeting next)
{
    const char *why = NULL;
    enum live_sent sent = talk_request(talk, message, &why);
    if (sent == LIVE_FULL)
        return TALK_FULL;
    talk_touch(talk);
    talk->state->greeting_invoke = sent == LIVE_SENT ? message->invoke_id : UINT32_MAX;
    go_to(talk, sent == LIVE_SENT ? next : GREETING_DONE, deadline(talk));
    if (sent == LIVE_REFUSED)
        log_say("link %s: cannot greet the switch: %s", talk->link->link->name, why);
    if (sent == LIVE_REFUSED && next == GREETING_STARTED)
        talk->state->close_due = CLOSE_NO_GREETING;
    return TALK_DONE;
}

/* The first line of the file; the length, or -1: there is no such file, it is none to wait for, or
 * the line has no end within `size` bytes. */
static ssize_t
read_password(const char *path, char *password, size_t size)
{
    struct stat status;
    ssize_t length = -1;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return -1;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode))
        length = read(file, password, size);
    close(file);
    if (length < 0)
        return -1;
    size_t line = 0;
    while (line < (size_t)length && password[line] != '\n' && password[line] != '\r')
        line++;
    return line < size ? (ssize_t)line : -1;
}

/* Avaya has extensions of its own to edition 3. */
static struct text
session_version(const struct talk *talk, char *version, size_t size)
{
    const struct link_settings *settings = talk->link->settings;
    bool is_avaya = (profile_row(settings->profile)->flags & PROFILE_AVAYA_DEVICES) != 0;
    snprintf(version, size, "http://www.ecma-international.org/standards/ecma-323/csta/ed%u%s",
             is_avaya ? 3 : settings->edition, is_avaya ? "/priv2" : "");
    return text_of(version);
}

static enum talk_work
start_session(const struct talk *talk)
{
    const struct link_settings *settings = talk->link->settings;
    char password[OUTGOING_TEXT_MAX];
    ssize_t length = 0;
    if (settings->password_file[0] != '\0')
        length = read_password(settings->password_file, password, sizeof password);
    if (length < 0) {
        explicit_bzero(password, sizeof password);
        talk_touch(talk);
        talk->state->close_due = CLOSE_NO_PASSWORD;
        return TALK_DONE;
    }
    char version[80];
    struct outgoing message = {
        .kind = OUTGOING_SESSION_START,
        .application = text_of(settings->application),
        .user = text_of(settings->user),
        .password = {password, (uint32_t)length},
        .version = session_version(talk, version, sizeof version),
        .session_seconds = settings->session_ms / 1000,
    };
    enum talk_work work = ask(talk, &message, GREETING_STARTED);
    explicit_bzero(password, sizeof password);
    return work;
}

static enum talk_work
become_usable(const struct talk *talk)
{
    live_notice(talk->link, SOURCE_UP);
    live_touch(talk->link);
    talk_touch(talk);
    talk->link->state->talk.stage = TALK_USABLE;
    talk->state->asked_ms = talk->now_ms;
    talk->state->questions = 0;
    monitoring_begin(talk);
    return TALK_DONE;
}

/* Nobody answers. A switch that should have spoken first is spoken to, one that does not answer a
 * registration is used without. */
static enum talk_work
give_up_waiting(const struct talk *talk)
{
    talk_touch(talk);
    if (talk->state->greeting == GREETING_STATUS)
        go_to(talk, GREETING_REGISTER, talk->now_ms);
    else if (talk->state->greeting == GREETING_REGISTERED)
        go_to(talk, GREETING_DONE, talk->now_ms);
    else
        talk->state->close_due = CLOSE_NO_GREETING;
    return TALK_DONE;
}

static enum talk_work
take_step(const struct talk *talk)
{
    switch ((enum talk_greeting)talk->state->greeting) {
    case GREETING_ASSOCIATE: {
        struct outgoing message = {.kind = OUTGOING_ASSOCIATE};
        return ask(talk, &message, GREETING_ASSOCIATED);
    }
    case GREETING_REGISTER: {
        struct outgoing message = {.kind = OUTGOING_SYSTEM_REGISTER};
        return ask(talk, &message, GREETING_REGISTERED);
    }
    case GREETING_SESSION:
        return start_session(talk);
    case GREETING_DONE:
        return become_usable(talk);
    case GREETING_ASSOCIATED:
    case GREETING_STATUS:
    case GREETING_REGISTERED:
    case GREETING_STARTED:
        break;
    }
    return give_up_waiting(talk);
}

enum talk_work
greeting_work(const struct talk *talk, uint64_t *due_ms)
{
    if (talk->now_ms < talk->state->greeting_ms) {
        talk_wake(due_ms, talk->state->greeting_ms);
        return TALK_NOTHING;
    }
    return take_step(talk);
}

enum talk_work
session_timer_work(const struct talk *talk, uint64_t *due_ms)
{
    struct shm_talk *state = talk->state;
    if (state->session_end_ms == 0)
        return TALK_NOTHING;
    if (talk->now_ms >= state->session_end_ms) {
        lose_session(talk, "nobody answered for its timer");
        return TALK_DONE;
    }
    talk_wake(due_ms, state->session_end_ms);
    talk_wake(due_ms, state->session_due_ms);
    if (talk->now_ms < state->session_due_ms)
        return TALK_NOTHING;
    struct outgoing message = {
        .kind = OUTGOING_SESSION_RESET_TIMER,
        .session = {state->session, state->session_length},
        .session_seconds = talk->link->settings->session_ms / 1000,
    };
    const char *why = NULL;
    enum live_sent sent = talk_request(talk, &message, &why);
    if (sent == LIVE_FULL)
        return TALK_FULL;
    talk_touch(talk);
    state->session_invoke = sent == LIVE_SENT ? message.invoke_id : UINT32_MAX;
    state->session_due_ms = deadline(talk);
    return TALK_DONE;
}
