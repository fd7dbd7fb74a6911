#ifndef TOOLS_VERSION_H
#define TOOLS_VERSION_H

/*
 * tools/version.h - what this program was built from, and what it runs with.
 */

#include <stdio.h>

/* version_print - version, shared-memory layout, compiler, allocator, liburcu; a line each. The
 * allocator is the one that answers in this process, not the one that was asked for. */
void version_print(FILE *out);

#endif
