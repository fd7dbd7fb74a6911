#include "tools/switch/truth.h"

#include <inttypes.h>

#include "base/check.h"
#include "base/json_write.h"
#include "tools/switch/request.h"
#include "tools/switch/write.h"

enum { LINE_MAX_SIZE = 8192 };

const char *
profile_word(enum pbx_profile profile)
{
    static const char *const words[] = {"generic",   "openscape",  "oxe",   "avaya-dmcc",
                                        "panasonic", "broadworks", "unitel"};
    return words[profile];
}

const char *
encoding_word(const struct pbx *pbx)
{
    static const char *const words[] = {[ENCODING_AUTO] = "auto",
                                        [ENCODING_XML] = "xml",
                                        [ENCODING_BER1] = "ber1",
                                        [ENCODING_BER2] = "ber2",
                                        [ENCODING_BER3] = "ber3"};
    return words[pbx->encoding];
}

static const char *
told_word(enum told told)
{
    static const char *const words[] = {
#define TOLD_WORD(name, word) word,
#include "tools/switch/told_word.def"
#undef TOLD_WORD
    };
    return words[told];
}

static const char *
reason_word(enum end_reason reason)
{
    static const char *const words[] = {
        [END_HANGUP] = "hangup",
        [END_ABANDON] = "abandon",
        [END_REJECT] = "reject",
        [END_BUSY] = "busy",
        [END_BLOCKED] = "blocked",
        [END_NO_ANSWER] = "no-answer",
        [END_LEAVE] = "conference-leave",
        [END_DROP] = "conference-drop",
        [END_CONFERENCE] = "conference-end",
        [END_TRANSFER] = "transfer",
        [END_FORCED] = "forced",
        [END_ABNORMAL] = "abnormal",
    };
    return words[reason];
}

static void
write_line(struct pbx *pbx, struct json_writer *json)
{
    size_t length = json_end(json);
    CHECK(length > 0);
    fwrite(json->start, 1, length, pbx->simulator->truth);
    fputc('\n', pbx->simulator->truth);
}

static void
begin_line(struct json_writer *json, char line[LINE_MAX_SIZE], struct pbx *pbx, const char *what)
{
    json_begin(json, line, LINE_MAX_SIZE);
    json_open(json, '{');
    json_string(json, "Truth", what);
    json_string(json, "Link", pbx->name);
}

void
truth_link(struct pbx *pbx)
{
    char line[LINE_MAX_SIZE];
    struct json_writer json;
    if (pbx->simulator->truth == NULL)
        return;
    begin_line(&json, line, pbx, "link");
    json_string(&json, "Encoding", encoding_word(pbx));
    json_string(&json, "Profile", profile_word(pbx->profile));
    json_close(&json, '}');
    write_line(pbx, &json);
}

static void
write_end(struct json_writer *json, const struct call *call, const struct pbx_end *end)
{
    json_open(json, '{');
    json_string(json, "Party", end->device->number);
    if (device_goes_by_dynamic(call->pbx)) {
        char dynamic[16];
        request_dynamic_text(dynamic, device_dynamic(end->device, call->serial));
        json_string(json, "Also", dynamic);
    }
    if (end->by != NULL)
        json_string(json, "By", end->by->number);
    json_string(json, "Told", told_word(end->told));
    json_string(json, "Reason", reason_word(end->reason));
    json_string(json, "Event", end->abandoned ? "abandoned" : "released");
    json_bool(json, "Monitored", end->is_monitored);
    json_signed(json, "At", end->time_us);
    json_close(json, '}');
}

void
truth_call(const struct call *call, const struct truth_deletion *deletion)
{
    char line[LINE_MAX_SIZE], id[CALL_TEXT_SIZE];
    struct json_writer json;
    if (call->pbx->simulator->truth == NULL)
        return;
    begin_line(&json, line, call->pbx, "call");
    json_unsigned(&json, "Call", call->serial);
    pbx_call_text(call->pbx, call->serial, id);
    json_string(&json, "CallID", id);
    json_string(&json, "Story", call->story);
    json_signed(&json, "From", call->started_us);
    json_signed(&json, "To", call->pbx->simulator->now_us);
    if (call->touched_us != 0)
        json_signed(&json, "Touched", call->touched_us);
    if (call->is_unwatched || call->messages == 0)
        json_bool(&json, "Unwatched", true);
    if (deletion->is_open)
        json_bool(&json, "Open", true);
    if (deletion->joined != 0)
        json_unsigned(&json, "Joined", deletion->joined);
    json_open_key(&json, "Ends", '[');
    for (uint32_t i = 0; i < call->end_count; i++)
        write_end(&json, call, &call->ends[i]);
    json_close(&json, ']');
    if (deletion->by != NULL)
        json_string(&json, "DeletedBy", deletion->by->number);
    json_string(&json, "DeletedTold", told_word(deletion->told));
    json_close(&json, '}');
    write_line(call->pbx, &json);
}

void
truth_lost_begin(struct pbx *pbx)
{
    if (pbx->simulator->truth != NULL)
        fprintf(pbx->simulator->truth, "{\"Truth\":\"lost\",\"Link\":\"%s\",\"Calls\":[",
                pbx->name);
}

void
truth_lost_add(struct pbx *pbx, uint64_t serial, int64_t time_us)
{
    if (pbx->simulator->truth != NULL)
        fprintf(pbx->simulator->truth, "%" PRIu64 ",%" PRId64 ",", serial, time_us);
}

void
truth_lost_end(struct pbx *pbx)
{
    if (pbx->simulator->truth != NULL)
        fputs("0]}\n", pbx->simulator->truth);
}

void
truth_down(struct pbx *pbx, int64_t from_us, int64_t to_us)
{
    char line[LINE_MAX_SIZE];
    struct json_writer json;
    if (pbx->simulator->truth == NULL)
        return;
    begin_line(&json, line, pbx, "down");
    json_signed(&json, "From", from_us);
    json_signed(&json, "To", to_us);
    json_close(&json, '}');
    write_line(pbx, &json);
}
