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
    enum metrics_form form;
    bool dashboard;
    bool alerts;
};

static void
print_help(void)
{
    fputs(
        "example: onhook metrics --listen 127.0.0.1:9469\n"
        "\n"
        "usage: onhook metrics [options]\n"
        "\n"
        "Prints the counters and the latencies of an engine as Prometheus reads them, or serves\n"
        "them on the loopback interface: /metrics, /healthz (503 when nobody runs the engine),\n"
        "/readyz (503 when one of its processes does not run). The engine does not notice.\n"
        "\n"
        "      --listen WHERE      serve HTTP there; a port, or 127.0.0.1:PORT, or [::1]:PORT\n"
        "      --openmetrics       print OpenMetrics; a client of HTTP says what it wants itself\n"
        "      --dashboard         print the dashboard for Grafana, without an engine\n"
        "      --alerts            print the alert rules for Prometheus, without an engine\n"
        "      --name NAME         which engine; alone it finds the one that runs\n"
        "      --dir FOLDER        look at copies of segments in FOLDER, not at /dev/shm\n"
        "  -h, --help              this help\n"
        "\n"
        "Exit codes: 0 done; 1 no such engine, or nothing can listen there; 2 wrong usage.\n",
        stdout);
}

enum option_code {
    OPTION_LISTEN = LOOK_OWN,
    OPTION_OPENMETRICS,
    OPTION_DASHBOARD,
    OPTION_ALERTS,
};

static int
take_option(struct metrics_options *options, int code)
{
    switch (code) {
    case OPTION_LISTEN:
        options->listen = optarg;
        return EXIT_DONE;
    case OPTION_OPENMETRICS:
        options->form = METRICS_OPEN;
        return EXIT_DONE;
    case OPTION_DASHBOARD:
        options->dashboard = true;
        return EXIT_DONE;
    case OPTION_ALERTS:
        options->alerts = true;
        return EXIT_DONE;
    default:
        return look_take_option(&options->look, code, optarg);
    }
}

static int
parse_options(struct metrics_options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"listen", required_argument, NULL, OPTION_LISTEN},
        {"openmetrics", no_argument, NULL, OPTION_OPENMETRICS},
        {"dashboard", no_argument, NULL, OPTION_DASHBOARD},
        {"alerts", no_argument, NULL, OPTION_ALERTS},
        {"name", required_argument, NULL, LOOK_NAME},
        {"dir", required_argument, NULL, LOOK_DIR},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int code;
    optind = 1;
    while ((code = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        int result = take_option(options, code);
        if (result != EXIT_DONE)
            return result;
    }
    if (optind == argc)
        return EXIT_DONE;
    log_say("metrics takes no \"%s\"; --help says what it takes", argv[optind]);
    return EXIT_WRONG_USAGE;
}

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
    if (!http_place_read(&place, options->listen, why)) {
        log_say("--listen \"%s\": %s", options->listen, why);
        return EXIT_WRONG_USAGE;
    }
    return http_serve(&place, answer, &options->look) ? EXIT_DONE : EXIT_FAILED;
}

static int
print_once(const struct metrics_options *options)
{
    static struct view view;
    if (!look_open(&options->look, &view))
        return EXIT_FAILED;
    size_t length = metrics_write(page_bytes, options->form, &view);
    view_close(&view);
    fwrite(page_bytes, 1, length, stdout);
    return EXIT_DONE;
}

int
cmd_metrics(int argc, char **argv)
{
    struct metrics_options options = {.listen = NULL};
    int code = parse_options(&options, argc, argv);
    if (code != EXIT_DONE)
        return code;
    if (options.look.help)
        print_help();
    else if (options.dashboard)
        metrics_print_dashboard(stdout);
    else if (options.alerts)
        metrics_print_alerts(stdout);
    else
        return options.listen != NULL ? serve(&options) : print_once(&options);
    return EXIT_DONE;
}
