#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

/*
 * tools/command.h - what every subcommand of `onhook` promises to its main (tools/onhook.c).
 *
 * A command gets argv from its own name on, prints results to standard output and diagnostics to
 * standard error, and returns an exit code. It never calls exit().
 */

struct command {
    const char *name;
    const char *summary; /* one line for `onhook --help` */
    int (*run)(int argc, char **argv);
};

/* Exit codes, the same for every command. */
enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_WRONG_USAGE = 2, /* or a configuration that cannot be used */
    EXIT_UNREADABLE = 3,  /* some input could not be read; the rest was processed */
};

int cmd_run(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_release(int argc, char **argv);
int cmd_drop(int argc, char **argv);
int cmd_clear(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_rings(int argc, char **argv);
int cmd_calls(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_metrics(int argc, char **argv);
int cmd_switch(int argc, char **argv);
int cmd_bench(int argc, char **argv);

#endif
