#!/usr/bin/env python3
"""lasting.py ONHOOK SECONDS - a lasting engine is stopped and started again under load.

As promised when each stop ends well and at once, each start goes on with the calls the engine knew,
and the judge finds nothing false, missing, doubled or unknown.
"""

import os
import sys
import time

import rig

STOPS = 2


def main():
    onhook, seconds = sys.argv[1], int(sys.argv[2])
    with rig.Rig(onhook) as site:
        site.switch(["127.0.0.1:0,name=one", "127.0.0.1:0,encoding=ber3,name=two"], "--rate", "30",
                    "--agents", "100", "--seconds", str(seconds), "--talk-ms", "1000..3000")
        for start in range(STOPS + 1):
            site.start(settings="lasting = yes\nfront-ends = 2")
            if start > 0:
                rig.await_(10, "it goes on", lambda: "going on with the calls" in site.log())
            if start < STOPS:
                time.sleep(seconds / (STOPS + 1))
                began = time.monotonic()
                site.stop()
                assert time.monotonic() - began < 5, "a stop takes too long"
                assert os.path.exists("/dev/shm/onhook-%s.control" % site.name), "it is gone"
        site.await_switch(60)
        time.sleep(0.5)
        site.stop()
        print(site.judge().splitlines()[-1])


if __name__ == "__main__":
    main()
