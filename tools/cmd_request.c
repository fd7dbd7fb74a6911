/*
 * onhook release, drop, clear - a person asks a running engine to end something.
 *
 * Which front-end and link is found out first (tools/control_ask.h), so nothing is ever asked for
 * twice, or of the wrong call.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "engine/live/control_text.h"
#include "ipc/segment.h"
#include "tools/command.h"
#include "tools/control_ask.h"
#include "tools/options.h"

enum {
    TIMEOUT_MOST_S = 3600,
    SOCKET_MOST = 96, /* bytes of a socket's path; behind it comes the number of a front-end */
};

struct request_options {
    const char *config;
    const char *engine;
    const char *socket;
    const char *link;
    const char *by;
    uint64_t timeout_s;
    bool json;
};

static const char *const outcome_says[] = {
#define CONTROL_RESULT(name, word, says) [CONTROL_##name] = (says),
#include "engine/live/control_result.def"
#undef CONTROL_RESULT
};

/* ---- the command line ---------------------------------------------------------------------- */

#define SHARED_ROWS                                                                                \
    ROW_TEXT(0, "link", struct request_options, link, "NAME",                                      \
             "the link, where the same device or CallID is on several", NULL),                     \
        ROW_TEXT(0, "name", struct request_options, engine, "NAME",                                \
                 "the engine's name; else that of -c, else onhook", NULL),                         \
        ROW_TEXT('c', "config", struct request_options, config, "FILE",                            \
                 "the engine's configuration: its name, its control socket", NULL),                \
        ROW_TEXT(0, "socket", struct request_options, socket, "PATH", "its control socket", NULL), \
        ROW_NUMBER(0, "timeout", struct request_options, timeout_s, "S",                           \
                   "how long to wait for an answer in all, in seconds", "15", 1, TIMEOUT_MOST_S,   \
                   "seconds"),                                                                     \
        ROW_FLAG(0, "json", struct request_options, json, "the answer as one JSON object")

static const struct option_row rows[] = {SHARED_ROWS};

static const struct option_row rows_with_by[] = {
    ROW_TEXT(0, "by", struct request_options, by, "DN", "who it is that ends it", NULL),
    SHARED_ROWS,
};

#define CODES                                                                                      \
    "\n"                                                                                           \
    "Exit codes: 0 granted; 1 refused, not answered, or not sent, and why; 2 wrong usage.\n"

static const struct option_table tables[] = {
    [CONTROL_RELEASE] =
        {
            .command = "release",
            .above =
                "  onhook release 2001\n"
                "\n"
                "usage: onhook release [options] DN [CALLID]\n"
                "\n"
                "Asks the switch to clear the connection of the device DN, on its own behalf: as\n"
                "if it had hung up. Without CALLID, in the call it was heard of in last.\n"
                "\n",
            ROWS(rows),
            .below = CODES,
            .takes_words = true,
        },
    [CONTROL_DROP] =
        {
            .command = "drop",
            .above =
                "  onhook drop 2001 --by 2002\n"
                "\n"
                "usage: onhook drop [options] --by OTHER DN [CALLID]\n"
                "\n"
                "Asks the switch to clear the connection of the device DN, on behalf of OTHER.\n"
                "Without CALLID, in the call DN was heard of in last.\n"
                "\n",
            ROWS(rows_with_by),
            .below = CODES,
            .takes_words = true,
        },
    [CONTROL_CLEAR] =
        {
            .command = "clear",
            .above = "  onhook clear 1234\n"
                     "\n"
                     "usage: onhook clear [options] CALLID\n"
                     "\n"
                     "Asks the switch to clear a whole call.\n"
                     "\n",
            ROWS(rows_with_by),
            .below = CODES,
            .takes_words = true,
        },
};

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
compose(const struct request_options *options, const struct option_rest *rest,
        struct control_command *command)
{
    const char *first = rest->count > 0 ? rest->words[0] : NULL;
    const char *second = rest->count > 1 ? rest->words[1] : NULL;
    bool is_clear = command->kind == CONTROL_CLEAR;
    if (first == NULL || rest->count > (is_clear ? 1 : 2)) {
        options_wrong(&tables[command->kind], "%s wanted",
                      is_clear ? "one CALLID is" : "a DN, and perhaps a CALLID, are");
        return false;
    }
    if (command->kind == CONTROL_DROP && options->by == NULL) {
        options_wrong(&tables[command->kind], "--by DN is missing: on whose behalf");
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
    if (!control_ask(settings, command, (unsigned)options->timeout_s, &answer))
        return EXIT_FAILED;
    print_answer(options, &answer);
    return answer.outcome == CONTROL_GRANTED ? EXIT_DONE : EXIT_FAILED;
}

static int
request(enum control_kind kind, int argc, char **argv)
{
    struct settings settings;
    struct request_options options = {.json = false};
    struct control_command command = {.kind = kind};
    const struct option_rest rest = options_read(&tables[kind], &options, argc, argv);
    if (rest.is_over)
        return rest.code;
    if (!compose(&options, &rest, &command))
        return EXIT_WRONG_USAGE;
    int code = EXIT_WRONG_USAGE;
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
