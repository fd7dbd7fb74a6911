#ifndef TOOLS_INSPECT_DUMP_PRINT_H
#define TOOLS_INSPECT_DUMP_PRINT_H

/*
 * tools/inspect/dump_print.h - structs of shared memory on standard output, field by field.
 *
 * As text a line a field: where it stands in the segment, its path, its value. As JSON an object a
 * struct, on one line. Zeros that are only there to fill are left out, arrays show what is not 0.
 */

#include "ipc/layout_table.h"
#include "ipc/view_calls.h"

enum {
    DUMP_VERSION = 2, /* of the JSON's shape; fields are only ever added */
    DUMP_BYTES = 1 << 16,
    DUMP_LABEL = 96,
};

/* One segment, and how it is printed. */
struct dump {
    const struct view *view;
    struct view_file file;
    const char *suffix; /* "ring-0" */
    bool json;
    bool all;                      /* free slots too */
    bool is_short;                 /* something that should be there lies behind the file's end */
    uint64_t base;                 /* of what offsets of the table in hand count from */
    const struct view_call *block; /* whose texts references mean; NULL: none */
};

/* dump_bytes - print a struct of which the first `bytes` bytes are in hand. */
void dump_bytes(struct dump *dump, enum layout_id id, uint64_t offset, const void *bytes,
                uint64_t available, const char *label);

/* dump_struct - the same of what stands at `offset`; false where the file is too short. */
bool dump_struct(struct dump *dump, enum layout_id id, uint64_t offset, const char *label);

/* dump_note - a sentence between structs; `key` names it in JSON. */
__attribute__((format(printf, 3, 4))) void dump_note(const struct dump *dump, const char *key,
                                                     const char *format, ...);

/* dump_text - a text that belongs to the struct just printed. */
void dump_text(const struct dump *dump, uint64_t offset, const char *name, struct text text);

#endif
