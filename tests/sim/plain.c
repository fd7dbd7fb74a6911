#include "tests/sim/plain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"

enum {
    PLAIN_ALIVE = 10000,
    PLAIN_STEPS = 4,
    PLAIN_MESSAGE_MAX = 1024,
};

struct plain_call {
    uint64_t number;
    uint32_t step;
};

static int
call_message(char *out, size_t size, const struct plain_call *call, uint32_t place)
{
    unsigned agent = 20000 + place;
    unsigned long long id = call->number, customer = UINT64_C(49890000000) + call->number;
    switch (call->step) {
    case 0:
    case 1:
        return snprintf(
            out, size,
            "<%s><monitorCrossRefID>m%u</monitorCrossRefID><%s><callID>%llu</callID>"
            "<deviceID>%u</deviceID></%s><%s><deviceIdentifier>%u</deviceIdentifier></%s>"
            "<callingDevice><deviceIdentifier>%llu</deviceIdentifier></callingDevice>"
            "<calledDevice><deviceIdentifier>%u</deviceIdentifier></calledDevice>"
            "<localConnectionInfo>%s</localConnectionInfo></%s>",
            call->step ? "EstablishedEvent" : "DeliveredEvent", agent,
            call->step ? "establishedConnection" : "connection", id, agent,
            call->step ? "establishedConnection" : "connection",
            call->step ? "answeringDevice" : "alertingDevice", agent,
            call->step ? "answeringDevice" : "alertingDevice", customer, agent,
            call->step ? "connected" : "alerting",
            call->step ? "EstablishedEvent" : "DeliveredEvent");
    default:
        return snprintf(
            out, size,
            "<ConnectionClearedEvent><monitorCrossRefID>m%u</monitorCrossRefID>"
            "<droppedConnection><callID>%llu</callID><deviceID>%llu</deviceID>"
            "</droppedConnection><releasingDevice><deviceIdentifier>%llu</deviceIdentifier>"
            "</releasingDevice><localConnectionInfo>%s</localConnectionInfo>"
            "<cause>normalClearing</cause></ConnectionClearedEvent>",
            agent, id, call->step == 2 ? customer : agent, call->number % 3 == 0 ? agent : customer,
            call->step == 2 ? "connected" : "null");
    }
}

static void
write_frame(FILE *out, const char *payload, int length)
{
    uint32_t size = (uint32_t)length + 8;
    uint8_t header[8] = {0, 0, (uint8_t)(size >> 8), (uint8_t)size, '9', '9', '9', '9'};
    fwrite(header, 1, sizeof header, out);
    fwrite(payload, 1, (size_t)length, out);
}

int
plain_write(const char *file, uint64_t messages, uint64_t seed)
{
    struct random random = {.state = seed};
    static struct plain_call calls[PLAIN_ALIVE];
    char payload[PLAIN_MESSAGE_MAX];
    uint64_t next = 1;
    FILE *out = fopen(file, "wb");
    if (out == NULL) {
        perror(file);
        return 1;
    }
    for (uint32_t i = 0; i < PLAIN_ALIVE; i++)
        calls[i] = (struct plain_call){.number = next++};
    for (uint64_t i = 0; i < messages; i++) {
        uint32_t place = random_below(&random, PLAIN_ALIVE);
        int length = call_message(payload, sizeof payload, &calls[place], place);
        CHECK(length > 0 && length < PLAIN_MESSAGE_MAX);
        write_frame(out, payload, length);
        if (++calls[place].step == PLAIN_STEPS)
            calls[place] = (struct plain_call){.number = next++};
    }
    if (ferror(out) != 0 || fclose(out) != 0) {
        perror(file);
        return 1;
    }
    return 0;
}
