#ifndef ENGINE_CSTA_DEVICE_NUMBER_H
#define ENGINE_CSTA_DEVICE_NUMBER_H

/*
 * engine/csta/device_number.h - the canonical form of a device text (docs/attribution.md).
 */

#include <stdbool.h>

#include "base/text.h"

/*
 * device_number_canonical - what a device text says, without what surrounds it
 *
 * In order: white space trimmed; of `N<...>` what is inside `<>`, and of that the part before
 * any of ! & / %; everything from `;` dropped; `tel:` dropped; of `sip:`, `sips:` the user part;
 * a number that starts with + loses spaces, - . ( ); with PROFILE_AVAYA_DEVICES in
 * profile_flags, `4750:switch:ip:n` gives `4750`. Aliases are not applied here.
 *
 * The result points into `raw` or, where bytes had to go, into `buffer` (at least raw.length
 * bytes). It may be empty.
 */
struct text device_number_canonical(struct text raw, uint32_t profile_flags, char *buffer);

#endif
