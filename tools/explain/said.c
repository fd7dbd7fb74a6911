/*
 * tools/explain/said.c - one message in words, its time, its bytes (tools/explain/paper.h).
 */
#include <stdarg.h>
#include <time.h>

#include "base/log.h"
#include "tools/explain/paper.h"

#define SECOND_US INT64_C(1000000)

enum {
    EPOCH_SECONDS = 1000000000, /* times below count from the beginning of a trace */
    HEX_LINE = 32,              /* bytes of a line of hex */
};

void
paper_time(char *buffer, size_t size, bool has_time, int64_t time_us)
{
    buffer[0] = '\0';
    if (!has_time)
        return;
    int64_t ms = time_us / 1000;
    time_t seconds = (time_t)(ms / 1000);
    struct tm when;
    if (seconds < EPOCH_SECONDS || gmtime_r(&seconds, &when) == NULL)
        snprintf(buffer, size, "%lld.%03lld", (long long)(ms / 1000), (long long)(ms % 1000));
    else
        snprintf(buffer, size, "%02d:%02d:%02d.%03lld", when.tm_hour, when.tm_min, when.tm_sec,
                 (long long)(ms % 1000));
}

/* ---- words --------------------------------------------------------------------------------- */

struct saying {
    char *at;
    size_t left;
};

__attribute__((format(printf, 2, 3))) static void
say(struct saying *saying, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(saying->at, saying->left, format, arguments);
    va_end(arguments);
    size_t used = length < 0 ? 0 : (size_t)length;
    used = used < saying->left ? used : saying->left - 1;
    saying->at += used;
    saying->left -= used;
}

/* WORDS and the text, if there is one. */
static void
say_text(struct saying *saying, const char *words, struct text text)
{
    char shown[PAPER_TEXT];
    if (text.length != 0)
        say(saying, "%s%s", words, log_escape(shown, sizeof shown, text));
}

static void
say_call(struct saying *saying, const struct flow *flow, const struct flow_moment *moment,
         const struct event *event)
{
    if (flow->call_count > 1 && moment->conn_id != 0)
        say_text(saying, " in call ", event->texts[EVENT_TEXT_CALL]);
}

static void
say_clearing(struct saying *saying, const struct event *event)
{
    if (event->texts[EVENT_TEXT_RELEASING].length == 0)
        say(saying, ", no releasingDevice");
    else
        say_text(saying, ", releasingDevice ", event->texts[EVENT_TEXT_RELEASING]);
}

static void
say_join(struct saying *saying, const struct event *event)
{
    say_text(saying, " by ", event->texts[EVENT_TEXT_SUBJECT]);
    say_text(saying, event->kind == EVENT_TRANSFERRED ? " to " : ", added ",
             event->texts[EVENT_TEXT_NEW_DESTINATION]);
    say_text(saying, ": call ", event->texts[EVENT_TEXT_CALL]);
    say_text(saying, " with ", event->texts[EVENT_TEXT_SECOND_CALL]);
    say_text(saying, ", result ", event->texts[EVENT_TEXT_NEW_CALL]);
}

/* Which request an answer is to. */
static void
say_answer(struct saying *saying, const struct flow *flow, const struct event *event)
{
    uint64_t seq = flow_seq_of(flow, event->request);
    if (seq != 0)
        say(saying, ", the request of Seq %llu", (unsigned long long)seq);
}

static void
say_details(struct saying *saying, const struct flow *flow, const struct flow_moment *moment,
            const struct event *event)
{
    switch ((enum event_kind)event->kind) {
    case EVENT_CONNECTION_CLEARED:
        say_text(saying, " ", event->texts[EVENT_TEXT_DEVICE]);
        say_call(saying, flow, moment, event);
        say_clearing(saying, event);
        break;
    case EVENT_CONFERENCED:
    case EVENT_TRANSFERRED:
        say_join(saying, event);
        break;
    case EVENT_CLEAR_CONNECTION:
    case EVENT_CLEAR_CALL:
        say_text(saying, " sent for ", event->texts[EVENT_TEXT_DEVICE]);
        say_call(saying, flow, moment, event);
        say_text(saying, ", on behalf of ", event->texts[EVENT_TEXT_REQUESTER]);
        break;
    case EVENT_REQUEST_GRANTED:
    case EVENT_REQUEST_REFUSED:
        say_answer(saying, flow, event);
        break;
    case EVENT_DIVERTED:
        say_text(saying, " from ", event->texts[EVENT_TEXT_DEVICE]);
        say_text(saying, " to ", event->texts[EVENT_TEXT_NEW_DESTINATION]);
        say_call(saying, flow, moment, event);
        break;
    case EVENT_CALL_CLEARED:
        say_call(saying, flow, moment, event);
        break;
    case EVENT_TICK:
    case EVENT_LINK_END:
    case EVENT_LINK_DOWN:
    case EVENT_LINK_UP:
        break;
    case EVENT_NONE:
    case EVENT_BRIDGED:
    case EVENT_DELIVERED:
    case EVENT_DIGITS_DIALED:
    case EVENT_ESTABLISHED:
    case EVENT_FAILED:
    case EVENT_HELD:
    case EVENT_NETWORK_CAPABILITIES_CHANGED:
    case EVENT_NETWORK_REACHED:
    case EVENT_OFFERED:
    case EVENT_ORIGINATED:
    case EVENT_QUEUED:
    case EVENT_RETRIEVED:
    case EVENT_SERVICE_INITIATED:
    case EVENT_SNAPSHOT_CALL:
    case EVENT_LINK:
    case EVENT_DEVICE:
    case EVENT_SNAPSHOT_DEVICE:
    case EVENT_RETOLD:
    case EVENT_FINISH:
    case EVENT_MOVE_OUT:
    case EVENT_MOVE_IN:
    case EVENT_KIND_COUNT:
        say_text(saying, " ", event->texts[EVENT_TEXT_DEVICE]);
        say_call(saying, flow, moment, event);
        break;
    }
}

static const char *
kind_words(uint8_t kind)
{
    static const char *const words[EVENT_KIND_COUNT] = {
        [EVENT_TICK] = "(time passed)",        [EVENT_LINK_END] = "(end of the input)",
        [EVENT_LINK_DOWN] = "(the link went)", [EVENT_LINK_UP] = "(the link came)",
        [EVENT_REQUEST_GRANTED] = "granted",   [EVENT_REQUEST_REFUSED] = "refused",
    };
    return kind < EVENT_KIND_COUNT && words[kind] != NULL ? words[kind] : event_kind_name(kind);
}

void
paper_say_message(char said[PAPER_SAID], const struct flow *flow, const struct flow_moment *moment,
                  const struct event *event)
{
    struct saying saying = {said, PAPER_SAID};
    say(&saying, "%s", kind_words(event->kind));
    say_details(&saying, flow, moment, event);
    if (event->cause != CAUSE_ABSENT)
        say(&saying, ", cause %s", cause_name(event->cause));
    if (moment->is_copy)
        say(&saying, " (a copy)");
}

/* ---- bytes --------------------------------------------------------------------------------- */

static void
print_hex(FILE *out, const char *indent, const char *bytes, uint32_t length)
{
    for (uint32_t at = 0; at < length; at += HEX_LINE) {
        fputs(indent, out);
        for (uint32_t i = at; i < length && i < at + HEX_LINE; i++)
            fprintf(out, "%02x", (unsigned)(unsigned char)bytes[i]);
        fputc('\n', out);
    }
}

void
paper_raw(FILE *out, const char *indent, const char *bytes, uint32_t length)
{
    if (length == 0 || memchr(bytes, '<', length < 8 ? length : 8) == NULL) {
        print_hex(out, indent, bytes, length);
        return;
    }
    fputs(indent, out);
    char shown[8];
    for (uint32_t at = 0; at < length;) {
        uint32_t run = 0;
        while (at + run < length && (unsigned char)bytes[at + run] >= ' ' &&
               (unsigned char)bytes[at + run] < 0x7f)
            run++;
        fwrite(bytes + at, 1, run, out);
        at += run;
        if (at < length) {
            fputs(log_escape(shown, sizeof shown, (struct text){bytes + at, 1}), out);
            at++;
        }
    }
    fputc('\n', out);
}
