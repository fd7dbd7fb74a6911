/*
 * tools/onhook.c - the composition root: the commands, and nothing they do.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "tools/command.h"
#include "tools/version.h"

static const struct command commands[] = {
    {"run", "who hung up, in every call of live links, as it happens", cmd_run},
    {"replay", "who hung up, in every call of recorded input", cmd_replay},
    {"check", "whether a configuration or a capture can be used, and what is wrong", cmd_check},
    {"explain", "one call, message by message: who hung up and by which rule", cmd_explain},
    {"release", "asks a running engine to hang up a device", cmd_release},
    {"drop", "asks it to drop a device on behalf of another", cmd_drop},
    {"clear", "asks it to clear a whole call", cmd_clear},
    {"top", "an engine on a full screen, live", cmd_top},
    {"stat", "the counters of an engine that runs, or that left its segments", cmd_stat},
    {"rings", "how full its rings are, and how far each process has come", cmd_rings},
    {"calls", "the calls it knows at this moment", cmd_calls},
    {"dump", "its segments field by field, and the layout of shared memory", cmd_dump},
    {"metrics", "counters and latencies for Prometheus, printed or served", cmd_metrics},
    {"switch", "a CSTA switch simulator with known truth, and the judge of what was made of it",
     cmd_switch},
    {"bench", "what this machine carries, and what a site needs", cmd_bench},
};

enum {
    COMMAND_COUNT = sizeof commands / sizeof *commands,
};

static void
print_help(FILE *out)
{
    fputs("  onhook replay monday.trace\n"
          "\n"
          "onhook says who hung up in the calls of CSTA telephone switches.\n"
          "\n"
          "usage: onhook COMMAND [options]\n"
          "\n",
          out);
    for (int i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fputs("\n"
          "  onhook COMMAND --help   an example of the command, and its options\n"
          "  onhook --version        what this program is built from\n"
          "\n"
          "Exit codes: 0 done; 1 failed; 2 wrong usage or configuration;\n"
          "3 done, but some of the input could not be read.\n",
          out);
}

static int
wrong_usage(const char *what, const char *word)
{
    char shown[128];
    log_say("%s%s; `onhook --help` lists the commands", what,
            log_escape(shown, sizeof shown, text_of(word)));
    return EXIT_WRONG_USAGE;
}

/* Results that could not be written are no success. */
static int
finish_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    log_say("cannot write to standard output");
    return code == EXIT_DONE ? EXIT_FAILED : code;
}

/*
 * Where standard input, output or error was closed, what we open next would take its number, and
 * results or diagnostics would be written into a segment. What stands there instead refuses: it
 * cannot be read as input, nor written as output.
 */
static bool
hold_standard_descriptors(void)
{
    for (int number = STDIN_FILENO; number <= STDERR_FILENO; number++) {
        if (fcntl(number, F_GETFD) >= 0 || errno != EBADF)
            continue;
        /* The lowest free number is taken, and those below are in use. */
        if (open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY) != number)
            return false;
    }
    return true;
}

int
main(int argc, char **argv)
{
    if (!hold_standard_descriptors())
        return EXIT_FAILED;
    if (argc < 2)
        return wrong_usage("a command is missing", "");
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        print_help(stdout);
        return finish_output(EXIT_DONE);
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        version_print(stdout);
        return finish_output(EXIT_DONE);
    }
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(word, commands[i].name) == 0)
            return finish_output(commands[i].run(argc - 1, argv + 1));
    return wrong_usage(*word == '-' ? "there is no option " : "there is no command ", word);
}
