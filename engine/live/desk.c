#include "engine/live/desk.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "engine/directory.h"
#include "engine/last_call.h"
#include "engine/live/control.h"
#include "engine/live/conversation.h"

enum {
    AGAIN_MS = 20,  /* when a link had no room */
    SEND_MS = 2000, /* how long that is tried */
    WORDS_SIZE = 64,
};

/* A command that is not answered yet. */
struct errand {
    bool used;
    bool sent;
    struct live_link *link;
    uint64_t order;  /* sent: as that input */
    uint64_t end_ms; /* then it is answered in any case */
    struct control_command command;
};

struct desk {
    struct control *control;
    uint32_t used; /* errands */
    struct errand errands[CONTROL_OPEN_MAX];
};

struct desk *
desk_open(struct control *control)
{
    struct desk *desk = calloc(1, sizeof *desk);
    if (desk != NULL)
        desk->control = control;
    return desk;
}

void
desk_close(struct desk *desk)
{
    free(desk);
}

/* ---- answers --------------------------------------------------------------------------------- */

/* `link` NULL: none; `why` NULL: nothing more to say. */
static void
answer(struct desk *desk, const struct control_command *command, enum control_outcome outcome,
       const struct live_link *link, const char *why)
{
    struct control_answer told = {.ticket = command->ticket, .outcome = outcome};
    memcpy(told.call, command->call, sizeof told.call);
    if (link != NULL)
        memcpy(told.link, link->state->name, sizeof told.link);
    if (why != NULL)
        snprintf(told.text, sizeof told.text, "%s", why);
    control_answer(desk->control, &told);
}

static void
end(struct desk *desk, struct errand *errand, enum control_outcome outcome, const char *why)
{
    answer(desk, &errand->command, outcome, errand->link, why);
    errand->used = false;
    desk->used--;
}

void
desk_hear(struct desk *desk, struct live_link *link)
{
    const struct session *session = link->session;
    if (desk->used == 0 || !session->has_answered)
        return;
    const struct csta_message *message = &session->reader.message;
    bool refused = message->message_class == MESSAGE_ERROR;
    char words[WORDS_SIZE];
    snprintf(words, sizeof words, "%.*s", (int)message->refusal.length,
             refused && message->refusal.length > 0 ? message->refusal.at : "");
    for (uint32_t i = 0; i < CONTROL_OPEN_MAX; i++) {
        struct errand *errand = &desk->errands[i];
        if (errand->used && errand->sent && errand->order == session->answered.order)
            end(desk, errand, refused ? CONTROL_REFUSED : CONTROL_GRANTED, words);
    }
}

void
desk_lost(struct desk *desk, struct live_link *link)
{
    for (uint32_t i = 0; i < CONTROL_OPEN_MAX && desk->used > 0; i++) {
        struct errand *errand = &desk->errands[i];
        if (errand->used && errand->link == link)
            end(desk, errand, errand->sent ? CONTROL_LOST : CONTROL_NOT_SENT,
                "the connection to the switch was lost");
    }
}

/* ---- which link, which call ------------------------------------------------------------------ */

static struct text
alias_of(const struct live_link *link, const struct control_command *command)
{
    return settings_alias(link->session->settings, text_of(command->device));
}

/* The call the device was heard of in last on that link, or none. */
static struct text
call_of(const struct live_link *link, const struct control_command *command)
{
    return last_call_find(&link->session->front, link->link->index, alias_of(link, command));
}

static bool
knows_device(const struct live_link *link, const struct control_command *command)
{
    return directory_find_device(link->session->directory, link->link->index,
                                 alias_of(link, command)) != NULL;
}

/* The links a command may mean. */
struct suspects {
    uint32_t count;
    struct live_link *first;
    struct text call; /* of the first: the one named, or its device's; none: a link was named */
    uint32_t named;   /* of `count`, those with a name here */
    const char *names[CONTROL_LINKS_NAMED];
    bool in_call; /* they have the device in the call, or the call */
};

static void
suspect(struct suspects *suspects, struct live_link *link, struct text call, bool in_call)
{
    if (suspects->in_call && !in_call)
        return;
    if (in_call && !suspects->in_call)
        *suspects = (struct suspects){.in_call = true}; /* better than what is only known */
    if (suspects->count++ == 0) {
        suspects->first = link;
        suspects->call = call;
    }
    if (suspects->named < CONTROL_LINKS_NAMED)
        suspects->names[suspects->named++] = link->state->name;
}

/* Do both see the device in that call on one and the same switch? */
static bool
is_same(const struct suspects *suspects, const struct live_link *link, struct text call,
        bool in_call)
{
    const struct live_link *first = suspects->first;
    return first != NULL && suspects->in_call == in_call && first->settings->shared &&
           link->settings->shared &&
           strcmp(first->settings->switch_name, link->settings->switch_name) == 0 &&
           text_is_equal(suspects->call, call);
}

/* Either will do; the first that can be asked now is taken. */
static void
take_either(struct suspects *suspects, struct live_link *link)
{
    const char *why = NULL;
    if (conversation_may_request(suspects->first, &why) || !conversation_may_request(link, &why))
        return;
    suspects->first = link;
    suspects->names[0] = link->state->name;
}

/* Two links may both know a device: that one where it is in the call. */
static void
find_by_device(struct suspects *suspects, const struct control_command *command,
               struct live_link *link)
{
    struct text call = call_of(link, command);
    bool has_call = !text_is_none(call);
    bool names_call = command->call[0] != '\0';
    bool in_call = has_call && (!names_call || text_is_equal(call, text_of(command->call)));
    if (!has_call && !knows_device(link, command))
        return;
    if (names_call)
        call = text_of(command->call);
    if (is_same(suspects, link, call, in_call))
        take_either(suspects, link);
    else
        suspect(suspects, link, call, in_call);
}

/* Links of that front-end where a call of that ID was heard of. */
struct found_calls {
    uint32_t count;
    uint16_t links[LIVE_LINKS_MAX];
};

static bool
has_call(const struct found_calls *calls, const struct live_link *link)
{
    for (uint32_t i = 0; i < calls->count; i++)
        if (calls->links[i] == link->link->index)
            return true;
    return false;
}

/* Where a link is named it is that one, whatever it knows. */
static struct suspects
find_links(const struct control_command *command, struct live_link *links, uint32_t count)
{
    bool by_call = command->link[0] == '\0' && command->device[0] == '\0';
    struct found_calls calls = {.count = UINT32_MAX};
    struct suspects suspects = {.count = 0};
    for (uint32_t i = 0; i < count; i++) {
        if (links[i].link == NULL)
            continue;
        if (by_call && calls.count == UINT32_MAX)
            calls.count = last_call_links(&links[i].session->front, text_of(command->call),
                                          calls.links, LIVE_LINKS_MAX);
        bool is_named = strcmp(links[i].state->name, command->link) == 0;
        if (is_named || (by_call && has_call(&calls, &links[i])))
            suspect(&suspects, &links[i], TEXT_NONE, true);
        else if (command->link[0] == '\0' && !by_call)
            find_by_device(&suspects, command, &links[i]);
    }
    return suspects;
}

/* Which links it may be: all that is asked for, or why nothing can be sent. */
static void
answer_suspects(struct desk *desk, const struct control_command *command,
                enum control_outcome outcome, const struct suspects *suspects)
{
    struct control_answer told = {.ticket = command->ticket,
                                  .outcome = outcome,
                                  .links = suspects->count,
                                  .in_call = suspects->in_call};
    memcpy(told.call, command->call, sizeof told.call);
    for (uint32_t i = 0; i < suspects->named; i++)
        snprintf(told.named[i], sizeof told.named[i], "%s", suspects->names[i]);
    control_answer(desk->control, &told);
}

/* What is wrong with sending it at all, or NULL. The call becomes known, if the device's is. */
static const char *
prepare(struct control_command *command, const struct live_link *link)
{
    const char *why = NULL;
    if (!conversation_may_request(link, &why))
        return why;
    if (command->call[0] != '\0')
        return NULL;
    struct text call = call_of(link, command);
    if (text_is_none(call))
        return "the device was not heard of in any call";
    CHECK(call.length < sizeof command->call);
    memcpy(command->call, call.at, call.length);
    command->call[call.length] = '\0';
    return NULL;
}

void
desk_take(struct desk *desk, const struct control_command *taken, struct live_link *links,
          uint32_t count)
{
    CHECK(taken->kind != CONTROL_RELOAD);
    struct control_command command = *taken;
    struct suspects suspects = find_links(&command, links, count);
    struct live_link *link = suspects.first;
    if (link == NULL) {
        answer(desk, &command, CONTROL_ELSEWHERE, NULL, NULL);
        return;
    }
    if (command.kind == CONTROL_WHOSE || suspects.count > 1) {
        bool asked = command.kind == CONTROL_WHOSE;
        answer_suspects(desk, &command, asked ? CONTROL_FOUND : CONTROL_AMBIGUOUS, &suspects);
        return;
    }
    const char *why = prepare(&command, link);
    if (why != NULL) {
        answer(desk, &command, CONTROL_NOT_SENT, link, why);
        return;
    }
    CHECK(desk->used < CONTROL_OPEN_MAX);
    struct errand *place = desk->errands;
    while (place->used)
        place++;
    *place = (struct errand){
        .used = true, .link = link, .end_ms = live_now_ms(link) + SEND_MS, .command = command};
    desk->used++;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* The message, and on whose behalf it is. */
static struct text
compose(struct live_link *link, struct outgoing *message, const struct control_command *command,
        char device[CONVERSATION_DEVICE_SIZE])
{
    bool clears_call = command->kind == CONTROL_CLEAR;
    *message = (struct outgoing){
        .kind = clears_call ? OUTGOING_CLEAR_CALL : OUTGOING_CLEAR_CONNECTION,
        .call = text_of(command->call),
    };
    conversation_name_device(link, message, text_of(command->device), device);
    return text_of(command->kind == CONTROL_RELEASE ? command->device : command->by);
}

/* True: a message was sent. Otherwise the errand has ended, or waits for room. */
static bool
send_errand(struct desk *desk, struct errand *errand)
{
    const char *why = NULL;
    struct outgoing message;
    struct live_link *link = errand->link;
    if (!conversation_may_request(link, &why)) {
        end(desk, errand, CONTROL_NOT_SENT, why);
        return false;
    }
    char device[CONVERSATION_DEVICE_SIZE];
    struct text by = compose(link, &message, &errand->command, device);
    enum live_sent sent = live_send(link, &message, by, TEXT_NONE, &why);
    if (sent == LIVE_REFUSED)
        end(desk, errand, CONTROL_NOT_SENT, why);
    if (sent != LIVE_SENT)
        return false;
    errand->sent = true;
    errand->order = session_order(link->session);
    errand->end_ms = live_now_ms(link) + link->settings->request_timeout_ms;
    return true;
}

/* ---- the loop's call ------------------------------------------------------------------------- */

/* Is the errand's time over? Then it has ended. */
static bool
is_over(struct desk *desk, struct errand *errand)
{
    if (live_now_ms(errand->link) < errand->end_ms)
        return false;
    if (errand->sent)
        end(desk, errand, CONTROL_TIMED_OUT, NULL);
    else
        end(desk, errand, CONTROL_NOT_SENT, "the link takes nothing more at the moment");
    return true;
}

bool
desk_work(struct desk *desk, uint64_t *due_ms)
{
    *due_ms = UINT64_MAX;
    uint32_t left = desk->used;
    for (struct errand *errand = desk->errands; left > 0; errand++) {
        if (!errand->used)
            continue;
        left--;
        if (is_over(desk, errand))
            continue;
        if (!errand->sent && send_errand(desk, errand))
            return true;
        uint64_t due = errand->sent ? errand->end_ms : live_now_ms(errand->link) + AGAIN_MS;
        if (errand->used && due < *due_ms)
            *due_ms = due;
    }
    return false;
}
