#include "tools/inspect/metrics_docs.h"

#include <ctype.h>
#include <string.h>

#include "base/check.h"
#include "base/json_write.h"
#include "tools/inspect/metrics_text.h"

enum {
    QUERY_SIZE = 320,
    PANEL_SIZE = 8192,
    QUERIES_MAX = 3,
    COLUMNS = 24, /* of Grafana's grid */
    HEIGHT = 7,   /* of a panel */
};

/* A metric that a query is about: one of enum metric, or behind those one of enum counter. */
#define OF_COUNTER(name) (METRIC_COUNT + (unsigned)COUNTER_##name)

/* In a query @ stands for the panel's metric, # for its other one. */
struct panel {
    const char *title;
    const char *unit; /* as Grafana calls it */
    unsigned metric;
    unsigned other;
    uint32_t width;
    struct {
        const char *query;
        const char *legend;
    } queries[QUERIES_MAX];
};

#define QUANTILE(share)                                                                            \
    "histogram_quantile(" share ", sum by (le) (rate(@_bucket{instance=~\"$instance\","            \
    "stage=\"received_published\"}[$__rate_interval])))"
#define HERE "{instance=~\"$instance\"}"
#define RATE "rate(@" HERE "[$__rate_interval])"

static const struct panel panels[] = {
    {"Engine runs", "bool_yes_no", METRIC_UP, 0, 4, {{"@" HERE, "{{instance}}"}}},
    {"Live calls", "short", METRIC_LIVE_CALLS, 0, 4, {{"@" HERE, "{{instance}}"}}},
    {"Messages", "ops", OF_COUNTER(MESSAGES), 0, 8, {{RATE, "{{instance}}"}}},
    {"Calls opened", "ops", OF_COUNTER(CALLS_OPENED), 0, 8, {{RATE, "{{instance}}"}}},
    {"Who hung up",
     "ops",
     OF_COUNTER(LOCAL_HANGUP),
     0,
     12,
     {{"sum by (releasing_party) (" RATE ")", "{{releasing_party}}"}}},
    {"Why it ended",
     "ops",
     OF_COUNTER(LOCAL_HANGUP),
     0,
     12,
     {{"sum by (reason) (" RATE ")", "{{reason}}"}}},
    {"From received to published",
     "s",
     METRIC_LATENCY,
     0,
     12,
     {{QUANTILE("0.5"), "p50"}, {QUANTILE("0.99"), "p99"}, {QUANTILE("0.999"), "p99.9"}}},
    {"p99 of each stage",
     "s",
     METRIC_LATENCY,
     0,
     12,
     {{"histogram_quantile(0.99, sum by (le, stage) (rate(@_bucket" HERE "[$__rate_interval])))",
       "{{stage}}"}}},
    {"How full the rings are",
     "percentunit",
     METRIC_RING_USED,
     METRIC_RING_SLOTS,
     8,
     {{"@" HERE " / #" HERE, "{{ring}} {{frontend}}:{{worker}}"}}},
    {"Messages behind", "short", METRIC_WORKER_BEHIND, 0, 8, {{"@" HERE, "worker {{worker}}"}}},
    {"Records handled", "ops", METRIC_WORKER_STEPS, 0, 8, {{RATE, "worker {{worker}}"}}},
    {"Links in use", "bool_yes_no", METRIC_LINK_UP, 0, 12, {{"@" HERE, "{{link}}"}}},
    {"Messages of each link", "ops", METRIC_LINK_MESSAGES, 0, 12, {{RATE, "{{link}}"}}},
    {"Shared memory", "bytes", METRIC_MEMORY, 0, 8, {{"@" HERE, "{{segments}}"}}},
    {"Memory of processes",
     "bytes",
     METRIC_PROCESS_MEMORY,
     0,
     8,
     {{"@" HERE, "{{process}} {{index}}"}}},
    {"Processes that died and came back",
     "short",
     METRIC_PROCESS_RESTARTS,
     0,
     8,
     {{"increase(@" HERE "[$__rate_interval])", "{{process}} {{index}}"}}},
};

static const char *
subject(char name[METRICS_NAME_SIZE], unsigned metric)
{
    if (metric < METRIC_COUNT)
        return metrics_name(name, (enum metric)metric);
    return metrics_counter_name(name, (enum counter)(metric - METRIC_COUNT));
}

static const char *
fill_in(char query[QUERY_SIZE], const char *pattern, unsigned metric, unsigned other)
{
    char name[METRICS_NAME_SIZE];
    size_t used = 0;
    for (const char *at = pattern; *at != '\0'; at++) {
        const char one[] = {*at, '\0'};
        const char *piece = *at == '@'   ? subject(name, metric)
                            : *at == '#' ? subject(name, other)
                                         : one;
        size_t length = strlen(piece);
        CHECK(used + length < QUERY_SIZE); /* our own patterns */
        memcpy(query + used, piece, length);
        used += length;
    }
    query[used] = '\0';
    return query;
}

/* ---- the dashboard ------------------------------------------------------------------------- */

/* Where the next panel goes. */
struct place {
    uint32_t id;
    uint32_t x;
    uint32_t y;
    bool first;
};

static void
json_source(struct json_writer *json)
{
    json_open_key(json, "datasource", '{');
    json_string(json, "type", "prometheus");
    json_string(json, "uid", "${datasource}");
    json_close(json, '}');
}

static void
json_place(struct json_writer *json, struct place *place, uint32_t width, uint32_t height)
{
    if (place->x + width > COLUMNS) {
        place->x = 0;
        place->y += HEIGHT;
    }
    json_unsigned(json, "id", ++place->id);
    json_open_key(json, "gridPos", '{');
    json_unsigned(json, "x", place->x);
    json_unsigned(json, "y", place->y);
    json_unsigned(json, "w", width);
    json_unsigned(json, "h", height);
    json_close(json, '}');
    place->x += width;
}

static void
json_targets(struct json_writer *json, const struct panel *panel)
{
    static const char *const names[QUERIES_MAX] = {"A", "B", "C"};
    json_open_key(json, "targets", '[');
    for (unsigned i = 0; i < QUERIES_MAX && panel->queries[i].query != NULL; i++) {
        char query[QUERY_SIZE];
        json_open(json, '{');
        json_string(json, "refId", names[i]);
        json_string(json, "expr",
                    fill_in(query, panel->queries[i].query, panel->metric, panel->other));
        json_string(json, "legendFormat", panel->queries[i].legend);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void
print_line(FILE *out, struct place *place, const struct json_writer *json, const char *line)
{
    size_t length = json_end(json);
    CHECK(length > 0);
    fprintf(out, "%s%.*s", place->first ? "" : ",\n", (int)length, line);
    place->first = false;
}

static void
print_panel(FILE *out, struct place *place, const struct panel *panel)
{
    char line[PANEL_SIZE];
    struct json_writer json;
    json_begin(&json, line, sizeof line);
    json_open(&json, '{');
    json_string(&json, "type", "timeseries");
    json_string(&json, "title", panel->title);
    json_string(&json, "description",
                panel->metric < METRIC_COUNT
                    ? metrics_meaning((enum metric)panel->metric)
                    : metrics_counter_meaning((enum counter)(panel->metric - METRIC_COUNT)));
    json_place(&json, place, panel->width, HEIGHT);
    json_source(&json);
    json_open_key(&json, "fieldConfig", '{');
    json_open_key(&json, "defaults", '{');
    json_string(&json, "unit", panel->unit);
    json_unsigned(&json, "min", 0);
    json_close(&json, '}');
    json_open_key(&json, "overrides", '[');
    json_close(&json, ']');
    json_close(&json, '}');
    json_targets(&json, panel);
    json_close(&json, '}');
    print_line(out, place, &json, line);
}

static void
print_row(FILE *out, struct place *place, const char *title)
{
    char line[PANEL_SIZE];
    struct json_writer json;
    json_begin(&json, line, sizeof line);
    json_open(&json, '{');
    json_string(&json, "type", "row");
    json_string(&json, "title", title);
    place->y += HEIGHT;
    place->x = 0;
    json_place(&json, place, COLUMNS, 1);
    place->y++;
    place->x = 0;
    json_close(&json, '}');
    print_line(out, place, &json, line);
}

static void
print_counters(FILE *out, struct place *place, bool faults)
{
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        enum counter which = (enum counter)i;
        if (!metrics_counter_is_first(which) || counter_is_fault(which) != faults)
            continue;
        bool is_whole = counter_family(which) == COUNTER_FAMILY_NONE;
        const char *title =
            is_whole ? counter_name(which) : counter_family_name(counter_family(which));
        const struct panel panel = {
            title, "ops", METRIC_COUNT + i,
            0,     6,     {{"sum by (instance) (" RATE ")", "{{instance}}"}}};
        print_panel(out, place, &panel);
    }
}

void
metrics_print_dashboard(FILE *out)
{
    struct place place = {.first = true};
    char name[METRICS_NAME_SIZE];
    fputs("{\"title\":\"onhook\",\"uid\":\"onhook\",\"tags\":[\"onhook\"],\"schemaVersion\":37,"
          "\"editable\":true,\"refresh\":\"5s\",\"time\":{\"from\":\"now-15m\",\"to\":\"now\"},\n"
          "\"templating\":{\"list\":[\n"
          "{\"name\":\"datasource\",\"type\":\"datasource\",\"query\":\"prometheus\"},\n",
          out);
    fprintf(out,
            "{\"name\":\"instance\",\"type\":\"query\",\"datasource\":{\"type\":\"prometheus\","
            "\"uid\":\"${datasource}\"},\"query\":\"label_values(%s, instance)\",\"multi\":true,"
            "\"includeAll\":true,\"refresh\":2}\n]},\n\"panels\":[\n",
            metrics_name(name, METRIC_UP));
    for (size_t i = 0; i < sizeof panels / sizeof *panels; i++)
        print_panel(out, &place, &panels[i]);
    print_row(out, &place, "What should stay where it is");
    print_counters(out, &place, true);
    print_row(out, &place, "Everything else that is counted");
    print_counters(out, &place, false);
    fputs("\n]}\n", out);
}

/* ---- alerts -------------------------------------------------------------------------------- */

struct alert {
    const char *name;
    const char *query;
    unsigned metric;
    unsigned other;
    const char *lasting;
    const char *severity;
    const char *summary;
};

static const struct alert alerts[] = {
    {"OnhookDown", "@ == 0", METRIC_UP, 0, "30s", "critical",
     "nobody runs the engine; what it left can be looked at, and the same command goes on with it"},
    {"OnhookAbsent", "absent(@)", METRIC_UP, 0, "2m", "critical",
     "no onhook metrics answers, so nobody knows how the engine is"},
    {"OnhookProcessDown", "@ == 0 and on(instance) # == 1", METRIC_PROCESS_UP, METRIC_UP, "30s",
     "critical", "{{ $labels.process }} {{ $labels.index }} does not run"},
    {"OnhookProcessRestarted", "increase(@[10m]) > 0", METRIC_PROCESS_RESTARTS, 0, "0s", "warning",
     "{{ $labels.process }} {{ $labels.index }} died and was started again; its log says of what"},
    {"OnhookLinkDown", "@ == 0 and on(instance) # == 1", METRIC_LINK_UP, METRIC_UP, "1m",
     "critical",
     "link {{ $labels.link }} is not in use: what ends there is not seen, and what is asked for is "
     "not sent"},
    {"OnhookRingFull", "@ / # > 0.8", METRIC_RING_USED, METRIC_RING_SLOTS, "5m", "warning",
     "ring {{ $labels.ring }} {{ $labels.frontend }}:{{ $labels.worker }} stays more than 80 % "
     "full"},
    {"OnhookSlow",
     "histogram_quantile(0.99, sum by (le, instance) "
     "(rate(@_bucket{stage=\"received_published\"}[5m]))) > 0.1",
     METRIC_LATENCY, 0, "5m", "warning",
     "one in a hundred messages takes longer than 0.1 s from received to published"},
};

static void
print_alert(FILE *out, const struct alert *alert)
{
    char query[QUERY_SIZE];
    fprintf(out,
            "      - alert: %s\n"
            "        expr: %s\n"
            "        for: %s\n"
            "        labels:\n"
            "          severity: %s\n"
            "        annotations:\n"
            "          summary: \"%s\"\n",
            alert->name, fill_in(query, alert->query, alert->metric, alert->other), alert->lasting,
            alert->severity, alert->summary);
}

/* dead_letters: OnhookDeadLetters */
static const char *
alert_name(char name[METRICS_NAME_SIZE], enum counter which)
{
    size_t used = (size_t)snprintf(name, METRICS_NAME_SIZE, "Onhook");
    bool begins = true;
    for (const char *at = counter_name(which); *at != '\0' && used < METRICS_NAME_SIZE - 1; at++) {
        if (isalnum((unsigned char)*at))
            name[used++] = (char)(begins ? toupper((unsigned char)*at) : *at);
        begins = !isalnum((unsigned char)*at);
    }
    name[used] = '\0';
    return name;
}

void
metrics_print_alerts(FILE *out)
{
    fputs("# Alert rules of onhook, as `onhook metrics --alerts` prints them.\n"
          "groups:\n"
          "  - name: onhook\n"
          "    rules:\n",
          out);
    for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++)
        print_alert(out, &alerts[i]);
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        char name[METRICS_NAME_SIZE];
        enum counter which = (enum counter)i;
        if (!counter_is_fault(which))
            continue;
        const struct alert alert = {alert_name(name, which),
                                    "increase(@[5m]) > 0",
                                    METRIC_COUNT + i,
                                    0,
                                    "0s",
                                    "warning",
                                    metrics_counter_meaning(which)};
        print_alert(out, &alert);
    }
}
