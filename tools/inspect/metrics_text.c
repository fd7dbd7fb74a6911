#include "tools/inspect/metrics_text.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/accept.h"
#include "base/check.h"
#include "base/log.h"
#include "tools/inspect/metrics_find.h"

enum {
    LABELS_SIZE = 512, /* a name of a link, each of its bytes escaped twice */
};

#define NS_PER_S 1e9

enum metric_type {
    GAUGE,
    COUNTER,
    HISTOGRAM,
};

/* What stands above the samples of a metric. */
struct metric_head {
    enum metric_type type;
    const char *name; /* without onhook_ and _total */
    const char *unit; /* "": none */
    const char *meaning;
};

struct metric_page {
    char *at;
    char *end;
    enum metrics_form form;
    const struct metric_head *head; /* of the samples that are being written */
};

/* ---- the table ----------------------------------------------------------------------------- */

static const struct metric_head heads[] = {
#define METRIC(name, type, printed, unit, meaning) [METRIC_##name] = {type, printed, unit, meaning},
#include "tools/inspect/metric.def"
#undef METRIC
};

static struct metric_head
counter_head(enum counter which)
{
    enum counter_family family = counter_family(which);
    if (family == COUNTER_FAMILY_NONE)
        return (struct metric_head){COUNTER, counter_name(which), "", counter_meaning(which)};
    return (struct metric_head){COUNTER, counter_family_name(family), counter_family_unit(family),
                                counter_family_meaning(family)};
}

static const char *
name_of(char *out, const struct metric_head *head)
{
    snprintf(out, METRICS_NAME_SIZE, "onhook_%s%s", head->name,
             head->type == COUNTER ? "_total" : "");
    return out;
}

const char *
metrics_name(char *out, enum metric metric)
{
    CHECK(metric < METRIC_COUNT);
    return name_of(out, &heads[metric]);
}

const char *
metrics_counter_name(char *out, enum counter which)
{
    struct metric_head head = counter_head(which);
    return name_of(out, &head);
}

bool
metrics_counter_is_first(enum counter which)
{
    enum counter_family family = counter_family(which);
    for (unsigned i = 0; i < (unsigned)which && family != COUNTER_FAMILY_NONE; i++)
        if (counter_family((enum counter)i) == family)
            return false;
    return true;
}

const char *
metrics_meaning(enum metric metric)
{
    CHECK(metric < METRIC_COUNT);
    return heads[metric].meaning;
}

const char *
metrics_counter_meaning(enum counter which)
{
    return counter_head(which).meaning;
}

/* ---- writing ------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void
put(struct metric_page *page, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(page->at, (size_t)(page->end - page->at), format, arguments);
    va_end(arguments);
    CHECK(length >= 0 && length < page->end - page->at); /* METRICS_SIZE holds any page */
    page->at += length;
}

/* OpenMetrics names a counter without its _total, and says units. */
static void
put_head(struct metric_page *page, const struct metric_head *head)
{
    static const char *const types[] = {
        [GAUGE] = "gauge", [COUNTER] = "counter", [HISTOGRAM] = "histogram"};
    bool open = page->form == METRICS_OPEN;
    const char *total = head->type == COUNTER && !open ? "_total" : "";
    page->head = head;
    put(page, "# HELP onhook_%s%s %s\n", head->name, total, head->meaning);
    put(page, "# TYPE onhook_%s%s %s\n", head->name, total, types[head->type]);
    if (open && head->unit[0] != '\0')
        put(page, "# UNIT onhook_%s %s\n", head->name, head->unit);
}

static void
put_sample(struct metric_page *page, const char *labels, uint64_t value)
{
    put(page, "onhook_%s%s%s%s%s %" PRIu64 "\n", page->head->name,
        page->head->type == COUNTER ? "_total" : "", labels[0] != '\0' ? "{" : "", labels,
        labels[0] != '\0' ? "}" : "", value);
}

static const char *
process_labels(char labels[LABELS_SIZE], const struct view *view, uint32_t process)
{
    snprintf(labels, LABELS_SIZE, "process=\"%s\",index=\"%" PRIu32 "\"",
             view_role_name(view, process), view_role_index(view, process));
    return labels;
}

/* ---- counters ------------------------------------------------------------------------------ */

static const char *
counter_labels(char labels[LABELS_SIZE], enum counter which)
{
    enum counter_family family = counter_family(which);
    int used = 0;
    labels[0] = '\0';
    for (unsigned i = 0; i < COUNTER_LABELS && family != COUNTER_FAMILY_NONE; i++) {
        const char *value = counter_label_value(which, i);
        if (value[0] != '\0')
            used += snprintf(labels + used, (size_t)(LABELS_SIZE - used), "%s%s=\"%s\"",
                             used > 0 ? "," : "", counter_family_label(family, i), value);
    }
    return labels;
}

static bool
is_together(enum counter one, enum counter other)
{
    return one == other || (counter_family(one) != COUNTER_FAMILY_NONE &&
                            counter_family(one) == counter_family(other));
}

static void
put_counters(struct metric_page *page, const struct view *view)
{
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        enum counter first = (enum counter)i;
        if (!metrics_counter_is_first(first))
            continue;
        struct metric_head head = counter_head(first);
        put_head(page, &head);
        for (unsigned part = i; part < COUNTER_COUNT; part++) {
            char labels[LABELS_SIZE];
            enum counter which = (enum counter)part;
            if (is_together(first, which))
                put_sample(page, counter_labels(labels, which), view_total(view, which));
        }
    }
}

/* ---- histograms ---------------------------------------------------------------------------- */

/* Bounds are where the value doubles: whole octaves of the engine's own buckets, so nothing is
 * estimated. What fell into the last bucket may have been longer than any bound. */
static void
put_histogram(struct metric_page *page, enum stage stage, const struct latency *latency)
{
    const char *name = page->head->name;
    uint64_t below = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
        below += latency->bucket[i];
        if (i % HISTOGRAM_STEPS == HISTOGRAM_STEPS - 1)
            put(page, "onhook_%s_bucket{stage=\"%s\",le=\"%.12g\"} %" PRIu64 "\n", name,
                stage_name(stage), (double)histogram_end(i) / NS_PER_S, below);
    }
    put(page, "onhook_%s_bucket{stage=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name, stage_name(stage),
        latency->count);
    put(page, "onhook_%s_sum{stage=\"%s\"} %.9f\n", name, stage_name(stage),
        (double)latency->sum_ns / NS_PER_S);
    put(page, "onhook_%s_count{stage=\"%s\"} %" PRIu64 "\n", name, stage_name(stage),
        latency->count);
}

static void
put_latency(struct metric_page *page, const struct view *view)
{
    put_head(page, &heads[METRIC_LATENCY]);
    for (unsigned i = 0; i < STAGE_COUNT; i++) {
        struct latency latency;
        view_latency(view, (enum stage)i, &latency);
        put_histogram(page, (enum stage)i, &latency);
    }
}

/* ---- links --------------------------------------------------------------------------------- */

static const char *
link_labels(char labels[LABELS_SIZE], const struct view_link *link)
{
    char shown[LABELS_SIZE / 2];
    log_escape(shown, sizeof shown, text_of(link->name));
    int used = snprintf(labels, LABELS_SIZE, "frontend=\"%" PRIu32 "\",link=\"", link->frontend);
    for (const char *at = shown; *at != '\0' && used < LABELS_SIZE - 4; at++) {
        if (*at == '\\' || *at == '"')
            labels[used++] = '\\';
        labels[used++] = *at;
    }
    snprintf(labels + used, (size_t)(LABELS_SIZE - used), "\"");
    return labels;
}

static bool
is_live(const struct view_link *link)
{
    return link->state == VIEW_LINK_DOWN || link->state == VIEW_LINK_GREETING ||
           link->state == VIEW_LINK_UP;
}

static void
put_links(struct metric_page *page, const struct view *view, uint32_t owner)
{
    static struct view_link links[METRICS_LINKS];
    char labels[LABELS_SIZE];
    uint32_t count = metrics_links(view, links);
    put_head(page, &heads[METRIC_LINKS]);
    put_sample(page, "", count);
    put_head(page, &heads[METRIC_LINK_UP]);
    for (uint32_t i = 0; i < count && i < METRICS_LINKS; i++)
        if (is_live(&links[i]))
            put_sample(page, link_labels(labels, &links[i]),
                       owner != 0 && links[i].state == VIEW_LINK_UP);
    put_head(page, &heads[METRIC_LINK_MESSAGES]);
    for (uint32_t i = 0; i < count && i < METRICS_LINKS; i++)
        put_sample(page, link_labels(labels, &links[i]), links[i].messages);
}

/* ---- memory -------------------------------------------------------------------------------- */

/* "calls-0" is one of "calls". */
static size_t
kind_length(const char *suffix)
{
    return strcspn(suffix, "-");
}

/* Names are sorted, so those of a kind stand together. */
static void
put_memory(struct metric_page *page, const struct view *view)
{
    static char names[VIEW_FILES_MAX][VIEW_SUFFIX_SIZE];
    char labels[LABELS_SIZE];
    uint64_t bytes = 0;
    uint32_t count = view_file_names(view, names);
    put_head(page, &heads[METRIC_MEMORY]);
    for (uint32_t i = 0; i < count && i < VIEW_FILES_MAX; i++) {
        struct view_file file;
        size_t length = kind_length(names[i]);
        bool is_last = i + 1 == count || i + 1 == VIEW_FILES_MAX ||
                       kind_length(names[i + 1]) != length ||
                       strncmp(names[i], names[i + 1], length) != 0;
        if (view_file_open_name(&file, view, names[i]))
            bytes += view_file_resident(&file);
        view_file_close(&file);
        if (!is_last)
            continue;
        snprintf(labels, sizeof labels, "segments=\"%.*s\"", (int)length, names[i]);
        put_sample(page, labels, bytes);
        bytes = 0;
    }
}

/* ---- processes and rings ------------------------------------------------------------------- */

static bool
is_up(const struct view *view, uint32_t process, uint32_t owner)
{
    uint32_t pid = view_pid(view, process);
    if (owner == 0)
        return false;
    return view_is_done(view, process) ||
           (pid != 0 && pid <= INT32_MAX && (kill((pid_t)pid, 0) == 0 || errno != ESRCH));
}

static void
put_processes(struct metric_page *page, const struct view *view, uint32_t owner)
{
    char labels[LABELS_SIZE];
    put_head(page, &heads[METRIC_PROCESS_UP]);
    for (uint32_t i = 0; i < view->process_count; i++)
        put_sample(page, process_labels(labels, view, i), is_up(view, i, owner));
    put_head(page, &heads[METRIC_PROCESS_RESTARTS]);
    for (uint32_t i = 0; i < view->process_count; i++)
        put_sample(page, process_labels(labels, view, i), view_restarts(view, i));
    put_head(page, &heads[METRIC_PROCESS_MEMORY]);
    for (uint32_t i = 0; i < view->process_count; i++)
        put_sample(page, process_labels(labels, view, i),
                   owner != 0 ? metrics_own_memory(view_pid(view, i)) : 0);
}

static const char *
worker_labels(char labels[LABELS_SIZE], uint32_t worker)
{
    snprintf(labels, LABELS_SIZE, "worker=\"%" PRIu32 "\"", worker);
    return labels;
}

static void
put_workers(struct metric_page *page, const struct view *view)
{
    char labels[LABELS_SIZE];
    uint32_t first = view->process_count - view->fixed.workers;
    put_head(page, &heads[METRIC_WORKER_STEPS]);
    for (uint32_t i = 0; i < view->fixed.workers; i++)
        put_sample(page, worker_labels(labels, i), view_counter(view, first + i, COUNTER_STEPS));
    put_head(page, &heads[METRIC_WORKER_BEHIND]);
    uint64_t sent = view_watermark(view);
    for (uint32_t i = 0; i < view->fixed.workers; i++) {
        uint64_t done = view_progress(view, first + i);
        put_sample(page, worker_labels(labels, i), sent > done ? sent - done : 0);
    }
}

static void
put_fill(struct metric_page *page, const struct view *view, const char *ring, uint32_t channel,
         const struct view_fill *fill)
{
    char labels[LABELS_SIZE];
    uint32_t workers = view->fixed.workers;
    snprintf(labels, sizeof labels, "ring=\"%s\",frontend=\"%" PRIu32 "\",worker=\"%" PRIu32 "\"",
             ring, channel / workers, channel % workers);
    uint64_t value = page->head == &heads[METRIC_RING_SLOTS]  ? fill->slots
                     : page->head == &heads[METRIC_RING_USED] ? fill->depth
                                                              : fill->written;
    put_sample(page, labels, value);
}

/* The result ring is everybody's: it stands as that of the first ones. */
static void
put_rings(struct metric_page *page, const struct view *view, enum metric metric)
{
    struct view_fill fill;
    put_head(page, &heads[metric]);
    for (uint32_t i = 0; i < view->channel_count; i++)
        if (view_ring(view, i, &fill))
            put_fill(page, view, "events", i, &fill);
    for (uint32_t i = 0; i < view->channel_count; i++)
        if (view_outbox(view, i, &fill))
            put_fill(page, view, "outbox", i, &fill);
    for (uint32_t i = 0; i < view->channel_count; i++)
        if (view_closed(view, i, &fill))
            put_fill(page, view, "closed", i, &fill);
    if (view_result(view, &fill))
        put_fill(page, view, "results", 0, &fill);
}

/* ---- the page ------------------------------------------------------------------------------ */

static void
put_build(struct metric_page *page)
{
    bool open = page->form == METRICS_OPEN;
    put(page, "# HELP onhook_build%s what the program that looks was built from\n",
        open ? "" : "_info");
    put(page, "# TYPE onhook_build%s %s\n", open ? "" : "_info", open ? "info" : "gauge");
    put(page, "onhook_build_info{version=\"%s\",layout=\"%" PRIu32 "\",compiler=\"%s\"} 1\n",
        ONHOOK_VERSION, SHM_LAYOUT_VERSION,
#ifdef __clang__
        "clang"
#else
        "gcc"
#endif
    );
}

static void
put_engine(struct metric_page *page, const struct view *view, uint32_t owner)
{
    put_head(page, &heads[METRIC_START]);
    put(page, "onhook_%s %.3f\n", page->head->name, (double)view->fixed.identity.epoch / NS_PER_S);
    uint64_t opened = view_total(view, COUNTER_CALLS_OPENED);
    uint64_t closed = view_total(view, COUNTER_CALLS_CLOSED);
    put_head(page, &heads[METRIC_LIVE_CALLS]);
    put_sample(page, "", opened > closed ? opened - closed : 0);
    put_counters(page, view);
    put_latency(page, view);
    put_processes(page, view, owner);
    put_links(page, view, owner);
    put_memory(page, view);
    put_workers(page, view);
    put_rings(page, view, METRIC_RING_SLOTS);
    put_rings(page, view, METRIC_RING_USED);
    put_rings(page, view, METRIC_RING_WRITTEN);
}

size_t
metrics_write(char *out, enum metrics_form form, const struct view *view)
{
    struct metric_page page = {.at = out, .end = out + METRICS_SIZE, .form = form};
    uint32_t owner = view != NULL ? view_owner(view) : 0;
    put_build(&page);
    put_head(&page, &heads[METRIC_UP]);
    put_sample(&page, "", owner != 0);
    if (view != NULL)
        put_engine(&page, view, owner);
    if (form == METRICS_OPEN)
        put(&page, "# EOF\n");
    return (size_t)(page.at - out);
}

const char *
metrics_content_type(enum metrics_form form)
{
    return form == METRICS_OPEN ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                : "text/plain; version=0.0.4; charset=utf-8";
}

/* Whoever takes anything gets what anybody can read. */
enum metrics_form
metrics_form_wanted(const char *accept)
{
    struct text header = accept != NULL ? text_of(accept) : TEXT_NONE;
    uint32_t open = accept_quality(header, "application/openmetrics-text");
    return open > accept_quality(header, "text/plain") ? METRICS_OPEN : METRICS_CLASSIC;
}

enum metrics_health
metrics_health(const struct view *view, char *said)
{
    uint32_t owner = view_owner(view);
    if (owner == 0) {
        snprintf(said, METRICS_SAID, "dead: nobody runs %s\n", view->name);
        return METRICS_DEAD;
    }
    for (uint32_t i = 0; i < view->process_count; i++) {
        if (is_up(view, i, owner))
            continue;
        snprintf(said, METRICS_SAID, "not ready: %s %" PRIu32 " of %s does not run\n",
                 view_role_name(view, i), view_role_index(view, i), view->name);
        return METRICS_ALIVE;
    }
    snprintf(said, METRICS_SAID, "ok: process %" PRIu32 " runs %s\n", owner, view->name);
    return METRICS_READY;
}
