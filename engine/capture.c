#include "engine/capture.h"

#include <errno.h>
#include <stdio.h>

#include "base/check.h"
#include "base/hash.h"
#include "engine/complete.h"
#include "engine/csta/xml_decode.h"

static_assert((CAPTURE_MONITORS_MAX & (CAPTURE_MONITORS_MAX - 1)) == 0, "an index is masked");

const char *
capture_format_name(enum source_format format)
{
    switch (format) {
    case SOURCE_TRACE:
        return "trace";
    case SOURCE_FRAMED:
        return "framed XML";
    case SOURCE_BER:
        return "framed BER";
    case SOURCE_BARE:
        return "bare XML";
    case SOURCE_PCAP:
        return "pcap capture";
    case SOURCE_PCAPNG:
        return "pcapng capture";
    case SOURCE_EMPTY:
        return "empty";
    case SOURCE_UNKNOWN:
        break;
    }
    return "unknown";
}

static void
add_problem(struct capture *capture, const struct source_message *message, size_t where,
            const char *why)
{
    capture->unreadable++;
    if (capture->problem_count == CAPTURE_PROBLEMS_MAX)
        return;
    struct capture_problem *problem = &capture->problems[capture->problem_count++];
    problem->line = message->line;
    problem->packet = message->packet;
    problem->offset = message->offset + where;
    snprintf(problem->why, sizeof(problem->why), "%s", why);
}

static void
note_link(struct capture *capture, struct text link)
{
    for (uint32_t i = 0; i < capture->link_count; i++) {
        if (text_is_equal(link, text_of(capture->links[i])))
            return;
    }
    if (text_is_none(link) || link.length > EVENT_TEXT_LENGTH)
        return;
    if (capture->link_count == CAPTURE_LINKS_MAX) {
        capture->more_links = true;
        return;
    }
    memcpy(capture->links[capture->link_count++], link.at, link.length);
}

static void
note_time(struct capture *capture, const struct source_message *message)
{
    if (!message->has_time)
        return;
    if (capture->with_time == 0 || message->time_us < capture->first_us)
        capture->first_us = message->time_us;
    if (capture->with_time == 0 || message->time_us > capture->last_us)
        capture->last_us = message->time_us;
    capture->with_time++;
}

/* Tells cross references apart by hash: a wrong count by one in 2^64 harms nobody. */
static void
note_monitor(struct capture *capture, struct text link, struct text cross_ref)
{
    if (text_is_none(cross_ref) || text_is_none(link))
        return;
    uint64_t hash =
        hash_finish(hash_bytes(hash_bytes(hash_bytes(HASH_START, link.at, link.length), "", 1),
                               cross_ref.at, cross_ref.length));
    hash += hash == 0;
    uint64_t index = hash & (CAPTURE_MONITORS_MAX - 1);
    while (capture->reporting[index] != 0 && capture->reporting[index] != hash)
        index = (index + 1) & (CAPTURE_MONITORS_MAX - 1);
    if (capture->reporting[index] == hash)
        return;
    if (capture->monitors_reporting >= CAPTURE_MONITORS_MAX / 2) {
        capture->more_monitors = true;
        return;
    }
    capture->reporting[index] = hash;
    capture->monitors_reporting++;
}

static void
note_event(struct capture *capture, const struct source_message *message,
           const struct csta_message *decoded)
{
    const struct event *event = &decoded->event;
    CHECK(event->kind < EVENT_KIND_COUNT);
    capture->events[event->kind]++;
    capture->events_total++;
    note_monitor(capture, message->link, decoded->cross_ref);
    if (event->kind != EVENT_CONNECTION_CLEARED)
        return;
    capture->clearings++;
    capture->named_clearings += !text_is_none(event->texts[EVENT_TEXT_RELEASING]);
}

/* Decodes a message and brings its texts into the form they are compared in. Returns NULL, or why
 * it cannot be used, with *where an offset in it. */
static const char *
read_message(struct csta_message *decoded, const struct settings *settings, uint32_t profile_flags,
             struct text payload, size_t *where)
{
    static struct csta_scratch scratch;
    static struct completer completer;
    struct csta_options options = {.loose_causes = (profile_flags & PROFILE_LOOSE_CAUSES) != 0};
    const char *why = "";
    if (payload.length > CSTA_MESSAGE_MAX)
        return "the message is longer than 65536 bytes";
    if (xml_decode(decoded, payload.at, payload.length, &options, &scratch, &why, where) != CSTA_OK)
        return why;
    completer.settings = settings;
    complete_start(&completer, profile_flags);
    return complete_message(&completer, decoded);
}

static void
take_message(struct capture *capture, struct settings *settings,
             const struct source_message *message)
{
    static struct csta_message decoded;
    capture->messages++;
    note_link(capture, message->link);
    note_time(capture, message);
    const struct link_settings *link = settings_link(settings, message->link);
    size_t where = 0;
    const char *why = "too many links";
    if (link != NULL)
        why = read_message(&decoded, settings, profile_row(link->profile)->flags, message->payload,
                           &where);
    if (why != NULL) {
        add_problem(capture, message, where, why);
        return;
    }
    if (decoded.message_class == MESSAGE_CALL_EVENT) {
        note_event(capture, message, &decoded);
        return;
    }
    capture->other++;
    capture->monitors_requested += decoded.message_class == MESSAGE_MONITOR_START;
    capture->monitors_granted += decoded.message_class == MESSAGE_MONITOR_START_RESPONSE;
}

/* A declaration of a trace changes the settings, as it does in a replay. */
static void
take_declaration(struct capture *capture, struct settings *settings,
                 const struct source_message *message)
{
    struct link_settings *link = settings_link(settings, message->link);
    if (link == NULL) {
        add_problem(capture, message, 0, "no link can have this name, or there are too many");
        return;
    }
    note_link(capture, message->link);
    if (text_is_none(message->key))
        return;
    const char *why = settings_trace_key(link, message->key, message->value);
    if (why != NULL)
        add_problem(capture, message, 0, why);
}

static void
take(struct capture *capture, struct settings *settings, const struct source_message *message)
{
    switch (message->kind) {
    case SOURCE_MESSAGE:
        take_message(capture, settings, message);
        break;
    case SOURCE_DECLARE:
        take_declaration(capture, settings, message);
        break;
    case SOURCE_BAD:
        capture->messages += !text_is_none(message->link);
        add_problem(capture, message, 0, message->why);
        break;
    case SOURCE_BROKEN:
        capture->broken = true;
        add_problem(capture, message, 0, message->why);
        break;
    case SOURCE_UP:
    case SOURCE_DOWN:
    case SOURCE_TICK:
        note_link(capture, message->link);
        break;
    }
}

enum capture_result
capture_read(struct capture *capture, struct settings *settings, const char *path,
             const struct source_options *options)
{
    *capture = (struct capture){0};
    struct source source;
    if (!source_open(&source, path))
        return CAPTURE_NOT_READ;
    source_set_options(&source, options);
    int error = 0;
    enum source_result result;
    do {
        struct source_message message;
        result = source_next(&source, &message);
        if (result == SOURCE_OK)
            take(capture, settings, &message);
        else if (result == SOURCE_WAIT)
            source_wait(&source, 1000);
    } while (result == SOURCE_OK || result == SOURCE_WAIT);
    if (result == SOURCE_FAILED)
        error = source_error(&source);
    capture->format = source_format(&source);
    capture->bytes = source_bytes(&source);
    const struct packet_figures *figures = packets_figures(&source);
    if (figures != NULL)
        capture->packets = *figures;
    source_close(&source);
    errno = error;
    return result == SOURCE_END ? CAPTURE_OK : CAPTURE_NOT_READ;
}
