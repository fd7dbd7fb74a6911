#ifndef ENGINE_CSTA_BER_VALUE_H
#define ENGINE_CSTA_BER_VALUE_H

/*
 * engine/csta/ber_value.h - the enumerations of CSTA in BER, from their number. Pure functions; the
 * numbers are in ber_value.def and ipc/cause.def.
 */

#include <stdint.h>

#include "engine/csta/csta_message.h"

/* ber_value_cause - EventCause; 0 when unknown. */
uint8_t ber_value_cause(int64_t number);

/* ber_value_local_state - LocalConnectionState; LOCAL_ABSENT when unknown. */
uint8_t ber_value_local_state(int64_t number);

/* ber_value_simple_state - of the device asked about; LOCAL_ABSENT when unknown. */
uint8_t ber_value_simple_state(int64_t number);

/* ber_value_status - SystemStatus; STATUS_ABSENT when unknown. */
enum system_status ber_value_status(int64_t number);

#endif
