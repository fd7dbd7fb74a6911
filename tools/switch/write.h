#ifndef TOOLS_SWITCH_WRITE_H
#define TOOLS_SWITCH_WRITE_H

/*
 * tools/switch/write.h - events and answers in XML (ECMA-323) and in BER (phases I, II, III).
 *
 * Fields stand in the order of the standards' schemas; BER is definite and minimal. Each function
 * gives the length of one message without its frame, or 0 where the encoding has no such message;
 * WRITE_MAX always suffices.
 */

#include "tools/switch/event.h"

enum {
    WRITE_MAX = 32768,
    WRITE_ITEMS_MAX = 32, /* items of one snapshot answer or segment */
};

size_t write_xml_event(char out[WRITE_MAX], const struct pbx *pbx, const struct event_copy *copy);
size_t write_xml_answer(char out[WRITE_MAX], const struct pbx *pbx, const struct answer *answer);

/* `invoke` of events: a number of the switch's own; phase by pbx->encoding. */
size_t write_ber_event(char out[WRITE_MAX], const struct pbx *pbx, const struct event_copy *copy,
                       uint32_t invoke);
size_t write_ber_answer(char out[WRITE_MAX], const struct pbx *pbx, const struct answer *answer);

/* device_dynamic - the dynamic device ID of an OXE's connection: four octets. */
uint32_t device_dynamic(const struct pbx_device *device, uint64_t serial);

/* device_goes_by_dynamic - do this switch's connections have dynamic device IDs? */
bool device_goes_by_dynamic(const struct pbx *pbx);

#endif
