#!/usr/bin/env python3
"""quota.py ONHOOK SECONDS [MOST] - what floods on some links cost a healthy link beside them.

One front-end, one worker; a healthy link has a call now and then, and the time from its last event
to the call's outcome in the file is taken: in turns without and with floods on other links. As
promised when each of its calls comes out, and its median with floods is at most MOST times, and 30
ms more than, what it is without. p99 is shown: on a busy machine it is the machine's.
"""

import sys
import threading
import time

import peers
import rig

FLOODS = 6
ROUNDS = 3
SPACE_MS = 15      # between the healthy link's calls
FREE_MS = 30       # a busy machine's part

flooding = threading.Event()


class Flood:
    """Says events of one call again and again, as fast as they are taken, while it may."""

    def __init__(self, number):
        self.__name__ = "flood%d" % number
        self.chunk = b"".join(peers.frame(9999, peers.delivered(n % 50)) for n in range(200))
        self.chunks = 0

    def __call__(self, line):
        line.serve(1)
        while True:
            flooding.wait()
            line.send(self.chunk)
            self.chunks += 1


class Healthy:
    __name__ = "healthy"

    def __init__(self):
        self.line = None
        self.calls = 0

    def __call__(self, line):
        for invoke, text in line.requests():
            line.answer(invoke, text)
            if "<SnapshotDevice " in text:
                self.line = line

    def call(self):
        """A call that ends; its ID and when its last event was said."""
        self.calls += 1
        name = "healthy-%d" % self.calls
        self.line.send(peers.frame(9999, peers.delivered(name)))
        said = time.monotonic()
        self.line.send(peers.frame(9999, peers.cleared(name)))
        return name, said


class Outcomes:
    """Follows the file; when each call of the healthy link was seen in it."""

    def __init__(self, path):
        self.seen = {}
        self.path = path
        self.over = False
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self):
        rest = b""
        with open(self.path, "rb", buffering=0) as file:
            while not self.over:
                data = file.read(1 << 20)
                if not data:
                    time.sleep(0.0005)
                    continue
                now = time.monotonic()
                whole, _, rest = (rest + data).rpartition(b"\n")
                for line in whole.split(b"\n"):
                    at = line.find(b'"CallID":"healthy-')
                    if at >= 0:
                        self.seen.setdefault(line[at + 10:].split(b'"')[0].decode(), now)


def run(healthy, outcomes, seconds):
    """Latencies of as many calls as there is time for, in ms."""
    said = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        said.append(healthy.call())
        time.sleep(SPACE_MS / 1000)
    rig.await_(20, "every call comes out", lambda: all(name in outcomes.seen for name, _ in said))
    return [1000 * (outcomes.seen[name] - when) for name, when in said]


def p(share, values):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main():
    onhook, seconds = sys.argv[1], float(sys.argv[2])
    most = float(sys.argv[3]) if len(sys.argv) > 3 else None
    healthy, floods = Healthy(), [Flood(n) for n in range(FLOODS)]
    links = [peers.Peer(one) for one in [healthy] + floods]
    calm, flooded = [], []
    with rig.Rig(onhook) as site:
        site.start(links="".join(link.section() for link in links), settings="workers = 1")
        rig.await_(20, "the links are there", lambda: healthy.line is not None and
                   site.log().count("40 of 40 monitors stand") > FLOODS)
        outcomes = Outcomes(site.path("outcomes.jsonl"))
        time.sleep(0.5)
        chunks = 0
        for _ in range(ROUNDS):
            calm += run(healthy, outcomes, seconds / ROUNDS)
            before, began = sum(flood.chunks for flood in floods), time.monotonic()
            flooding.set()
            time.sleep(0.3)
            flooded += run(healthy, outcomes, seconds / ROUNDS)
            flooding.clear()
            chunks += (sum(flood.chunks for flood in floods) - before) / (time.monotonic() - began)
            time.sleep(1)
        outcomes.over = True
        site.stop()
    shown = " ".join("%s %.1f %.1f %.1f" % (name, p(0.5, values), p(0.99, values), max(values))
                     for name, values in (("calm", calm), ("flooded", flooded)))
    ratio = p(0.99, flooded) / p(0.99, calm)
    print("%d calls each; p50 p99 most, ms: %s; p99 ratio %.1f; floods of %d events/s" % (
        len(calm), shown, ratio, 200 * chunks / ROUNDS))
    assert most is None or p(0.5, flooded) <= FREE_MS + most * p(0.5, calm), "floods cost too much"


if __name__ == "__main__":
    main()
