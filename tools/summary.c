#include "tools/summary.h"

#include <string.h>

#include "base/check.h"
#include "base/json_write.h"
#include "ipc/outcome_record.h"
#include "ipc/process_state.h"

enum {
    FIRST_BY_REASON = COUNTER_DISORDERED + 1, /* what ipc/counters.def makes of ipc/reason.def */
    GROUPED_SIZE = 32,                        /* 18,446,744,073,709,551,615 and its end */
    JSON_SIZE = 16 * 1024,
};

static_assert((int)FIRST_BY_REASON == (int)COUNTER_LOCAL_ABNORMAL,
              "all before it are told by name");

/* What calls for a look when it is not zero, and what to do about it. */
static const struct {
    enum counter counter;
    const char *label;
    const char *advice;
} oddities[] = {
    {COUNTER_FRAMING_ERRORS, "framing errors", "streams that ended there"},
    {COUNTER_CALLS_FORCED_OUT, "calls forced out", "gave way to new ones: raise max-calls"},
    {COUNTER_GROUPS_CUT, "groups cut", "more related calls than can move together"},
    {COUNTER_OVERSIZE_CALLS, "oversize calls", "messages not applied: their call is too large"},
    {COUNTER_UNMATCHED_RELEASERS, "unmatched releasers",
     "releasing devices that fit nothing in their call: an alias in [aliases] may be missing"},
    {COUNTER_UNMATCHED_CLEARINGS, "unmatched clearings", "their connection fits no party"},
    {COUNTER_UNMATCHED_ANSWERS, "unmatched answers", "to no request that was seen"},
    {COUNTER_DEAD_LETTERS, "dead letters", "inputs passed over: their process died of them"},
    {COUNTER_BAD_RECORDS, "bad records", "event records a worker could not read: a defect"},
    {COUNTER_BAD_OUTCOMES, "bad outcomes", "the publisher could not read: a defect"},
    {COUNTER_DISORDERED, "out of order", "outcomes that came too late: a defect"},
};

enum {
    ODDITY_COUNT = sizeof oddities / sizeof *oddities,
};

static void
add_process(struct summary *summary, const struct shm_process *process)
{
    for (int i = 0; i < COUNTER_COUNT; i++)
        summary->counts[i] += counter_read(&process->counters, (enum counter)i);
}

void
summary_take(struct summary *summary, const struct shared_engine *engine, uint64_t elapsed_ms)
{
    memset(summary, 0, sizeof *summary);
    summary->elapsed_ms = elapsed_ms;
    add_process(summary, engine->publisher);
    for (uint32_t i = 0; i < engine->shape.frontends; i++) {
        add_process(summary, &engine->frontends[i]);
        summary->frontend_restarts += process_restarts(&engine->frontends[i]);
    }
    for (uint32_t i = 0; i < engine->shape.workers; i++) {
        add_process(summary, &engine->workers[i]);
        summary->worker_restarts += process_restarts(&engine->workers[i]);
    }
    summary->publisher_restarts = process_restarts(engine->publisher);
}

uint64_t
summary_calls_open(const struct summary *summary)
{
    uint64_t opened = summary->counts[COUNTER_CALLS_OPENED];
    uint64_t closed = summary->counts[COUNTER_CALLS_CLOSED];
    return opened > closed ? opened - closed : 0;
}

bool
summary_has_losses(const struct summary *summary)
{
    return summary->counts[COUNTER_UNREADABLE] > 0 || summary->counts[COUNTER_FRAMING_ERRORS] > 0 ||
           summary->counts[COUNTER_CALLS_FORCED_OUT] > 0 ||
           summary->counts[COUNTER_DEAD_LETTERS] > 0 ||
           summary->counts[COUNTER_OVERSIZE_CALLS] > 0 || summary->counts[COUNTER_GROUPS_CUT] > 0;
}

static uint64_t
messages_per_second(const struct summary *summary)
{
    uint64_t ms = summary->elapsed_ms > 0 ? summary->elapsed_ms : 1;
    return (uint64_t)((double)summary->counts[COUNTER_MESSAGES] * 1000.0 / (double)ms);
}

/* DN events of a reason, or of all, with that releasing party. */
static uint64_t
releases(const struct summary *summary, unsigned reason, unsigned releasing)
{
    if (reason < REASON_COUNT)
        return summary->counts[counter_of_reason((uint8_t)reason, (uint8_t)releasing)];
    uint64_t sum = 0;
    for (unsigned i = 0; i < REASON_COUNT; i++)
        sum += summary->counts[counter_of_reason((uint8_t)i, (uint8_t)releasing)];
    return sum;
}

static bool
has_releases(const struct summary *summary, unsigned reason)
{
    return releases(summary, reason, RELEASING_LOCAL) > 0 ||
           releases(summary, reason, RELEASING_REMOTE) > 0 ||
           releases(summary, reason, RELEASING_UNKNOWN) > 0;
}

/* ---- for people ---------------------------------------------------------------------------- */

/* 1234567 as 1,234,567. */
static const char *
grouped(char out[GROUPED_SIZE], uint64_t value)
{
    char digits[GROUPED_SIZE];
    int count = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    char *at = out;
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return out;
}

static void
print_head(const struct summary *summary, FILE *out)
{
    char messages[GROUPED_SIZE];
    char events[GROUPED_SIZE];
    char calls[GROUPED_SIZE];
    char rate[GROUPED_SIZE];
    fprintf(out, "%s messages, %s events, %s calls in %llu.%02llu s (%s messages/s)\n",
            grouped(messages, summary->counts[COUNTER_MESSAGES]),
            grouped(events, summary->counts[COUNTER_EVENTS]),
            grouped(calls, summary->counts[COUNTER_CALLS_OPENED]),
            (unsigned long long)(summary->elapsed_ms / 1000),
            (unsigned long long)(summary->elapsed_ms % 1000 / 10),
            grouped(rate, messages_per_second(summary)));
}

static void
print_release_row(const struct summary *summary, FILE *out, const char *label, unsigned reason)
{
    fprintf(out, "  %-20s", label);
    for (unsigned releasing = RELEASING_LOCAL; releasing <= RELEASING_UNKNOWN; releasing++) {
        char number[GROUPED_SIZE];
        uint64_t count = releases(summary, reason, releasing);
        fprintf(out, " %14s", count == 0 ? "-" : grouped(number, count));
    }
    fputc('\n', out);
}

static void
print_releases(const struct summary *summary, FILE *out)
{
    fprintf(out, "  %-20s", "released by");
    for (unsigned releasing = RELEASING_LOCAL; releasing <= RELEASING_UNKNOWN; releasing++)
        fprintf(out, " %14s", releasing_party_name((uint8_t)releasing));
    fputc('\n', out);
    for (unsigned i = 0; i < REASON_COUNT; i++)
        if (has_releases(summary, i))
            print_release_row(summary, out, reason_name((uint8_t)i), i);
    print_release_row(summary, out, "all", REASON_COUNT);
}

static void
print_line(FILE *out, const char *label, uint64_t value, const char *advice)
{
    char number[GROUPED_SIZE];
    fprintf(out, "  %-20s %14s", label, grouped(number, value));
    if (advice != NULL)
        fprintf(out, "  %s", advice);
    fputc('\n', out);
}

static uint64_t
restarts(const struct summary *summary)
{
    return summary->frontend_restarts + summary->worker_restarts + summary->publisher_restarts;
}

static void
print_restarts(const struct summary *summary, FILE *out)
{
    char whose[96];
    char number[3][GROUPED_SIZE];
    if (restarts(summary) == 0)
        return;
    snprintf(whose, sizeof whose, "front-end %s, workers %s, publisher %s",
             grouped(number[0], summary->frontend_restarts),
             grouped(number[1], summary->worker_restarts),
             grouped(number[2], summary->publisher_restarts));
    print_line(out, "deaths and restarts", restarts(summary), whose);
}

void
summary_print(const struct summary *summary, FILE *out)
{
    print_head(summary, out);
    print_releases(summary, out);
    print_line(out, "calls still open", summary_calls_open(summary), NULL);
    print_line(out, "unreadable messages", summary->counts[COUNTER_UNREADABLE], NULL);
    print_restarts(summary, out);
    for (int i = 0; i < ODDITY_COUNT; i++)
        if (summary->counts[oddities[i].counter] > 0)
            print_line(out, oddities[i].label, summary->counts[oddities[i].counter],
                       oddities[i].advice);
}

/* ---- for programs -------------------------------------------------------------------------- */

static void
put_releases(struct json_writer *json, const struct summary *summary, unsigned reason)
{
    for (unsigned releasing = RELEASING_LOCAL; releasing <= RELEASING_UNKNOWN; releasing++)
        json_unsigned(json, releasing_party_name((uint8_t)releasing),
                      releases(summary, reason, releasing));
}

void
summary_print_json(const struct summary *summary, FILE *out)
{
    char line[JSON_SIZE];
    struct json_writer json;
    json_begin(&json, line, sizeof line);
    json_open(&json, '{');
    json_decimal(&json, "seconds", summary->elapsed_ms, 3);
    json_unsigned(&json, "messages_per_second", messages_per_second(summary));
    json_unsigned(&json, "calls_open", summary_calls_open(summary));
    json_open_key(&json, "restarts", '{');
    json_unsigned(&json, "front-end", summary->frontend_restarts);
    json_unsigned(&json, "workers", summary->worker_restarts);
    json_unsigned(&json, "publisher", summary->publisher_restarts);
    json_close(&json, '}');
    json_open_key(&json, "releases", '{');
    put_releases(&json, summary, REASON_COUNT);
    json_close(&json, '}');
    json_open_key(&json, "reasons", '{');
    for (unsigned i = 0; i < REASON_COUNT; i++) {
        if (!has_releases(summary, i))
            continue;
        json_open_key(&json, reason_name((uint8_t)i), '{');
        put_releases(&json, summary, i);
        json_close(&json, '}');
    }
    json_close(&json, '}');
    json_open_key(&json, "counters", '{');
    for (int i = 0; i < FIRST_BY_REASON; i++) /* those by reason were told above */
        json_unsigned(&json, counter_name((enum counter)i), summary->counts[i]);
    json_close(&json, '}');
    json_close(&json, '}');
    size_t length = json_end(&json);
    CHECK(length > 0); /* JSON_SIZE holds every counter at its largest */
    fwrite(line, 1, length, out);
    fputc('\n', out);
}
