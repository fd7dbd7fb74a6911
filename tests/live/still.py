#!/usr/bin/env python3
"""still.py ONHOOK SECONDS - the front-end stands still for longer than the rules' spans.

What the switch says meanwhile waits in its socket. As promised when nothing counts as out of sight,
late or lost because of that: the judge finds nothing false, missing, doubled or unknown.
"""

import os
import signal
import sys
import time

import rig
from spread import front_ends

STILL = 7


def main():
    onhook, seconds = sys.argv[1], int(sys.argv[2])
    with rig.Rig(onhook) as site:
        site.switch(["127.0.0.1:0,name=one", "127.0.0.1:0,encoding=ber3,name=two"], "--rate", "20",
                    "--agents", "300", "--related", "80", "--seconds", str(seconds))
        site.start()
        time.sleep(seconds / 2)
        for pid in front_ends(site):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(STILL)
            os.kill(pid, signal.SIGCONT)
        site.await_switch(60)
        time.sleep(0.5)
        assert site.log().count("standing still") == 1, "it is said"
        site.stop()
        print(site.judge().splitlines()[-1])


if __name__ == "__main__":
    main()
