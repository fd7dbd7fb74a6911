#!/usr/bin/env python3
"""bench/growth_load.py MESSAGES LIVE PARTIES COPIES FILE - framed CSTA XML of calls all alike.

LIVE calls stand at any time; when another begins, the oldest ends. Each has PARTIES devices, which
enter one by one and hang up one by one; each of their events comes in COPIES, one a monitor.
"""
import collections
import sys

ENTER = ("<EstablishedEvent><monitorCrossRefID>{m}</monitorCrossRefID><establishedConnection>"
         "<callID>{c}</callID><deviceID>{d}</deviceID></establishedConnection><answeringDevice>"
         "<deviceIdentifier>{d}</deviceIdentifier></answeringDevice><localConnectionInfo>connected"
         "</localConnectionInfo><cause>normal</cause></EstablishedEvent>")
LEAVE = ("<ConnectionClearedEvent><monitorCrossRefID>{m}</monitorCrossRefID><droppedConnection>"
         "<callID>{c}</callID><deviceID>{d}</deviceID></droppedConnection><releasingDevice>"
         "<deviceIdentifier>{d}</deviceIdentifier></releasingDevice><localConnectionInfo>null"
         "</localConnectionInfo><cause>normalClearing</cause></ConnectionClearedEvent>")


def messages_of(live, parties, copies):
    def tell(text, call):
        for party in range(parties):
            device = 1000000 + (call * parties + party) % 800000
            for copy in range(copies):
                yield text.format(m=f"m{copy}x{device}", c=call, d=device).encode()

    standing = collections.deque()
    for call in range(1, sys.maxsize):
        yield from tell(ENTER, call)
        standing.append(call)
        if len(standing) > live:
            yield from tell(LEAVE, standing.popleft())


def main():
    wanted, live, parties, copies = (int(number) for number in sys.argv[1:5])
    with open(sys.argv[5], "wb") as out:
        for number, message in enumerate(messages_of(live, parties, copies)):
            if number == wanted:
                break
            out.write(b"\0\0" + (len(message) + 8).to_bytes(2, "big") + b"9999" + message)


main()
