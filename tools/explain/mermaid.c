/*
 * tools/explain/mermaid.c - a flow as a Mermaid sequenceDiagram.
 */
#include "tools/explain/columns.h"
#include "tools/explain/paper.h"
#include "tools/explain/verdicts.h"

enum {
    LABEL = 2 * PAPER_SAID,
};

/* Mermaid ends a text at ; and # begins an entity; what is not printable ASCII has been escaped. */
static void
print_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == ';' || *text == '#' || *text == ':' || *text == '<' || *text == '>' ||
            (unsigned char)*text >= 0x7f || (unsigned char)*text < ' ')
            fprintf(out, "#%u;", (unsigned)(unsigned char)*text);
        else
            fputc(*text, out);
    }
}

static int
column_of(const struct columns *columns, const struct event *event, enum event_text which)
{
    return columns_find(columns, event->texts[which]);
}

/* Who says it and whom it reaches; the same one for what happens at one party. */
static void
ends_of(const struct columns *columns, const struct flow_moment *moment, const struct event *event,
        int *from, int *to)
{
    int subject = columns_find(columns, text_of(moment->subject));
    if (subject == COLUMN_NONE)
        subject = column_of(columns, event, EVENT_TEXT_DEVICE);
    int caller = columns_of_caller(columns, event);
    *from = *to = subject;
    uint8_t kind = event->kind;
    if (kind == EVENT_DELIVERED || kind == EVENT_OFFERED || kind == EVENT_QUEUED ||
        kind == EVENT_NETWORK_REACHED || kind == EVENT_FAILED)
        *from = caller;
    else if (kind == EVENT_ESTABLISHED)
        *to = caller;
    else if (kind == EVENT_DIVERTED || kind == EVENT_TRANSFERRED || kind == EVENT_CONFERENCED)
        *to = column_of(columns, event, EVENT_TEXT_NEW_DESTINATION);
    else if (kind == EVENT_CONNECTION_CLEARED)
        *from = column_of(columns, event, EVENT_TEXT_RELEASING);
    else if (kind == EVENT_CLEAR_CONNECTION || kind == EVENT_CLEAR_CALL)
        *from = column_of(columns, event, EVENT_TEXT_REQUESTER);
    if (*from == COLUMN_NONE)
        *from = *to;
    if (*to == COLUMN_NONE)
        *to = *from;
}

static void
print_note(FILE *out, const struct columns *columns, const char *text)
{
    fprintf(out, "    Note over p0%s", columns->count > 1 ? "" : ": ");
    if (columns->count > 1)
        fprintf(out, ",p%u: ", columns->count - 1);
    print_text(out, text);
    fputc('\n', out);
}

static void
print_message(FILE *out, const struct columns *columns, const struct flow *flow,
              const struct flow_moment *moment)
{
    static struct event event; /* large */
    char said[PAPER_SAID];
    char label[LABEL];
    char time[32];
    int from;
    int to;
    flow_event(moment, &event);
    paper_say_message(said, flow, moment, &event);
    paper_time(time, sizeof time, moment->has_time, moment->time_us);
    snprintf(label, sizeof label, "%s%s%s", time, time[0] == '\0' ? "" : " ", said);
    ends_of(columns, moment, &event, &from, &to);
    if (from == COLUMN_NONE) {
        print_note(out, columns, label);
        return;
    }
    fprintf(out, "    p%d%sp%d: ", from, event.kind == EVENT_CONNECTION_CLEARED ? "-x" : "->>", to);
    print_text(out, label);
    fputc('\n', out);
}

static void
print_verdict(FILE *out, const struct columns *columns, const struct verdict_group *group)
{
    char label[LABEL];
    const struct rule_row *rule = rule_row(group->first->rule);
    snprintf(label, sizeof label, "%.*s, %s, %s, section %s",
             group->ctrl.length == 0 ? 6 : (int)group->ctrl.length,
             group->ctrl.length == 0 ? "nobody" : group->ctrl.at, reason_name(group->first->reason),
             rule->says, rule->section);
    print_note(out, columns, label);
}

void
paper_mermaid(const struct paper *paper, const struct flow *flow)
{
    struct columns columns;
    struct verdicts verdicts;
    columns_open(&columns, flow);
    verdicts_open(&verdicts, flow);
    fputs("sequenceDiagram\n", paper->out);
    for (uint32_t i = 0; i < columns.count; i++) {
        fprintf(paper->out, "    participant p%u as ", i);
        const char *name = columns.list[i].names[0];
        print_text(paper->out, name[0] == '\0' ? "caller" : name);
        fputc('\n', paper->out);
    }
    for (uint32_t i = 0; i < flow->moment_count && columns.count > 0; i++)
        print_message(paper->out, &columns, flow, &flow->moments[i]);
    for (uint32_t i = 0; i < verdicts.count && columns.count > 0; i++)
        print_verdict(paper->out, &columns, &verdicts.groups[i]);
    verdicts_close(&verdicts);
    columns_close(&columns);
}
