/* Calls that join: transfer, single-step transfer, conference. */
#include <string.h>

#include "tests/sim/draft.h"
#include "tests/sim/say.h"

/* Phase II lists the new connections alone. */
static void
add_item(struct draft *list, const char *new_id, const char *old_id, const struct device *device,
         bool phase2_only)
{
    draft_add(list, "<connectionListItem>");
    draft_connection(list, "newConnection", new_id, device);
    if (old_id != NULL && !phase2_only)
        draft_connection(list, "oldConnection", old_id, device);
    draft_add(list, "<endpoint><deviceID>%s</deviceID></endpoint></connectionListItem>",
              device->anonymous ? device->trunk : device->number);
}

/* Everybody of a call but `but`, as the list of a Transfered or Conferenced event has it. */
static void
add_items(struct draft *list, const struct sim_call *call, const char *new_id,
          const struct device *but)
{
    for (uint32_t i = 0; i < call->party_count; i++)
        if (call->parties[i].state != PARTY_NULL && call->parties[i].device != but)
            add_item(list, new_id, call_id(call), call->parties[i].device,
                     call->scene->site->phase2_only);
}

static void
take_new_id(struct sim_call *call)
{
    struct sim_link *link = call->link;
    CHECK(call->id_count < SIM_IDS_MAX);
    snprintf(call->ids[call->id_count++], sizeof call->ids[0], "%s%llu",
             link->manner == MANNER_CONFIGURED ? "0x00c0ffee-" : "",
             (unsigned long long)link->next_call++);
}

/* What the resulting call is called, before the calls are one. */
static void
choose_result(struct sim_call **lasting, struct sim_call **gone, char id[24],
              struct sim_call *primary, struct sim_call *secondary, enum result_id result)
{
    *lasting = result == RESULT_SECONDARY ? secondary : primary;
    *gone = result == RESULT_SECONDARY ? primary : secondary;
    if (result == RESULT_NEW)
        snprintf(id, 24, "%s%llu", primary->link->manner == MANNER_CONFIGURED ? "0x00c0ffee-" : "",
                 (unsigned long long)primary->link->next_call);
    else
        snprintf(id, 24, "%s", call_id(*lasting));
}

static bool
is_watching(const struct sim_call *call, const struct device *watcher)
{
    for (uint32_t i = 0; i < call->watcher_count; i++)
        if (call->watchers[i] == watcher)
            return true;
    return false;
}

static void
move_parties(struct sim_call *lasting, struct sim_call *gone, const struct device *but)
{
    for (uint32_t i = 0; i < gone->party_count; i++) {
        struct party *from = &gone->parties[i];
        if (from->state == PARTY_NULL)
            continue;
        if (from->device != but) {
            struct party *to = call_enter(lasting, from->device, from->state);
            to->talked |= from->talked;
            call_show(lasting, from->device);
        }
        from->state = PARTY_NULL;
    }
    for (uint32_t i = 0; i < gone->watcher_count; i++)
        if (!is_watching(lasting, gone->watchers[i]))
            lasting->watchers[lasting->watcher_count++] = gone->watchers[i];
}

static void
join(struct sim_call *lasting, struct sim_call *gone, struct device *device, enum result_id result)
{
    move_parties(lasting, gone, device);
    if (result == RESULT_NEW)
        take_new_id(lasting);
    lasting->answerer = NULL;
    gone->over = gone->deleted = true;
    gone->joined_to = lasting;
    gone->last_act = (struct act){
        .truth = device, .verdict = device, .reasons = UINT32_C(1) << BECAUSE_TRANSFER};
}

static void
join_step(struct step *step, const char *root, struct sim_call *lasting, struct sim_call *gone,
          struct device *device)
{
    scene_wait(lasting->scene, 1, 30);
    *step = (struct step){.call = lasting,
                          .second = gone,
                          .root = root,
                          .connection = "primaryOldCall",
                          .subject = device};
    /*
     * Of a second conference of one call the n-th report of a monitor is the n-th fact, so a
     * newcomer's first report is no news: somebody who saw the first must tell.
     */
    step->by_subject = lasting->was_conference || (gone != NULL && gone->was_conference);
}

struct sim_call *
say_transferred(struct sim_call *primary, struct sim_call *secondary, struct device *device,
                enum result_id result, bool unnamed)
{
    struct sim_call *lasting, *gone;
    struct step step;
    char id[24], old_id[24];
    const struct device *destination = call_other(secondary, device);
    choose_result(&lasting, &gone, id, primary, secondary, result);
    join_step(&step, primary->link->manner == MANNER_OPEN ? "TransferredEvent" : "TransferedEvent",
              lasting, gone, device);
    snprintf(old_id, sizeof old_id, "%s", call_id(primary));
    step.old_id = old_id;
    step.nulls_subject = true;
    step.cause = "transfer";
    draft_connection(&step.body, "secondaryOldCall", call_id(secondary), device);
    if (!unnamed)
        draft_device(&step.body, "transferringDevice", primary->link, device);
    if (destination != NULL)
        draft_device(&step.body, "transferredToDevice", primary->link, destination);
    draft_add(&step.body, "<transferredConnections>");
    add_items(&step.body, primary, id, device);
    add_items(&step.body, secondary, id, device);
    draft_add(&step.body, "</transferredConnections>");
    judge_transfer_leave(primary, device);
    judge_transfer_leave(secondary, device);
    join(lasting, gone, device, result);
    CHECK(step_tell(&step));
    return lasting;
}

void
say_sent_on(struct sim_call *call, struct device *device, struct device *destination, bool new_id)
{
    struct step step;
    char old_id[24];
    join_step(&step, "TransferedEvent", call, NULL, device);
    snprintf(old_id, sizeof old_id, "%s", call_id(call));
    step.old_id = old_id;
    step.nulls_subject = true;
    step.cause = "singleStepTransfer";
    const struct device *kept = call_other(call, device);
    draft_device(&step.body, "transferringDevice", call->link, device);
    draft_device(&step.body, "transferredToDevice", call->link, destination);
    judge_transfer_leave(call, device);
    if (new_id)
        take_new_id(call);
    call->answerer = NULL;
    draft_add(&step.body, "<transferredConnections>");
    add_item(&step.body, call_id(call), old_id, kept, call->scene->site->phase2_only);
    draft_add(&step.body, "</transferredConnections>");
    CHECK(step_tell(&step));
}

static void
all_talk(struct sim_call *call)
{
    call->was_conference = true;
    for (uint32_t i = 0; i < call->party_count; i++) {
        if (call->parties[i].state == PARTY_NULL)
            continue;
        call->parties[i].state = PARTY_CONNECTED;
        call->parties[i].talked = true;
    }
}

struct sim_call *
say_conferenced(struct sim_call *primary, struct sim_call *secondary, struct device *device,
                enum result_id result)
{
    struct sim_call *lasting, *gone;
    struct step step;
    char id[24], old_id[24];
    const struct device *added = call_other(secondary, device);
    choose_result(&lasting, &gone, id, primary, secondary, result);
    join_step(&step, "ConferencedEvent", lasting, gone, device);
    snprintf(old_id, sizeof old_id, "%s", call_id(primary));
    step.old_id = old_id;
    step.cause = "conference";
    draft_connection(&step.body, "secondaryOldCall", call_id(secondary), device);
    draft_device(&step.body, "conferencingDevice", primary->link, device);
    if (added != NULL)
        draft_device(&step.body, "addedParty", primary->link, added);
    draft_add(&step.body, "<conferenceConnections>");
    add_items(&step.body, primary, id, NULL);
    add_items(&step.body, secondary, id, device);
    draft_add(&step.body, "</conferenceConnections>");
    join(lasting, gone, device, result);
    all_talk(lasting);
    CHECK(step_tell(&step));
    return lasting;
}

void
say_invited(struct sim_call *call, struct device *device, struct device *added)
{
    struct step step;
    join_step(&step, "ConferencedEvent", call, NULL, device);
    step.cause = "singleStepConference";
    draft_device(&step.body, "conferencingDevice", call->link, device);
    draft_device(&step.body, "addedParty", call->link, added);
    draft_add(&step.body, "<conferenceConnections>");
    add_items(&step.body, call, call_id(call), NULL);
    add_item(&step.body, call_id(call), NULL, added, false);
    draft_add(&step.body, "</conferenceConnections>");
    call_enter(call, added, PARTY_CONNECTED);
    all_talk(call);
    CHECK(step_tell(&step));
    call_show(call, added);
}
