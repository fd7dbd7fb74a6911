#include "tools/check_print.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json_write.h"
#include "base/log.h"
#include "ipc/call_record.h"
#include "ipc/front_state.h"
#include "ipc/history.h"
#include "ipc/live_stream.h"
#include "ipc/outcome_record.h"
#include "ipc/shared_engine.h"

enum {
    NAME_SIZE = 512, /* an escaped name of a file or link */
    PLACE_SIZE = 32,
    JSON_SIZE = 1 << 20,
};

static const char *
printable(char buffer[NAME_SIZE], const char *name)
{
    return log_escape(buffer, NAME_SIZE, text_of(name));
}

/* Of the table of one front-end's calls in a worker. */
static uint64_t
share_bytes(const struct settings *settings)
{
    return call_table_bytes(call_share(settings->max_calls, settings->frontends));
}

/* Links that `onhook run` connects to. */
static uint32_t
live_links(const struct settings *settings)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < settings->link_count; i++)
        count += settings->links[i].addresses.count > 0;
    return count;
}

static void
print_more_memory(const struct settings *settings)
{
    uint32_t channels = settings->frontends * settings->workers;
    if (settings->history_slots == 0)
        printf("  histories    none: onhook explain knows nothing of a running engine\n");
    else
        printf("  histories    %" PRIu32 " of at most %.1f MiB, taken as messages come\n", channels,
               (double)history_bytes(settings->history_slots) / (1 << 20));
    if (live_links(settings) > 0)
        printf("  live links   %" PRIu32 " of at most %.1f MiB for bytes received and sent\n",
               live_links(settings), (double)live_streams_bytes(1) / (1 << 20));
}

static void
print_memory(const struct settings *settings)
{
    double ring_mib = (double)settings->ring_slots * EVENT_SLOT_SIZE / (1 << 20);
    double result_mib = (double)settings->result_slots * sizeof(struct shm_result_slot) / (1 << 20);
    double outbox_mib = (double)settings->outbox_slots * sizeof(struct shm_outbox_slot) / (1 << 20);
    uint32_t channels = settings->frontends * settings->workers;
    printf("  workers      %" PRIu32 ", at most %" PRIu32 " live calls each\n", settings->workers,
           settings->max_calls);
    printf("  call tables  %" PRIu32 " of at most %.1f MiB, taken as calls come\n", channels,
           (double)share_bytes(settings) / (1 << 20));
    printf("  rings        %" PRIu32 " of %.1f MiB for events, one of %.1f MiB for outcomes\n",
           channels, ring_mib, result_mib);
    printf("  outboxes     %" PRIu32 " of %.1f MiB for outcomes that wait\n", channels, outbox_mib);
    printf("  front-ends   %" PRIu32
           " of at most %.1f MiB, taken as links, monitors and calls come\n",
           settings->frontends, (double)front_state_bytes() / (1 << 20));
    print_more_memory(settings);
}

static void
print_link(const char *name, const struct link_settings *link)
{
    printf("  link %-20s profile %s, encoding %s, ", name, profile_row(link->profile)->name,
           link->encoding == ENCODING_AUTO ? "as found" : dialect_name(link->encoding));
    if (link->monitored_given)
        printf("%" PRIu32 " monitored\n", link->monitored.count);
    else
        printf("monitors as the input shows\n");
}

void
check_print_settings(const char *file, const struct settings *settings, unsigned errors)
{
    char name[NAME_SIZE];
    printf("%s: %s\n", printable(name, file),
           errors == 0 ? "can be used" : "cannot be used, see the errors");
    if (errors != 0)
        return;
    print_memory(settings);
    for (uint32_t i = 0; i < settings->link_count; i++)
        print_link(settings->links[i].name, &settings->links[i]);
    print_link("*", &settings->defaults);
    if (settings->alias_count != 0)
        printf("  aliases      %" PRIu32 "\n", settings->alias_count);
}

static void
json_link(struct json_writer *json, const char *name, const struct link_settings *link)
{
    json_open(json, '{');
    json_string(json, "Link", name);
    json_string(json, "Profile", profile_row(link->profile)->name);
    json_string(json, "Encoding", dialect_name(link->encoding));
    if (link->monitored_given)
        json_unsigned(json, "Monitored", link->monitored.count);
    json_close(json, '}');
}

/* Prints the line, or says that it is too long to print. */
static void
print_json(struct json_writer *json)
{
    size_t length = json_end(json);
    if (length == 0)
        log_say("the JSON line is over %d bytes and was left out", JSON_SIZE);
    else
        printf("%.*s\n", (int)length, json->start);
}

static char json_buffer[JSON_SIZE];

void
check_print_settings_json(const char *file, const struct settings *settings, unsigned errors)
{
    struct json_writer json;
    json_begin(&json, json_buffer, sizeof(json_buffer));
    json_open(&json, '{');
    json_string(&json, "Config", file);
    json_unsigned(&json, "Errors", errors);
    json_unsigned(&json, "Workers", settings->workers);
    json_unsigned(&json, "FrontEnds", settings->frontends);
    json_unsigned(&json, "RingSlots", settings->ring_slots);
    json_unsigned(&json, "ResultSlots", settings->result_slots);
    json_unsigned(&json, "OutboxSlots", settings->outbox_slots);
    json_unsigned(&json, "MaxCalls", settings->max_calls);
    json_unsigned(&json, "CallTableBytes", share_bytes(settings));
    json_unsigned(&json, "FrontendBytes", front_state_bytes());
    json_unsigned(&json, "HistorySlots", settings->history_slots);
    json_unsigned(&json, "HistoryBytes", history_bytes(settings->history_slots));
    json_unsigned(&json, "LiveLinks", live_links(settings));
    json_unsigned(&json, "LiveStreamBytes", live_streams_bytes(1));
    json_unsigned(&json, "Aliases", settings->alias_count);
    json_open_key(&json, "Links", '[');
    for (uint32_t i = 0; i < settings->link_count; i++)
        json_link(&json, settings->links[i].name, &settings->links[i]);
    json_link(&json, "*", &settings->defaults);
    json_close(&json, ']');
    json_close(&json, '}');
    print_json(&json);
}

static void
print_events(const struct capture *capture)
{
    printf("  events       %" PRIu64 "\n", capture->events_total);
    for (unsigned kind = 1; kind < EVENT_KIND_COUNT; kind++) {
        if (capture->events[kind] != 0)
            printf("    %-28s %" PRIu64 "\n", event_kind_name((uint8_t)kind),
                   capture->events[kind]);
    }
    printf("  other        %" PRIu64 "\n", capture->other);
}

static const char *
where_it_is(char place[PLACE_SIZE], const struct capture_problem *problem)
{
    if (problem->line != 0)
        snprintf(place, PLACE_SIZE, "line %" PRIu64, problem->line);
    else if (problem->packet != 0)
        snprintf(place, PLACE_SIZE, "packet %" PRIu64, problem->packet);
    else
        snprintf(place, PLACE_SIZE, "offset %" PRIu64, problem->offset);
    return place;
}

static void
print_problems(const struct capture *capture)
{
    printf("  unreadable   %" PRIu64 "%s\n", capture->unreadable,
           capture->broken ? ", and a framing error ended a stream early" : "");
    for (uint32_t i = 0; i < capture->problem_count; i++) {
        const struct capture_problem *problem = &capture->problems[i];
        char why[NAME_SIZE];
        char place[PLACE_SIZE];
        printf("    %s: %s\n", where_it_is(place, problem), printable(why, problem->why));
    }
    if (capture->unreadable > capture->problem_count)
        printf("    and %" PRIu64 " more\n", capture->unreadable - capture->problem_count);
}

static void
print_packets(const struct capture *capture)
{
    const struct packet_figures *packets = &capture->packets;
    if (packets->packets == 0)
        return;
    printf("  packets      %" PRIu64 ", %" PRIu64 " of TCP", packets->packets, packets->segments);
    if (packets->cut != 0)
        printf(", %" PRIu64 " with headers cut short", packets->cut);
    printf("\n  connections  %" PRIu64 ", %" PRIu64 " with CSTA", packets->connections,
           packets->csta_connections);
    if (packets->lost_bytes != 0)
        printf(", %" PRIu64 " bytes of them missing", packets->lost_bytes);
    printf("\n");
}

static void
print_links(const struct capture *capture)
{
    printf("  links        ");
    for (uint32_t i = 0; i < capture->link_count; i++) {
        char name[NAME_SIZE];
        printf("%s%s (%s)", i == 0 ? "" : ", ", printable(name, capture->links[i].name),
               dialect_name(capture->links[i].encoding));
    }
    printf("%s\n", capture->more_links ? ", and more" : capture->link_count == 0 ? "none" : "");
}

static void
print_times(const struct capture *capture)
{
    if (capture->with_time == 0) {
        printf("  times        none: spans of time are counted in messages, 1000 a second\n");
        return;
    }
    char first[JSON_TIME_SIZE];
    char last[JSON_TIME_SIZE];
    time_text(first, capture->first_us);
    time_text(last, capture->last_us);
    printf("  times        %.*s to %.*s\n", JSON_TIME_SIZE, first, JSON_TIME_SIZE, last);
}

static void
print_monitors(const struct capture *capture)
{
    printf("  monitors     %" PRIu64 " requested, %" PRIu64 " granted, %" PRIu32 "%s reporting\n",
           capture->monitors_requested, capture->monitors_granted, capture->monitors_reporting,
           capture->more_monitors ? " or more" : "");
}

/* What the share of clearings that name a releaser means for the answers. */
static const char *
releaser_verdict(const struct capture *capture)
{
    if (capture->named_clearings == capture->clearings)
        return "the switch says who released";
    if (capture->named_clearings == 0)
        return "the switch does not say who released: without requests or a profile that "
               "knows better, most answers will be 3 Unknown";
    return "where it is silent, only requests or the profile can tell";
}

static void
print_releasers(const struct capture *capture)
{
    if (capture->clearings == 0) {
        printf("  releasers    no ConnectionCleared: nothing can be said about who released\n");
        return;
    }
    printf("  releasers    %" PRIu64 " of %" PRIu64
           " ConnectionCleared name a releasing device (%.0f %%): %s\n",
           capture->named_clearings, capture->clearings,
           100.0 * (double)capture->named_clearings / (double)capture->clearings,
           releaser_verdict(capture));
}

void
check_print_capture(const char *file, const struct capture *capture)
{
    char name[NAME_SIZE];
    printf("%s: %s, %" PRIu64 " bytes\n", printable(name, file),
           capture_format_name(capture->format), capture->bytes);
    print_packets(capture);
    printf("  messages     %" PRIu64 "\n", capture->messages);
    print_events(capture);
    print_problems(capture);
    print_links(capture);
    print_times(capture);
    print_monitors(capture);
    print_releasers(capture);
}

static void
json_problems(struct json_writer *json, const struct capture *capture)
{
    json_open_key(json, "Problems", '[');
    for (uint32_t i = 0; i < capture->problem_count; i++) {
        const struct capture_problem *problem = &capture->problems[i];
        json_open(json, '{');
        if (problem->line != 0)
            json_unsigned(json, "Line", problem->line);
        else if (problem->packet != 0)
            json_unsigned(json, "Packet", problem->packet);
        else
            json_unsigned(json, "Offset", problem->offset);
        json_string(json, "Why", problem->why);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void
json_found(struct json_writer *json, const struct capture *capture)
{
    json_open_key(json, "EventsByType", '{');
    for (unsigned kind = 1; kind < EVENT_KIND_COUNT; kind++) {
        if (capture->events[kind] != 0)
            json_unsigned(json, event_kind_name((uint8_t)kind), capture->events[kind]);
    }
    json_close(json, '}');
    json_open_key(json, "Links", '[');
    for (uint32_t i = 0; i < capture->link_count; i++)
        json_string(json, NULL, capture->links[i].name);
    json_close(json, ']');
    json_open_key(json, "Encodings", '[');
    for (uint32_t i = 0; i < capture->link_count; i++)
        json_string(json, NULL, dialect_name(capture->links[i].encoding));
    json_close(json, ']');
    if (capture->with_time != 0) {
        json_time(json, "FirstTime", capture->first_us);
        json_time(json, "LastTime", capture->last_us);
    }
}

static void
json_packets(struct json_writer *json, const struct capture *capture)
{
    const struct packet_figures *packets = &capture->packets;
    if (packets->packets == 0)
        return;
    json_unsigned(json, "Packets", packets->packets);
    json_unsigned(json, "Segments", packets->segments);
    json_unsigned(json, "PacketsCut", packets->cut);
    json_unsigned(json, "Connections", packets->connections);
    json_unsigned(json, "CstaConnections", packets->csta_connections);
    json_unsigned(json, "BytesMissing", packets->lost_bytes);
}

void
check_print_capture_json(const char *file, const struct capture *capture)
{
    struct json_writer json;
    json_begin(&json, json_buffer, sizeof(json_buffer));
    json_open(&json, '{');
    json_string(&json, "File", file);
    json_string(&json, "Format", capture_format_name(capture->format));
    json_unsigned(&json, "Bytes", capture->bytes);
    json_packets(&json, capture);
    json_unsigned(&json, "Messages", capture->messages);
    json_unsigned(&json, "Events", capture->events_total);
    json_unsigned(&json, "Other", capture->other);
    json_unsigned(&json, "Unreadable", capture->unreadable);
    json_bool(&json, "FramingError", capture->broken);
    json_problems(&json, capture);
    json_found(&json, capture);
    json_unsigned(&json, "MonitorsRequested", capture->monitors_requested);
    json_unsigned(&json, "MonitorsGranted", capture->monitors_granted);
    json_unsigned(&json, "MonitorsReporting", capture->monitors_reporting);
    json_unsigned(&json, "Clearings", capture->clearings);
    json_unsigned(&json, "ClearingsWithReleaser", capture->named_clearings);
    json_close(&json, '}');
    print_json(&json);
}
