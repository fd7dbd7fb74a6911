/*
 * onhook switch - a CSTA switch that never was, with calls whose truth is known; and its judge.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "tools/command.h"
#include "tools/switch/judge.h"
#include "tools/switch/loop.h"
#include "tools/switch/options.h"
#include "tools/switch/tls.h"
#include "tools/switch/truth.h"

enum { SCENARIO_FILE_MAX = 1 << 20 };

static bool
read_scenarios(struct simulator *simulator)
{
    static char text[SCENARIO_FILE_MAX];
    const char *path = simulator->options.scenario, *why;
    unsigned line;
    for (int i = 0; path == NULL && scenario_mix[i] != NULL; i++)
        CHECK(scenario_read(&simulator->book, scenario_mix[i], &line, &why));
    if (path == NULL)
        return true;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        log_at(path, 0, "%s", strerror(errno));
        return false;
    }
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    if (!scenario_read(&simulator->book, text, &line, &why))
        log_at(path, line, "%s", why);
    return why == NULL;
}

static void
print_listeners(const struct simulator *simulator, FILE *out)
{
    for (uint32_t i = 0; i < simulator->listener_count; i++) {
        const struct listener *listener = &simulator->listeners[i];
        const struct pbx *pbx = &listener->pbx;
        uint64_t first = pbx->first_number, base = first - 1;
        fprintf(out,
                "%s %s:%u encoding=%s profile=%s agents=%" PRIu64 "-%" PRIu64 " queues=%" PRIu64
                "-%" PRIu64 " route-points=%" PRIu64 "-%" PRIu64 "%s\n",
                pbx->name, listener->host, listener->port, encoding_word(pbx),
                profile_word(pbx->profile), first, base + simulator->options.agents,
                base + PBX_FIRST_QUEUE, base + PBX_FIRST_QUEUE + PBX_QUEUES - 1,
                base + PBX_FIRST_ROUTE_POINT, base + PBX_FIRST_ROUTE_POINT + PBX_ROUTE_POINTS - 1,
                listener->tls ? " tls" : "");
    }
    fflush(out);
}

/* A range of a configuration has ends of equally many digits: where they grow a new one begins. */
static void
print_range(FILE *out, const char *key, uint64_t first, uint64_t last)
{
    uint64_t ten = 10;
    while (ten <= first)
        ten *= 10;
    fprintf(out, "%s = ", key);
    for (; ten <= last; first = ten, ten *= 10)
        fprintf(out, "%" PRIu64 "-%" PRIu64 ", ", first, ten - 1);
    fprintf(out, "%" PRIu64 "-%" PRIu64 "\n", first, last);
}

static void
print_ini(const struct simulator *simulator, FILE *out)
{
    for (uint32_t i = 0; i < simulator->listener_count; i++) {
        const struct listener *listener = &simulator->listeners[i];
        const struct pbx *pbx = &listener->pbx;
        uint64_t base = pbx->first_number - 1;
        fprintf(out, "[link %s]\naddresses = %s:%u\nencoding = %s\nprofile = %s\n", pbx->name,
                listener->host, listener->port, encoding_word(pbx), profile_word(pbx->profile));
        if (listener->tls)
            fputs("tls = yes\n", out);
        if (pbx->profile == PBX_AVAYA && simulator->options.user != NULL)
            fprintf(out, "user = %s\nswitch-name = SWITCH\n", simulator->options.user);
        if (pbx->profile == PBX_AVAYA && simulator->options.device_ids)
            fputs("ask-device-ids = yes\n", out);
        if (pbx->profile == PBX_AVAYA && simulator->options.password != NULL)
            fputs("# What --password says must stand in a file:\n# password-file = PATH\n", out);
        print_range(out, "monitored", pbx->first_number, base + simulator->options.agents);
        print_range(out, "monitored", base + PBX_FIRST_QUEUE,
                    base + PBX_FIRST_QUEUE + PBX_QUEUES - 1);
        print_range(out, "monitored", base + PBX_FIRST_ROUTE_POINT,
                    base + PBX_FIRST_ROUTE_POINT + PBX_ROUTE_POINTS - 1);
        print_range(out, "route-points", base + PBX_FIRST_ROUTE_POINT,
                    base + PBX_FIRST_ROUTE_POINT + PBX_ROUTE_POINTS - 1);
    }
}

/* By a name beside it: whoever waits for the file finds all of it. */
static bool
write_file(const struct simulator *simulator, const char *path,
           void (*print)(const struct simulator *, FILE *))
{
    char beside[4096];
    if (path == NULL)
        return true;
    snprintf(beside, sizeof beside, "%s.new", path);
    FILE *file = fopen(beside, "w");
    if (file != NULL) {
        print(simulator, file);
        bool written = !ferror(file);
        if (fclose(file) == 0 && written && rename(beside, path) == 0)
            return true;
    }
    log_at(path, 0, "%s", strerror(errno));
    return false;
}

static void
print_counts(const struct simulator *simulator)
{
    static const char *const names[] = {
#define SWITCH_COUNT(name, text) text,
#include "tools/switch/switch_count.def"
#undef SWITCH_COUNT
    };
    for (int i = 0; i < SWITCH_COUNTS; i++)
        if (simulator->counts[i] != 0 || i == COUNT_CALLS)
            fprintf(stderr, "%12" PRIu64 " %s\n", simulator->counts[i], names[i]);
}

static const char *
load_tls(const struct simulator *simulator)
{
    const struct switch_options *options = &simulator->options;
    bool needed = false;
    for (uint32_t i = 0; i < simulator->listener_count; i++)
        needed |= simulator->listeners[i].tls;
    if (!needed)
        return NULL;
    if (options->cert == NULL || options->key == NULL)
        return "a listener with tls needs --cert and --key";
    return tls_load(options->cert, options->key);
}

static int
run(struct simulator *simulator)
{
    const struct switch_options *options = &simulator->options;
    const char *why = load_tls(simulator);
    if (why != NULL) {
        log_say("%s", why);
        return EXIT_WRONG_USAGE;
    }
    if (!read_scenarios(simulator))
        return EXIT_WRONG_USAGE;
    simulator->truth = options->truth == NULL ? NULL : fopen(options->truth, "w");
    if (options->truth != NULL && simulator->truth == NULL) {
        log_at(options->truth, 0, "%s", strerror(errno));
        return EXIT_FAILED;
    }
    if (!loop_open(simulator))
        return EXIT_FAILED;
    print_listeners(simulator, stdout);
    if (!write_file(simulator, options->ini, print_ini) ||
        !write_file(simulator, options->ready_file, print_listeners))
        return EXIT_FAILED;
    if (!loop_run(simulator))
        log_say("the rate was not kept: %" PRIu64 " calls did not begin, for want of free agents "
                "or of time",
                simulator->counts[COUNT_NOT_BEGUN]);
    loop_close(simulator);
    print_counts(simulator);
    if (simulator->truth != NULL && (ferror(simulator->truth) || fclose(simulator->truth) != 0)) {
        log_at(options->truth, 0, "%s", strerror(errno));
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

int
cmd_switch(int argc, char **argv)
{
    static struct simulator simulator;
    const struct switch_options *options = &simulator.options;
    const struct option_rest rest = switch_options_read(&simulator, argc, argv);
    if (rest.is_over)
        return rest.code;
    if (options->steps)
        scenario_print_steps(stdout);
    for (int i = 0; options->mix && scenario_mix[i] != NULL; i++)
        fputs(scenario_mix[i], stdout);
    if (options->steps || options->mix)
        return EXIT_DONE;
    if (options->judge)
        return judge_run(rest.words[0], rest.words[1], options->json);
    return run(&simulator);
}
