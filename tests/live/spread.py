#!/usr/bin/env python3
"""spread.py ONHOOK SECONDS - several front-ends, links that come and go, and front-ends that die.

A judged load on links of two front-ends; meanwhile links come and go and devices too, and the
front-ends are killed, also in the moment of the reload. As promised when no link that stays loses
its connection or a monitor, a link that went is not connected to again, and the judge finds nothing
false, missing, doubled or unknown.
"""

import os
import signal
import sys
import time

import peers
import rig

DEVICES = 50


class Watching:
    __name__ = "a"  # its hash gives it to the second front-end

    def __init__(self):
        self.started = self.stopped = 0

    def __call__(self, line):
        for invoke, text in line.requests():
            self.started += "<MonitorStart " in text
            self.stopped += "<MonitorStop " in text
            line.answer(invoke, text)


def front_ends(site):
    """Their processes: those that wait with epoll."""
    found = []
    for pid in site.processes()[1:]:
        try:
            links = [os.readlink("/proc/%d/fd/%s" % (pid, fd))
                     for fd in os.listdir("/proc/%d/fd" % pid)]
        except OSError:
            continue
        if "anon_inode:[eventpoll]" in links:
            found.append(pid)
    return found


def kill(site):
    for pid in front_ends(site):
        os.kill(pid, signal.SIGKILL)


def main():
    onhook, seconds = sys.argv[1], int(sys.argv[2])
    watching = Watching()
    watched, gone = peers.Peer(watching), peers.Peer(peers.doubled)
    with rig.Rig(onhook) as site:
        site.switch(["127.0.0.1:0,name=pbx1", "127.0.0.1:0,name=pbx3"], "--rate", "30", "--agents",
                    "60", "--seconds", str(seconds), "--talk-ms", "200..2000")
        few = "[link a]\naddresses = 127.0.0.1:%d\nencoding = xml\nrequest-gap = 0\n" \
            "monitored = 1" % watched.port
        many = few + ",700001-%d\n" % (700000 + DEVICES)
        site.start(gone.section() + few + "\n", "front-ends = 2")
        rig.await_(20, "all links are there", lambda: watching.started >= 1 and gone.connections)
        time.sleep(0.5)
        assert site.ask("clear", "1")["result"] == "elsewhere", "a callID of no link was cleared"
        site.configure(many, "front-ends = 2\nring-slots = 32768")  # one link goes, devices come
        site.reload()
        rig.await_(20, "devices come", lambda: watching.started >= 1 + DEVICES)
        assert site.log().count("ring-slots = \"32768\": this changes with the next start") == 1
        connections = gone.connections
        while site.switch_process.poll() is None:
            kill(site)
            site.reload()  # whoever is just being started hears it too
            time.sleep(0.7)
        site.await_switch(30)
        time.sleep(0.5)
        site.stop()
        log = site.log()
        print("%d monitors started, %d stopped; %d deaths" % (
            watching.started, watching.stopped, log.count("front-end ")))
        assert watching.stopped == 0, "a successor began with what the configuration said before"
        assert watched.connections == 1 and watching.started == 1 + DEVICES
        assert gone.connections == connections, "a link that went is connected to again"
        for name in ("pbx1", "pbx3", "a"):
            assert "link %s: removed" % name not in log, name
        assert "2 clients that connected" in site.read("switch.log"), "a connection was lost"
        print(site.judge().splitlines()[-1])


if __name__ == "__main__":
    main()
