/*
 * engine/sink/jsonl.c - one outcome, one JSON object, one line (docs/attribution.md, "Output").
 */
#include "engine/sink/sink.h"

#include "base/check.h"
#include "base/json_write.h"
#include "base/mask.h"

static void
put_text(struct json_writer *json, const char *key, const struct shm_outcome *outcome,
         enum outcome_text which)
{
    if (outcome->text_length[which] > 0)
        json_text(json, key, outcome_text(outcome, which));
}

/* A number of somebody, as it may be shown. */
static void
put_number(struct json_writer *json, const char *key, const struct shm_outcome *outcome,
           enum outcome_text which)
{
    char masked[MASK_SIZE];
    if (outcome->text_length[which] > 0)
        json_text(json, key, mask_number(masked, outcome_text(outcome, which)));
}

static bool
is_dn_event(const struct shm_outcome *outcome)
{
    return outcome->event == OUTCOME_RELEASED || outcome->event == OUTCOME_ABANDONED;
}

/* Which call, and whose end: Event to ThisDN, Party or neither. */
static void
put_subject(struct json_writer *json, const struct shm_outcome *outcome)
{
    json_string(json, "Event", outcome_event_name(outcome->event));
    if (outcome->flags & OUTCOME_HAS_TIME)
        json_time(json, "Time", outcome->time_us);
    put_text(json, "Link", outcome, OUTCOME_TEXT_LINK);
    json_unsigned(json, "Seq", outcome->seq);
    put_text(json, "CallID", outcome, OUTCOME_TEXT_CALL_ID);
    json_hex64(json, "ConnID", outcome->conn_id);
    if (is_dn_event(outcome)) {
        put_number(json, "ThisDN", outcome, OUTCOME_TEXT_PARTY);
        put_number(json, "OtherDN", outcome, OUTCOME_TEXT_OTHER_DN);
    } else if (outcome->event == OUTCOME_PARTY_DELETED) {
        put_number(json, "Party", outcome, OUTCOME_TEXT_PARTY);
    }
}

/* What reports want to know of the call. */
static void
put_circumstances(struct json_writer *json, const struct shm_outcome *outcome)
{
    put_text(json, "ThisQueue", outcome, OUTCOME_TEXT_THIS_QUEUE);
    if (outcome->event != OUTCOME_CALL_DELETED)
        put_text(json, "AgentID", outcome, OUTCOME_TEXT_AGENT_ID);
    if (outcome->call_type != CALL_TYPE_UNKNOWN)
        json_unsigned(json, "CallType", outcome->call_type);
    put_number(json, "ANI", outcome, OUTCOME_TEXT_ANI);
    put_number(json, "DNIS", outcome, OUTCOME_TEXT_DNIS);
}

/* Who hung up, as DN events and call events say it. */
static void
put_answer(struct json_writer *json, const struct shm_outcome *outcome)
{
    if (is_dn_event(outcome)) {
        json_unsigned(json, "CallState", outcome->call_state);
        json_open_key(json, "Extensions", '{');
        json_string(json, "ReleasingParty", releasing_party_name(outcome->releasing));
        json_close(json, '}');
    } else {
        put_number(json, "CtrlParty", outcome, OUTCOME_TEXT_CTRL_PARTY);
    }
    json_string(json, "Reason", reason_name(outcome->reason));
    json_string(json, "Evidence", evidence_name(outcome->evidence));
    if (outcome->cause != CAUSE_ABSENT)
        json_string(json, "Cause", cause_name(outcome->cause));
}

static void
put_spans(struct json_writer *json, const struct shm_outcome *outcome)
{
    if (outcome->flags & OUTCOME_HAS_SINCE_START)
        json_unsigned(json, "SinceStartMs", outcome->since_start_ms);
    if (outcome->flags & OUTCOME_HAS_SINCE_ANSWER)
        json_unsigned(json, "SinceAnswerMs", outcome->since_answer_ms);
}

uint32_t
jsonl_line(char *at, const struct shm_outcome *outcome)
{
    struct json_writer json;
    json_begin(&json, at, SINK_BYTES_MAX - 1);
    json_open(&json, '{');
    put_subject(&json, outcome);
    put_circumstances(&json, outcome);
    put_answer(&json, outcome);
    put_spans(&json, outcome);
    if (outcome->event == OUTCOME_CALL_DELETED && (outcome->flags & OUTCOME_HAS_NEW_CONN_ID))
        json_hex64(&json, "NewConnID", outcome->new_conn_id);
    put_text(&json, "LinkageID", outcome, OUTCOME_TEXT_LINKAGE);
    json_close(&json, '}');

    size_t length = json_end(&json);
    CHECK(length > 0); /* SINK_BYTES_MAX holds the longest line there can be */
    at[length] = '\n';
    return (uint32_t)length + 1;
}

static uint32_t
jsonl_begin(struct sink *sink, char *at)
{
    (void)sink;
    (void)at;
    return 0;
}

static uint32_t
jsonl_row(struct sink *sink, char *at, const struct shm_outcome *outcome, uint32_t lane)
{
    (void)sink;
    (void)lane;
    return jsonl_line(at, outcome);
}

static uint32_t
jsonl_end(struct sink *sink, char *at, uint32_t lane)
{
    (void)sink;
    (void)at;
    (void)lane;
    return 0;
}

const struct sink_format sink_jsonl = {jsonl_begin, jsonl_row, jsonl_end};
