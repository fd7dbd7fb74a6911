#ifndef ENGINE_SETTINGS_H
#define ENGINE_SETTINGS_H

/*
 * engine/settings.h - what the configuration file and the command line decide, once checked.
 *
 * Filled by settings_read() from one INI file (onhook.ini.example documents every key) or by
 * settings_default(); links that a trace declares are added with settings_link_key(). Private
 * heap memory of the process that made it; children inherit it by fork.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/mask.h"
#include "base/text.h"
#include "engine/csta/csta_message.h"
#include "ipc/event_record.h"
#include "ipc/front_state.h"
#include "ipc/profile.h"

/* A list of device numbers, in the order of the file, canonical. Growable, never shrinks. */
struct device_list {
    char (*numbers)[EVENT_TEXT_LENGTH + 1];
    uint32_t count;
    uint32_t capacity;
};

enum {
    SETTINGS_TEXT_MAX = 128, /* bytes of a text */
    ADDRESSES_MAX = 8,
    ADDRESS_HOST_MAX = 64,
    ALIASES_MAX = 1000000, /* in one configuration */
};

/* Where a switch listens, in order of priority. */
struct address_list {
    struct {
        char host[ADDRESS_HOST_MAX + 1]; /* a name, an IPv4 address, an IPv6 address without [] */
        uint16_t port;
    } at[ADDRESSES_MAX];
    uint32_t count;
};

/* What is said before anything is asked (engine/live/). BER links associate (ACSE) besides. */
enum handshake {
    HANDSHAKE_PROFILE = 0, /* what the profile's row says */
    HANDSHAKE_NONE,
    HANDSHAKE_REGISTER,    /* the switch sends SystemStatus first; then we send SystemRegister */
    HANDSHAKE_APPLICATION, /* StartApplicationSession, ECMA-354 */
};

struct link_settings {
    char name[EVENT_TEXT_LENGTH + 1];
    enum profile profile;
    enum csta_encoding encoding;
    bool monitored_given; /* `monitored` was said, even if empty */
    struct device_list monitored;
    struct device_list observers;
    struct device_list treatments;
    struct device_list route_points;
    bool infer_first_cleared;
    bool report_redirect;
    bool shared; /* other links see the same switch: a DN may stand on several */
    uint32_t request_timeout_ms;
    uint64_t stale_after_ms;

    /* of live links */
    struct address_list addresses;
    bool tls;
    char tls_ca[SETTINGS_TEXT_MAX + 1];
    char tls_name[SETTINGS_TEXT_MAX + 1];
    char tls_certificate[SETTINGS_TEXT_MAX + 1];
    char tls_key[SETTINGS_TEXT_MAX + 1];
    enum handshake handshake;
    char application[SETTINGS_TEXT_MAX + 1];
    char user[SETTINGS_TEXT_MAX + 1];
    char password_file[SETTINGS_TEXT_MAX + 1];
    char switch_name[SETTINGS_TEXT_MAX + 1];
    bool asks_device_ids; /* the switch's identifiers are asked for, not written */
    uint32_t edition;
    uint32_t session_ms;
    uint32_t keep_alive_ms;
    uint32_t keep_alive_count;
    uint32_t connect_ms;
    uint32_t answer_ms;
    uint32_t reconnect_least_ms;
    uint32_t reconnect_most_ms;
    uint32_t request_gap_us;
    uint32_t requests_open;
    uint32_t retry_ms;
};

struct alias {
    char from[EVENT_TEXT_LENGTH + 1];
    char to[EVENT_TEXT_LENGTH + 1];
};

struct settings {
    uint32_t workers;
    uint32_t frontends;
    uint32_t ring_slots;
    uint32_t result_slots;
    uint32_t outbox_slots;
    uint32_t history_slots;
    uint32_t max_calls; /* live calls of each worker */
    char name[SETTINGS_TEXT_MAX + 1];
    bool lasting;
    uint32_t drain_ms;
    char sink_file[SETTINGS_TEXT_MAX + 1];
    bool sink_text;
    char control_socket[SETTINGS_TEXT_MAX + 1];
    char control_group[SETTINGS_TEXT_MAX + 1];
    enum log_format log_format;
    enum mask_kind mask;
    char mask_key_file[SETTINGS_TEXT_MAX + 1];
    struct link_settings defaults; /* what a link has that nobody declared */
    struct link_settings *links;
    uint32_t link_count;
    struct alias *aliases; /* sorted by `from` once settings_finish() ran */
    uint32_t alias_count;
};

/* settings_default - the settings of an empty configuration. */
void settings_default(struct settings *settings);

/*
 * settings_read - read one INI file into settings that settings_default() filled, once
 *
 * Links that the file declares begin with the built-in defaults; [link *] sets `defaults`, which
 * is for links nobody declared. Aliases are applied to the lists of devices.
 * Every problem is printed to stderr as "FILE:LINE: reason" and counted; the result is the
 * number of errors (0: usable). Warnings (infer = first-cleared) are printed, not counted.
 * An unreadable file is one error.
 */
unsigned settings_read(struct settings *settings, const char *file);

/*
 * settings_link - the settings of the link of that name; made from `defaults` if not there
 *
 * NULL when LINKS_MAX links are there already, memory is out, or the name is no link name
 * (1..EVENT_TEXT_LENGTH bytes of [A-Za-z0-9._@-]). The pointer is valid until the next call.
 */
struct link_settings *settings_link(struct settings *settings, struct text name);

/*
 * settings_link_key - apply one key of a [link NAME] section
 *
 * Used for the INI file and the command line.
 * A list adds to what is there (and @FILE counts from the working directory here), anything else
 * replaces it. Aliases are not applied: settings_alias() them where they are used.
 * Returns NULL, or why not (a static or per-call buffer, valid until the next call).
 */
const char *settings_link_key(struct link_settings *link, struct text key, struct text value);

/* settings_link_find - the link of that name, or NULL. */
struct link_settings *settings_link_find(struct settings *settings, struct text name);

/*
 * settings_override - one key of a command line: for every link, declared or not
 *
 * Takes the place of what was said before; of a list, too. NULL, or why not: a sentence that begins
 * with the key, good until the next call; links before the one it fails for are changed.
 */
const char *settings_override(struct settings *settings, const char *key, const char *value);

/*
 * settings_trace_key - the same for a key that a trace declares
 *
 * A trace may come from a stranger: it cannot make us read another file (@FILE is refused). One
 * key more: `anew=yes` makes everything that was said of the link void, whoever said it.
 */
const char *settings_trace_key(struct link_settings *link, struct text key, struct text value);

/*
 * settings_trace_alias - one alias that a trace declares; `from` none: none from here on
 *
 * In the place of one that is there. NULL, or why not: a static sentence.
 */
const char *settings_trace_alias(struct settings *settings, struct text from, struct text to);

/* settings_alias - what [aliases] makes of a canonical number; the number itself if nothing. */
struct text settings_alias(const struct settings *settings, struct text number);

/* settings_speak_alike - can what is said on a connection made by the one be said by the other? */
bool settings_speak_alike(const struct link_settings *one, const struct link_settings *other);

/* settings_connect_alike - and would that connection serve the other? */
bool settings_connect_alike(const struct link_settings *one, const struct link_settings *other);

/* settings_hash - everything in it, in one number: begins with `hash`, not finished yet */
uint64_t settings_hash(uint64_t hash, const struct settings *settings);

/* settings_free - give back everything; the struct may be filled again. */
void settings_free(struct settings *settings);

#endif
