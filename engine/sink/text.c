/*
 * engine/sink/text.c - outcomes as a table for people.
 *
 * One row for each party that ended and one for each call. A party's DN event says how it ended,
 * its EventCallPartyDeleted says who did it: the two follow each other in a lane and become one
 * row; so a DN event is held back until the next outcome of its lane is seen.
 *
 * Durations count from the answer; in parentheses, from the start of what was never answered.
 */
#include "engine/sink/sink.h"

#include <stdio.h>

#include "base/json_write.h"
#include "base/log.h"
#include "base/mask.h"

enum column {
    COLUMN_TIME,
    COLUMN_LINK,
    COLUMN_CALL,
    COLUMN_PARTY,
    COLUMN_EVENT,
    COLUMN_WHO,
    COLUMN_REASON,
    COLUMN_EVIDENCE,
    COLUMN_DURATION, /* last, and set to the right: rows end without blanks */
    COLUMN_COUNT,
};

static_assert((int)COLUMN_COUNT == (int)TABLE_COLUMNS, "sink.h has a width for each");

enum {
    COLUMNS_LEAST = 80,
    COLUMNS_MOST = 120,
    CELL_SIZE = 512, /* a text of EVENT_TEXT_LENGTH bytes, each escaped, and words around it */
    TIME_WIDTH = 12, /* 10:00:05.250 */
};

/* How wide each column is on COLUMNS_LEAST and on COLUMNS_MOST columns. */
static const struct {
    const char *heading;
    uint8_t least;
    uint8_t most;
} columns[COLUMN_COUNT] = {
    [COLUMN_TIME] = {"time", TIME_WIDTH, TIME_WIDTH},
    [COLUMN_LINK] = {"link", 4, 8},
    [COLUMN_CALL] = {"call", 6, 10},
    [COLUMN_PARTY] = {"party", 6, 12},
    [COLUMN_EVENT] = {"event", 10, 10},
    [COLUMN_WHO] = {"who", 10, 19},
    [COLUMN_REASON] = {"reason", 9, 16},
    [COLUMN_EVIDENCE] = {"evidence", 6, 16},
    [COLUMN_DURATION] = {"duration", 9, 9},
};

struct row {
    char cells[COLUMN_COUNT][CELL_SIZE];
    const char *colour; /* of the answer; NULL for none */
};

static void
lay_out(struct sink *sink)
{
    uint32_t width = sink->look.columns;
    if (width < COLUMNS_LEAST)
        width = COLUMNS_LEAST;
    if (width > COLUMNS_MOST)
        width = COLUMNS_MOST;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        uint32_t more = columns[i].most - columns[i].least;
        uint32_t grown = more * (width - COLUMNS_LEAST) / (COLUMNS_MOST - COLUMNS_LEAST);
        sink->widths[i] = (uint8_t)(columns[i].least + grown);
    }
}

static bool
starts_character(char byte)
{
    return ((uint8_t)byte & 0xc0) != 0x80;
}

/* The bytes of the first `width` characters of a cell; all of it if it has fewer. */
static uint32_t
cell_bytes(const char *cell, uint32_t width)
{
    uint32_t at = 0;
    for (uint32_t count = 0; cell[at] != '\0'; at++)
        if (starts_character(cell[at]) && count++ == width)
            break;
    return at;
}

static uint32_t
cell_width(const char *cell)
{
    uint32_t count = 0;
    for (; *cell != '\0'; cell++)
        count += starts_character(*cell);
    return count;
}

static char *
put(char *at, const char *bytes, uint32_t count)
{
    memcpy(at, bytes, count);
    return at + count;
}

static char *
put_string(char *at, const char *string)
{
    return put(at, string, (uint32_t)strlen(string));
}

static char *
put_blanks(char *at, uint32_t count)
{
    memset(at, ' ', count);
    return at + count;
}

/* A cell that is too long. Calls and parties differ in their last digits: those are kept. */
static char *
put_cut(char *at, const char *cell, uint32_t width, enum column column)
{
    if (column == COLUMN_CALL || column == COLUMN_PARTY) {
        at = put_string(at, "\u2026");
        return put_string(at, cell + cell_bytes(cell, cell_width(cell) - (width - 1)));
    }
    at = put(at, cell, cell_bytes(cell, width - 1));
    return put_string(at, "\u2026");
}

/* A cell in its width: filled up, or cut with an ellipsis. */
static char *
put_cell(char *at, const char *cell, uint32_t width, enum column column)
{
    bool to_the_right = column == COLUMN_DURATION;
    uint32_t wanted = cell_width(cell);
    if (wanted > width)
        return put_cut(at, cell, width, column);
    if (to_the_right)
        at = put_blanks(at, width - wanted);
    at = put_string(at, cell);
    return to_the_right ? at : put_blanks(at, width - wanted);
}

static char *
put_row(const struct sink *sink, char *at, const struct row *row)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        bool coloured = row->colour != NULL && (i == COLUMN_EVENT || i == COLUMN_WHO);
        if (i > 0)
            *at++ = ' ';
        if (coloured)
            at = put_string(at, row->colour);
        at = put_cell(at, row->cells[i], sink->widths[i], (enum column)i);
        if (coloured)
            at = put_string(at, "\033[0m");
    }
    *at++ = '\n';
    return at;
}

/* ---- what stands in the cells -------------------------------------------------------------- */

static void
set_word(char *cell, const char *word)
{
    snprintf(cell, CELL_SIZE, "%s", word);
}

static void
set_text(char *cell, struct text text)
{
    if (text_is_none(text))
        set_word(cell, "-");
    else
        log_escape(cell, CELL_SIZE, text);
}

static void
set_number(char *cell, struct text number)
{
    char masked[MASK_SIZE];
    set_text(cell, mask_number(masked, number));
}

/* `word` and the number that follows it. */
static void
set_word_and_number(char *cell, const char *word, struct text number)
{
    char masked[MASK_SIZE];
    uint32_t length = (uint32_t)strlen(word);
    memcpy(cell, word, length);
    log_escape(cell + length, CELL_SIZE - length, mask_number(masked, number));
}

static void
set_duration(char *cell, const struct shm_outcome *outcome)
{
    bool answered = outcome->flags & OUTCOME_HAS_SINCE_ANSWER;
    if (!answered && !(outcome->flags & OUTCOME_HAS_SINCE_START)) {
        set_word(cell, "-");
        return;
    }
    uint64_t ms = answered ? outcome->since_answer_ms : outcome->since_start_ms;
    uint64_t seconds = ms / 1000;
    char span[32];
    if (seconds < 60)
        snprintf(span, sizeof span, "%u.%u s", (unsigned)seconds, (unsigned)(ms % 1000 / 100));
    else if (seconds < 3600)
        snprintf(span, sizeof span, "%u:%02u", (unsigned)(seconds / 60), (unsigned)(seconds % 60));
    else if (seconds < 10 * 3600)
        snprintf(span, sizeof span, "%u:%02u:%02u", (unsigned)(seconds / 3600),
                 (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
    else
        snprintf(span, sizeof span, "%llu h", (unsigned long long)(seconds / 3600));
    snprintf(cell, CELL_SIZE, answered ? "%s" : "(%s)", span);
}

/* The words for how a party ended, seen from that party. */
static void
set_who_of_party(struct row *row, uint8_t releasing, struct text by)
{
    char *cell = row->cells[COLUMN_WHO];
    if (releasing == RELEASING_LOCAL) {
        set_word(cell, "local");
        row->colour = "\033[32m";
    } else if (releasing == RELEASING_REMOTE) {
        row->colour = "\033[33m";
        if (text_is_none(by))
            set_word(cell, "remote");
        else
            set_word_and_number(cell, "remote by ", by);
    } else {
        set_word(cell, "unknown");
        row->colour = "\033[31m";
    }
}

static void
set_who_of_call(struct row *row, struct text by)
{
    if (text_is_none(by))
        set_word(row->cells[COLUMN_WHO], "unknown");
    else
        set_word_and_number(row->cells[COLUMN_WHO], "by ", by);
    row->colour = "\033[2m";
}

/* What an EventCallPartyDeleted without a DN event tells of its party. */
static uint8_t
releasing_of(const struct shm_outcome *party_deleted)
{
    struct text by = outcome_text(party_deleted, OUTCOME_TEXT_CTRL_PARTY);
    if (text_is_none(by))
        return RELEASING_UNKNOWN;
    return text_is_equal(by, outcome_text(party_deleted, OUTCOME_TEXT_PARTY)) ? RELEASING_LOCAL
                                                                              : RELEASING_REMOTE;
}

static const char *
event_word(uint8_t event)
{
    static const char *const words[] = {
        [OUTCOME_RELEASED] = "released",
        [OUTCOME_ABANDONED] = "abandoned",
        [OUTCOME_PARTY_DELETED] = "party gone",
        [OUTCOME_CALL_DELETED] = "call ended",
    };
    return words[event];
}

/* The day on a line of its own when it is another than the last row's. */
static char *
put_day(struct sink *sink, char *at, const char *time)
{
    if (memcmp(sink->state->day, time, TABLE_DAY_SIZE) == 0)
        return at;
    memcpy(sink->state->day, time, TABLE_DAY_SIZE);
    at = put(at, time, TABLE_DAY_SIZE);
    *at++ = '\n';
    return at;
}

/* One row: `event` and `releasing` say how it ended, the rest is told by `outcome`. */
static char *
put_outcome(struct sink *sink, char *at, const struct shm_outcome *outcome, uint8_t event,
            uint8_t releasing)
{
    struct row row;
    set_word(row.cells[COLUMN_TIME], "-");
    if (outcome->flags & OUTCOME_HAS_TIME) {
        char time[JSON_TIME_SIZE];
        time_text(time, outcome->time_us);
        at = put_day(sink, at, time);
        set_text(row.cells[COLUMN_TIME], (struct text){time + TABLE_DAY_SIZE + 1, TIME_WIDTH});
    }
    set_text(row.cells[COLUMN_LINK], outcome_text(outcome, OUTCOME_TEXT_LINK));
    set_text(row.cells[COLUMN_CALL], outcome_text(outcome, OUTCOME_TEXT_CALL_ID));
    set_number(row.cells[COLUMN_PARTY], outcome_text(outcome, OUTCOME_TEXT_PARTY));
    set_word(row.cells[COLUMN_EVENT], event_word(event));
    if (event == OUTCOME_CALL_DELETED)
        set_who_of_call(&row, outcome_text(outcome, OUTCOME_TEXT_CTRL_PARTY));
    else
        set_who_of_party(&row, releasing, outcome_text(outcome, OUTCOME_TEXT_CTRL_PARTY));
    set_word(row.cells[COLUMN_REASON], reason_name(outcome->reason));
    set_word(row.cells[COLUMN_EVIDENCE], evidence_name(outcome->evidence));
    set_duration(row.cells[COLUMN_DURATION], outcome);
    if (!sink->look.colours)
        row.colour = NULL;
    return put_row(sink, at, &row);
}

/* ---- the sink ------------------------------------------------------------------------------ */

static bool
is_dn_event(const struct shm_outcome *outcome)
{
    return outcome->event == OUTCOME_RELEASED || outcome->event == OUTCOME_ABANDONED;
}

/* Do the DN event and the EventCallPartyDeleted tell of the same end of the same party? */
static bool
tell_the_same(const struct shm_outcome *dn_event, const struct shm_outcome *deleted)
{
    return deleted->event == OUTCOME_PARTY_DELETED && dn_event->conn_id == deleted->conn_id &&
           dn_event->decided_order == deleted->decided_order &&
           dn_event->reason == deleted->reason && dn_event->evidence == deleted->evidence &&
           text_is_equal(outcome_text(dn_event, OUTCOME_TEXT_PARTY),
                         outcome_text(deleted, OUTCOME_TEXT_PARTY));
}

static char *
put_held(struct sink *sink, char *at, uint32_t lane)
{
    struct shm_sink_lane *own = &sink->state->lanes[lane];
    const struct shm_outcome *held = &own->held;
    if (own->holds == 0)
        return at;
    own->holds = 0;
    return put_outcome(sink, at, held, held->event, held->releasing);
}

static uint32_t
text_begin(struct sink *sink, char *at)
{
    lay_out(sink);
    struct row row;
    for (int i = 0; i < COLUMN_COUNT; i++)
        set_word(row.cells[i], columns[i].heading);
    row.colour = NULL;
    char *start = at;
    if (sink->look.colours)
        at = put_string(at, "\033[1m");
    at = put_row(sink, at, &row);
    if (sink->look.colours)
        at = put_string(at - 1, "\033[0m\n");
    return (uint32_t)(at - start);
}

static uint32_t
text_row(struct sink *sink, char *at, const struct shm_outcome *outcome, uint32_t lane)
{
    char *start = at;
    struct shm_sink_lane *own = &sink->state->lanes[lane];
    const struct shm_outcome *held = &own->held;
    if (own->holds != 0 && tell_the_same(held, outcome)) {
        own->holds = 0;
        at = put_outcome(sink, at, outcome, held->event, held->releasing);
        return (uint32_t)(at - start);
    }
    at = put_held(sink, at, lane);
    if (is_dn_event(outcome)) {
        memcpy(&own->held, outcome, outcome_size(outcome));
        own->holds = 1;
    } else {
        at = put_outcome(sink, at, outcome, outcome->event, releasing_of(outcome));
    }
    return (uint32_t)(at - start);
}

static uint32_t
text_end(struct sink *sink, char *at, uint32_t lane)
{
    return (uint32_t)(put_held(sink, at, lane) - at);
}

const struct sink_format sink_text = {text_begin, text_row, text_end};
