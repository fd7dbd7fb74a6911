#include "engine/live/control_reload.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"
#include "engine/config_key.h"

enum {
    VALUE_SIZE = SETTINGS_TEXT_MAX + 1,
};

/* A key that cannot change now keeps its value. */
static void
keep(const struct config_key *key, struct settings *settings, const struct settings *current,
     bool says)
{
    char now[VALUE_SIZE];
    char wanted[VALUE_SIZE];
    bool said = config_key_value(key, current, now, sizeof now) &&
                config_key_value(key, settings, wanted, sizeof wanted);
    CHECK(said);
    if (strcmp(now, wanted) == 0)
        return;
    if (says)
        log_say("[%s] %s = \"%s\": this changes with the next start; until then it is \"%s\"",
                config_section_heading(key->section), key->name, wanted, now);
    bool set = config_key_set(key, settings, text_of(now));
    CHECK(set);
}

struct settings *
control_reload(const char *file, const struct settings *current, bool says)
{
    struct settings *settings = malloc(sizeof *settings);
    if (settings == NULL) {
        log_warn("%s is not read again: memory is out", file);
        return NULL;
    }
    settings_default(settings);
    unsigned errors = settings_read(settings, file);
    if (errors > 0) {
        log_warn("%s has %u error%s: everything stays as it was", file, errors,
                 errors == 1 ? "" : "s");
        settings_free(settings);
        free(settings);
        return NULL;
    }
    const struct config_key *key;
    for (unsigned i = 0; (key = config_key_at(i)) != NULL; i++)
        if (key->section != SECTION_LINK)
            keep(key, settings, current, says);
    return settings;
}
