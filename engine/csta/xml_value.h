#ifndef ENGINE_CSTA_XML_VALUE_H
#define ENGINE_CSTA_XML_VALUE_H

/*
 * engine/csta/xml_value.h - the enumerations of ECMA-323, from word to number. Pure functions;
 * the words are in xml_value.def and ipc/cause.def.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "engine/csta/csta_message.h"

/* xml_value_cause - EventCause, 0 when unknown; `is_loose`: also without case and spaces. */
uint8_t xml_value_cause(struct text word, bool is_loose);

/* xml_value_local_state - LocalConnectionState; LOCAL_ABSENT when unknown. */
uint8_t xml_value_local_state(struct text word);

/* xml_value_simple_state - of the device asked about; LOCAL_ABSENT when unknown. */
uint8_t xml_value_simple_state(struct text word);

/* xml_value_status - SystemStatusValue; STATUS_ABSENT when unknown. */
enum system_status xml_value_status(struct text word);

/* xml_value_is_true - xsd:boolean. */
bool xml_value_is_true(struct text word);

/* xml_value_number - decimal digits; 0 when they are none, or more than 9. */
uint32_t xml_value_number(struct text word);

/*
 * xml_value_time - xsd:dateTime, in microseconds since 1970
 *
 * A time that names no zone is taken as UTC. False, and *time_us untouched, when `word` is no
 * dateTime from 1970 to 9999.
 */
bool xml_value_time(struct text word, int64_t *time_us);

#endif
