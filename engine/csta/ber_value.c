#include "engine/csta/ber_value.h"

uint8_t
ber_value_cause(int64_t number)
{
    static const uint8_t causes[] = {
#define CAUSE(number, name, word) [number] = number,
#include "ipc/cause.def"
#undef CAUSE
    };
    return number >= 0 && number < (int64_t)sizeof(causes) ? causes[number] : 0;
}

uint8_t
ber_value_local_state(int64_t number)
{
    return number >= LOCAL_NULL && number <= LOCAL_FAIL ? (uint8_t)number : LOCAL_ABSENT;
}

uint8_t
ber_value_simple_state(int64_t number)
{
    /* One more than the state, so that what is not listed is told from 0. */
    static const uint8_t states[] = {
#define SIMPLE_STATE(number, state) [number] = LOCAL_##state + 1,
#include "engine/csta/ber_value.def"
    };
    bool is_listed = number >= 0 && number < (int64_t)sizeof(states) && states[number] != 0;
    return is_listed ? (uint8_t)(states[number] - 1) : LOCAL_ABSENT;
}

enum system_status
ber_value_status(int64_t number)
{
    static const enum system_status statuses[] = {
#define STATUS(number, status) [number] = STATUS_##status,
#include "engine/csta/ber_value.def"
    };
    bool is_listed = number >= 0 && number < (int64_t)(sizeof statuses / sizeof *statuses);
    return is_listed ? statuses[number] : STATUS_ABSENT;
}
