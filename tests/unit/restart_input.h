#ifndef TESTS_UNIT_RESTART_INPUT_H
#define TESTS_UNIT_RESTART_INPUT_H

/*
 * tests/unit/restart_input.h - random lines of a trace with everything in it that a front-end
 * remembers: links, monitors, requests, related calls, declarations; and what cannot be read.
 */

#include "tests/unit/restart_rig.h"

enum {
    INPUT_CHAIN = 400, /* calls that are related to each other, one after the other */
    INPUT_LONG = 8,    /* lines that are too long */
};

static FILE *input_out;
static double input_seconds = 1000;

static inline void
input_line(char direction)
{
    static const char *const links[] = {"p", "q", "r"};
    input_seconds += restart_random(8) == 0 ? 0.35 : 0.004;
    fprintf(input_out, "%.3f %s %c ", input_seconds, links[restart_random(3)], direction);
}

static inline unsigned
input_call(void)
{
    return restart_random(60);
}

static inline unsigned
input_device(void)
{
    return 1000 + restart_random(40);
}

static inline void
input_event(void)
{
    input_line('<');
    unsigned device = input_device();
    unsigned call = input_call();
    switch (restart_random(5)) {
    case 0:
        fprintf(input_out, "9999 " ORIGINATED("c%u", "%u") "\n", device, call, device, device);
        return;
    case 1:
        fprintf(input_out,
                "9999 <HeldEvent><monitorCrossRefID>m%u</monitorCrossRefID><heldConnection>"
                "<callID>c%u</callID><deviceID>%u</deviceID></heldConnection></HeldEvent>\n",
                device, call, device);
        return;
    case 2:
        fprintf(input_out,
                "9999 <DeliveredEvent><monitorCrossRefID>n%u</monitorCrossRefID><connection>"
                "<callID>c%u</callID><deviceID>%u</deviceID></connection><alertingDevice>"
                "<deviceIdentifier>%u</deviceIdentifier></alertingDevice><localConnectionInfo>"
                "alerting</localConnectionInfo></DeliveredEvent>\n",
                device % 7, call, device, device);
        return;
    case 3:
        fprintf(input_out,
                "9999 <TransferedEvent><monitorCrossRefID>m%u</monitorCrossRefID>"
                "<primaryOldCall><callID>c%u</callID><deviceID>1</deviceID></primaryOldCall>"
                "<secondaryOldCall><callID>c%u</callID><deviceID>1</deviceID></secondaryOldCall>"
                "</TransferedEvent>\n",
                device, call, input_call());
        return;
    default:
        fprintf(input_out,
                "9999 <ConnectionClearedEvent><monitorCrossRefID>m%u</monitorCrossRefID>"
                "<droppedConnection><callID>c%u</callID><deviceID>%u</deviceID>"
                "</droppedConnection></ConnectionClearedEvent>\n",
                device, call, device);
    }
}

static inline void
input_request(void)
{
    static const char *const ids[] = {"-", "0001", "0002", "0003"};
    const char *id = ids[restart_random(4)];
    input_line('>');
    switch (restart_random(4)) {
    case 0:
        fprintf(input_out,
                "%s by=5 <ClearConnection><connectionToBeCleared><deviceID>%u</deviceID>"
                "</connectionToBeCleared></ClearConnection>\n",
                id, input_device());
        return;
    case 1:
        fprintf(input_out,
                "%s <MonitorStart><monitorObject><deviceObject>%u</deviceObject></monitorObject>"
                "</MonitorStart>\n",
                id, input_device());
        return;
    case 2:
        fprintf(input_out,
                "%s <MonitorStop><monitorCrossRefID>m%u</monitorCrossRefID></MonitorStop>\n", id,
                input_device());
        return;
    default:
        fprintf(input_out,
                "%s <SnapshotDevice><snapshotObject>%u</snapshotObject></SnapshotDevice>\n", id,
                input_device());
    }
}

static inline void
input_answer(void)
{
    static const char *const ids[] = {"-", "0001", "0002", "0003"};
    input_line('<');
    fprintf(input_out, "%s ", ids[restart_random(4)]);
    switch (restart_random(5)) {
    case 0:
        fputs("<ClearConnectionResponse/>\n", input_out);
        return;
    case 1:
        fprintf(input_out,
                "<MonitorStartResponse><monitorCrossRefID>m%u</monitorCrossRefID>"
                "</MonitorStartResponse>\n",
                input_device());
        return;
    case 2:
        fputs("<MonitorStopResponse/>\n", input_out);
        return;
    case 3:
        fputs("<CSTAErrorCode><operation>generic</operation></CSTAErrorCode>\n", input_out);
        return;
    default:
        fprintf(input_out,
                "<SnapshotDeviceResponse><crossRefIDorSnapshotData><snapshotData>"
                "<snapshotDeviceResponseInfo><connectionIdentifier><callID>c%u</callID><deviceID>"
                "%u</deviceID></connectionIdentifier></snapshotDeviceResponseInfo></snapshotData>"
                "</crossRefIDorSnapshotData></SnapshotDeviceResponse>\n",
                input_call(), input_device());
    }
}

static inline void
input_else(uint32_t number)
{
    switch (restart_random(7)) {
    case 0:
        fprintf(input_out, "%.3f q ! down\n%.3f q ! up\n", input_seconds, input_seconds);
        return;
    case 1:
        fprintf(input_out,
                "# link %s monitored=%u infer=none observers=%u,%u nonsense=1 route-points=9\n",
                number % 2 == 0 ? "q" : "r", input_device(), input_device(), 8000 + number);
        return;
    case 2:
        fputs("\n# a comment\n", input_out);
        return;
    case 3:
        fprintf(input_out, "%.3f p < 9999 <broken\n", input_seconds);
        return;
    case 4:
        fprintf(input_out, "%.3f p ! tick\n", input_seconds += 0.5);
        return;
    case 5:
        fputs("what is this\n", input_out);
        return;
    default:
        input_line('<');
        fputs("9999 <SystemStatus><systemStatus>messagesLost</systemStatus></SystemStatus>\n",
              input_out);
    }
}

/* Longer than a line may be; and calls that are all related in the end. */
static inline void
input_long_things(void)
{
    for (uint32_t line = 0; line < INPUT_LONG; line++) {
        fprintf(input_out, "%.3f p < 9999 <long>", input_seconds);
        for (uint32_t i = 0; i < TRACE_LINE_MAX / 8; i++)
            fputs("too long, ", input_out);
        fputs("</long>\n", input_out);
    }
    for (uint32_t i = 1; i < INPUT_CHAIN; i++)
        fprintf(input_out,
                "%.3f p < 9999 <TransferedEvent><monitorCrossRefID>1</monitorCrossRefID>"
                "<primaryOldCall><callID>long-callid-of-a-chain-%u</callID><deviceID>1</deviceID>"
                "</primaryOldCall><secondaryOldCall><callID>long-callid-of-a-chain-%u</callID>"
                "<deviceID>1</deviceID></secondaryOldCall></TransferedEvent>\n",
                input_seconds, i, i - 1);
}

/* A random line of any kind. */
static inline void
input_any(uint32_t number)
{
    uint32_t kind = restart_random(20);
    if (kind < 12)
        input_event();
    else if (kind < 15)
        input_request();
    else if (kind < 18)
        input_answer();
    else
        input_else(number);
}

#endif
