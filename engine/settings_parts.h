#ifndef ENGINE_SETTINGS_PARTS_H
#define ENGINE_SETTINGS_PARTS_H

/*
 * engine/settings_parts.h - what settings.c and settings_read.c have in common; for nobody else.
 */

#include "engine/config_key.h"
#include "engine/settings.h"

/*
 * settings_link_new - one more link, a copy of `like` under a new name
 *
 * NULL when there are LINKS_MAX, the name is no link name, or memory is out. Does not look
 * whether the name is there already.
 */
struct link_settings *settings_link_new(struct settings *settings, struct text name,
                                        const struct link_settings *like);

/*
 * settings_set - read a value into its field of `base`, a struct settings or link_settings
 *
 * List files count from `directory`. Returns NULL, or why not; valid until the next call.
 */
const char *settings_set(const struct config_key *key, void *base, struct text value,
                         const char *directory);

/* The order of settings.aliases: of `from`, as bytes. */
int settings_alias_compare(struct text left, struct text right);

#endif
