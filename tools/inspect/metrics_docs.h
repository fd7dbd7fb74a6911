#ifndef TOOLS_INSPECT_METRICS_DOCS_H
#define TOOLS_INSPECT_METRICS_DOCS_H

/*
 * tools/inspect/metrics_docs.h - what an operator puts beside the metrics, made from the same
 * tables: docs/grafana/ holds what these print, and a test fails when that is stale.
 */

#include <stdio.h>

/* metrics_print_dashboard - a dashboard for Grafana 9 and later: JSON, a panel a line. */
void metrics_print_dashboard(FILE *out);

/* metrics_print_alerts - alert rules for Prometheus: YAML. */
void metrics_print_alerts(FILE *out);

#endif
