/*
 * tools/explain/verdict_text.c - who hung up and by which rule, for people.
 */
#include "base/log.h"
#include "tools/explain/paper.h"
#include "tools/explain/verdicts.h"

static void
print_rule(FILE *out, const char *label, const struct rule_row *rule)
{
    fprintf(out, "    %-12s %s (section %s, %s)\n", label, rule->says, rule->section, rule->title);
}

static void
print_head(const struct paper *paper, const struct flow *flow, const struct verdict_group *group)
{
    char name[PAPER_TEXT];
    const struct flow_call *call = flow_call_of(flow, group->first->conn_id);
    if (group->ctrl.length == 0)
        fputs("  Nobody can be named", paper->out);
    else
        fprintf(paper->out, "  %s", log_escape(name, sizeof name, group->ctrl));
    if (flow->call_count > 1 && call != NULL)
        fprintf(paper->out, ", in call %s", log_escape(name, sizeof name, text_of(call->call_id)));
    fprintf(paper->out, ": Reason %s, Evidence %s\n", reason_name(group->first->reason),
            evidence_name(group->first->evidence));
}

static void
print_end(const struct paper *paper, const struct shm_outcome *outcome)
{
    char name[PAPER_TEXT] = "";
    char time[32];
    struct text party = outcome_text(outcome, OUTCOME_TEXT_PARTY);
    if (outcome->event == OUTCOME_CALL_DELETED)
        snprintf(name, sizeof name, "the call");
    else if (party.length == 0)
        snprintf(name, sizeof name, "the caller");
    else
        log_escape(name, sizeof name, party);
    paper_time(time, sizeof time, (outcome->flags & OUTCOME_HAS_TIME) != 0, outcome->time_us);
    fprintf(paper->out, "    %-12s %s", name, outcome_event_name(outcome->event));
    if (outcome->event < OUTCOME_PARTY_DELETED)
        fprintf(paper->out, " %s", releasing_party_name(outcome->releasing));
    if (outcome->call_state != 0)
        fprintf(paper->out, ", CallState %u", outcome->call_state);
    fprintf(paper->out, ", Seq %llu%s%s\n", (unsigned long long)outcome->seq,
            time[0] == '\0' ? "" : " at ", time);
    const struct rule_row *scope = rule_row(outcome->scope);
    if (scope->kind == RULE_IS_SCOPE && outcome->event != OUTCOME_CALL_DELETED)
        fprintf(paper->out, "    %-12s   because %s (section %s, %s)\n", "", scope->says,
                scope->section, scope->title);
}

/* What a party's two events say together is said once. */
static bool
is_said_before(const struct verdict_group *group, uint32_t index)
{
    const struct shm_outcome *outcome = group->outcomes[index];
    for (uint32_t i = 0; i < index && outcome->event == OUTCOME_PARTY_DELETED; i++)
        if (group->outcomes[i]->event < OUTCOME_PARTY_DELETED &&
            text_is_equal(outcome_text(group->outcomes[i], OUTCOME_TEXT_PARTY),
                          outcome_text(outcome, OUTCOME_TEXT_PARTY)))
            return true;
    return false;
}

static void
print_group(const struct paper *paper, const struct flow *flow, const struct verdict_group *group)
{
    FILE *out = paper->out;
    const struct shm_outcome *first = group->first;
    print_head(paper, flow, group);
    print_rule(out, "rule", rule_row(first->rule));
    for (uint32_t i = 0; i < FINDING_COUNT; i++)
        if ((first->found >> i & 1) != 0)
            fprintf(out, "    %-12s %s\n", "found", finding_row(i)->says);
    fprintf(out, "    %-12s %s: %s (section 9)\n", "reason", reason_name(first->reason),
            verdict_reason_when(first->reason));
    const char *certain;
    for (uint32_t i = 0; (certain = verdict_certain_if(group, i)) != NULL; i++)
        fprintf(out, "    %-12s %s\n", i == 0 ? "certain with" : "or with", certain);
    for (uint32_t i = 0; i < group->outcome_count; i++)
        if (!is_said_before(group, i))
            print_end(paper, group->outcomes[i]);
}

void
paper_verdicts(const struct paper *paper, const struct flow *flow)
{
    struct verdicts verdicts;
    verdicts_open(&verdicts, flow);
    if (verdicts.count == 0)
        fputs("Nothing was released.\n", paper->out);
    else
        fputs("Who hung up, by which rule of docs/attribution.md:\n", paper->out);
    for (uint32_t i = 0; i < verdicts.count; i++)
        print_group(paper, flow, &verdicts.groups[i]);
    verdicts_close(&verdicts);
}
