/*
 * tools/explain/ladder.c - a flow for people: columns of parties, a line a message.
 *
 *      time    delta   Seq      2001       2002
 *     1.000            1          .                 ServiceInitiated 2001
 *     4.010   +2.510   5 6        |<--------|       Established 2002
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"
#include "tools/explain/columns.h"
#include "tools/explain/paper.h"

enum {
    WIDTH_MIN = 8, /* of a column */
    WIDTH_MAX = 18,
    SEQ_WIDTH = 10,
    CALL_MARK = 'x',
};

struct ladder {
    const struct paper *paper;
    const struct flow *flow;
    struct columns columns;
    uint32_t width;
    char *row; /* columns.count * width bytes and a 0 */
    int64_t last_us;
    bool has_last;
};

/* ---- a row --------------------------------------------------------------------------------- */

static char *
centre_of(const struct ladder *ladder, uint32_t column)
{
    return &ladder->row[column * ladder->width + ladder->width / 2];
}

static void
draw_lines(const struct ladder *ladder, uint64_t conn_id)
{
    memset(ladder->row, ' ', (size_t)ladder->columns.count * ladder->width);
    for (uint32_t i = 0; i < ladder->columns.count; i++)
        *centre_of(ladder, i) = columns_line(&ladder->columns, i, conn_id);
}

/* From one party to another; what stands between them is crossed. */
static void
draw_arrow(const struct ladder *ladder, int from, int to)
{
    if (from == COLUMN_NONE || to == COLUMN_NONE || from == to)
        return;
    char *begin = centre_of(ladder, (uint32_t)from);
    char *end = centre_of(ladder, (uint32_t)to);
    int step = begin < end ? 1 : -1;
    for (char *at = begin + step; at != end; at += step)
        *at = '-';
    *(end - step) = step > 0 ? '>' : '<';
}

static void
draw_mark(const struct ladder *ladder, int column, char mark)
{
    if (column != COLUMN_NONE)
        *centre_of(ladder, (uint32_t)column) = mark;
}

static int
column_of(const struct ladder *ladder, const struct event *event, enum event_text which)
{
    return columns_find(&ladder->columns, event->texts[which]);
}

static int
subject_of(const struct ladder *ladder, const struct flow_moment *moment, const struct event *event)
{
    int subject = columns_find(&ladder->columns, text_of(moment->subject));
    if (subject == COLUMN_NONE)
        subject = column_of(ladder, event, EVENT_TEXT_DEVICE);
    return subject != COLUMN_NONE ? subject : column_of(ladder, event, EVENT_TEXT_SUBJECT);
}

static void
draw_clearing(const struct ladder *ladder, const struct event *event, int subject)
{
    draw_arrow(ladder, column_of(ladder, event, EVENT_TEXT_RELEASING), subject);
    draw_mark(ladder, subject, CALL_MARK);
}

static void
draw_join(const struct ladder *ladder, const struct event *event)
{
    int controller = column_of(ladder, event, EVENT_TEXT_SUBJECT);
    if (controller == COLUMN_NONE)
        controller = column_of(ladder, event, EVENT_TEXT_DEVICE);
    draw_arrow(ladder, controller, column_of(ladder, event, EVENT_TEXT_NEW_DESTINATION));
    draw_mark(ladder, controller, event->kind == EVENT_TRANSFERRED ? 'T' : 'C');
}

static void
draw_message(const struct ladder *ladder, const struct flow_moment *moment,
             const struct event *event)
{
    int subject = subject_of(ladder, moment, event);
    int caller = columns_of_caller(&ladder->columns, event);
    int requester = column_of(ladder, event, EVENT_TEXT_REQUESTER);
    uint8_t kind = event->kind;
    if (kind == EVENT_DELIVERED || kind == EVENT_OFFERED || kind == EVENT_QUEUED ||
        kind == EVENT_NETWORK_REACHED || kind == EVENT_FAILED)
        draw_arrow(ladder, caller, subject);
    else if (kind == EVENT_ESTABLISHED)
        draw_arrow(ladder, subject, caller);
    else if (kind == EVENT_DIVERTED)
        draw_arrow(ladder, subject, column_of(ladder, event, EVENT_TEXT_NEW_DESTINATION));
    else if (kind == EVENT_CONNECTION_CLEARED)
        draw_clearing(ladder, event, subject);
    else if (kind == EVENT_TRANSFERRED || kind == EVENT_CONFERENCED)
        draw_join(ladder, event);
    else if (kind == EVENT_CLEAR_CONNECTION || kind == EVENT_CLEAR_CALL)
        draw_arrow(ladder, requester, subject);
}

/* ---- what stands around it ----------------------------------------------------------------- */

static void
say_delta(struct ladder *ladder, const struct flow_moment *moment, char *buffer, size_t size)
{
    buffer[0] = '\0';
    if (!moment->has_time)
        return;
    if (ladder->has_last) {
        int64_t delta = (moment->time_us - ladder->last_us) / 1000;
        char sign = delta < 0 ? '-' : '+';
        uint64_t ms = (uint64_t)(delta < 0 ? -delta : delta);
        snprintf(buffer, size, "%c%llu.%03llu", sign, (unsigned long long)(ms / 1000),
                 (unsigned long long)(ms % 1000));
    }
    ladder->last_us = moment->time_us;
    ladder->has_last = true;
}

/* The message's Seq and its copies': "5 6". */
static void
say_seqs(const struct flow_moment *moment, char *buffer, size_t size)
{
    size_t used = 0;
    buffer[0] = '\0';
    if (moment->seq == 0)
        return;
    used = (size_t)snprintf(buffer, size, "%llu", (unsigned long long)moment->seq);
    for (uint32_t i = 0; i < moment->copy_count && used < size; i++)
        used += (size_t)snprintf(buffer + used, size - used, " %llu",
                                 (unsigned long long)moment->copies[i].seq);
}

/* A line that goes on with the one above it. */
static void
print_below(const struct ladder *ladder, uint64_t conn_id, const char *mark, const char *said)
{
    draw_lines(ladder, conn_id);
    fprintf(ladder->paper->out, "%12s %9s  %-*s%s  %s %s\n", "", "", SEQ_WIDTH, "", ladder->row,
            mark, said);
}

static const char *
party_name(char buffer[PAPER_TEXT], const struct shm_outcome *outcome)
{
    struct text party = outcome_text(outcome, OUTCOME_TEXT_PARTY);
    return party.length == 0 ? "the caller" : log_escape(buffer, PAPER_TEXT, party);
}

/* The DN event of the same party, which stands just before. */
static bool
is_told_by(const struct shm_outcome *outcome, const struct shm_outcome *before)
{
    return before->event < OUTCOME_PARTY_DELETED && before->conn_id == outcome->conn_id &&
           text_is_equal(outcome_text(before, OUTCOME_TEXT_PARTY),
                         outcome_text(outcome, OUTCOME_TEXT_PARTY));
}

/* Said only where there is more than one call. */
static const char *
in_call(const struct ladder *ladder, const struct shm_outcome *outcome, char where[PAPER_TEXT + 16])
{
    char name[PAPER_TEXT];
    const struct flow_call *call = flow_call_of(ladder->flow, outcome->conn_id);
    where[0] = '\0';
    if (ladder->flow->call_count > 1 && call != NULL)
        snprintf(where, PAPER_TEXT + 16, ", in call %s",
                 log_escape(name, sizeof name, text_of(call->call_id)));
    return where;
}

static void
print_outcome(const struct ladder *ladder, const struct shm_outcome *outcome)
{
    char name[PAPER_TEXT];
    char said[3 * PAPER_TEXT];
    char where[PAPER_TEXT + 16];
    const struct flow_call *call = flow_call_of(ladder->flow, outcome->conn_id);
    switch ((enum outcome_event)outcome->event) {
    case OUTCOME_RELEASED:
    case OUTCOME_ABANDONED:
        snprintf(said, sizeof said, "%s %s %s, %s%s", outcome_event_name(outcome->event),
                 party_name(name, outcome), releasing_party_name(outcome->releasing),
                 reason_name(outcome->reason), in_call(ladder, outcome, where));
        break;
    case OUTCOME_PARTY_DELETED:
        snprintf(said, sizeof said, "%s ended, %s%s; not monitored", party_name(name, outcome),
                 reason_name(outcome->reason), in_call(ladder, outcome, where));
        break;
    case OUTCOME_CALL_DELETED:
        snprintf(said, sizeof said, "call %s ended, %s",
                 log_escape(name, sizeof name, text_of(call == NULL ? "" : call->call_id)),
                 reason_name(outcome->reason));
        break;
    case OUTCOME_EVENT_COUNT:
        return;
    }
    print_below(ladder, outcome->conn_id, "=>", said);
}

static void
print_effects(const struct ladder *ladder, const struct flow_moment *moment)
{
    char said[PAPER_SAID];
    const struct rule_row *rule = rule_row(moment->rule);
    if (rule->kind == RULE_IS_SILENT) {
        snprintf(said, sizeof said, "%s (section %s)", rule->says, rule->section);
        print_below(ladder, moment->conn_id, "--", said);
    }
    for (uint32_t i = 0; i < moment->outcome_count; i++)
        if (moment->outcomes[i].event != OUTCOME_PARTY_DELETED || i == 0 ||
            !is_told_by(&moment->outcomes[i], &moment->outcomes[i - 1]))
            print_outcome(ladder, &moment->outcomes[i]);
}

static void
print_raw(const struct ladder *ladder, const struct flow_moment *moment)
{
    if (!ladder->paper->raw)
        return;
    if (moment->raw != NULL)
        paper_raw(ladder->paper->out, "      ", moment->raw, moment->raw_length);
    for (uint32_t i = 0; i < moment->copy_count; i++)
        if (moment->copies[i].raw != NULL)
            paper_raw(ladder->paper->out, "      ", moment->copies[i].raw,
                      moment->copies[i].raw_length);
}

static void
print_moment(struct ladder *ladder, const struct flow_moment *moment)
{
    static struct event event; /* large */
    char time[32];
    char delta[32];
    char seqs[PAPER_SAID];
    char said[PAPER_SAID];
    flow_event(moment, &event);
    columns_take(&ladder->columns, moment, &event);
    draw_lines(ladder, moment->conn_id);
    draw_message(ladder, moment, &event);
    paper_time(time, sizeof time, moment->has_time, moment->time_us);
    say_delta(ladder, moment, delta, sizeof delta);
    say_seqs(moment, seqs, sizeof seqs);
    paper_say_message(said, ladder->flow, moment, &event);
    fprintf(ladder->paper->out, "%12s %9s  %-*s%s  %s\n", time, delta, SEQ_WIDTH, seqs, ladder->row,
            said);
    print_raw(ladder, moment);
    columns_settle(&ladder->columns, moment);
    print_effects(ladder, moment);
}

/* ---- the head ------------------------------------------------------------------------------ */

static void
print_calls(const struct ladder *ladder)
{
    char name[PAPER_TEXT];
    FILE *out = ladder->paper->out;
    for (uint32_t i = 0; i < ladder->flow->call_count; i++) {
        const struct flow_call *call = &ladder->flow->calls[i];
        fprintf(out, "%s %s", i == 0 ? "Call" : "  with",
                log_escape(name, sizeof name, text_of(call->call_id)));
        if (i == 0)
            fprintf(out, " on %s", log_escape(name, sizeof name, text_of(ladder->flow->link)));
        fprintf(out, ", ConnID %016llx", (unsigned long long)call->conn_id);
        if (call->joined_to != 0)
            fprintf(out, ", joined to %016llx", (unsigned long long)call->joined_to);
        else if (!call->ended)
            fputs(", still open", out);
        fputc('\n', out);
    }
    if (ladder->flow->begins_late)
        fputs("  The beginning is gone from the engine's history.\n", out);
    fputs("\n  . dials   : rings   | talks   = holds   q queued   f failed   x cleared   T C "
          "joins\n\n",
          out);
}

static void
print_names(const struct ladder *ladder)
{
    char name[PAPER_TEXT];
    FILE *out = ladder->paper->out;
    fprintf(out, "%12s %9s  %-*s", "time", "delta", SEQ_WIDTH, "Seq");
    for (uint32_t i = 0; i < ladder->columns.count; i++) {
        const struct column *column = &ladder->columns.list[i];
        log_escape(name, sizeof name,
                   text_of(column->names[0][0] == '\0' ? "(caller)" : column->names[0]));
        uint32_t room = ladder->width - 1;
        uint32_t length = (uint32_t)strlen(name);
        uint32_t shown = length < room ? length : room;
        uint32_t before = (ladder->width - shown) / 2;
        fprintf(out, "%*s%.*s%*s", (int)before, "", (int)shown, name + (length - shown),
                (int)(ladder->width - shown - before), "");
    }
    fputc('\n', out);
}

/* Names that do not fit, and other names of the same party. */
static void
print_legend(const struct ladder *ladder)
{
    char name[PAPER_TEXT];
    for (uint32_t i = 0; i < ladder->columns.count; i++) {
        const struct column *column = &ladder->columns.list[i];
        if (column->name_count < 2 && strlen(column->names[0]) < ladder->width)
            continue;
        fprintf(ladder->paper->out, "%s", log_escape(name, sizeof name, text_of(column->names[0])));
        for (uint32_t other = 1; other < column->name_count; other++)
            fprintf(ladder->paper->out, "%s %s", other == 1 ? " is also" : ",",
                    log_escape(name, sizeof name, text_of(column->names[other])));
        fputc('\n', ladder->paper->out);
    }
}

static uint32_t
width_of(const struct columns *columns)
{
    uint32_t width = WIDTH_MIN;
    for (uint32_t i = 0; i < columns->count; i++) {
        uint32_t length = (uint32_t)strlen(columns->list[i].names[0]) + 2;
        width = length > width ? length : width;
    }
    return width < WIDTH_MAX ? width : WIDTH_MAX;
}

void
paper_ladder(const struct paper *paper, const struct flow *flow)
{
    struct ladder ladder = {.paper = paper, .flow = flow};
    columns_open(&ladder.columns, flow);
    ladder.width = width_of(&ladder.columns);
    ladder.row = calloc((size_t)ladder.columns.count * ladder.width + 1, 1);
    CHECK(ladder.row != NULL);
    print_calls(&ladder);
    print_names(&ladder);
    for (uint32_t i = 0; i < flow->moment_count; i++)
        print_moment(&ladder, &flow->moments[i]);
    fputc('\n', paper->out);
    print_legend(&ladder);
    free(ladder.row);
    columns_close(&ladder.columns);
    paper_verdicts(paper, flow);
}
