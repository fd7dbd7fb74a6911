#!/usr/bin/env python3
"""bench/growth_load.py MESSAGES LIVE PARTIES COPIES FILE - framed CSTA XML of calls all alike.

As many whole calls as MESSAGES allow. LIVE of them stand at any time: when another begins, the
oldest ends; the last ones end one by one. So files that differ in LIVE only hold the same messages
in another order. LIVE is at most a quarter of the calls, so that it stands most of the time. Each
call has PARTIES devices, which enter one by one and hang up one by one; each of their events comes
in COPIES, one a monitor.
"""
import sys

ENTER = ("<EstablishedEvent><monitorCrossRefID>m{copy}x{d}</monitorCrossRefID>"
         "<establishedConnection><callID>{c}</callID><deviceID>{d}</deviceID>"
         "</establishedConnection><answeringDevice><deviceIdentifier>{d}</deviceIdentifier>"
         "</answeringDevice><localConnectionInfo>connected</localConnectionInfo>"
         "<cause>normal</cause></EstablishedEvent>")
LEAVE = ("<ConnectionClearedEvent><monitorCrossRefID>m{copy}x{d}</monitorCrossRefID>"
         "<droppedConnection><callID>{c}</callID><deviceID>{d}</deviceID></droppedConnection>"
         "<releasingDevice><deviceIdentifier>{d}</deviceIdentifier></releasingDevice>"
         "<localConnectionInfo>null</localConnectionInfo><cause>normalClearing</cause>"
         "</ConnectionClearedEvent>")
# All callIDs have one length, all numbers too; so have all messages of a kind.
FIRST_CALL = 10000000
FIRST_DEVICE = 1000000
DEVICES = 800000


def frames_of(text, parties, copies):
    """What one call says at its begin or its end, with %d for the call and its devices."""
    frames = []
    for party in range(parties):
        for copy in range(copies):
            message = text.format(copy=copy, c="%(c)d", d=f"%(d{party})d")
            length = len(message % numbers_of(FIRST_CALL, parties)) + 8
            header = (b"\0\0" + length.to_bytes(2, "big") + b"9999").decode("latin-1")
            frames.append(header.replace("%", "%%") + message)
    return "".join(frames)


def numbers_of(call, parties):
    numbers = {f"d{party}": FIRST_DEVICE + (call * parties + party) % DEVICES
               for party in range(parties)}
    numbers["c"] = call
    return numbers


def main():
    wanted, live, parties, copies = (int(number) for number in sys.argv[1:5])
    calls = max(wanted // (2 * parties * copies), 1)
    live = min(live, max(calls // 4, 1))
    enter, leave = (frames_of(text, parties, copies) for text in (ENTER, LEAVE))
    with open(sys.argv[5], "w", encoding="latin-1", newline="") as out:
        for number in range(calls + live):
            if number < calls:
                out.write(enter % numbers_of(FIRST_CALL + number, parties))
            if number >= live:
                out.write(leave % numbers_of(FIRST_CALL + number - live, parties))


main()
