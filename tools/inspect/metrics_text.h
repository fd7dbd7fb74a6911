#ifndef TOOLS_INSPECT_METRICS_TEXT_H
#define TOOLS_INSPECT_METRICS_TEXT_H

/*
 * tools/inspect/metrics_text.h - an engine's metrics as text that Prometheus reads.
 *
 * Two forms: the classic text format 0.0.4, and OpenMetrics 1.0. Names, units and what they mean
 * come from ipc/counters.def, ipc/counter_family.def, ipc/stage.def and tools/inspect/metric.def.
 * Labels are bounded: process, front-end, worker, ring, stage, and what a .def lists; never a call,
 * a device or a number. What a page costs depends on the number of processes and on nothing else.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ipc/view.h"

enum {
    METRICS_SIZE = 1 << 21, /* bytes that hold the page of any engine */
    METRICS_NAME_SIZE = 64,
    METRICS_SAID = 160,
};

enum metrics_form {
    METRICS_CLASSIC,
    METRICS_OPEN,
};

/* The HTTP Content-Type of a form. */
const char *metrics_content_type(enum metrics_form form);

/* metrics_form_wanted - what a client that sends this Accept is given; NULL: it sent none. */
enum metrics_form metrics_form_wanted(const char *accept);

enum metric {
#define METRIC(name, type, printed, unit, meaning) METRIC_##name,
#include "tools/inspect/metric.def"
#undef METRIC
    METRIC_COUNT,
};

/* Names as a query has them; each writes METRICS_NAME_SIZE bytes at most and returns `out`. */
const char *metrics_name(char *out, enum metric metric);
const char *metrics_counter_name(char *out, enum counter which);

/* Is it the first counter of its metric, so that each is told once? */
bool metrics_counter_is_first(enum counter which);

/* What a metric says, or a counter's. */
const char *metrics_meaning(enum metric metric);
const char *metrics_counter_meaning(enum counter which);

/*
 * metrics_write - the page of an engine
 *
 * `view` NULL: there is no engine, which the page says. Returns the bytes written to `out`, of
 * METRICS_SIZE bytes.
 */
size_t metrics_write(char *out, enum metrics_form form, const struct view *view);

enum metrics_health {
    METRICS_READY, /* runs, and so do all its processes */
    METRICS_ALIVE, /* somebody runs it */
    METRICS_DEAD,
};

/* metrics_health - how the engine is; `said`, METRICS_SAID bytes, is a sentence with a line end. */
enum metrics_health metrics_health(const struct view *view, char *said);

#endif
