#include "tools/switch/outcome_line.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"

struct reader {
    struct text rest;
    bool first; /* no key was read yet */
    const char *why;
};

static bool
skip(struct reader *reader, struct text literal)
{
    if (!text_has_prefix(reader->rest, literal))
        return false;
    reader->rest = text_skip(reader->rest, literal.length);
    return true;
}

/* The key, if it comes next; optional keys just do not. */
static bool
has_key(struct reader *reader, const char *name)
{
    struct text kept = reader->rest, key = text_of(name);
    bool there = (reader->first || skip(reader, TEXT(","))) && skip(reader, TEXT("\"")) &&
                 skip(reader, key) && skip(reader, TEXT("\":"));
    if (!there)
        reader->rest = kept;
    else
        reader->first = false;
    return there;
}

static struct text
read_string(struct reader *reader)
{
    struct text from;
    uint32_t length = 0;
    if (!skip(reader, TEXT("\""))) {
        reader->why = "a value that should be a string is none";
        return TEXT_NONE;
    }
    from = reader->rest;
    while (length < from.length && from.at[length] != '"' && (uint8_t)from.at[length] >= 0x20)
        length += from.at[length] == '\\' && length + 1 < from.length ? 2 : 1;
    reader->rest = text_skip(from, length);
    if (!skip(reader, TEXT("\"")))
        reader->why = "a string does not end";
    return (struct text){from.at, length};
}

static uint64_t
read_number(struct reader *reader)
{
    uint64_t value = 0;
    uint32_t digits = 0;
    while (digits < reader->rest.length && digits < 19 && reader->rest.at[digits] >= '0' &&
           reader->rest.at[digits] <= '9')
        value = value * 10 + (uint64_t)(reader->rest.at[digits++] - '0');
    if (digits == 0 || (digits > 1 && reader->rest.at[0] == '0'))
        reader->why = "a value that should be a number is none";
    reader->rest = text_skip(reader->rest, digits);
    return value;
}

static struct text
required_string(struct reader *reader, const char *name)
{
    if (has_key(reader, name))
        return read_string(reader);
    if (reader->why == NULL)
        reader->why = "a key that is always there is missing or out of order";
    return TEXT_NONE;
}

/* An empty string is no value: the key should have been absent. */
static struct text
optional_string(struct reader *reader, const char *name)
{
    if (!has_key(reader, name))
        return TEXT_NONE;
    struct text text = read_string(reader);
    if (text_is_none(text))
        reader->why = "a key without a value should be absent";
    return text;
}

static int64_t
optional_number(struct reader *reader, const char *name)
{
    return has_key(reader, name) ? (int64_t)read_number(reader) : -1;
}

static bool
find_kind(struct outcome_line *line)
{
    static const struct {
        const char *name;
        enum outcome_kind kind;
    } kinds[] = {{"EventReleased", OUTCOME_RELEASED},
                 {"EventAbandoned", OUTCOME_ABANDONED},
                 {"EventCallPartyDeleted", OUTCOME_PARTY_DELETED},
                 {"EventCallDeleted", OUTCOME_CALL_DELETED}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!text_is_equal(line->event, text_of(kinds[i].name)))
            continue;
        line->kind = kinds[i].kind;
        return true;
    }
    return false;
}

static bool
read_connection_id(struct outcome_line *line)
{
    line->key = 0;
    for (uint32_t i = 0; i < line->connection_id.length; i++) {
        char digit = line->connection_id.at[i];
        bool decimal = digit >= '0' && digit <= '9';
        if (!decimal && (digit < 'a' || digit > 'f'))
            return false;
        line->key = line->key << 4 | (uint64_t)(decimal ? digit - '0' : digit - 'a' + 10);
    }
    return line->connection_id.length == 16;
}

static void
read_who(struct reader *reader, struct outcome_line *line)
{
    if (outcome_is_dn(line)) {
        line->this_dn = required_string(reader, "ThisDN");
        line->other_dn = optional_string(reader, "OtherDN");
    } else if (line->kind == OUTCOME_PARTY_DELETED) {
        line->party = optional_string(reader, "Party");
    }
}

static void
read_extensions(struct reader *reader, struct outcome_line *line)
{
    line->call_state = optional_number(reader, "CallState");
    if (has_key(reader, "Extensions") && skip(reader, TEXT("{"))) {
        reader->first = true;
        line->releasing_party = required_string(reader, "ReleasingParty");
        if (!skip(reader, TEXT("}")))
            reader->why = "Extensions does not end";
    }
    bool there = line->call_state >= 0 && !text_is_none(line->releasing_party);
    if (there != outcome_is_dn(line) && reader->why == NULL)
        reader->why = "CallState and Extensions belong to DN events, to all of them";
}

static void
read_verdict(struct reader *reader, struct outcome_line *line)
{
    line->ctrl_party = optional_string(reader, "CtrlParty");
    line->reason = required_string(reader, "Reason");
    line->evidence = required_string(reader, "Evidence");
    line->cause = optional_string(reader, "Cause");
    line->since_start_ms = optional_number(reader, "SinceStartMs");
    line->since_answer_ms = optional_number(reader, "SinceAnswerMs");
    line->new_connection_id = optional_string(reader, "NewConnID");
    line->linkage_id = optional_string(reader, "LinkageID");
    if (outcome_is_dn(line) && !text_is_none(line->ctrl_party))
        reader->why = "CtrlParty belongs to call events";
}

const char *
outcome_line_read(struct outcome_line *line, struct text text)
{
    struct reader reader = {.rest = text, .first = true};
    *line = (struct outcome_line){.kind = OUTCOME_RELEASED};
    if (!skip(&reader, TEXT("{")))
        return "a line does not begin with {";
    line->event = required_string(&reader, "Event");
    if (!find_kind(line))
        return "an event of no known name";
    line->time = optional_string(&reader, "Time");
    line->link = required_string(&reader, "Link");
    if (!has_key(&reader, "Seq"))
        return "Seq is missing or out of order";
    line->seq = read_number(&reader);
    line->call_id = required_string(&reader, "CallID");
    line->connection_id = required_string(&reader, "ConnID");
    read_who(&reader, line);
    line->this_queue = optional_string(&reader, "ThisQueue");
    line->agent_id = optional_string(&reader, "AgentID");
    line->call_type = optional_number(&reader, "CallType");
    line->ani = optional_string(&reader, "ANI");
    line->dnis = optional_string(&reader, "DNIS");
    read_extensions(&reader, line);
    read_verdict(&reader, line);
    if (reader.why != NULL)
        return reader.why;
    if (!read_connection_id(line))
        return "ConnID is not 16 lower-case hex digits";
    if (!skip(&reader, TEXT("}")) || !text_is_none(reader.rest))
        return "an unknown key, a key out of order, or bytes after the end";
    return line->seq == 0 ? "Seq counts from 1" : NULL;
}

int64_t
outcome_time_us(const struct outcome_line *line)
{
    char text[40];
    struct tm moment = {0};
    if (line->time.length >= sizeof text)
        return 0;
    memcpy(text, line->time.at, line->time.length);
    text[line->time.length] = '\0';
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &moment);
    if (rest == NULL || rest[0] != '.' || strspn(rest + 1, "0123456789") != 6)
        return 0;
    return (int64_t)timegm(&moment) * 1000000 + strtol(rest + 1, NULL, 10);
}
