#!/usr/bin/env python3
"""recording.py ONHOOK - recordings of a lasting engine, and one that is taken away.

As promised when each start begins a recording that can be replayed by itself, what an earlier start
with more front-ends recorded stays and is named, a recording that was removed is said and done
without, by successors too, and one that ended with damaged memory is kept beside those kept before.
"""

import os
import signal
import subprocess
import sys
import time

import rig
from damage import crash
from spread import front_ends


def kill_front_end(site):
    pids = front_ends(site)
    os.kill(pids[0], signal.SIGKILL)
    rig.await_(10, "it is started again", lambda: front_ends(site) not in ([], pids))
    time.sleep(0.5)


def replayed(site):
    answer = subprocess.run([site.onhook, "replay", site.path("all.trace")], check=True,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return answer.stdout.decode().splitlines()


def damage(site):
    """With a recording kept before."""
    site.write("all.trace.before", "the first one\n")
    site.start(settings="lasting = yes", arguments=("--fresh", "--record", site.path("all.trace")))
    rig.await_(10, "something is recorded", lambda: os.path.exists(site.path("all.trace")) and
               " one ! up" in site.read("all.trace"))
    crash(site, "front-end", 0, "frontend-0", 8, 8)
    rig.await_(10, "it begins anew", lambda: "beginning with a new one" in site.log())
    assert site.read("all.trace.before") == "the first one\n", "it was kept before"
    assert " one ! up" in site.read("all.trace.before-2")
    site.stop()


def main():
    onhook = sys.argv[1]
    with rig.Rig(onhook) as site:
        site.switch(["127.0.0.1:0,name=one"], "--rate", "30", "--agents", "40", "--seconds", "7",
                    "--talk-ms", "100..500")
        site.write("all.trace-1", "# onhook-trace 1\n1.0 one < 9999 <x/>\n")
        site.write("all.trace-2", "somebody's notes\n")
        for start in range(2):
            site.start(settings="lasting = yes", arguments=("--record", site.path("all.trace")))
            time.sleep(1.5)
            kill_front_end(site)
            if start == 0:
                site.stop()
            text = site.read("all.trace")
            assert text.count("# onhook-trace 1\n") == 1 and text.startswith("# onhook-trace 1\n")
            assert "# link one anew=yes" in text.splitlines()[2], text[:200]
            assert text.count(" one ! up") == 1, "it has what another start took"
            assert len(replayed(site)) > 10
        assert "<x/>" in site.read("all.trace-1"), "it was somebody's"
        named = [line for line in site.log().splitlines() if "no part of this recording" in line]
        assert len(named) == 1 and "/all.trace-1 is there" in named[0], named
        assert site.read("all.trace-2") == "somebody's notes\n"
        os.remove(site.path("all.trace"))
        for _ in range(2):
            kill_front_end(site)
        assert site.log().count("the recording ends here") == 1, "said once, and by one of them"
        assert not os.path.exists(site.path("all.trace")), "it began anew in the middle"
        site.await_switch(30)
        time.sleep(0.5)
        site.stop()
        print(site.judge().splitlines()[-1])
        site.switch(["127.0.0.1:0,name=one"], "--rate", "30", "--agents", "40")
        damage(site)


if __name__ == "__main__":
    main()
