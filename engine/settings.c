#include "engine/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "engine/address_list.h"
#include "engine/device_list.h"
#include "engine/settings_parts.h"

static void
set_defaults(enum config_section section, void *base)
{
    const struct config_key *key;
    for (unsigned i = 0; (key = config_key_at(i)) != NULL; i++) {
        if (key->section == section && key->type != CONFIG_DEVICES)
            CHECK(config_key_set(key, base, text_of(key->by_default)));
    }
}

void
settings_default(struct settings *settings)
{
    *settings = (struct settings){0};
    set_defaults(SECTION_ENGINE, settings);
    set_defaults(SECTION_SINK_JSONL, settings);
    set_defaults(SECTION_CONTROL, settings);
    set_defaults(SECTION_LOG, settings);
    set_defaults(SECTION_PRIVACY, settings);
    set_defaults(SECTION_LINK, &settings->defaults);
}

static void
free_link(struct link_settings *link)
{
    device_list_free(&link->monitored);
    device_list_free(&link->observers);
    device_list_free(&link->treatments);
    device_list_free(&link->route_points);
}

/* A link's settings with lists of their own; false when memory is out, nothing is held then. */
static bool
copy_link(struct link_settings *to, const struct link_settings *from)
{
    *to = *from;
    to->monitored = to->observers = to->treatments = to->route_points = (struct device_list){0};
    if (device_list_copy(&to->monitored, &from->monitored) &&
        device_list_copy(&to->observers, &from->observers) &&
        device_list_copy(&to->treatments, &from->treatments) &&
        device_list_copy(&to->route_points, &from->route_points))
        return true;
    free_link(to);
    return false;
}

static bool
is_link_name(struct text name)
{
    if (name.length < 1 || name.length > EVENT_TEXT_LENGTH)
        return false;
    for (uint32_t i = 0; i < name.length; i++) {
        char byte = name.at[i];
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        bool is_digit = byte >= '0' && byte <= '9';
        if (!is_letter && !is_digit && memchr("._@-", byte, 4) == NULL)
            return false;
    }
    return true;
}

struct link_settings *
settings_link_find(struct settings *settings, struct text name)
{
    for (uint32_t i = 0; i < settings->link_count; i++) {
        if (text_is_equal(text_of(settings->links[i].name), name))
            return &settings->links[i];
    }
    return NULL;
}

struct link_settings *
settings_link_new(struct settings *settings, struct text name, const struct link_settings *like)
{
    if (settings->link_count == LINKS_MAX || !is_link_name(name))
        return NULL;
    struct link_settings *links =
        realloc(settings->links, (settings->link_count + 1) * sizeof(*links));
    if (links == NULL)
        return NULL;
    settings->links = links;
    struct link_settings *link = &links[settings->link_count];
    if (!copy_link(link, like))
        return NULL;
    memcpy(link->name, name.at, name.length);
    link->name[name.length] = '\0';
    settings->link_count++;
    return link;
}

struct link_settings *
settings_link(struct settings *settings, struct text name)
{
    struct link_settings *link = settings_link_find(settings, name);
    return link != NULL ? link : settings_link_new(settings, name, &settings->defaults);
}

/* Lists that were said before the profile were canonicalised without it. */
static void
profile_changed(struct link_settings *link)
{
    uint32_t flags = profile_row(link->profile)->flags;
    device_list_canonicalise(&link->monitored, flags);
    device_list_canonicalise(&link->observers, flags);
    device_list_canonicalise(&link->treatments, flags);
    device_list_canonicalise(&link->route_points, flags);
}

static const char *
add_devices(const struct config_key *key, struct link_settings *link, struct text value,
            const char *directory)
{
    struct device_list *list = (struct device_list *)(void *)((char *)link + key->offset);
    if (list == &link->monitored)
        link->monitored_given = true;
    return device_list_add(list, value, profile_row(link->profile)->flags, directory);
}

const char *
settings_set(const struct config_key *key, void *base, struct text value, const char *directory)
{
    static _Thread_local char why[2304];
    const char *reason;
    if (key->type == CONFIG_DEVICES) {
        CHECK(key->section == SECTION_LINK);
        reason = add_devices(key, base, value, directory);
        if (reason == NULL)
            return NULL;
        snprintf(why, sizeof(why), "%s: %s", key->name, reason);
        return why;
    }
    if (!config_key_set(key, base, value)) {
        char allowed[256];
        char suggestion[256];
        snprintf(why, sizeof(why), "%s = \"%.*s\": must be %s%s", key->name,
                 (int)(value.length < 64 ? value.length : 64), text_is_none(value) ? "" : value.at,
                 config_key_allowed(key, allowed, sizeof(allowed)),
                 config_suggest_value(key, value, suggestion, sizeof(suggestion)));
        return why;
    }
    if (key->type == CONFIG_PROFILE)
        profile_changed(base);
    return NULL;
}

const char *
settings_link_key(struct link_settings *link, struct text key, struct text value)
{
    const struct config_key *row = config_key_find(SECTION_LINK, key);
    if (row != NULL)
        return settings_set(row, link, value, ".");

    static _Thread_local char why[512];
    char suggestion[256];
    snprintf(why, sizeof(why), "unknown key \"%.*s\" of a link%s",
             (int)(key.length < 64 ? key.length : 64), text_is_none(key) ? "" : key.at,
             config_suggest_key(SECTION_LINK, key, suggestion, sizeof(suggestion)));
    return why;
}

/* As if nobody had said anything of the link. */
static const char *
begin_anew(struct link_settings *link, struct text value)
{
    if (!text_is_equal(value, TEXT("yes")))
        return "anew: must be yes";
    char name[sizeof link->name];
    memcpy(name, link->name, sizeof name);
    free_link(link);
    *link = (struct link_settings){0};
    memcpy(link->name, name, sizeof name);
    set_defaults(SECTION_LINK, link);
    return NULL;
}

const char *
settings_trace_key(struct link_settings *link, struct text key, struct text value)
{
    if (text_is_equal(key, TEXT("anew")))
        return begin_anew(link, value);
    if (text_has_prefix(value, TEXT("@")))
        return "a trace cannot name a file: give the list itself, or a configuration with -c";
    const struct config_key *row = config_key_find(SECTION_LINK, key);
    if (row != NULL && row->live)
        return "it is for links that are connected to, not for recordings";
    return settings_link_key(link, key, value);
}

int
settings_alias_compare(struct text left, struct text right)
{
    uint32_t shorter = left.length < right.length ? left.length : right.length;
    int order = shorter == 0 ? 0 : memcmp(left.at, right.at, shorter);
    return order != 0 ? order : (left.length > right.length) - (left.length < right.length);
}

struct text
settings_alias(const struct settings *settings, struct text number)
{
    uint32_t low = 0;
    uint32_t high = settings->alias_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct alias *alias = &settings->aliases[middle];
        int order = settings_alias_compare(text_of(alias->from), number);
        if (order == 0)
            return text_of(alias->to);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return number;
}

/* Where the alias of that number stands, or would. */
static uint32_t
alias_place(const struct settings *settings, struct text from)
{
    uint32_t low = 0;
    uint32_t high = settings->alias_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (settings_alias_compare(text_of(settings->aliases[middle].from), from) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const char *
settings_trace_alias(struct settings *settings, struct text from, struct text to)
{
    struct alias alias;
    if (text_is_none(from)) {
        settings->alias_count = 0;
        return NULL;
    }
    if (device_number_read(alias.from, from, 0) != NULL ||
        device_number_read(alias.to, to, 0) != NULL)
        return "# alias must be followed by number=number, two device numbers";
    uint32_t place = alias_place(settings, text_of(alias.from));
    uint32_t count = settings->alias_count;
    if (place < count && strcmp(settings->aliases[place].from, alias.from) == 0) {
        settings->aliases[place] = alias;
        return NULL;
    }
    struct alias *aliases = NULL;
    if (count < ALIASES_MAX)
        aliases = realloc(settings->aliases, (count + 1) * sizeof *aliases);
    if (aliases == NULL)
        return "too many aliases";
    settings->aliases = aliases;
    memmove(&aliases[place + 1], &aliases[place], (count - place) * sizeof *aliases);
    aliases[place] = alias;
    settings->alias_count++;
    return NULL;
}

bool
settings_speak_alike(const struct link_settings *one, const struct link_settings *other)
{
    return one->profile == other->profile && one->encoding == other->encoding &&
           one->edition == other->edition;
}

bool
settings_connect_alike(const struct link_settings *one, const struct link_settings *other)
{
    return settings_speak_alike(one, other) &&
           address_list_is_same(&one->addresses, &other->addresses) && one->tls == other->tls &&
           strcmp(one->tls_ca, other->tls_ca) == 0 && strcmp(one->tls_name, other->tls_name) == 0 &&
           strcmp(one->tls_certificate, other->tls_certificate) == 0 &&
           strcmp(one->tls_key, other->tls_key) == 0 && one->handshake == other->handshake &&
           strcmp(one->user, other->user) == 0 &&
           strcmp(one->application, other->application) == 0 &&
           strcmp(one->password_file, other->password_file) == 0;
}

void
settings_free(struct settings *settings)
{
    free_link(&settings->defaults);
    for (uint32_t i = 0; i < settings->link_count; i++)
        free_link(&settings->links[i]);
    free(settings->links);
    free(settings->aliases);
    *settings = (struct settings){0};
}

static uint64_t
hash_number(uint64_t hash, uint64_t number)
{
    return hash_bytes(hash, &number, sizeof number);
}

static uint64_t
hash_devices(uint64_t hash, const struct device_list *list)
{
    hash = hash_number(hash, list->count);
    for (uint32_t i = 0; i < list->count; i++)
        hash = hash_bytes(hash, list->numbers[i], strlen(list->numbers[i]) + 1);
    return hash;
}

static uint64_t
hash_link(uint64_t hash, const struct link_settings *link)
{
    hash = hash_bytes(hash, link->name, strlen(link->name) + 1);
    hash = hash_number(hash, link->profile);
    hash = hash_number(hash, link->encoding);
    hash = hash_number(hash, link->monitored_given);
    hash = hash_devices(hash, &link->monitored);
    hash = hash_devices(hash, &link->observers);
    hash = hash_devices(hash, &link->treatments);
    hash = hash_devices(hash, &link->route_points);
    hash = hash_number(hash, link->infer_first_cleared);
    hash = hash_number(hash, link->report_redirect);
    hash = hash_number(hash, link->shared);
    hash = hash_number(hash, link->request_timeout_ms);
    return hash_number(hash, link->stale_after_ms);
}

uint64_t
settings_hash(uint64_t hash, const struct settings *settings)
{
    hash = hash_number(hash, settings->workers);
    hash = hash_number(hash, settings->ring_slots);
    hash = hash_number(hash, settings->result_slots);
    hash = hash_number(hash, settings->outbox_slots);
    hash = hash_number(hash, settings->history_slots);
    hash = hash_number(hash, settings->max_calls);
    hash = hash_link(hash, &settings->defaults);
    hash = hash_number(hash, settings->link_count);
    for (uint32_t i = 0; i < settings->link_count; i++)
        hash = hash_link(hash, &settings->links[i]);
    hash = hash_number(hash, settings->alias_count);
    for (uint32_t i = 0; i < settings->alias_count; i++) {
        const struct alias *alias = &settings->aliases[i];
        hash = hash_bytes(hash, alias->from, strlen(alias->from) + 1);
        hash = hash_bytes(hash, alias->to, strlen(alias->to) + 1);
    }
    return hash;
}

/* A list would else grow longer. */
static const char *
replace_key(struct link_settings *link, const char *key, const char *value)
{
    if (strcmp(key, "monitored") == 0)
        link->monitored.count = 0;
    return settings_link_key(link, text_of(key), text_of(value));
}

const char *
settings_override(struct settings *settings, const char *key, const char *value)
{
    const char *why = replace_key(&settings->defaults, key, value);
    for (uint32_t i = 0; i < settings->link_count && why == NULL; i++)
        why = replace_key(&settings->links[i], key, value);
    return why;
}
