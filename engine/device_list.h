#ifndef ENGINE_DEVICE_LIST_H
#define ENGINE_DEVICE_LIST_H

/*
 * engine/device_list.h - lists of canonical device numbers, as a configuration writes them.
 */

#include "engine/settings.h"

enum {
    DEVICES_MAX = 1000000, /* numbers in one list */
};

/*
 * device_list_add - append what one value says
 *
 * The value is empty, or numbers with commas between, or @FILE with one a line, # comments and
 * empty lines. A relative FILE counts from `directory`. Digits-digits is a range, 2000-2010, and
 * refused where its ends have not equally many digits. Numbers are canonicalised with a profile's
 * `profile_flags`.
 * Returns NULL, or why not: text that is valid until the next call; the list may then hold
 * some of the numbers.
 */
const char *device_list_add(struct device_list *list, struct text value, uint32_t profile_flags,
                            const char *directory);

/*
 * device_list_canonicalise - once more, with other flags
 *
 * For a profile that is said after the list. Numbers that would be empty stay as they are.
 */
void device_list_canonicalise(struct device_list *list, uint32_t profile_flags);

/* device_list_copy - a list of its own; false when memory is out, *to is empty then. */
bool device_list_copy(struct device_list *to, const struct device_list *from);

void device_list_free(struct device_list *list);

/*
 * device_number_read - one number of a configuration into its canonical form, terminated
 *
 * Returns NULL, or why it is no device number (static text); *number is untouched then.
 */
const char *device_number_read(char number[EVENT_TEXT_LENGTH + 1], struct text raw,
                               uint32_t profile_flags);

#endif
