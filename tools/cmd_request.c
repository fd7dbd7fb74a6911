/*
 * onhook release, drop, clear - a person asks a running engine to end something.
 *
 * Which front-end and link is found out first (tools/control_ask.h), so nothing is ever asked for
 * twice, or of the wrong call.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "engine/live/control_text.h"
#include "ipc/segment.h"
#include "tools/command.h"
#include "tools/control_ask.h"

enum {
    TIMEOUT_S = 15,
    TIMEOUT_MOST_S = 3600,
    SOCKET_MOST = 96, /* bytes of a socket's path; behind it comes the number of a front-end */
};

struct request_options {
    const char *name; /* of the command */
    const char *config;
    const char *engine;
    const char *socket;
    const char *link;
    const char *by;
    unsigned timeout_s;
    bool json;
};

static const char *const outcome_says[] = {
#define CONTROL_RESULT(name, word, says) [CONTROL_##name] = (says),
#include "engine/live/control_result.def"
#undef CONTROL_RESULT
};

static void
print_help(enum control_kind kind)
{
    static const char *const usages[] = {
        [CONTROL_RELEASE] = "example: onhook release 2001\n"
                            "\n"
                            "usage: onhook release [options] DN [CALLID]\n"
                            "\n"
                            "Asks the switch to clear the connection of the device DN, on its own "
                            "behalf: as if it\n"
                            "had hung up. Without CALLID, in the call it was heard of in last.\n",
        [CONTROL_DROP] = "example: onhook drop 2001 --by 2002\n"
                         "\n"
                         "usage: onhook drop [options] --by OTHER DN [CALLID]\n"
                         "\n"
                         "Asks the switch to clear the connection of the device DN, on behalf of "
                         "OTHER. Without\n"
                         "CALLID, in the call DN was heard of in last.\n"
                         "\n"
                         "      --by OTHER      who it is that ends it\n",
        [CONTROL_CLEAR] = "example: onhook clear 1234\n"
                          "\n"
                          "usage: onhook clear [options] CALLID\n"
                          "\n"
                          "Asks the switch to clear a whole call.\n"
                          "\n"
                          "      --by DN         who it is that ends it\n",
    };
    fputs(usages[kind], stdout);
    fputs("\n"
          "      --link NAME     the link, where the same device or CallID is on several\n"
          "      --name NAME     the engine's name; else that of -c, else onhook\n"
          "  -c, --config FILE   the engine's configuration: its name, its control socket\n"
          "      --socket PATH   its control socket\n"
          "      --timeout S     how long to wait for an answer in all, in seconds; 15\n"
          "      --json          the answer as one JSON object\n"
          "  -h, --help          this help\n"
          "\n"
          "Exit codes: 0 granted; 1 refused, not answered, or not sent, and why; 2 wrong usage.\n",
          stdout);
}

static bool
read_timeout(struct request_options *options, const char *text)
{
    char *end;
    errno = 0;
    unsigned long seconds = strtoul(text, &end, 10);
    bool good = text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && seconds >= 1 &&
                seconds <= TIMEOUT_MOST_S;
    if (good)
        options->timeout_s = (unsigned)seconds;
    else
        log_say("--timeout %s: a number of seconds from 1 to %d is wanted", text, TIMEOUT_MOST_S);
    return good;
}

/* True: go on with *options. Else *code is the command's exit code. */
static bool
parse_options(struct request_options *options, enum control_kind kind, int argc, char **argv,
              int *code)
{
    enum { OPTION_LINK = 256, OPTION_NAME, OPTION_SOCKET, OPTION_TIMEOUT, OPTION_JSON, OPTION_BY };
    static const struct option known[] = {
        {"link", required_argument, NULL, OPTION_LINK},
        {"name", required_argument, NULL, OPTION_NAME},
        {"config", required_argument, NULL, 'c'},
        {"socket", required_argument, NULL, OPTION_SOCKET},
        {"timeout", required_argument, NULL, OPTION_TIMEOUT},
        {"json", no_argument, NULL, OPTION_JSON},
        {"by", required_argument, NULL, OPTION_BY},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    optind = 1;
    *code = EXIT_WRONG_USAGE;
    while ((option = getopt_long(argc, argv, "c:h", known, NULL)) != -1) {
        if (option == 'h') {
            print_help(kind);
            *code = EXIT_DONE;
            return false;
        }
        if (option == OPTION_LINK)
            options->link = optarg;
        else if (option == OPTION_NAME)
            options->engine = optarg;
        else if (option == 'c')
            options->config = optarg;
        else if (option == OPTION_SOCKET)
            options->socket = optarg;
        else if (option == OPTION_JSON)
            options->json = true;
        else if (option == OPTION_BY)
            options->by = optarg;
        else if (option != OPTION_TIMEOUT || !read_timeout(options, optarg))
            return false;
    }
    return true;
}

/* A text of the command line into its place; false, said: it does not fit. */
static bool
take_text(char *place, size_t size, const char *text, const char *what)
{
    size_t length = text == NULL ? 0 : strlen(text);
    if (length >= size || (text != NULL && length == 0)) {
        log_say("%s: 1 to %zu bytes are wanted", what, size - 1);
        return false;
    }
    if (length > 0)
        memcpy(place, text, length);
    return true;
}

/* What is asked for, from options and operands; false: said. */
static bool
compose(const struct request_options *options, int argc, char **argv,
        struct control_command *command)
{
    int operands = argc - optind;
    const char *first = operands > 0 ? argv[optind] : NULL;
    const char *second = operands > 1 ? argv[optind + 1] : NULL;
    bool is_clear = command->kind == CONTROL_CLEAR;
    if (first == NULL || operands > (is_clear ? 1 : 2)) {
        log_say("%s: %s wanted; see `onhook %s --help`", options->name,
                is_clear ? "one CALLID is" : "a DN, and perhaps a CALLID, are", options->name);
        return false;
    }
    if (!take_text(command->link, sizeof command->link, options->link, "--link") ||
        !take_text(command->by, sizeof command->by, options->by, "--by") ||
        !take_text(command->call, sizeof command->call, is_clear ? first : second, "CALLID") ||
        !take_text(command->device, sizeof command->device, is_clear ? NULL : first, "DN"))
        return false;
    /* What the engine would not take need not be sent. */
    char line[CONTROL_LINE_MAX];
    char id[CONTROL_ID_MAX + 1];
    struct control_command read;
    size_t length = control_write_command(line, sizeof line, command);
    const char *why = control_read_command((struct text){line, (uint32_t)length - 1}, &read, id);
    if (why != NULL)
        log_say("%s", why);
    return why == NULL;
}

static bool
find_engine(const struct request_options *options, struct settings *settings)
{
    settings_default(settings);
    if (options->config != NULL && settings_read(settings, options->config) > 0)
        return false;
    if (options->engine != NULL &&
        !take_text(settings->name, SEGMENT_NAME_MAX + 1, options->engine, "--name"))
        return false;
    if (options->engine != NULL)
        settings->name[strlen(options->engine)] = '\0';
    return options->socket == NULL ||
           take_text(settings->control_socket, SOCKET_MOST + 1, options->socket, "--socket");
}

static void
print_answer(const struct request_options *options, const struct control_answer *answer)
{
    char line[CONTROL_LINE_MAX];
    char shown[256];
    if (options->json) {
        size_t length = control_write_answer(line, sizeof line, answer, "");
        fwrite(line, 1, length, stdout);
        return;
    }
    printf("%s: %s", control_outcome_name(answer->outcome), outcome_says[answer->outcome]);
    if (answer->text[0] != '\0')
        printf(": %s", log_escape(shown, sizeof shown, text_of(answer->text)));
    for (uint32_t i = 0; i < answer->links && i < CONTROL_LINKS_NAMED; i++)
        printf("%s %s", i == 0 ? ":" : ",",
               log_escape(shown, sizeof shown, text_of(answer->named[i])));
    if (answer->links > CONTROL_LINKS_NAMED)
        printf(" and %u more", answer->links - CONTROL_LINKS_NAMED);
    if (answer->call[0] != '\0')
        printf("; call %s", log_escape(shown, sizeof shown, text_of(answer->call)));
    if (answer->link[0] != '\0')
        printf(", link %s", log_escape(shown, sizeof shown, text_of(answer->link)));
    putchar('\n');
}

static int
ask_engine(const struct request_options *options, const struct settings *settings,
           struct control_command *command)
{
    struct control_answer answer;
    if (!control_ask(settings, command, options->timeout_s, &answer))
        return EXIT_FAILED;
    print_answer(options, &answer);
    return answer.outcome == CONTROL_GRANTED ? EXIT_DONE : EXIT_FAILED;
}

static int
request(enum control_kind kind, int argc, char **argv)
{
    int code;
    struct settings settings;
    struct request_options options = {.name = control_kind_name(kind), .timeout_s = TIMEOUT_S};
    struct control_command command = {.kind = kind};
    if (!parse_options(&options, kind, argc, argv, &code))
        return code;
    if (!compose(&options, argc, argv, &command))
        return EXIT_WRONG_USAGE;
    code = EXIT_WRONG_USAGE;
    if (find_engine(&options, &settings))
        code = ask_engine(&options, &settings, &command);
    settings_free(&settings);
    return code;
}

int
cmd_release(int argc, char **argv)
{
    return request(CONTROL_RELEASE, argc, argv);
}

int
cmd_drop(int argc, char **argv)
{
    return request(CONTROL_DROP, argc, argv);
}

int
cmd_clear(int argc, char **argv)
{
    return request(CONTROL_CLEAR, argc, argv);
}
