#include "tools/explain/columns.h"

#include <stdlib.h>

#include "base/check.h"

/* ---- names --------------------------------------------------------------------------------- */

static bool
has_name(const struct column *column, struct text name)
{
    for (uint32_t i = 0; i < column->name_count; i++)
        if (text_is_equal(text_of(column->names[i]), name))
            return true;
    return false;
}

int
columns_find(const struct columns *columns, struct text name)
{
    for (uint32_t i = 0; name.length != 0 && i < columns->count; i++)
        if (has_name(&columns->list[i], name))
            return (int)i;
    return COLUMN_NONE;
}

static void
set_name(char *to, struct text name)
{
    memcpy(to, name.at, name.length);
    to[name.length] = '\0';
}

static void
add_name(struct columns *columns, int which, struct text name)
{
    struct column *column = &columns->list[which];
    if (name.length == 0 || name.length >= FLOW_NAME || columns_find(columns, name) != COLUMN_NONE)
        return;
    if (column->names[0][0] == '\0')
        set_name(column->names[0], name); /* the caller has a name after all */
    else if (column->name_count < COLUMN_NAMES_MAX)
        set_name(column->names[column->name_count++], name);
}

/* It is called so from now on. */
static void
prefer_name(struct columns *columns, int which, struct text name)
{
    struct column *column = &columns->list[which];
    add_name(columns, which, name);
    for (uint32_t i = 1; i < column->name_count; i++) {
        if (!text_is_equal(text_of(column->names[i]), name))
            continue;
        char first[FLOW_NAME];
        memcpy(first, column->names[0], FLOW_NAME);
        memmove(column->names[0], column->names[i], FLOW_NAME);
        memcpy(column->names[i], first, FLOW_NAME);
    }
}

static int
add_column(struct columns *columns, struct text name)
{
    columns->list = flow_grow(columns->list, columns->count, sizeof *columns->list);
    struct column *column = &columns->list[columns->count];
    *column = (struct column){.name_count = 1};
    if (name.length < FLOW_NAME && name.length != 0)
        set_name(column->names[0], name);
    return (int)columns->count++;
}

static int
nameless(const struct columns *columns)
{
    for (uint32_t i = 0; i < columns->count; i++)
        if (columns->list[i].names[0][0] == '\0')
            return (int)i;
    return COLUMN_NONE;
}

/* ---- who there is -------------------------------------------------------------------------- */

static bool
brings_caller(uint8_t kind)
{
    return kind == EVENT_DELIVERED || kind == EVENT_OFFERED || kind == EVENT_QUEUED ||
           kind == EVENT_NETWORK_REACHED;
}

static bool
is_call_event(uint8_t kind)
{
    return kind > EVENT_NONE && kind < EVENT_CLEAR_CONNECTION;
}

static bool
is_join(uint8_t kind)
{
    return kind == EVENT_CONFERENCED || kind == EVENT_TRANSFERRED;
}

static bool
is_first_of_call(const struct flow *flow, const struct flow_moment *moment)
{
    for (const struct flow_moment *each = flow->moments; each < moment; each++)
        if (each->conn_id == moment->conn_id && is_call_event(each->kind))
            return false;
    return true;
}

static struct text
caller_name(const struct event *event)
{
    struct text calling = event->texts[EVENT_TEXT_CALLING];
    return calling.length != 0 ? calling : event->texts[EVENT_TEXT_NETWORK_DEVICE];
}

int
columns_of_caller(const struct columns *columns, const struct event *event)
{
    int caller = columns_find(columns, event->texts[EVENT_TEXT_CALLING]);
    if (caller == COLUMN_NONE)
        caller = columns_find(columns, event->texts[EVENT_TEXT_NETWORK_DEVICE]);
    return caller != COLUMN_NONE || caller_name(event).length != 0 ? caller : nameless(columns);
}

static void
meet_caller(struct columns *columns, const struct event *event)
{
    struct text name = caller_name(event);
    int caller = columns_find(columns, name);
    if (caller == COLUMN_NONE)
        caller = add_column(columns, name);
    add_name(columns, caller, event->texts[EVENT_TEXT_NETWORK_DEVICE]);
}

static void
meet_subject(struct columns *columns, const struct flow_moment *moment, const struct event *event)
{
    struct text device = event->texts[EVENT_TEXT_DEVICE];
    struct text subject = event->texts[EVENT_TEXT_SUBJECT];
    struct text party = text_of(moment->subject);
    bool names_party = event->kind != EVENT_NETWORK_REACHED && event->kind != EVENT_DIVERTED;
    int which = columns_find(columns, party);
    if (which == COLUMN_NONE)
        which = columns_find(columns, device);
    if (which == COLUMN_NONE && names_party)
        which = columns_find(columns, subject);
    if (which == COLUMN_NONE && party.length != 0)
        which = event->kind == EVENT_CONNECTION_CLEARED ? nameless(columns) : COLUMN_NONE;
    bool is_party = party.length != 0 ||
                    (event->kind != EVENT_FAILED && event->kind != EVENT_CONNECTION_CLEARED);
    struct text name = party.length != 0 ? party : subject.length != 0 ? subject : device;
    if (which == COLUMN_NONE && is_party && name.length != 0)
        which = add_column(columns, name);
    if (which == COLUMN_NONE)
        return;
    if (party.length != 0)
        prefer_name(columns, which, party);
    add_name(columns, which, device);
    if (names_party)
        add_name(columns, which, subject);
}

static void
meet_item(struct columns *columns, const struct event_item *item)
{
    const struct text names[] = {item->endpoint, item->old_device, item->new_device};
    int which = COLUMN_NONE;
    for (int i = 0; i < 3 && which == COLUMN_NONE; i++)
        which = columns_find(columns, names[i]);
    for (int i = 0; i < 3; i++) {
        if (which == COLUMN_NONE && names[i].length != 0)
            which = add_column(columns, names[i]);
        if (which != COLUMN_NONE)
            add_name(columns, which, names[i]);
    }
}

static void
meet(struct columns *columns, const struct flow_moment *moment)
{
    static struct event event; /* large */
    flow_event(moment, &event);
    if (brings_caller(moment->kind) && is_first_of_call(columns->flow, moment))
        meet_caller(columns, &event);
    if (is_join(moment->kind)) {
        for (uint32_t i = 0; i < event.item_count; i++)
            meet_item(columns, &event.items[i]);
    } else if (is_call_event(moment->kind) && moment->kind != EVENT_CALL_CLEARED) {
        meet_subject(columns, moment, &event);
    }
    for (uint32_t i = 0; i < moment->outcome_count; i++) {
        struct text party = outcome_text(&moment->outcomes[i], OUTCOME_TEXT_PARTY);
        int which = columns_find(columns, party);
        if (which == COLUMN_NONE && party.length != 0)
            which =
                nameless(columns) != COLUMN_NONE ? nameless(columns) : add_column(columns, party);
        if (which != COLUMN_NONE)
            prefer_name(columns, which, party);
    }
}

void
columns_open(struct columns *columns, const struct flow *flow)
{
    *columns = (struct columns){.flow = flow};
    for (uint32_t i = 0; i < flow->moment_count; i++)
        meet(columns, &flow->moments[i]);
    size_t places = (size_t)columns->count * flow->call_count;
    columns->lines = malloc(places + 1);
    CHECK(columns->lines != NULL);
    memset(columns->lines, LINE_AWAY, places);
}

void
columns_close(struct columns *columns)
{
    free(columns->list);
    free(columns->lines);
}

/* ---- what they do -------------------------------------------------------------------------- */

/* Where the party's line of that call stands; NULL: no such party, or call. */
static char *
line_of(const struct columns *columns, int column, uint64_t conn_id)
{
    const struct flow_call *call = flow_call_of(columns->flow, conn_id);
    if (column == COLUMN_NONE || call == NULL)
        return NULL;
    return &columns->lines[(size_t)column * columns->flow->call_count +
                           (size_t)(call - columns->flow->calls)];
}

static void
set_line(const struct columns *columns, int column, uint64_t conn_id, char line)
{
    char *place = line_of(columns, column, conn_id);
    if (place != NULL)
        *place = line;
}

/* Everybody of the call whose line is `from`, but for `except`. */
static void
set_lines(const struct columns *columns, int except, uint64_t conn_id, char from, char to)
{
    for (uint32_t i = 0; i < columns->count; i++) {
        char *place = line_of(columns, (int)i, conn_id);
        if (place != NULL && (int)i != except && *place == from)
            *place = to;
    }
}

static void
join_lines(const struct columns *columns, uint64_t conn_id, uint64_t other)
{
    for (uint32_t i = 0; i < columns->count; i++) {
        char *from = line_of(columns, (int)i, other);
        char *to = line_of(columns, (int)i, conn_id);
        if (from == NULL || to == NULL)
            continue;
        if (*to == LINE_AWAY)
            *to = *from;
        *from = LINE_AWAY;
    }
}

static void
take_join(struct columns *columns, const struct flow_moment *moment, const struct event *event)
{
    if (moment->is_copy)
        return;
    join_lines(columns, moment->conn_id, moment->other_conn_id);
    join_lines(columns, moment->conn_id, moment->early_conn_id);
    for (uint32_t i = 0; i < event->item_count; i++) {
        const struct event_item *item = &event->items[i];
        struct text name = item->endpoint.length != 0 ? item->endpoint : item->new_device;
        char *place = line_of(columns, columns_find(columns, name), moment->conn_id);
        if (place != NULL && (*place == LINE_AWAY || event->kind == EVENT_CONFERENCED))
            *place = LINE_TALKS;
    }
}

/* The line a party has after an event of that kind about it; LINE_AWAY: it does not say. */
static char
line_after(uint8_t kind)
{
    static const char lines[EVENT_KIND_COUNT] = {
        [EVENT_SERVICE_INITIATED] = LINE_BEGINS,
        [EVENT_DIGITS_DIALED] = LINE_BEGINS,
        [EVENT_ORIGINATED] = LINE_TALKS,
        [EVENT_DELIVERED] = LINE_RINGS,
        [EVENT_OFFERED] = LINE_RINGS,
        [EVENT_ESTABLISHED] = LINE_TALKS,
        [EVENT_QUEUED] = LINE_QUEUED,
        [EVENT_HELD] = LINE_HOLDS,
        [EVENT_RETRIEVED] = LINE_TALKS,
        [EVENT_NETWORK_REACHED] = LINE_TALKS,
        [EVENT_BRIDGED] = LINE_TALKS,
        [EVENT_FAILED] = LINE_FAILED,
    };
    return lines[kind] != 0 ? lines[kind] : LINE_AWAY;
}

static char
line_of_local(uint8_t local)
{
    static const char lines[] = {
        [LOCAL_INITIATED] = LINE_BEGINS, [LOCAL_ALERTING] = LINE_RINGS,
        [LOCAL_CONNECTED] = LINE_TALKS,  [LOCAL_HOLD] = LINE_HOLDS,
        [LOCAL_QUEUED] = LINE_QUEUED,
    };
    return local < sizeof lines && lines[local] != 0 ? lines[local] : LINE_AWAY;
}

/* The message that makes a call known tells of two others: the device of the monitor, and in an
 * Established that of originatingNIDConnection (docs/attribution.md, The middle of a call). */
static void
take_first(struct columns *columns, const struct flow_moment *moment, const struct event *event,
           int subject)
{
    const struct text *texts = event->texts;
    int monitor = columns_find(columns, texts[EVENT_TEXT_MONITOR_DEVICE]);
    int network = columns_find(columns, texts[EVENT_TEXT_NETWORK_DEVICE]);
    char line = line_of_local(event->local_state);
    if (line != LINE_AWAY && monitor != subject)
        set_line(columns, monitor, moment->conn_id, line);
    if (event->kind == EVENT_ESTABLISHED && network != subject)
        set_line(columns, network, moment->conn_id, LINE_TALKS);
}

static int
subject_column(const struct columns *columns, const struct flow_moment *moment,
               const struct event *event)
{
    int subject = columns_find(columns, text_of(moment->subject));
    return subject != COLUMN_NONE ? subject
                                  : columns_find(columns, event->texts[EVENT_TEXT_DEVICE]);
}

void
columns_take(struct columns *columns, const struct flow_moment *moment, const struct event *event)
{
    uint8_t kind = event->kind;
    uint64_t conn_id = moment->conn_id;
    int subject = subject_column(columns, moment, event);
    if (is_join(kind)) {
        take_join(columns, moment, event);
        return;
    }
    if (!is_call_event(kind) || moment->is_copy || moment->rule == RULE_CALL_WAS_OVER)
        return;
    if (is_first_of_call(columns->flow, moment))
        take_first(columns, moment, event, subject);
    if (line_after(kind) != LINE_AWAY)
        set_line(columns, subject, conn_id, line_after(kind));
    if (brings_caller(kind) || kind == EVENT_ESTABLISHED)
        set_lines(columns, subject, conn_id, LINE_BEGINS, LINE_TALKS);
    int caller = columns_of_caller(columns, event);
    if (brings_caller(kind) && caller != subject && is_first_of_call(columns->flow, moment))
        set_line(columns, caller, conn_id, LINE_TALKS);
    bool leaves = kind == EVENT_DIVERTED ||
                  (kind == EVENT_CONNECTION_CLEARED && moment->rule != RULE_HOLD_CLEARING &&
                   moment->rule != RULE_MANY_PHONES && moment->rule != RULE_FITS_NOBODY);
    if (leaves)
        set_line(columns, subject, conn_id, LINE_AWAY);
    if (kind == EVENT_CALL_CLEARED)
        for (uint32_t i = 0; i < columns->count; i++)
            set_line(columns, (int)i, conn_id, LINE_AWAY);
    if (moment->rule != RULE_LEFT_QUEUE)
        return;
    int from = columns_find(columns, event->texts[EVENT_TEXT_LAST_REDIRECTION]);
    const char *place = line_of(columns, from, conn_id);
    if (place != NULL && *place == LINE_QUEUED)
        set_line(columns, from, conn_id, LINE_AWAY);
    else
        set_lines(columns, subject, conn_id, LINE_QUEUED, LINE_AWAY);
}

void
columns_settle(struct columns *columns, const struct flow_moment *moment)
{
    for (uint32_t i = 0; i < moment->outcome_count; i++) {
        const struct shm_outcome *outcome = &moment->outcomes[i];
        if (outcome->event == OUTCOME_CALL_DELETED) {
            for (uint32_t column = 0; column < columns->count; column++)
                set_line(columns, (int)column, outcome->conn_id, LINE_AWAY);
            continue;
        }
        struct text party = outcome_text(outcome, OUTCOME_TEXT_PARTY);
        int column = party.length != 0 ? columns_find(columns, party) : nameless(columns);
        set_line(columns, column, outcome->conn_id, LINE_AWAY);
    }
}

char
columns_line(const struct columns *columns, uint32_t column, uint64_t conn_id)
{
    const char *place = line_of(columns, (int)column, conn_id);
    if (place != NULL && *place != LINE_AWAY)
        return *place;
    if (columns->lines == NULL)
        return LINE_AWAY;
    const char *lines = &columns->lines[(size_t)column * columns->flow->call_count];
    for (uint32_t i = 0; i < columns->flow->call_count; i++)
        if (lines[i] != LINE_AWAY)
            return lines[i];
    return LINE_AWAY;
}
