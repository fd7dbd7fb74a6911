/* What the application asks for, and messages that concern no call. */
#include <string.h>

#include "tests/sim/draft.h"
#include "tests/sim/say.h"

static uint32_t
take_invoke(struct sim_link *link)
{
    return link->next_invoke++ % 9999;
}

uint32_t
say_request(struct sim_call *call, const struct device *by, const struct device *target,
            bool whole_call)
{
    struct draft draft = {.length = 0};
    uint32_t invoke = take_invoke(call->link);
    struct message message = {
        .time_ms = call->scene->now_ms, .link = call->link, .scene = call->scene};
    if (by != NULL)
        snprintf(message.head, sizeof message.head, "> %04u by=%s ", invoke, by->number);
    else
        snprintf(message.head, sizeof message.head, "> %04u ", invoke);
    draft_add(&draft, "<%s>", whole_call ? "ClearCall" : "ClearConnection");
    draft_connection(&draft, whole_call ? "callToBeCleared" : "connectionToBeCleared",
                     call_id(call), target);
    draft_add(&draft, "</%s>", whole_call ? "ClearCall" : "ClearConnection");
    site_tell(call->scene->site, &message, draft.text);
    return invoke;
}

void
say_answer(struct sim_call *call, uint32_t invoke, bool granted, bool whole_call)
{
    struct message message = {
        .time_ms = call->scene->now_ms, .link = call->link, .scene = call->scene};
    snprintf(message.head, sizeof message.head, "< %04u ", invoke);
    if (!granted)
        site_tell(call->scene->site, &message,
                  "<CSTAErrorCode><stateIncompatibility>noConnectionToClear"
                  "</stateIncompatibility></CSTAErrorCode>");
    else if (whole_call)
        site_tell(call->scene->site, &message, "<ClearCallResponse/>");
    else
        site_tell(call->scene->site, &message, "<ClearConnectionResponse/>");
}

void
say_noise(struct site *site, struct sim_link *link, uint64_t time_ms)
{
    struct message message = {.time_ms = time_ms, .link = link};
    uint32_t invoke = take_invoke(link);
    const struct device *agent = &link->devices[random_below(&site->random, SIM_AGENTS)];
    char payload[256];
    if (site->phase2_only || random_chance(&site->random, 50)) {
        snprintf(message.head, sizeof message.head, "< %04u ", invoke);
        site_tell(site, &message,
                  "<SystemStatus><systemStatus>normal</systemStatus></SystemStatus>");
        snprintf(message.head, sizeof message.head, "> %04u ", invoke);
        if (!site->no_requests)
            site_tell(site, &message, "<SystemStatusResponse/>");
        return;
    }
    snprintf(message.head, sizeof message.head, "< 9999 ");
    snprintf(payload, sizeof payload,
             "<AgentLoggedOnEvent><monitorCrossRefID>%s</monitorCrossRefID><agentDevice>"
             "<deviceIdentifier>%s</deviceIdentifier></agentDevice><agentID>a%s</agentID>"
             "</AgentLoggedOnEvent>",
             agent->cross_refs[0], agent->number, agent->number);
    site_tell(site, &message, payload);
}
