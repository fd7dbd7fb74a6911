/*
 * engine/live/control_text.c - the only file that knows json-c.
 */
#include "engine/live/control_text.h"

#include <json-c/json.h>
#include <stdio.h>

#include "engine/csta/outgoing.h"
#include "engine/device_list.h"
#include "engine/source/source.h"

enum {
    REQUESTS = CONTROL_WHOSE + 1, /* kinds that can be asked for */
    DEPTH_MAX = 4,
};

static _Thread_local char why[256];

/* The string under a key; none if it is not there, or no string. */
static struct text
string_of(struct json_object *object, const char *key)
{
    struct json_object *value;
    if (!json_object_object_get_ex(object, key, &value) ||
        !json_object_is_type(value, json_type_string))
        return TEXT_NONE;
    return (struct text){json_object_get_string(value),
                         (uint32_t)json_object_get_string_len(value)};
}

static void
copy(char *to, struct text text)
{
    if (text.length > 0)
        memcpy(to, text.at, text.length);
    to[text.length] = '\0';
}

/* Every key is one we know, and its value a string that is not empty. */
static const char *
judge_key(const char *key, struct json_object *value)
{
    static const char *const known[] = {"request", "device", "by", "call", "link", "id"};
    enum { KNOWN = sizeof known / sizeof *known };
    unsigned at = 0;
    while (at < KNOWN && strcmp(known[at], key) != 0)
        at++;
    if (at == KNOWN)
        return "a key is none of request, device, by, call, link, id";
    if (json_object_is_type(value, json_type_string) && json_object_get_string_len(value) > 0)
        return NULL;
    snprintf(why, sizeof why, "%s must be a string, and not an empty one", key);
    return why;
}

static const char *
judge_keys(struct json_object *object)
{
    struct json_object_iterator at = json_object_iter_begin(object);
    struct json_object_iterator end = json_object_iter_end(object);
    const char *wrong = NULL;
    for (; wrong == NULL && !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        wrong = judge_key(json_object_iter_peek_name(&at), json_object_iter_peek_value(&at));
    return wrong;
}

static const char *
read_number(struct json_object *object, const char *key, char number[EVENT_TEXT_LENGTH + 1])
{
    struct text raw = string_of(object, key);
    if (text_is_none(raw))
        return NULL;
    char again[EVENT_TEXT_LENGTH + 1];
    const char *wrong = device_number_read(number, raw, 0);
    /* It will be read once more, as the request is taken: tel:tel: would be nobody then. */
    if (wrong == NULL &&
        (device_number_read(again, text_of(number), 0) != NULL || strcmp(again, number) != 0))
        wrong = "is no device number";
    if (wrong == NULL && !outgoing_text_is_sound(text_of(number)))
        wrong = "has characters that cannot be sent";
    if (wrong == NULL)
        return NULL;
    snprintf(why, sizeof why, "%s %s", key, wrong);
    return why;
}

static const char *
read_texts(struct json_object *object, struct control_command *command)
{
    const char *wrong = read_number(object, "device", command->device);
    if (wrong == NULL)
        wrong = read_number(object, "by", command->by);
    if (wrong != NULL)
        return wrong;
    struct text call = string_of(object, "call");
    if (call.length > EVENT_TEXT_LENGTH || !outgoing_text_is_sound(call))
        return "call is no CallID: at most 64 bytes that can be printed";
    copy(command->call, call);
    struct text link = string_of(object, "link");
    if (!text_is_none(link) && !source_is_link_name(link))
        return "link is no name of a link";
    copy(command->link, link);
    return NULL;
}

/* Does the request say what its kind needs, and nothing it has no use for? */
static const char *
judge_kind(const struct control_command *command)
{
    bool has_device = command->device[0] != '\0';
    bool has_by = command->by[0] != '\0';
    switch (command->kind) {
    case CONTROL_RELEASE:
        if (!has_device || has_by)
            return "release needs a device, and is by nobody else";
        return NULL;
    case CONTROL_DROP:
        if (!has_device || !has_by)
            return "drop needs a device, and by: on whose behalf";
        return NULL;
    case CONTROL_CLEAR:
        if (has_device || command->call[0] == '\0')
            return "clear needs a call, and no device";
        return NULL;
    case CONTROL_WHOSE:
        if ((!has_device && command->call[0] == '\0') || has_by)
            return "whose needs a device or a call, and is by nobody";
        return NULL;
    case CONTROL_RELOAD:
        break;
    }
    return NULL;
}

static const char *
read_object(struct json_object *object, struct control_command *command,
            char id[CONTROL_ID_MAX + 1])
{
    struct text said = string_of(object, "id");
    if (said.length > CONTROL_ID_MAX)
        return "id is longer than 32 bytes";
    copy(id, said);
    const char *wrong = judge_keys(object);
    if (wrong != NULL)
        return wrong;
    struct text kind = string_of(object, "request");
    unsigned at = CONTROL_RELEASE;
    while (at < REQUESTS && !text_is_equal(kind, text_of(control_kind_name((enum control_kind)at))))
        at++;
    if (at == REQUESTS)
        return "request must be release, drop, clear or whose";
    command->kind = (enum control_kind)at;
    wrong = read_texts(object, command);
    return wrong != NULL ? wrong : judge_kind(command);
}

/* The value a line is; NULL when it is not one, and nothing but one. */
static struct json_object *
parse(struct text line)
{
    struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
    if (tokener == NULL)
        return NULL;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *object = json_tokener_parse_ex(tokener, line.at, (int)line.length);
    json_tokener_free(tokener);
    return object;
}

const char *
control_read_command(struct text line, struct control_command *command, char id[CONTROL_ID_MAX + 1])
{
    id[0] = '\0';
    *command = (struct control_command){.kind = CONTROL_RELEASE};
    struct json_object *object = parse(line);
    const char *wrong = "a line must be one JSON object";
    if (json_object_is_type(object, json_type_object))
        wrong = read_object(object, command, id);
    json_object_put(object);
    return wrong;
}

static void
copy_within(char *to, size_t size, struct text text)
{
    if (text.length >= size)
        text.length = (uint32_t)size - 1;
    copy(to, text);
}

static void
read_links(struct json_object *object, struct control_answer *answer)
{
    struct json_object *value;
    size_t named = 0;
    if (json_object_object_get_ex(object, "count", &value)) {
        int64_t count = json_object_get_int64(value);
        answer->links = count < 0 ? 0 : count > UINT16_MAX ? UINT16_MAX : (uint32_t)count;
    }
    if (json_object_object_get_ex(object, "in-call", &value))
        answer->in_call = json_object_get_boolean(value);
    if (json_object_object_get_ex(object, "links", &value) &&
        json_object_is_type(value, json_type_array))
        named = json_object_array_length(value);
    for (size_t i = 0; i < named && i < CONTROL_LINKS_NAMED; i++) {
        struct json_object *name = json_object_array_get_idx(value, i);
        if (json_object_is_type(name, json_type_string))
            copy_within(answer->named[i], sizeof answer->named[i],
                        (struct text){json_object_get_string(name),
                                      (uint32_t)json_object_get_string_len(name)});
    }
}

bool
control_read_answer(struct text line, struct control_answer *answer)
{
    struct json_object *object = parse(line);
    struct text result = string_of(object, "result");
    unsigned at = 0;
    while (at < CONTROL_OUTCOMES &&
           !text_is_equal(result, text_of(control_outcome_name((enum control_outcome)at))))
        at++;
    if (at < CONTROL_OUTCOMES) {
        *answer = (struct control_answer){.outcome = (enum control_outcome)at};
        copy_within(answer->link, sizeof answer->link, string_of(object, "link"));
        copy_within(answer->call, sizeof answer->call, string_of(object, "call"));
        copy_within(answer->text, sizeof answer->text, string_of(object, "text"));
        read_links(object, answer);
    }
    json_object_put(object);
    return at < CONTROL_OUTCOMES;
}
