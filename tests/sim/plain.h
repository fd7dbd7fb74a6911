#ifndef TESTS_SIM_PLAIN_H
#define TESTS_SIM_PLAIN_H

/*
 * tests/sim/plain.h - raw material for speed measurements: nothing but two-party calls.
 */

#include <stdint.h>

/*
 * plain_write - write `messages` events of plain inbound calls as framed CSTA XML
 *
 * Four events a call (Delivered, Established, the customer's clearing, the agent's), some ten
 * thousand calls alive at once, their events in mixed order. Returns an exit code.
 */
int plain_write(const char *file, uint64_t messages, uint64_t seed);

#endif
