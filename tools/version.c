/* tools/version.c - the one place that asks jemalloc who it is. */
#include "tools/version.h"

#include "ipc/layout.h"

#ifdef ONHOOK_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "unknown"
#endif

static void
print_allocator(FILE *out)
{
#ifdef ONHOOK_JEMALLOC
    const char *version = NULL;
    size_t size = sizeof version;
    if (mallctl("version", &version, &size, NULL, 0) == 0) {
        fprintf(out, "allocator  jemalloc %s\n", version);
        return;
    }
#endif
    fprintf(out, "allocator  system allocator\n");
}

void
version_print(FILE *out)
{
    fprintf(out, "onhook %s\n", ONHOOK_VERSION);
    fprintf(out, "layout     %u\n", (unsigned)SHM_LAYOUT_VERSION);
    fprintf(out, "compiler   %s\n", COMPILER);
    print_allocator(out);
#ifdef ONHOOK_URCU_VERSION
    fprintf(out, "liburcu    %s\n", ONHOOK_URCU_VERSION);
#endif
}
