#include "ipc/layout_table.h"

#include "base/check.h"
#include "ipc/call_record.h"
#include "ipc/event_record.h"
#include "ipc/front_state.h"
#include "ipc/layout.h"
#include "ipc/outcome_record.h"
#include "ipc/publisher_memory.h"
#include "ipc/shared_engine.h"
#include "ipc/worker_journal.h"

#define MEMBER(name, member) (((struct name *)0)->member)

/* Where each struct's fields begin in the table below: a struct takes no place of its own. */
enum {
#define SHM_STRUCT(name, header, what)            FIRST_##name, BEFORE_##name = FIRST_##name - 1,
#define SHM_FIELD(name, member, form, meaning)    PLACE_##name##_##member,
#define SHM_ARRAY(name, member, form, meaning)    PLACE_##name##_##member,
#define SHM_STRING(name, member, meaning)         PLACE_##name##_##member,
#define SHM_TEXT(name, member, length, meaning)   PLACE_##name##_##member,
#define SHM_INNER(name, member, inner, meaning)   PLACE_##name##_##member,
#define SHM_STRUCTS(name, member, inner, meaning) PLACE_##name##_##member,
#define SHM_REST(name, member, inner, meaning)    PLACE_##name##_##member,
#include "ipc/shm_fields.def"
    FIELD_COUNT,
};

#define IS_NUMBER(size) ((size) == 1 || (size) == 2 || (size) == 4 || (size) == 8)

/* A number is one, a struct is the one it is said to be. */
#define SHM_FIELD(name, member, form, meaning)                                                     \
    static_assert(IS_NUMBER(sizeof MEMBER(name, member)), #name "." #member " is a number");
#define SHM_ARRAY(name, member, form, meaning)                                                     \
    static_assert(IS_NUMBER(sizeof MEMBER(name, member)[0]), #name "." #member " has numbers");
#define SHM_STRING(name, member, meaning)                                                          \
    static_assert(sizeof MEMBER(name, member)[0] == 1, #name "." #member " has bytes");
#define SHM_TEXT(name, member, length, meaning)                                                    \
    static_assert(IS_NUMBER(sizeof MEMBER(name, length)), #name "." #length " is a number");
#define SHM_INNER(name, member, inner, meaning)                                                    \
    static_assert(_Generic(MEMBER(name, member), struct inner : 1), #name "." #member);
#define SHM_STRUCTS(name, member, inner, meaning)                                                  \
    static_assert(_Generic(MEMBER(name, member)[0], struct inner : 1), #name "." #member);
#define SHM_REST(name, member, inner, meaning)                                                     \
    static_assert(_Generic(MEMBER(name, member)[0], struct inner : 1), #name "." #member);
#include "ipc/shm_fields.def"

static const struct layout_field fields[FIELD_COUNT] = {
#define SHM_FIELD(owner, member, how, words)                                                       \
    {.name = #member,                                                                              \
     .meaning = (words),                                                                           \
     .offset = offsetof(struct owner, member),                                                     \
     .size = sizeof MEMBER(owner, member),                                                         \
     .count = 1,                                                                                   \
     .form = FORM_##how},
#define SHM_ARRAY(owner, member, how, words)                                                       \
    {.name = #member,                                                                              \
     .meaning = (words),                                                                           \
     .offset = offsetof(struct owner, member),                                                     \
     .size = sizeof MEMBER(owner, member)[0],                                                      \
     .count = sizeof MEMBER(owner, member) / sizeof MEMBER(owner, member)[0],                      \
     .form = FORM_##how,                                                                           \
     .is_array = true},
#define SHM_STRING(owner, member, words)                                                           \
    {.name = #member,                                                                              \
     .meaning = (words),                                                                           \
     .offset = offsetof(struct owner, member),                                                     \
     .size = sizeof MEMBER(owner, member),                                                         \
     .count = 1,                                                                                   \
     .form = FORM_STRING},
#define SHM_TEXT(owner, member, length, words)                                                     \
    {.name = #member,                                                                              \
     .meaning = (words),                                                                           \
     .offset = offsetof(struct owner, member),                                                     \
     .size = sizeof MEMBER(owner, member),                                                         \
     .count = 1,                                                                                   \
     .form = FORM_TEXT,                                                                            \
     .length_offset = offsetof(struct owner, length),                                              \
     .length_size = sizeof MEMBER(owner, length)},
#define SHM_INNER(owner, member, within, words)                                                    \
    {.name = #member,                                                                              \
     .meaning = (words),                                                                           \
     .offset = offsetof(struct owner, member),                                                     \
     .size = sizeof(struct within),                                                                \
     .count = 1,                                                                                   \
     .form = FORM_STRUCT,                                                                          \
     .inner = LAYOUT_##within},
#define SHM_STRUCTS(owner, member, within, words)                                                  \
    {.name = #member,                                                                              \
     .meaning = (words),                                                                           \
     .offset = offsetof(struct owner, member),                                                     \
     .size = sizeof(struct within),                                                                \
     .count = sizeof MEMBER(owner, member) / sizeof(struct within),                                \
     .form = FORM_STRUCT,                                                                          \
     .is_array = true,                                                                             \
     .inner = LAYOUT_##within},
#define SHM_REST(owner, member, within, words)                                                     \
    {.name = #member,                                                                              \
     .meaning = (words),                                                                           \
     .offset = offsetof(struct owner, member),                                                     \
     .size = sizeof(struct within),                                                                \
     .form = FORM_STRUCT,                                                                          \
     .is_array = true,                                                                             \
     .inner = LAYOUT_##within},
#include "ipc/shm_fields.def"
};

struct struct_row {
    const char *name;
    const char *header;
    const char *what;
    uint64_t size;
    uint32_t first;
};

static const struct struct_row structs[LAYOUT_COUNT + 1] = {
#define SHM_STRUCT(shm, file, words) {#shm, (file), (words), sizeof(struct shm), FIRST_##shm},
#include "ipc/shm_fields.def"
    {.first = FIELD_COUNT},
};

struct layout_struct
layout_struct_of(enum layout_id id)
{
    CHECK((unsigned)id < LAYOUT_COUNT);
    const struct struct_row *row = &structs[id];
    return (struct layout_struct){row->name, row->header,         row->what,
                                  row->size, &fields[row->first], row[1].first - row->first};
}

const char *
layout_form_name(enum layout_form form)
{
    static const char *const names[] = {
        [FORM_NUMBER] = "number",
        [FORM_SIGNED] = "signed number",
        [FORM_HEX] = "hex",
        [FORM_REF] = "reference",
        [FORM_TEXT_REF] = "reference to a text",
        [FORM_TIME_US] = "time, us since 1970",
        [FORM_EPOCH] = "time, ns since 1970",
        [FORM_KIND] = "enum segment_kind",
        [FORM_CLAIM] = "claim",
        [FORM_EVENT_KIND] = "enum event_kind",
        [FORM_LOCAL_STATE] = "enum local_state",
        [FORM_CAUSE] = "enum cause",
        [FORM_OUTCOME_EVENT] = "enum outcome_event",
        [FORM_RELEASING] = "enum releasing_party",
        [FORM_REASON] = "enum reason",
        [FORM_EVIDENCE] = "enum evidence",
        [FORM_RULE] = "enum rule",
        [FORM_COUNTERS] = "number for each enum counter",
        [FORM_STRING] = "bytes up to a 0",
        [FORM_TEXT] = "text",
        [FORM_STRUCT] = "struct",
    };
    return (unsigned)form < sizeof names / sizeof *names ? names[form] : "?";
}
