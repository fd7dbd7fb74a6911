/*
 * onhook check - can this configuration, can these captures be used, and what is wrong where.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "base/log.h"
#include "engine/config_key.h"
#include "tools/check_print.h"
#include "tools/command.h"

struct check_options {
    const char *config;   /* NULL: none given */
    const char *encoding; /* NULL: not said */
    struct source_options source;
    bool json;
    bool keys;
};

static void
print_help(FILE *out)
{
    fputs(
        "example: onhook check -c onhook.ini yesterday.trace\n"
        "\n"
        "usage: onhook check [-c FILE] [--encoding NAME] [--port LIST] [--json] [CAPTURE...]\n"
        "       onhook check --keys\n"
        "\n"
        "Says whether a configuration and recorded inputs can be used, and what is wrong in which\n"
        "line. CAPTURE is anything `onhook replay` reads; - is standard input.\n"
        "\n"
        "  -c, --config FILE   the configuration; captures are read as it says\n"
        "      --encoding NAME how messages are written, for all links: auto, xml, ber1, ber2, "
        "ber3\n"
        "      --port LIST     ports of switches: of a pcap, look at nothing else\n"
        "      --keys          print every section and key, what is allowed, the default\n"
        "      --json          one JSON object a line instead of text\n"
        "  -h, --help          this help\n"
        "\n"
        "Exit codes: 0 all can be used; 1 a capture could not be opened; 2 the configuration is\n"
        "wrong, or the usage; 3 a capture has messages that cannot be read.\n",
        out);
}

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

static bool
add_ports(struct check_options *options, const char *list)
{
    const char *why = source_add_ports(&options->source, list);
    if (why != NULL)
        log_say("--port: %s; see `onhook check --help`", why);
    return why == NULL;
}

/* EXIT_DONE: go on with what stands in *options. Else `*code` is the command's exit code. */
static bool
parse_options(struct check_options *options, int argc, char **argv, int *code)
{
    enum { OPTION_KEYS = 256, OPTION_JSON, OPTION_PORT, OPTION_ENCODING };
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},
        {"encoding", required_argument, NULL, OPTION_ENCODING},
        {"port", required_argument, NULL, OPTION_PORT},
        {"keys", no_argument, NULL, OPTION_KEYS},
        {"json", no_argument, NULL, OPTION_JSON},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "c:h", known, NULL)) != -1) {
        switch (option) {
        case 'c':
            options->config = optarg;
            break;
        case OPTION_ENCODING:
            options->encoding = optarg;
            break;
        case OPTION_PORT:
            if (!add_ports(options, optarg)) {
                *code = EXIT_WRONG_USAGE;
                return false;
            }
            break;
        case OPTION_KEYS:
            options->keys = true;
            break;
        case OPTION_JSON:
            options->json = true;
            break;
        case 'h':
            print_help(stdout);
            *code = EXIT_DONE;
            return false;
        default:
            log_say("`onhook check --help` shows the options");
            *code = EXIT_WRONG_USAGE;
            return false;
        }
    }
    if (!options->keys && options->config == NULL && optind == argc) {
        log_say("check what? Name a configuration (-c FILE) or a capture; see onhook check --help");
        *code = EXIT_WRONG_USAGE;
        return false;
    }
    return true;
}

int
cmd_check(int argc, char **argv)
{
    struct check_options options = {0};
    int code = EXIT_DONE;
    if (!parse_options(&options, argc, argv, &code))
        return code;
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
        log_say("--encoding: %s; see `onhook check --help`", why);
        settings_free(&settings);
        return EXIT_WRONG_USAGE;
    }
    for (int i = optind; i < argc; i++)
        code = worse(code, check_capture(&settings, argv[i], &options));
    settings_free(&settings);
    if (fflush(stdout) != 0) {
        log_say("standard output: %s", strerror(errno));
        code = worse(code, EXIT_FAILED);
    }
    return code;
}
