/*
 * What is said on the control socket, and the words for it.
 */
#include "base/check.h"
#include "base/json_write.h"
#include "engine/live/control_text.h"

static const char *const kind_names[] = {"release", "drop", "clear", "whose", "reload"};

static const char *const outcome_names[] = {
#define CONTROL_RESULT(name, word, says) [CONTROL_##name] = (word),
#include "engine/live/control_result.def"
#undef CONTROL_RESULT
};

static_assert(sizeof outcome_names / sizeof *outcome_names == CONTROL_OUTCOMES, "one word each");

const char *
control_kind_name(enum control_kind kind)
{
    return kind_names[kind];
}

const char *
control_outcome_name(enum control_outcome outcome)
{
    CHECK((unsigned)outcome < CONTROL_OUTCOMES);
    return outcome_names[outcome];
}

/* A key is written where it says something. */
static void
write_said(struct json_writer *json, const char *key, const char *value)
{
    if (value[0] != '\0')
        json_string(json, key, value);
}

static void
write_links(struct json_writer *json, const struct control_answer *answer)
{
    uint32_t named = answer->links < CONTROL_LINKS_NAMED ? answer->links : CONTROL_LINKS_NAMED;
    if (answer->links == 0)
        return;
    json_open_key(json, "links", '[');
    for (uint32_t i = 0; i < named; i++)
        json_string(json, NULL, answer->named[i]);
    json_close(json, ']');
    json_unsigned(json, "count", answer->links);
    json_bool(json, "in-call", answer->in_call);
}

/* The line's end; 0 if the line did not fit. */
static size_t
end_line(const struct json_writer *json, char *out)
{
    size_t length = json_end(json);
    if (length == 0)
        return 0;
    out[length] = '\n';
    return length + 1;
}

size_t
control_write_command(char *out, size_t size, const struct control_command *command)
{
    struct json_writer json;
    CHECK(size > 0);
    json_begin(&json, out, size - 1);
    json_open(&json, '{');
    json_string(&json, "request", control_kind_name(command->kind));
    write_said(&json, "device", command->device);
    write_said(&json, "by", command->by);
    write_said(&json, "call", command->call);
    write_said(&json, "link", command->link);
    json_close(&json, '}');
    return end_line(&json, out);
}

size_t
control_write_answer(char *out, size_t size, const struct control_answer *answer, const char *id)
{
    struct json_writer json;
    CHECK(size > 0);
    json_begin(&json, out, size - 1);
    json_open(&json, '{');
    json_string(&json, "result", control_outcome_name(answer->outcome));
    write_said(&json, "link", answer->link);
    write_said(&json, "call", answer->call);
    write_said(&json, "text", answer->text);
    write_links(&json, answer);
    write_said(&json, "id", id);
    json_close(&json, '}');
    return end_line(&json, out);
}
