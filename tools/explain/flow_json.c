/*
 * tools/explain/flow_json.c - a flow for programs: one JSON object on one line.
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/json_write.h"
#include "tools/explain/columns.h"
#include "tools/explain/paper.h"
#include "tools/explain/verdicts.h"

enum {
    SHAPE_VERSION = 1,       /* of the object; fields are only ever added to one */
    SIZE_FIRST = 1 << 16,    /* of the buffer */
    SIZE_MOST = 1 << 30,     /* beyond that it is not printed */
    PAYLOAD_MAX = 64 * 1024, /* bytes of a message (CSTA_MESSAGE_MAX) */
};

/* A text where there is one. */
static void
put_text(struct json_writer *json, const char *key, struct text text)
{
    if (text.length != 0)
        json_text(json, key, text);
}

static void
put_rule(struct json_writer *json, const char *key, uint8_t number)
{
    const struct rule_row *rule = rule_row(number);
    if (rule->kind == RULE_IS_NONE)
        return;
    json_open_key(json, key, '{');
    json_string(json, "Name", rule->name);
    json_string(json, "Section", rule->section);
    json_string(json, "Title", rule->title);
    json_string(json, "Says", rule->says);
    json_close(json, '}');
}

static void
put_calls(struct json_writer *json, const struct flow *flow)
{
    json_open_key(json, "Calls", '[');
    for (uint32_t i = 0; i < flow->call_count; i++) {
        const struct flow_call *call = &flow->calls[i];
        json_open(json, '{');
        json_string(json, "CallID", call->call_id);
        json_hex64(json, "ConnID", call->conn_id);
        if (call->joined_to != 0)
            json_hex64(json, "JoinedTo", call->joined_to);
        json_bool(json, "Ended", call->ended);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void
put_parties(struct json_writer *json, const struct columns *columns)
{
    json_open_key(json, "Parties", '[');
    for (uint32_t i = 0; i < columns->count; i++) {
        json_open(json, '[');
        for (uint32_t name = 0; name < columns->list[i].name_count; name++)
            json_string(json, NULL, columns->list[i].names[name]);
        json_close(json, ']');
    }
    json_close(json, ']');
}

/* A message's bytes: text where it is XML, else hex. */
static void
put_bytes(struct json_writer *json, const char *bytes, uint32_t length)
{
    static char hex[2 * PAYLOAD_MAX];
    if (bytes == NULL) {
        json_string(json, NULL, "");
        return;
    }
    if (length > 0 && memchr(bytes, '<', length < 8 ? length : 8) != NULL) {
        json_text(json, NULL, (struct text){bytes, length});
        return;
    }
    uint32_t count = length < PAYLOAD_MAX ? length : PAYLOAD_MAX;
    for (uint32_t i = 0; i < count; i++) {
        hex[2 * i] = "0123456789abcdef"[(unsigned char)bytes[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[(unsigned char)bytes[i] & 15];
    }
    json_text(json, NULL, (struct text){hex, 2 * count});
}

static void
put_raw(struct json_writer *json, const struct flow_moment *moment)
{
    json_open_key(json, "Raw", '[');
    put_bytes(json, moment->raw, moment->raw_length);
    for (uint32_t i = 0; i < moment->copy_count; i++)
        put_bytes(json, moment->copies[i].raw, moment->copies[i].raw_length);
    json_close(json, ']');
}

static void
put_seqs(struct json_writer *json, const struct flow_moment *moment)
{
    json_open_key(json, "Seqs", '[');
    if (moment->seq != 0)
        json_unsigned(json, NULL, moment->seq);
    for (uint32_t i = 0; i < moment->copy_count; i++)
        json_unsigned(json, NULL, moment->copies[i].seq);
    json_close(json, ']');
}

static void
put_message(struct json_writer *json, const struct paper *paper, const struct flow *flow,
            const struct flow_moment *moment)
{
    static struct event event; /* large */
    char said[PAPER_SAID];
    flow_event(moment, &event);
    paper_say_message(said, flow, moment, &event);
    json_open(json, '{');
    json_string(json, "Kind", event_kind_name(event.kind));
    put_seqs(json, moment);
    if (moment->has_time)
        json_time(json, "Time", moment->time_us);
    put_text(json, "CallID", event.texts[EVENT_TEXT_CALL]);
    if (moment->conn_id != 0)
        json_hex64(json, "ConnID", moment->conn_id);
    put_text(json, "Device", event.texts[EVENT_TEXT_DEVICE]);
    put_text(json, "Party", text_of(moment->subject));
    put_text(json, "ReleasingDevice", event.texts[EVENT_TEXT_RELEASING]);
    put_text(json, "CallingDevice", event.texts[EVENT_TEXT_CALLING]);
    put_text(json, "Requester", event.texts[EVENT_TEXT_REQUESTER]);
    if (event.cause != CAUSE_ABSENT)
        json_string(json, "Cause", cause_name(event.cause));
    json_bool(json, "Copy", moment->is_copy);
    json_string(json, "Says", said);
    put_rule(json, "Rule", moment->rule);
    if (paper->raw && moment->seq != 0)
        put_raw(json, moment);
    json_close(json, '}');
}

static void
put_outcome(struct json_writer *json, const struct shm_outcome *outcome)
{
    json_open(json, '{');
    json_string(json, "Event", outcome_event_name(outcome->event));
    if ((outcome->flags & OUTCOME_HAS_TIME) != 0)
        json_time(json, "Time", outcome->time_us);
    json_unsigned(json, "Seq", outcome->seq);
    put_text(json, outcome->event < OUTCOME_PARTY_DELETED ? "ThisDN" : "Party",
             outcome_text(outcome, OUTCOME_TEXT_PARTY));
    if (outcome->event < OUTCOME_PARTY_DELETED) {
        json_string(json, "ReleasingParty", releasing_party_name(outcome->releasing));
        json_unsigned(json, "CallState", outcome->call_state);
    }
    put_rule(json, "Scope", outcome->scope);
    json_close(json, '}');
}

static void
put_group(struct json_writer *json, const struct flow *flow, const struct verdict_group *group)
{
    const struct shm_outcome *first = group->first;
    const struct flow_call *call = flow_call_of(flow, first->conn_id);
    json_open(json, '{');
    json_string(json, "CallID", call == NULL ? "" : call->call_id);
    json_hex64(json, "ConnID", first->conn_id);
    put_text(json, "CtrlParty", group->ctrl);
    json_string(json, "Reason", reason_name(first->reason));
    json_string(json, "Evidence", evidence_name(first->evidence));
    put_rule(json, "Rule", first->rule);
    json_open_key(json, "Found", '[');
    for (uint32_t i = 0; i < FINDING_COUNT; i++)
        if ((first->found >> i & 1) != 0)
            json_string(json, NULL, finding_row(i)->name);
    json_close(json, ']');
    json_open_key(json, "CertainIf", '[');
    const char *certain;
    for (uint32_t i = 0; (certain = verdict_certain_if(group, i)) != NULL; i++)
        json_string(json, NULL, certain);
    json_close(json, ']');
    json_open_key(json, "Ends", '[');
    for (uint32_t i = 0; i < group->outcome_count; i++)
        put_outcome(json, group->outcomes[i]);
    json_close(json, ']');
    json_close(json, '}');
}

static size_t
put_flow(struct json_writer *json, const struct paper *paper, const struct flow *flow)
{
    struct columns columns;
    struct verdicts verdicts;
    columns_open(&columns, flow);
    verdicts_open(&verdicts, flow);
    json_open(json, '{');
    json_unsigned(json, "Version", SHAPE_VERSION);
    json_string(json, "Link", flow->link);
    json_bool(json, "Complete", !flow->begins_late);
    put_calls(json, flow);
    put_parties(json, &columns);
    json_open_key(json, "Messages", '[');
    for (uint32_t i = 0; i < flow->moment_count; i++)
        put_message(json, paper, flow, &flow->moments[i]);
    json_close(json, ']');
    json_open_key(json, "Acts", '[');
    for (uint32_t i = 0; i < verdicts.count; i++)
        put_group(json, flow, &verdicts.groups[i]);
    json_close(json, ']');
    json_close(json, '}');
    verdicts_close(&verdicts);
    columns_close(&columns);
    return json_end(json);
}

void
paper_json(const struct paper *paper, const struct flow *flow)
{
    for (size_t size = SIZE_FIRST; size <= SIZE_MOST; size *= 2) {
        struct json_writer json;
        char *buffer = malloc(size);
        CHECK(buffer != NULL);
        json_begin(&json, buffer, size);
        size_t length = put_flow(&json, paper, flow);
        if (length != 0) {
            fwrite(buffer, 1, length, paper->out);
            fputc('\n', paper->out);
            free(buffer);
            return;
        }
        free(buffer);
    }
}
