#ifndef TOOLS_CHECK_PRINT_H
#define TOOLS_CHECK_PRINT_H

/*
 * tools/check_print.h - what `onhook check` found, on standard output, for people or as JSON.
 *
 * Text from files and switches is escaped. JSON: one object a line; problems of a configuration
 * itself stand on standard error, with their lines.
 */

#include "engine/capture.h"

void check_print_settings(const char *file, const struct settings *settings, unsigned errors);
void check_print_settings_json(const char *file, const struct settings *settings, unsigned errors);

void check_print_capture(const char *file, const struct capture *capture);
void check_print_capture_json(const char *file, const struct capture *capture);

#endif
