/*
 * Reads any bytes as a line of the control socket: a request that is taken is sound and can be
 * written and read again; an answer likewise.
 */
#include "base/check.h"
#include "engine/csta/outgoing.h"
#include "engine/live/control_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_command(const struct control_command *command)
{
    char line[CONTROL_LINE_MAX];
    char id[CONTROL_ID_MAX + 1];
    struct control_command again;
    bool needs_device = command->kind == CONTROL_RELEASE || command->kind == CONTROL_DROP;
    CHECK(command->device[0] != '\0' || (command->call[0] != '\0' && !needs_device));
    CHECK((command->kind == CONTROL_DROP) <= (command->by[0] != '\0'));
    CHECK(outgoing_text_is_sound(text_of(command->device)));
    CHECK(outgoing_text_is_sound(text_of(command->by)));
    CHECK(outgoing_text_is_sound(text_of(command->call)));
    size_t length = control_write_command(line, sizeof line, command);
    CHECK(length > 1 && line[length - 1] == '\n');
    CHECK(memchr(line, '\n', length) == line + length - 1);
    CHECK(control_read_command((struct text){line, (uint32_t)length - 1}, &again, id) == NULL);
    CHECK(again.kind == command->kind && strcmp(again.call, command->call) == 0);
    CHECK(strcmp(again.link, command->link) == 0);
}

static void
check_answer(const struct control_answer *answer, const char *id)
{
    char line[CONTROL_LINE_MAX];
    struct control_answer again;
    size_t length = control_write_answer(line, sizeof line, answer, id);
    CHECK(length > 1 && memchr(line, '\n', length) == line + length - 1);
    CHECK(control_read_answer((struct text){line, (uint32_t)length - 1}, &again));
    CHECK(again.outcome == answer->outcome && again.links == answer->links);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > CONTROL_LINE_MAX)
        return 0;
    struct text line = {(const char *)data, (uint32_t)size};
    struct control_command command;
    struct control_answer answer;
    char id[CONTROL_ID_MAX + 1];
    const char *why = control_read_command(line, &command, id);
    CHECK(strlen(id) <= CONTROL_ID_MAX);
    if (why == NULL)
        check_command(&command);
    else
        CHECK(*why != '\0' && strlen(why) < sizeof answer.text);
    if (control_read_answer(line, &answer))
        check_answer(&answer, id);
    return 0;
}
