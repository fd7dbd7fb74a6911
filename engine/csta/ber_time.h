#ifndef ENGINE_CSTA_BER_TIME_H
#define ENGINE_CSTA_BER_TIME_H

/*
 * engine/csta/ber_time.h - the two time types of ASN.1. Pure functions.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/*
 * ber_time_utc, ber_time_generalized - UTCTime and GeneralizedTime, X.680 46 and 47
 *
 * In microseconds since 1970, to the year 9999. Years 50 to 99 of a UTCTime are 19xx. Seconds may
 * be missing, in a GeneralizedTime also minutes, and its last part may have a fraction; digits past
 * the microsecond are dropped. A time without a zone is taken as UTC: nothing says where the switch
 * is, and spans come out right. Second 60 is the one after it. False for what is no such time:
 * *time_us is untouched.
 */
bool ber_time_utc(int64_t *time_us, struct text text);
bool ber_time_generalized(int64_t *time_us, struct text text);

#endif
