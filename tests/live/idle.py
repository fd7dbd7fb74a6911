#!/usr/bin/env python3
"""idle.py ONHOOK SECONDS - what an engine with ten links costs while nobody calls.

Prints the share of one core that all its processes used together, with all monitors standing, over
SECONDS. As promised when it is below one percent.
"""

import sys
import time

import rig

LINKS = 10
AGENTS = 100
MOST = 0.01


def main():
    onhook, seconds = sys.argv[1], float(sys.argv[2])
    kinds = ("xml", "ber3", "ber2", "xml-ed3")
    listeners = ["127.0.0.1:0,name=pbx%d,first=%d,encoding=%s" % (n, n * 100000 + 1, kinds[n % 4])
                 for n in range(1, LINKS + 1)]
    with rig.Rig(onhook) as site:
        site.switch(listeners, "--rate", "0", "--agents", str(AGENTS))
        site.start()
        rig.await_(30, "all links are resynchronised",
                   lambda: site.log().count(" resynchronised in ") == LINKS)
        time.sleep(1)
        began, before = time.monotonic(), site.cpu_seconds()
        time.sleep(seconds)
        share = (site.cpu_seconds() - before) / (time.monotonic() - began)
        print("%d links, %d processes, %d monitors, %g s: %.2f%% of one core" % (
            LINKS, len(site.processes()), site.counter("monitors_granted"), seconds, 100 * share))
        site.stop()
        assert share < MOST, "it should be below %.0f%%" % (100 * MOST)


if __name__ == "__main__":
    main()
