#include "tools/inspect/calls_print.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json_write.h"
#include "base/log.h"
#include "ipc/event_record.h"
#include "ipc/outcome_record.h"

enum {
    CELL_SIZE = 4 * EVENT_TEXT_LENGTH + 1,
    JSON_SIZE = 8 << 20, /* a call of the largest block, every byte of it escaped, fits */
    PARTIES_IN_LINE = 16,
};

#define US_PER_S 1e6

/* ---- what is known of it ------------------------------------------------------------------- */

static const char *
life_name(uint8_t life)
{
    static const char *const names[] = {
        [CALL_EMBRYO] = "requested", [CALL_LIVING] = "living", [CALL_ENDED] = "ended"};
    return life < sizeof names / sizeof *names ? names[life] : "?";
}

static const struct shm_party *
first_party(struct view_list *list, const struct view_call *call)
{
    *list = view_list_begin(call, view_call_head(call)->parties, sizeof(struct shm_party));
    return list->at;
}

static const struct shm_party *
next_party(struct view_list *list, const struct shm_party *party)
{
    view_list_next(list, party->next);
    return list->at;
}

static bool
has_age(const struct calls_entry *entry)
{
    return entry->link != NULL && entry->link->has_time &&
           (view_call_head(entry->call)->flags & CALL_HAS_TIMES) != 0;
}

/* Seconds of the link's own time since the call began. */
static double
age_s(const struct calls_entry *entry)
{
    if (!has_age(entry))
        return 0;
    double age = (double)entry->link->last_us - (double)view_call_head(entry->call)->start_us;
    return age > 0 ? age / US_PER_S : 0;
}

/* Seconds of the link's clock since its last message. */
static double
idle_s(const struct calls_entry *entry)
{
    uint64_t touched = entry->call->slot.idle.due_ms;
    bool is_known = (entry->call->slot.spans >> SPAN_IDLE & 1) != 0;
    if (entry->link == NULL || !is_known || entry->link->clock_ms < touched)
        return 0;
    return (double)(entry->link->clock_ms - touched) / 1e3;
}

static struct text
link_name(const struct calls_entry *entry)
{
    const struct shm_worker_link *link = entry->link;
    if (link == NULL || link->name_length > sizeof link->name)
        return TEXT_NONE;
    return (struct text){link->name, link->name_length};
}

/* ---- which --------------------------------------------------------------------------------- */

static bool
matches(const char *pattern, struct text text)
{
    char word[UINT8_MAX + 1];
    if (text.length >= sizeof word)
        return false;
    memcpy(word, text.length > 0 ? text.at : "", text.length);
    word[text.length] = '\0';
    return fnmatch(pattern, word, 0) == 0;
}

bool
calls_state_is_known(const char *word)
{
    for (unsigned i = 0; i <= CALL_ENDED; i++)
        if (strcmp(word, life_name((uint8_t)i)) == 0)
            return true;
    for (unsigned i = LOCAL_INITIATED; i <= LOCAL_FAIL; i++)
        if (strcmp(word, local_state_name((uint8_t)i)) == 0)
            return true;
    return false;
}

/* The call's own state, or that of a device that is in it. */
static bool
is_in_state(const struct calls_filter *filter, const struct view_call *call)
{
    const struct shm_call *head = view_call_head(call);
    if (filter->state == NULL)
        return filter->with_all || head->life == CALL_LIVING;
    if (strcmp(filter->state, life_name(head->life)) == 0)
        return true;
    struct view_list list;
    for (const struct shm_party *party = first_party(&list, call); party != NULL;
         party = next_party(&list, party))
        if ((party->flags & PARTY_ENDED) == 0 &&
            strcmp(filter->state, local_state_name(party->state)) == 0)
            return true;
    return false;
}

static bool
goes_by(const char *pattern, const struct view_call *call, const struct shm_party *party)
{
    if (matches(pattern, view_call_text(call, party->number)))
        return true;
    struct view_list names = view_list_begin(call, party->aliases, sizeof(struct shm_name));
    while (names.at != NULL) {
        const struct shm_name *name = names.at;
        if (matches(pattern, view_call_text(call, name->text)))
            return true;
        view_list_next(&names, name->next);
    }
    return false;
}

static bool
has_device(const char *pattern, const struct view_call *call)
{
    struct view_list list;
    for (const struct shm_party *party = first_party(&list, call); party != NULL;
         party = next_party(&list, party))
        if (goes_by(pattern, call, party))
            return true;
    return false;
}

bool
calls_wants(const struct calls_filter *filter, const struct calls_entry *entry)
{
    if (filter->link != NULL && !matches(filter->link, link_name(entry)))
        return false;
    if (!is_in_state(filter, entry->call))
        return false;
    if (filter->older_s > 0 && (!has_age(entry) || age_s(entry) < filter->older_s))
        return false;
    if (filter->younger_s > 0 && (!has_age(entry) || age_s(entry) >= filter->younger_s))
        return false;
    return filter->device == NULL || has_device(filter->device, entry->call);
}

/* ---- text ---------------------------------------------------------------------------------- */

void
calls_print_head(void)
{
    printf("  %6s %-10s %-14s %-9s %9s %9s  %s\n", "worker", "link", "call", "state", "age",
           "silent", "devices");
}

static const char *
cell(char out[CELL_SIZE], struct text text)
{
    return log_escape(out, CELL_SIZE, text);
}

/* 75.3 s as 1:15. */
static const char *
span_words(char out[24], double seconds)
{
    uint64_t whole = (uint64_t)seconds;
    if (whole >= 3600)
        snprintf(out, 24, "%" PRIu64 ":%02u:%02u", whole / 3600, (unsigned)(whole / 60 % 60),
                 (unsigned)(whole % 60));
    else
        snprintf(out, 24, "%u:%02u", (unsigned)(whole / 60), (unsigned)(whole % 60));
    return out;
}

static void
print_parties(const struct view_call *call)
{
    char name[CELL_SIZE];
    uint32_t shown = 0;
    uint32_t gone = 0;
    uint32_t more = 0;
    struct view_list list;
    for (const struct shm_party *party = first_party(&list, call); party != NULL;
         party = next_party(&list, party)) {
        if ((party->flags & PARTY_ENDED) != 0) {
            gone++;
        } else if (shown == PARTIES_IN_LINE) {
            more++;
        } else {
            struct text number = view_call_text(call, party->number);
            printf("%s%s %s", shown++ > 0 ? ", " : "",
                   text_is_none(number) ? "anonymous" : cell(name, number),
                   local_state_name(party->state));
        }
    }
    if (more > 0)
        printf(", and %" PRIu32 " more", more);
    if (gone > 0)
        printf("%s%" PRIu32 " gone", shown > 0 ? "; " : "", gone);
}

void
calls_print_text(const struct calls_entry *entry)
{
    char link[CELL_SIZE];
    char name[CELL_SIZE];
    char age[24];
    char idle[24];
    const struct shm_call *head = view_call_head(entry->call);
    printf("  %6" PRIu32 " %-10s %-14s %-9s %9s %9s  ", entry->worker, cell(link, link_name(entry)),
           cell(name, view_call_text(entry->call, head->call_id)), life_name(head->life),
           has_age(entry) ? span_words(age, age_s(entry)) : "-", span_words(idle, idle_s(entry)));
    print_parties(entry->call);
    printf("\n");
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void
json_party(struct json_writer *json, const struct view_call *call, const struct shm_party *party)
{
    json_open(json, '{');
    json_text(json, "Device", view_call_text(call, party->number));
    json_string(json, "State", local_state_name(party->state));
    json_bool(json, "Ended", (party->flags & PARTY_ENDED) != 0);
    json_bool(json, "Talked", (party->flags & PARTY_TALKED) != 0);
    json_bool(json, "Queue", (party->flags & PARTY_QUEUE) != 0);
    json_bool(json, "Observer", (party->flags & PARTY_OBSERVER) != 0);
    json_open_key(json, "OtherNames", '[');
    struct view_list names = view_list_begin(call, party->aliases, sizeof(struct shm_name));
    while (names.at != NULL) {
        const struct shm_name *name = names.at;
        json_text(json, NULL, view_call_text(call, name->text));
        view_list_next(&names, name->next);
    }
    json_close(json, ']');
    json_close(json, '}');
}

static void
json_parties(struct json_writer *json, const struct view_call *call)
{
    struct view_list list;
    json_open_key(json, "Parties", '[');
    for (const struct shm_party *party = first_party(&list, call); party != NULL;
         party = next_party(&list, party))
        json_party(json, call, party);
    json_close(json, ']');
}

/* What was decided about it, or waits to be. */
static void
json_acts(struct json_writer *json, const struct view_call *call)
{
    struct view_list list =
        view_list_begin(call, view_call_head(call)->acts, sizeof(struct shm_act));
    json_open_key(json, "Acts", '[');
    while (list.at != NULL) {
        const struct shm_act *act = list.at;
        json_open(json, '{');
        json_bool(json, "Waiting", (act->flags & ACT_WAITING) != 0);
        json_text(json, "Initiator", view_call_text(call, act->initiator));
        json_string(json, "Reason", reason_name(act->reason));
        json_string(json, "Evidence", evidence_name(act->evidence));
        json_string(json, "Cause", cause_name(act->cause));
        json_close(json, '}');
        view_list_next(&list, act->next);
    }
    json_close(json, ']');
}

static void
json_call(struct json_writer *json, const struct calls_entry *entry)
{
    const struct view_call *call = entry->call;
    const struct shm_call *head = view_call_head(call);
    json_open(json, '{');
    json_unsigned(json, "FrontEnd", entry->frontend);
    json_unsigned(json, "Worker", entry->worker);
    json_unsigned(json, "Slot", call->number);
    json_text(json, "Link", link_name(entry));
    json_text(json, "CallID", view_call_text(call, head->call_id));
    json_string(json, "State", life_name(head->life));
    json_hex64(json, "ConnID", head->conn_id);
    if ((head->flags & CALL_HAS_TIMES) != 0)
        json_time(json, "Started", head->start_us);
    else
        json_null(json, "Started");
    if ((head->flags & CALL_ANSWERED) != 0)
        json_time(json, "Answered", head->answer_us);
    else
        json_null(json, "Answered");
    if (has_age(entry))
        json_decimal(json, "AgeSeconds", (uint64_t)(age_s(entry) * 1e3), 3);
    else
        json_null(json, "AgeSeconds");
    json_decimal(json, "SilentSeconds", (uint64_t)(idle_s(entry) * 1e3), 3);
    json_text(json, "ANI", view_call_text(call, head->ani));
    json_text(json, "DNIS", view_call_text(call, head->dnis));
    json_text(json, "Queue", view_call_text(call, head->queue));
    json_bool(json, "Conference", (head->flags & CALL_CONFERENCE) != 0);
    json_bool(json, "Consultation", (head->flags & CALL_CONSULT) != 0);
    json_bool(json, "FromStart", (head->flags & CALL_FROM_START) != 0);
    json_unsigned(json, "Bytes", call->bytes);
    json_parties(json, call);
    json_acts(json, call);
    json_close(json, '}');
}

void
calls_print_json(const struct calls_entry *entry)
{
    static char buffer[JSON_SIZE];
    struct json_writer json;
    json_begin(&json, buffer, sizeof buffer);
    json_call(&json, entry);
    size_t length = json_end(&json);
    if (length > 0)
        fwrite(buffer, 1, length, stdout);
    else
        fputs("{}", stdout);
}
