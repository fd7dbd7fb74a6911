#ifndef ENGINE_CONFIG_KEY_H
#define ENGINE_CONFIG_KEY_H

/*
 * engine/config_key.h - the keys of a configuration as data: how a value is read into its field,
 * what is allowed, and the words for both.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"

enum config_section {
#define CONFIG_SECTION(name, heading, help) SECTION_##name,
#define SETTINGS_KEY(...)
#define LINK_KEY(...)
#define LIVE_KEY(...)
#include "engine/config_key.def"
#undef CONFIG_SECTION
#undef SETTINGS_KEY
#undef LINK_KEY
#undef LIVE_KEY
    SECTION_COUNT,
};

/* What a value may be, and the type of its field. */
enum config_type {
    CONFIG_NUMBER,       /* uint32_t; lowest..highest */
    CONFIG_POWER,        /* uint32_t; a power of two, lowest..highest */
    CONFIG_POWER_OR_0,   /* uint32_t; the same, or 0 */
    CONFIG_YES_NO,       /* bool */
    CONFIG_SPAN,         /* uint32_t, milliseconds */
    CONFIG_LONG_SPAN,    /* uint64_t, milliseconds */
    CONFIG_PROFILE,      /* enum profile */
    CONFIG_ENCODING,     /* enum encoding */
    CONFIG_INFER,        /* bool: first-cleared */
    CONFIG_DEVICES,      /* struct device_list; read by device_list_add() */
    CONFIG_MICROSECONDS, /* uint32_t, microseconds; bounds likewise */
    CONFIG_TEXT,         /* char[SETTINGS_TEXT_MAX + 1], lowest..highest bytes, printable */
    CONFIG_ADDRESSES,    /* struct address_list */
    CONFIG_SESSION,      /* enum handshake */
    CONFIG_FORMAT,       /* bool: text, not jsonl */
    CONFIG_LOG,          /* enum log_format */
    CONFIG_MASK,         /* enum mask_kind */
};

struct config_key {
    enum config_section section;
    enum config_type type;
    const char *name;
    size_t offset; /* of the field in struct settings or struct link_settings */
    uint64_t lowest;
    uint64_t highest;
    const char *by_default;
    const char *help;
    bool live; /* of a link that is connected to */
};

/* config_key_at - the rows in order of the table; NULL from `index` = number of keys on. */
const struct config_key *config_key_at(unsigned index);

/* config_key_find - the key of that name in a section, or NULL. */
const struct config_key *config_key_find(enum config_section section, struct text name);

/* config_section_find - the section of that heading; SECTION_COUNT for none, and for links. */
enum config_section config_section_find(struct text heading);

const char *config_section_heading(enum config_section section);
const char *config_section_help(enum config_section section);

/*
 * config_key_set - read a value of any type but CONFIG_DEVICES (CHECK) into its field of `base`
 *
 * `base` is the struct settings or struct link_settings. False: the value is none of those
 * allowed; nothing changed, config_key_allowed() has the words.
 */
bool config_key_set(const struct config_key *key, void *base, struct text value);

/*
 * config_key_value - the value of a field of `base`, as it could stand in a file
 *
 * False: lists and addresses, or `size` is too small (64 never is; of a text, what it may hold).
 */
bool config_key_value(const struct config_key *key, const void *base, char *out, size_t size);

/* config_key_words - the words a value is chosen from, ended by NULL; NULL for types without. */
const char *const *config_key_words(enum config_type type);

/* What a value may be, in words: "a number from 1 to 64", "yes or no". Writes and returns `out`. */
const char *config_key_allowed(const struct config_key *key, char *out, size_t size);

/*
 * config_suggest_* - `; did you mean "workers"?` when a known word is close, else what is known
 *
 * For the end of a message about an unknown word. Writes and returns `out`.
 */
const char *config_suggest_key(enum config_section section, struct text word, char *out,
                               size_t size);
const char *config_suggest_value(const struct config_key *key, struct text word, char *out,
                                 size_t size);

/* config_print_keys - the whole table for people: sections, keys, what is allowed, defaults. */
void config_print_keys(FILE *out);

#endif
