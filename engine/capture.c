#include "engine/capture.h"

#include <errno.h>
#include <stdio.h>

#include "base/check.h"
#include "base/hash.h"

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

/* What is known of the message's link; NULL when there are too many, or it names none. */
static struct shm_link *
link_of(struct capture *capture, struct text name)
{
    return text_is_none(name) ? NULL : link_table_find(&capture->table, name);
}

static void
note_time(struct capture *capture, bool has_time, int64_t time_us)
{
    if (!has_time)
        return;
    if (capture->with_time == 0 || time_us < capture->first_us)
        capture->first_us = time_us;
    if (capture->with_time == 0 || time_us > capture->last_us)
        capture->last_us = time_us;
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

/* Reads a message as a replay would. Returns NULL, or why it cannot be used. */
static const char *
read_message(struct capture *capture, struct dialect_reader *reader, struct settings *settings,
             const struct source_message *message, size_t *where)
{
    struct shm_link *link = link_of(capture, message->link);
    const struct link_settings *said = settings_link(settings, message->link);
    if (link == NULL || said == NULL)
        return "too many links";
    reader->completer.settings = settings;
    dialect_settle(&link->dialect, said);
    return dialect_read(reader, &link->dialect, message->payload, message->by, where);
}

static void
take_message(struct capture *capture, struct settings *settings,
             const struct source_message *message)
{
    static struct dialect_reader reader;
    const struct csta_message *decoded = &reader.message;
    size_t where = 0;
    const char *why = read_message(capture, &reader, settings, message, &where);
    capture->messages++;
    if (message->has_time || why != NULL)
        note_time(capture, message->has_time, message->time_us);
    else
        note_time(capture, decoded->has_time, decoded->time_us);
    if (why != NULL) {
        add_problem(capture, message, where, why);
        return;
    }
    if (decoded->message_class == MESSAGE_CALL_EVENT) {
        note_event(capture, message, decoded);
        return;
    }
    capture->other++;
    capture->monitors_requested += decoded->message_class == MESSAGE_MONITOR_START;
    capture->monitors_granted += decoded->message_class == MESSAGE_MONITOR_START_RESPONSE;
}

/* A declaration of a trace changes the settings, as it does in a replay. */
static void
take_declaration(struct capture *capture, struct settings *settings,
                 const struct source_message *message)
{
    if (text_is_none(message->link)) {
        const char *problem = settings_trace_alias(settings, message->key, message->value);
        if (problem != NULL)
            add_problem(capture, message, 0, problem);
        return;
    }
    struct link_settings *link = settings_link(settings, message->link);
    if (link == NULL) {
        add_problem(capture, message, 0, "no link can have this name, or there are too many");
        return;
    }
    link_of(capture, message->link);
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
    case SOURCE_SET:
        link_of(capture, message->link);
        break;
    }
}

/* The links in the order they were first spoken of. */
static void
name_links(struct capture *capture)
{
    uint32_t count = capture->front.now->links.count;
    capture->more_links = count > CAPTURE_LINKS_MAX;
    capture->link_count = capture->more_links ? CAPTURE_LINKS_MAX : count;
    for (uint32_t i = 0; i < capture->link_count; i++) {
        const struct shm_link *link = front_link(&capture->front, i);
        memcpy(capture->links[i].name, link->name, sizeof(link->name));
        capture->links[i].encoding = (enum csta_encoding)link->dialect.found;
    }
}

static enum source_result
read_all(struct capture *capture, struct settings *settings, struct source *source)
{
    enum source_result result;
    do {
        struct source_message message;
        result = source_next(source, &message);
        if (result == SOURCE_OK)
            take(capture, settings, &message);
        else if (result == SOURCE_WAIT)
            source_wait(source, 1000);
    } while (result == SOURCE_OK || result == SOURCE_WAIT);
    return result;
}

static void
close_links(struct capture *capture)
{
    link_table_close(&capture->table);
    front_close_private(&capture->front);
}

static bool
open_links(struct capture *capture)
{
    if (!front_open_private(&capture->front))
        return false;
    front_begin(&capture->front);
    if (link_table_open(&capture->table, &capture->front))
        return true;
    close_links(capture);
    return false;
}

enum capture_result
capture_read(struct capture *capture, struct settings *settings, const char *path,
             const struct source_options *options)
{
    *capture = (struct capture){0};
    struct source source;
    if (!open_links(capture)) {
        errno = ENOMEM;
        return CAPTURE_NOT_READ;
    }
    if (!source_open(&source, path)) {
        int reason = errno;
        close_links(capture);
        errno = reason;
        return CAPTURE_NOT_READ;
    }
    struct source_options known = dialect_options(options, settings, path);
    source_set_options(&source, &known);
    enum source_result result = read_all(capture, settings, &source);
    int error = result == SOURCE_FAILED ? source_error(&source) : 0;
    capture->format = source_format(&source);
    capture->bytes = source_bytes(&source);
    const struct packet_figures *figures = packets_figures(&source);
    if (figures != NULL)
        capture->packets = *figures;
    name_links(capture);
    close_links(capture);
    source_close(&source);
    errno = error;
    return result == SOURCE_END ? CAPTURE_OK : CAPTURE_NOT_READ;
}
