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
    switch (number) {
#define SIMPLE_STATE(number, state)                                                                \
    case number:                                                                                   \
        return LOCAL_##state;
#include "engine/csta/ber_value.def"
    default:
        return LOCAL_ABSENT;
    }
}

enum system_status
ber_value_status(int64_t number)
{
    switch (number) {
#define STATUS(number, status)                                                                     \
    case number:                                                                                   \
        return STATUS_##status;
#include "engine/csta/ber_value.def"
    default:
        return STATUS_ABSENT;
    }
}
