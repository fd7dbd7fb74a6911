#include "tools/inspect/dump_print.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json_write.h"
#include "base/log.h"
#include "ipc/counters.h"
#include "ipc/event_record.h"
#include "ipc/outcome_record.h"
#include "ipc/ring_result.h"
#include "ipc/segment.h"

enum {
    PATH_SIZE = 128,
    VALUE_SIZE = 1024,
    DEPTH_MAX = 8,
    JSON_SIZE = 1 << 20,
    ARRAY_MAX = 4096, /* elements looked at in one struct; longer arrays are walked elsewhere */
};

/* A struct on its way out. */
struct printing {
    struct dump *dump;
    const uint8_t *bytes; /* of the whole struct */
    uint64_t available;
    uint64_t offset; /* of it in the segment */
    struct json_writer *json;
    bool words; /* of JSON: not the fields, but what numbers among them say */
};

/* ---- values -------------------------------------------------------------------------------- */

static uint64_t
number_at(const uint8_t *at, uint64_t size)
{
    uint64_t number = 0;
    memcpy(&number, at, size <= sizeof number ? size : sizeof number); /* little-endian */
    return number;
}

static int64_t
signed_at(const uint8_t *at, uint64_t size)
{
    int64_t wide = 0;
    int32_t narrow = 0;
    if (size == sizeof wide) {
        memcpy(&wide, at, sizeof wide);
        return wide;
    }
    memcpy(&narrow, at, size < sizeof narrow ? size : sizeof narrow);
    return narrow;
}

static const char *
name_of(enum layout_form form, uint64_t number)
{
    uint8_t narrow = number <= UINT8_MAX ? (uint8_t)number : UINT8_MAX;
    switch (form) {
    case FORM_KIND:
        return segment_kind_suffix((enum segment_kind)narrow);
    case FORM_EVENT_KIND:
        return event_kind_name(narrow);
    case FORM_LOCAL_STATE:
        return local_state_name(narrow);
    case FORM_CAUSE:
        return cause_name(narrow);
    case FORM_OUTCOME_EVENT:
        return outcome_event_name(narrow);
    case FORM_RELEASING:
        return releasing_party_name(narrow);
    case FORM_REASON:
        return reason_name(narrow);
    case FORM_EVIDENCE:
        return evidence_name(narrow);
    case FORM_RULE:
        return number == 0 ? "" : rule_row(narrow)->name;
    case FORM_NUMBER:
    case FORM_SIGNED:
    case FORM_HEX:
    case FORM_REF:
    case FORM_TEXT_REF:
    case FORM_TIME_US:
    case FORM_EPOCH:
    case FORM_CLAIM:
    case FORM_COUNTERS:
    case FORM_STRING:
    case FORM_TEXT:
    case FORM_STRUCT:
        break;
    }
    return "";
}

static void
time_value(char out[VALUE_SIZE], int64_t time_us)
{
    char time[JSON_TIME_SIZE];
    time_text(time, time_us);
    snprintf(out, VALUE_SIZE, "%.*s", JSON_TIME_SIZE, time);
}

static void
reference_value(char out[VALUE_SIZE], const struct dump *dump, uint64_t number)
{
    char text[VALUE_SIZE / 2];
    int used = snprintf(out, VALUE_SIZE, "%" PRIu64, number);
    if (dump->block == NULL || number == 0)
        return;
    struct text meant = view_call_text(dump->block, (call_ref)number);
    snprintf(out + used, VALUE_SIZE - (size_t)used, " \"%s\"",
             log_escape(text, sizeof text, meant));
}

/* What a number says, in words; false where the number itself says it. */
static bool
words_of(char out[VALUE_SIZE], const struct dump *dump, enum layout_form form, const uint8_t *at,
         uint64_t size)
{
    uint64_t number = number_at(at, size);
    if (form == FORM_HEX) {
        snprintf(out, VALUE_SIZE, "0x%0*" PRIx64, (int)(2 * size), number);
    } else if (form == FORM_TIME_US && number != 0) {
        time_value(out, signed_at(at, size));
    } else if (form == FORM_EPOCH) {
        time_value(out, (int64_t)(number / 1000));
    } else if (form == FORM_CLAIM) {
        struct ring_result_claim claim = ring_result_claim_of(number);
        snprintf(out, VALUE_SIZE, "position %" PRIu64 ", owner %" PRIu32 ", %s", claim.position,
                 claim.owner, claim.state);
    } else if (form == FORM_TEXT_REF) {
        reference_value(out, dump, number);
    } else if (name_of(form, number)[0] != '\0') {
        snprintf(out, VALUE_SIZE, "%" PRIu64 " %s", number, name_of(form, number));
    } else {
        return false;
    }
    return true;
}

/* ---- fields -------------------------------------------------------------------------------- */

static void
print_text(const struct printing *printing, const char *path, uint64_t offset, struct text text)
{
    char shown[VALUE_SIZE];
    if (printing->words)
        return;
    if (printing->json != NULL)
        json_text(printing->json, path, text);
    else
        printf("%012" PRIx64 "    %-36s \"%s\"\n", printing->offset + offset, path,
               log_escape(shown, sizeof shown, text));
}

/* Fields of these forms are strings in JSON, whatever they hold; all other numbers are numbers. */
static bool
is_string(enum layout_form form)
{
    return form == FORM_HEX || form == FORM_EPOCH || form == FORM_CLAIM;
}

static void
json_number(const struct printing *printing, const char *path, enum layout_form form,
            const uint8_t *at, uint64_t size, const char *words)
{
    if (printing->words || is_string(form)) {
        if (words != NULL && printing->words != is_string(form))
            json_string(printing->json, path, words);
    } else if (form == FORM_SIGNED || form == FORM_TIME_US) {
        json_signed(printing->json, path, signed_at(at, size));
    } else {
        json_unsigned(printing->json, path, number_at(at, size));
    }
}

static void
print_number(const struct printing *printing, const char *path, uint64_t offset,
             enum layout_form form, uint64_t size)
{
    char words[VALUE_SIZE];
    const uint8_t *at = printing->bytes + offset;
    bool has_words = words_of(words, printing->dump, form, at, size);
    bool is_signed = form == FORM_SIGNED || form == FORM_TIME_US;
    if (printing->json != NULL) {
        json_number(printing, path, form, at, size, has_words ? words : NULL);
        return;
    }
    printf("%012" PRIx64 "    %-36s ", printing->offset + offset, path);
    if (has_words)
        printf("%s\n", words);
    else if (is_signed)
        printf("%" PRId64 "\n", signed_at(at, size));
    else
        printf("%" PRIu64 "\n", number_at(at, size));
}

static bool
is_zero(const uint8_t *at, uint64_t bytes)
{
    for (uint64_t i = 0; i < bytes; i++)
        if (at[i] != 0)
            return false;
    return true;
}

static struct text
text_at(const struct printing *printing, uint64_t base, const struct layout_field *field)
{
    const uint8_t *at = printing->bytes + base + field->offset;
    uint64_t length = strnlen((const char *)at, field->size);
    if (field->form == FORM_TEXT)
        length = number_at(printing->bytes + base + field->length_offset, field->length_size);
    return (struct text){(const char *)at, (uint32_t)(length < field->size ? length : field->size)};
}

static void
path_of(char out[PATH_SIZE], const char *prefix, const struct layout_field *field, uint64_t index)
{
    int used = snprintf(out, PATH_SIZE, "%s%s", prefix, field->name);
    if (!field->is_array || used < 0 || used >= PATH_SIZE)
        return;
    if (field->form == FORM_COUNTERS && index < COUNTER_COUNT)
        snprintf(out + used, PATH_SIZE - (size_t)used, "[%s]", counter_name((enum counter)index));
    else
        snprintf(out + used, PATH_SIZE - (size_t)used, "[%" PRIu64 "]", index);
}

static void print_fields(const struct printing *printing, enum layout_id id, uint64_t base,
                         const char *prefix, int depth);

static void
print_element(const struct printing *printing, uint64_t base, const char *prefix,
              const struct layout_field *field, uint64_t index, int depth)
{
    char path[PATH_SIZE];
    uint64_t at = base + field->offset + index * field->size;
    path_of(path, prefix, field, index);
    if (field->form == FORM_STRUCT) {
        strncat(path, ".", sizeof path - strlen(path) - 1);
        print_fields(printing, field->inner, at, path, depth + 1);
    } else if (field->form == FORM_STRING || field->form == FORM_TEXT) {
        print_text(printing, path, at, text_at(printing, base, field));
    } else {
        print_number(printing, path, at, field->form, field->size);
    }
}

static void
print_field(const struct printing *printing, uint64_t base, const char *prefix,
            const struct layout_field *field, int depth)
{
    uint64_t at = base + field->offset;
    bool fills = strncmp(field->name, "reserved", strlen("reserved")) == 0;
    uint64_t count = field->count;
    if (count == 0 && printing->available > at)
        count = (printing->available - at) / field->size;
    for (uint64_t i = 0; i < count && i < ARRAY_MAX; i++) {
        uint64_t here = at + i * field->size;
        if (here > printing->available || field->size > printing->available - here)
            return;
        if ((field->is_array || fills) && is_zero(printing->bytes + here, field->size))
            continue;
        print_element(printing, base, prefix, field, i, depth);
    }
}

static void
print_fields(const struct printing *printing, enum layout_id id, uint64_t base, const char *prefix,
             int depth)
{
    struct layout_struct shape = layout_struct_of(id);
    if (depth > DEPTH_MAX)
        return;
    for (uint32_t i = 0; i < shape.field_count; i++)
        print_field(printing, base, prefix, &shape.fields[i], depth);
}

/* ---- structs ------------------------------------------------------------------------------- */

static void
print_line(const char *buffer, size_t length)
{
    fwrite(buffer, 1, length, stdout);
    putchar('\n');
}

void
dump_bytes(struct dump *dump, enum layout_id id, uint64_t offset, const void *bytes,
           uint64_t available, const char *label)
{
    static char buffer[JSON_SIZE];
    struct json_writer json;
    struct layout_struct shape = layout_struct_of(id);
    struct printing printing = {dump, bytes, available, offset, dump->json ? &json : NULL, false};
    if (!dump->json) {
        printf("%012" PRIx64 "  %s%s%s\n", offset, shape.name, *label != '\0' ? "  " : "", label);
        print_fields(&printing, id, 0, "", 0);
        return;
    }
    json_begin(&json, buffer, sizeof buffer);
    json_open(&json, '{');
    json_unsigned(&json, "Version", DUMP_VERSION);
    json_string(&json, "Segment", dump->suffix);
    json_unsigned(&json, "Offset", offset);
    json_string(&json, "Struct", shape.name);
    json_string(&json, "Label", label);
    json_open_key(&json, "Fields", '{');
    print_fields(&printing, id, 0, "", 0);
    json_close(&json, '}');
    printing.words = true;
    json_open_key(&json, "Words", '{');
    print_fields(&printing, id, 0, "", 0);
    json_close(&json, '}');
    json_close(&json, '}');
    size_t length = json_end(&json);
    if (length > 0)
        print_line(buffer, length);
}

bool
dump_struct(struct dump *dump, enum layout_id id, uint64_t offset, const char *label)
{
    static _Alignas(64) uint8_t bytes[DUMP_BYTES];
    struct layout_struct shape = layout_struct_of(id);
    if (shape.size > sizeof bytes || !view_file_read(&dump->file, offset, bytes, shape.size)) {
        dump->is_short = true;
        return false;
    }
    dump_bytes(dump, id, offset, bytes, shape.size, label);
    return true;
}

void
dump_note(const struct dump *dump, const char *key, const char *format, ...)
{
    char sentence[VALUE_SIZE];
    char buffer[4 * VALUE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    if (!dump->json) {
        printf("              %s\n", sentence);
        return;
    }
    struct json_writer json;
    json_begin(&json, buffer, sizeof buffer);
    json_open(&json, '{');
    json_unsigned(&json, "Version", DUMP_VERSION);
    json_string(&json, "Segment", dump->suffix);
    json_string(&json, key, sentence);
    json_close(&json, '}');
    print_line(buffer, json_end(&json));
}

void
dump_text(const struct dump *dump, uint64_t offset, const char *name, struct text text)
{
    char shown[VALUE_SIZE];
    if (!dump->json) {
        printf("%012" PRIx64 "    %-36s \"%s\"\n", offset, name,
               log_escape(shown, sizeof shown, text));
        return;
    }
    char buffer[4 * VALUE_SIZE];
    struct json_writer json;
    json_begin(&json, buffer, sizeof buffer);
    json_open(&json, '{');
    json_unsigned(&json, "Version", DUMP_VERSION);
    json_string(&json, "Segment", dump->suffix);
    json_unsigned(&json, "Offset", offset);
    json_string(&json, "Name", name);
    json_text(&json, "Text", text);
    json_close(&json, '}');
    print_line(buffer, json_end(&json));
}
