#ifndef IPC_LAYOUT_TABLE_H
#define IPC_LAYOUT_TABLE_H

/*
 * ipc/layout_table.h - the layout of shared memory as data: what stands where, in which form.
 *
 * One table, ipc/shm_fields.def; offsets and sizes are the compiler's. `onhook dump` prints
 * segments and docs/shared-memory.md by it. Pure constants; anybody, any time.
 */

#include <stdbool.h>
#include <stdint.h>

/* How the bytes of a field are to be read. */
enum layout_form {
    FORM_NUMBER,
    FORM_SIGNED,
    FORM_HEX,
    FORM_REF,      /* call_ref: CALL_UNIT times it is an offset in the block */
    FORM_TEXT_REF, /* the same, of a text */
    FORM_TIME_US,  /* since 1970 */
    FORM_EPOCH,    /* ns since 1970 */
    FORM_KIND,     /* enum segment_kind */
    FORM_CLAIM,    /* position, owner and state of a result slot */
    FORM_EVENT_KIND,
    FORM_LOCAL_STATE,
    FORM_CAUSE,
    FORM_OUTCOME_EVENT,
    FORM_RELEASING,
    FORM_REASON,
    FORM_EVIDENCE,
    FORM_RULE,
    FORM_COUNTERS, /* an array by enum counter */
    FORM_STRING,   /* bytes up to a 0 */
    FORM_TEXT,     /* bytes, as many as another member says */
    FORM_STRUCT,
};

/* The structs, in the order of the table. */
enum layout_id {
#define SHM_STRUCT(name, header, what) LAYOUT_##name,
#include "ipc/shm_fields.def"
    LAYOUT_COUNT,
};

struct layout_field {
    const char *name;
    const char *meaning;
    uint64_t offset; /* bytes from the struct's beginning */
    uint64_t size;   /* bytes of an element */
    uint64_t count;  /* elements; 0: as many as there is room for */
    enum layout_form form;
    bool is_array;
    enum layout_id inner;   /* FORM_STRUCT */
    uint32_t length_offset; /* FORM_TEXT: where the length stands */
    uint32_t length_size;
};

struct layout_struct {
    const char *name;
    const char *header;
    const char *what;
    uint64_t size; /* bytes */
    const struct layout_field *fields;
    uint32_t field_count;
};

/* layout_struct_of - what a struct looks like; `id` below LAYOUT_COUNT. */
struct layout_struct layout_struct_of(enum layout_id id);

/* Printed name of a form, "number", "time"; for documents. */
const char *layout_form_name(enum layout_form form);

#endif
