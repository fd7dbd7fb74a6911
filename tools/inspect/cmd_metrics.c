/*
 * tools/inspect/cmd_metrics.c - `onhook metrics`: what an engine counts and how long it takes, for
 * Prometheus.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "tools/command.h"
#include "tools/inspect/look.h"
#include "tools/inspect/metrics_docs.h"
#include "tools/inspect/metrics_http.h"
#include "tools/inspect/metrics_text.h"

enum {
    STATUS_OK = 200,
    STATUS_UNAVAILABLE = 503,
};

struct metrics_options {
    struct look look;
    const char *listen; /* NULL: once, to standard output */
    bool openmetrics;
    bool dashboard;
    bool alerts;
};

static const struct option_row rows[] = {
    ROW_TEXT(0, "listen", struct metrics_options, listen, "WHERE",
             "serve HTTP there; a port, or 127.0.0.1:PORT, or [::1]:PORT", NULL),
    ROW_FLAG(0, "openmetrics", struct metrics_options, openmetrics,
             "print OpenMetrics; a client of HTTP says what it wants itself"),
    ROW_FLAG(0, "dashboard", struct metrics_options, dashboard,
             "print the dashboard for Grafana, without an engine"),
    ROW_FLAG(0, "alerts", struct metrics_options, alerts,
             "print the alert rules for Prometheus, without an engine"),
    LOOK_WHICH(struct metrics_options),
};

static const struct option_table table = {
    .command = "metrics",
    .above =
        "  onhook metrics --listen 127.0.0.1:9469\n"
        "\n"
        "usage: onhook metrics [options]\n"
        "\n"
        "Prints the counters and the latencies of an engine as Prometheus reads them, or serves\n"
        "them on the loopback interface: /metrics, /healthz (503 when nobody runs the engine),\n"
        "/readyz (503 when one of its processes does not run). The engine does not notice.\n"
        "\n",
    ROWS(rows),
    .below = "\n"
             "Exit codes: 0 done; 1 no such engine, or nothing can listen there; 2 wrong usage.\n",
};

/* ---- pages --------------------------------------------------------------------------------- */

static char page_bytes[METRICS_SIZE];

static void
answer_health(struct http_page *page, const struct view *view, enum metrics_health worst)
{
    page->status = metrics_health(view, page_bytes) <= worst ? STATUS_OK : STATUS_UNAVAILABLE;
    page->length = strlen(page_bytes);
}

static void
answer_nobody(struct http_page *page, const char *why)
{
    page->status = STATUS_UNAVAILABLE;
    page->length = (size_t)snprintf(page_bytes, sizeof page_bytes, "dead: %s\n", why);
}

static void
answer_metrics(struct http_page *page, const struct view *view, const char *accept)
{
    enum metrics_form form = metrics_form_wanted(accept);
    page->status = STATUS_OK;
    page->type = metrics_content_type(form);
    page->length = metrics_write(page_bytes, form, view);
}

/* The engine is looked for each time: it may have gone, and another of its name come. */
static void
answer(void *context, const char *path, const char *accept, struct http_page *page)
{
    static struct view view;
    char why[LOOK_WHY];
    bool is_metrics = strcmp(path, "/metrics") == 0;
    bool is_ready = strcmp(path, "/readyz") == 0;
    if (!is_metrics && !is_ready && strcmp(path, "/healthz") != 0)
        return;
    page->body = page_bytes;
    bool found = look_find(context, &view, why);
    if (is_metrics)
        answer_metrics(page, found ? &view : NULL, accept);
    else if (!found)
        answer_nobody(page, why);
    else
        answer_health(page, &view, is_ready ? METRICS_READY : METRICS_ALIVE);
    if (found)
        view_close(&view);
}

static int
serve(struct metrics_options *options)
{
    struct http_place place;
    char why[HTTP_WHY];
    if (!http_place_read(&place, options->listen, why))
        return options_refuse(&table, "listen", options->listen, why);
    return http_serve(&place, answer, &options->look) ? EXIT_DONE : EXIT_FAILED;
}

static int
print_once(const struct metrics_options *options)
{
    static struct view view;
    if (!look_open(&options->look, &view))
        return EXIT_FAILED;
    size_t length =
        metrics_write(page_bytes, options->openmetrics ? METRICS_OPEN : METRICS_CLASSIC, &view);
    view_close(&view);
    fwrite(page_bytes, 1, length, stdout);
    return EXIT_DONE;
}

int
cmd_metrics(int argc, char **argv)
{
    struct metrics_options options = {.listen = NULL};
    const struct option_rest rest = options_read(&table, &options, argc, argv);
    if (rest.is_over)
        return rest.code;
    if (options.dashboard)
        metrics_print_dashboard(stdout);
    else if (options.alerts)
        metrics_print_alerts(stdout);
    else
        return options.listen != NULL ? serve(&options) : print_once(&options);
    return EXIT_DONE;
}
