/*
 * onhook release, drop, clear - a person asks a running engine to end something.
 *
 * Each front-end has a control socket; they are asked one after the other until one knows the
 * device or call. So nothing is ever asked for twice.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/live/control_socket.h"
#include "engine/live/control_text.h"
#include "ipc/segment.h"
#include "tools/command.h"

enum {
    TIMEOUT_S = 15,
    TIMEOUT_MOST_S = 3600,
    FRONT_ENDS_MAX = 64,
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

static uint64_t
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* What is sent or received next may take what is left until then, and no longer. */
static void
be_patient(int descriptor, uint64_t end_ms)
{
    uint64_t now = now_ms();
    uint64_t left_ms = end_ms > now ? end_ms - now : 1; /* 0 would be for ever */
    struct timeval patience = {.tv_sec = (time_t)(left_ms / 1000),
                               .tv_usec = (suseconds_t)(left_ms % 1000 * 1000)};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

/* One line of the peer, without its end; false: errno, 0 when he hung up. */
static bool
hear_line(int descriptor, uint64_t end_ms, char line[CONTROL_LINE_MAX], struct text *heard)
{
    size_t used = 0;
    while (used < CONTROL_LINE_MAX) {
        be_patient(descriptor, end_ms);
        ssize_t count = recv(descriptor, line + used, CONTROL_LINE_MAX - used, 0);
        if (count <= 0) {
            errno = count == 0 ? 0 : errno;
            return false;
        }
        const char *end = memchr(line + used, '\n', (size_t)count);
        used += (size_t)count;
        if (end != NULL) {
            *heard = (struct text){line, (uint32_t)(end - line)};
            return true;
        }
    }
    errno = EMSGSIZE;
    return false;
}

/* Asks one front-end; false: it is said why there is no answer. */
static bool
ask(int descriptor, const struct control_command *command, uint64_t end_ms, unsigned timeout_s,
    struct control_answer *answer)
{
    char line[CONTROL_LINE_MAX];
    struct text heard;
    be_patient(descriptor, end_ms);
    size_t length = control_write_command(line, sizeof line, command);
    bool sent = send(descriptor, line, length, MSG_NOSIGNAL) == (ssize_t)length;
    bool answered = sent && hear_line(descriptor, end_ms, line, &heard);
    int error = errno;
    if (answered && control_read_answer(heard, answer))
        return true;
    if (!sent)
        log_say("nothing was sent: %s", strerror(error));
    else if (answered)
        log_say("the engine's answer cannot be read: nobody knows what came of it");
    else if (error == EAGAIN)
        log_say("the engine has not answered within %u s: nobody knows what came of it", timeout_s);
    else
        log_say("the engine ended before it answered: nobody knows what came of it");
    return false;
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
    if (answer->call[0] != '\0')
        printf("; call %s", log_escape(shown, sizeof shown, text_of(answer->call)));
    if (answer->link[0] != '\0')
        printf(", link %s", log_escape(shown, sizeof shown, text_of(answer->link)));
    putchar('\n');
}

/* Asks each front-end until one knows what is meant. */
static int
ask_all(const struct request_options *options, const struct settings *settings,
        const struct control_command *command)
{
    uint64_t end_ms = now_ms() + (uint64_t)options->timeout_s * 1000;
    struct control_answer answer = {.outcome = CONTROL_ELSEWHERE};
    for (uint32_t i = 0; i < FRONT_ENDS_MAX && answer.outcome == CONTROL_ELSEWHERE; i++) {
        char path[CONTROL_PATH_SIZE];
        int descriptor = control_connect(settings, i, path);
        if (descriptor < 0 && i > 0 && errno == ENOENT)
            break;
        if (descriptor < 0) {
            log_say("no engine takes requests at %s: %s", path, strerror(errno));
            return EXIT_FAILED;
        }
        bool answered = ask(descriptor, command, end_ms, options->timeout_s, &answer);
        close(descriptor);
        if (!answered)
            return EXIT_FAILED;
    }
    print_answer(options, &answer);
    return answer.outcome == CONTROL_GRANTED ? EXIT_DONE : EXIT_FAILED;
}

/* A callID is one of its link alone: with several front-ends none of them can see whether another
 * has a call of that ID too, and the wrong one might be cleared. */
static bool
is_ambiguous(const struct settings *settings, const struct control_command *command)
{
    char path[CONTROL_PATH_SIZE];
    if (command->kind != CONTROL_CLEAR || command->link[0] != '\0')
        return false;
    int second = control_connect(settings, 1, path);
    if (second < 0)
        return false;
    close(second);
    log_say("the engine has several front-ends: name the link of the call with --link");
    return true;
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
    if (find_engine(&options, &settings) && !is_ambiguous(&settings, &command))
        code = ask_all(&options, &settings, &command);
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
