/*
 * onhook check - can this configuration, can these captures be used, and what is wrong where.
 */
#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "engine/config_key.h"
#include "tools/check_print.h"
#include "tools/command.h"
#include "tools/options.h"
#include "tools/port_row.h"

struct check_options {
    const char *config;   /* NULL: none given */
    const char *encoding; /* NULL: not said */
    struct source_options source;
    bool json;
    bool keys;
};

static const struct option_row rows[] = {
    ROW_TEXT('c', "config", struct check_options, config, "FILE",
             "the configuration; captures are read as it says", NULL),
    ROW_TEXT(0, "encoding", struct check_options, encoding, "NAME",
             "how messages are written, for all links: auto, xml, ber1, ber2, ber3", NULL),
    ROW_PORT(struct check_options, source),
    ROW_FLAG(0, "keys", struct check_options, keys,
             "print every section and key, what is allowed, the default"),
    ROW_FLAG(0, "json", struct check_options, json, "one JSON object a line instead of text"),
};

static const struct option_table table = {
    .command = "check",
    .above =
        "  onhook check -c onhook.ini yesterday.trace\n"
        "\n"
        "usage: onhook check [-c FILE] [--encoding NAME] [--port LIST] [--json] [CAPTURE...]\n"
        "       onhook check --keys\n"
        "\n"
        "Says whether a configuration and recorded inputs can be used, and what is wrong in which\n"
        "line. CAPTURE is anything `onhook replay` reads; - is standard input.\n"
        "\n",
    ROWS(rows),
    .below = "\n"
             "Exit codes: 0 all can be used; 1 a capture could not be opened; 2 the configuration "
             "is\n"
             "wrong, or the usage; 3 a capture has messages that cannot be read.\n",
    .takes_words = true,
};

/* The worse of two exit codes: a wrong configuration over a file not read over bad messages. */
static int
worse(int left, int right)
{
    static const int severity[] = {
        [EXIT_DONE] = 0,
        [EXIT_UNREADABLE] = 1,
        [EXIT_FAILED] = 2,
        [EXIT_WRONG_USAGE] = 3,
    };
    return severity[left] >= severity[right] ? left : right;
}

static int
check_config(struct settings *settings, const struct check_options *options)
{
    unsigned errors = settings_read(settings, options->config);
    if (options->json)
        check_print_settings_json(options->config, settings, errors);
    else
        check_print_settings(options->config, settings, errors);
    return errors == 0 ? EXIT_DONE : EXIT_WRONG_USAGE;
}

static int
check_capture(struct settings *settings, const char *path, const struct check_options *options)
{
    static struct capture capture;
    struct source_options known = options->source;
    known.encoding = settings->defaults.encoding;
    enum capture_result result = capture_read(&capture, settings, path, &known);
    if (result != CAPTURE_OK) {
        log_at(path, 0, "%s", strerror(errno));
        return EXIT_FAILED;
    }
    if (options->json)
        check_print_capture_json(path, &capture);
    else
        check_print_capture(path, &capture);
    return capture.unreadable == 0 ? EXIT_DONE : EXIT_UNREADABLE;
}

int
cmd_check(int argc, char **argv)
{
    struct check_options options = {0};
    int code = EXIT_DONE;
    const struct option_rest rest = options_read(&table, &options, argc, argv);
    if (rest.is_over)
        return rest.code;
    if (!options.keys && options.config == NULL && rest.count == 0)
        return options_wrong(&table, "check what? Name a configuration (-c FILE) or a capture");
    if (options.keys)
        config_print_keys(stdout);

    static struct settings settings;
    settings_default(&settings);
    if (options.config != NULL)
        code = check_config(&settings, &options);
    const char *why = options.encoding == NULL
                          ? NULL
                          : settings_override(&settings, "encoding", options.encoding);
    if (why != NULL) {
        settings_free(&settings);
        return options_wrong(&table, "--%s", why);
    }
    for (int i = 0; i < rest.count; i++)
        code = worse(code, check_capture(&settings, rest.words[i], &options));
    settings_free(&settings);
    if (fflush(stdout) != 0) {
        log_say("standard output: %s", strerror(errno));
        code = worse(code, EXIT_FAILED);
    }
    return code;
}
