#!/usr/bin/env python3
"""devices.py ONHOOK DEVICES [GAP] - so many devices on one link: paced start, resynchronisation.

Prints how long it took until all monitors stood and all devices were looked at, how long it took
again after messagesLost, what it cost in memory and processor, and what the waiting engine costs
afterwards. GAP is request-gap, as 500us (0 unless told: as fast as the switch answers). As promised
when all monitors stand, requests came no faster than GAP allows, and a link beside, judged, heard
nothing of it.
"""

import re
import sys
import time

import peers
import rig

NORMAL = "<systemStatus>%s</systemStatus>"


class Counting:
    """A good switch that counts requests, and says at will that it has lost messages."""

    def __init__(self):
        self.asked = {}
        self.line = None

    def __call__(self, line):
        self.line = line
        for invoke, text in line.requests():
            root = re.search(r"<(\w+) xmlns", text).group(1)
            self.asked[root] = self.asked.get(root, 0) + 1
            line.answer(invoke, text)

    __name__ = "many"


def wait_until(site, times, seconds):
    rig.await_(seconds, "resynchronised %d times" % times,
               lambda: len(re.findall("link many: .* resynchronised", site.log())) >= times)


def longest(site, when):
    latency = site.stat()["Latency"]["received_published"]
    print("beside it, %s: received to published p50 %d us, longest %d us of %d" % (
        when, latency["P50Ns"] // 1000, latency["LongestNs"] // 1000, latency["Count"]))


def seconds_of(gap):
    number, unit = re.fullmatch(r"([0-9.]+)(us|ms|s|)", gap).groups()
    return float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1, "": 1e-3}[unit]


def main():
    onhook, devices = sys.argv[1], int(sys.argv[2])
    gap = sys.argv[3] if len(sys.argv) > 3 else "0"
    limit = 60 + devices * (0.002 + 4 * seconds_of(gap))
    good = Counting()
    with rig.Rig(onhook) as site:
        site.switch(["127.0.0.1:0,name=good"], "--rate", "100", "--agents", "400")
        many = peers.Peer(good)
        numbers = site.write("numbers", "".join("%d\n" % (5000000 + n) for n in range(devices)))
        site.start("[link many]\naddresses = 127.0.0.1:%d\nencoding = xml\nmonitored = @%s\n"
                   "request-gap = %s\n" % (many.port, numbers, gap))
        began = time.monotonic()
        wait_until(site, 1, limit)
        first = time.monotonic() - began
        print("start: %s; %.1f s of processor, private memory %d KiB" % (
            re.findall("link many: (.*)", site.log())[-1], site.cpu_seconds(), site.memory_kib()))
        assert good.asked["MonitorStart"] == devices, good.asked
        assert good.asked["SnapshotDevice"] == devices, good.asked
        assert first >= 2 * devices * seconds_of(gap) * 0.95, "too fast"
        before = site.cpu_seconds()
        good.line.send(peers.frame(1, peers.message("SystemStatus", NORMAL % "messagesLost")))
        wait_until(site, 2, limit)
        print("again: %s; %.1f s of processor" % (
            re.findall("link many: (.*)", site.log())[-1], site.cpu_seconds() - before))
        longest(site, "before the reload")
        before = site.cpu_seconds()
        site.reload()
        rig.await_(30, "the configuration is read again",
                   lambda: "configuration read again" in site.log())
        time.sleep(1)
        print("reload: %.2f s of processor" % (site.cpu_seconds() - before))
        site.command("drain")
        site.await_switch(30)
        before = site.cpu_seconds()
        time.sleep(3)
        print("at rest: %.2f%% of a core" % ((site.cpu_seconds() - before) / 3 * 100))
        longest(site, "in all")
        site.stop()
        site.judge()
        assert not many.errors, many.errors


if __name__ == "__main__":
    main()
