#!/usr/bin/env python3
"""reload.py ONHOOK SECONDS [DEVICES] - the configuration changes under load, again and again.

Beside a judged load DEVICES devices (1000) come and go on the same link and on another one, links
come and go, and broken configurations are refused with their reason. As promised when the judge
finds nothing false, missing, doubled or unknown, the devices that came got monitors, those that
went lost them, and the engine said why it kept what it had.
"""

import re
import sys
import time

import peers
import rig

BROKEN = [
    ("[link x]\nprofile = nonsense\n", "nonsense"),
    ("[link x]\nencoding = xml\nmonitored = @/nonexistent/numbers\n", "/nonexistent/numbers"),
    ("[link x]\naddresses = 127.0.0.1:1\nprofile = generic\nno-such-key = 1\n", "no-such-key"),
    ("[engine]\nworkers = 3000\n", "[engine]"),
    ("[link x]\naddresses = 127.0.0.1:99999\n", "99999"),
]


class Counting:
    __name__ = "other"

    def __init__(self):
        self.started = self.stopped = 0

    def __call__(self, line):
        for invoke, text in line.requests():
            self.started += "<MonitorStart " in text
            self.stopped += "<MonitorStop " in text
            line.answer(invoke, text)


def main():
    onhook, seconds = sys.argv[1], int(sys.argv[2])
    devices = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    counting = Counting()
    other, third = peers.Peer(counting), peers.Peer(peers.doubled)
    with rig.Rig(onhook) as site:
        site.switch(["127.0.0.1:0,name=good"], "--rate", "100", "--agents", "300", "--seconds",
                    str(seconds), "--talk-ms", "200..2000")
        unknown = "monitored = 600000-%d\n" % (599999 + devices)
        more = "monitored = 700000-%d\n" % (699999 + devices)
        line = "[link other]\naddresses = 127.0.0.1:%d\nencoding = xml\nmonitored = 1\n" \
            "request-gap = 0\n" % other.port
        good = site.links
        site.start(line)
        rig.await_(20, "the load began", lambda: "link good: " in site.log())
        times = 0

        def change(links, what):
            nonlocal times
            times += 1
            site.configure(links)
            site.reload()
            rig.await_(20, what, lambda: site.log().count("configuration read again") == times)

        while site.switch_process.poll() is None:
            before = counting.started
            # The same link gets devices that the switch does not know, another one that it does.
            site.links = good.replace("[link good]\n", "[link good]\n" + unknown)
            change(line + more + third.section(), "devices and a link come")
            rig.await_(20, "%d monitors more" % devices,
                       lambda: counting.started >= before + devices)
            before = counting.stopped
            site.links = good
            change(line, "devices and a link go")
            rig.await_(20, "%d monitors less" % devices,
                       lambda: counting.stopped >= before + devices)
            for text, words in BROKEN if times == 2 else ():
                lines = len(site.log().splitlines())
                site.configure(line + text)
                site.reload()
                rig.await_(20, "why it was refused: %r" % text,
                           lambda: any(words in said for said in site.log().splitlines()[lines:]))
            time.sleep(0.2)
        assert site.switch_process.returncode == 0, "the switch failed"
        time.sleep(0.5)
        # What the connection is made by: it is made anew, and the link beside is left alone.
        connections = third.connections
        change(line + more + third.section(), "a link comes")
        rig.await_(20, "it is up", lambda: third.connections == connections + 1)
        for key in ("user = me", "edition = 3", "session = register", "profile = broadworks"):
            connections = third.connections
            change(line + more + third.section() + key + "\n", key)
            rig.await_(20, "connected anew: " + key, lambda: third.connections > connections)
        change(line, "a link goes")
        anew = re.findall("link doubled: (\\w+): its settings are others now", site.log())
        assert anew == ["left", "closed", "closed", "closed"], anew
        removed = len(re.findall("link doubled: removed", site.log()))
        print("%d changes; %d monitors started, %d stopped; a link came and went %d times" % (
            times, counting.started, counting.stopped, third.connections))
        said = re.findall("configuration read again: (\\d) links", site.log())
        assert said == ["3", "2"] * (times // 2 - 3) + ["3"] * 5 + ["2"], said
        assert removed >= 1 and third.connections >= times // 2
        assert other.connections == 1, "the link beside was cut"
        assert site.log().count("link good: removed") == 0
        site.stop()
        print(site.judge().splitlines()[-1])


if __name__ == "__main__":
    main()
