#include "tools/inspect/look.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json_write.h"
#include "base/log.h"
#include "tools/command.h"

#define NS_PER_SECOND 1e9

void
look_nap(double seconds)
{
    struct timespec left = {(time_t)seconds, (long)((seconds - floor(seconds)) * NS_PER_SECOND)};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

bool
look_again(const struct look *look, struct view *view, uint64_t done)
{
    if (look->every == 0 || done == look->count || ferror(stdout))
        return false;
    look_nap(look->every);
    view_renew(view); /* of an engine that ended, the last is shown */
    return true;
}

/* ---- the engine ---------------------------------------------------------------------------- */

static void (*before_refusal)(void);

/* Only our own reading of a segment faults so: what is called here was not interrupted itself, and
 * log_say() is a write(2). */
static void
refuse_shrunk(int number)
{
    (void)number;
    if (before_refusal != NULL)
        before_refusal();
    /* NOLINTNEXTLINE(bugprone-signal-handler,cert-sig30-c) */
    log_say("a segment became shorter while it was read, or cannot be read: copy it again");
    _exit(EXIT_FAILED);
}

void
look_before_refusal(void (*act)(void))
{
    before_refusal = act;
}

static bool
open_named(struct view *view, const char *folder, const char *name, char *why)
{
    char reason[VIEW_WHY];
    if (view_open(view, folder, name, reason))
        return true;
    snprintf(why, LOOK_WHY, "cannot look at engine %.64s: %.*s", name, VIEW_WHY, reason);
    return false;
}

static bool
lives(const char *folder, const char *name)
{
    struct view view;
    char why[VIEW_WHY];
    if (!view_open(&view, folder, name, why))
        return false;
    bool is_held = view_owner(&view) != 0;
    view_close(&view);
    return is_held;
}

/* The only one that lives, or NULL. */
static const char *
only_living(const char *folder, char names[VIEW_ENGINES_MAX][64], uint32_t count)
{
    const char *found = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (!lives(folder, names[i]))
            continue;
        if (found != NULL)
            return NULL;
        found = names[i];
    }
    return found;
}

static void
list_choices(char names[VIEW_ENGINES_MAX][64], uint32_t count, char *why)
{
    char list[LOG_LINE_MAX / 2] = "";
    size_t used = 0;
    for (uint32_t i = 0; i < count && used < sizeof list - 70; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, " %s", names[i]);
    snprintf(why, LOOK_WHY, "several engines are there; say which by --name:%s", list);
}

bool
look_find(const struct look *look, struct view *view, char *why)
{
    static char names[VIEW_ENGINES_MAX][64];
    const char *folder = look->folder != NULL ? look->folder : VIEW_FOLDER;
    signal(SIGBUS, refuse_shrunk);
    if (look->name != NULL)
        return open_named(view, folder, look->name, why);
    uint32_t count = view_find(folder, names);
    if (count > VIEW_ENGINES_MAX)
        count = VIEW_ENGINES_MAX;
    if (count == 0) {
        snprintf(why, LOOK_WHY, "no engine runs here, and none left its segments in %s", folder);
        return false;
    }
    const char *living = count == 1 ? names[0] : only_living(folder, names, count);
    if (living == NULL) {
        list_choices(names, count, why);
        return false;
    }
    return open_named(view, folder, living, why);
}

bool
look_open(const struct look *look, struct view *view)
{
    char why[LOOK_WHY];
    if (look_find(look, view, why))
        return true;
    log_say("%s", why);
    return false;
}

static double
seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / NS_PER_SECOND;
}

double
look_seconds(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

const char *
look_grouped(char out[LOOK_NUMBER_SIZE], uint64_t number)
{
    char digits[LOOK_NUMBER_SIZE];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, number);
    int at = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

const char *
look_rate(char out[LOOK_NUMBER_SIZE], double rate)
{
    if (rate > 0 && rate < 9.995)
        snprintf(out, LOOK_NUMBER_SIZE, "%.2f", rate);
    else if (rate > 0 && rate < 99.95)
        snprintf(out, LOOK_NUMBER_SIZE, "%.1f", rate);
    else
        look_grouped(out, (uint64_t)(rate + 0.5));
    return out;
}

const char *
look_channel(char out[LOOK_CHANNEL_SIZE], const struct view *view, uint32_t channel)
{
    uint32_t worker = channel % view->fixed.workers;
    if (view->frontends == 1)
        snprintf(out, LOOK_CHANNEL_SIZE, "%" PRIu32, worker);
    else
        snprintf(out, LOOK_CHANNEL_SIZE, "%" PRIu32 ":%" PRIu32, channel / view->fixed.workers,
                 worker);
    return out;
}

const char *
look_span(char out[LOOK_NUMBER_SIZE], uint64_t ns)
{
    static const char *const units[] = {"us", "ms", "s"};
    double span = (double)ns / 1e3;
    size_t unit = 0;
    for (; unit < 2 && span >= 1000; unit++)
        span /= 1e3;
    if (ns < 1000)
        snprintf(out, LOOK_NUMBER_SIZE, "%" PRIu64 " ns", ns);
    else
        snprintf(out, LOOK_NUMBER_SIZE, "%.1f %s", span, units[unit]);
    return out;
}

void
look_print_head(const struct view *view)
{
    char time[JSON_TIME_SIZE];
    time_text(time, (int64_t)(seconds_of(CLOCK_REALTIME) * 1e6));
    uint32_t owner = view_owner(view);
    printf("%s  %.*s  ", view->name, JSON_TIME_SIZE, time);
    if (view->frontends > 1)
        printf("%" PRIu32 " front-ends, ", view->frontends);
    printf("%" PRIu32 " workers, ", view->fixed.workers);
    if (owner != 0)
        printf("process %" PRIu32 ", up %.1f s\n", owner,
               look_seconds() - (double)view->fixed.created_ns / NS_PER_SECOND);
    else
        printf("nobody runs it\n");
}
