#!/usr/bin/env python3
"""damage.py ONHOOK SECONDS - processes that crash, and have written over their memory before it.

Under a judged load each worker in turn stands still, has a part of its table of calls written over,
and ends by a fault. As promised when the engine goes on with the same connections, every loss is
said and counted, the calls are regained, and the judge finds nothing false and nothing doubled;
what ended while nobody listened is missing, and some of it unknown. Then it is the front-end's
journal: the engine begins with new memory and new connections, and the judge finds the same.
"""

import json
import os
import signal
import subprocess
import sys
import time

import rig

WORKERS = 2
PAGE = 4096


def pid_of(site, role, index):
    answer = subprocess.run([site.onhook, "rings", "--name", site.name, "--json"],
                            stdout=subprocess.PIPE, check=True)
    for process in json.loads(answer.stdout)["Processes"]:
        if process["Role"] == role and process["Index"] == index:
            return process["Pid"]
    raise AssertionError("%s %d is not there" % (role, index))


def write_over(site, segment, at, length):
    """Bytes behind the segment's header."""
    with open("/dev/shm/onhook-%s.%s" % (site.name, segment), "r+b") as memory:
        memory.seek(PAGE + at)
        before = memory.read(length)
        memory.seek(PAGE + at)
        memory.write(bytes(byte ^ 0x5a for byte in before))


def crash(site, role, index, segment, at, length):
    pid = pid_of(site, role, index)
    os.kill(pid, signal.SIGSTOP)
    write_over(site, segment, at, length)
    os.kill(pid, signal.SIGSEGV)
    os.kill(pid, signal.SIGCONT)


def judge(site):
    answer = subprocess.run([site.onhook, "switch", "--judge", "--json", site.path("truth.jsonl"),
                             site.path("outcomes.jsonl")], stdout=subprocess.PIPE, check=False)
    return json.loads(answer.stdout.decode().splitlines()[-1])


def crash_workers(site):
    """Each worker twice; how often that was."""
    crashes = 0
    for at, length in (90, 1), (8, 200):  # one bit of a list; the whole beginning of the table
        for worker in range(WORKERS):
            crash(site, "worker", worker, "calls-%d" % worker, at, length)
            crashes += 1
            rig.await_(10, "the loss is told",
                       lambda: site.log().count("was told all again") >= crashes)
            time.sleep(3)  # so each has told what it waited for when it crashes again
    return crashes


def begin_again(site):
    crash(site, "front-end", 0, "frontend-0", 8, 8)
    rig.await_(10, "it begins anew", lambda: "beginning with a new one" in site.log())


def main():
    onhook, seconds = sys.argv[1], int(sys.argv[2])
    with rig.Rig(onhook) as site:
        site.switch(["127.0.0.1:0,name=one", "127.0.0.1:0,encoding=ber3,name=two",
                     "127.0.0.1:0,encoding=ber2,profile=oxe,name=three"], "--rate", "60",
                    "--agents", "150", "--seconds", str(seconds), "--talk-ms", "800..3000")
        site.start(settings="workers = %d" % WORKERS)
        time.sleep(2)
        crashes = crash_workers(site)
        assert site.counter("tables_emptied") == crashes, "losses are not counted"
        assert site.log().count("its table of calls is damaged") == crashes, "damage is not said"
        assert "connection lost" not in site.log(), "a connection was lost"
        begin_again(site)
        site.await_switch(60)
        time.sleep(1)
        site.stop()
        total = judge(site)
        print("%d tables emptied, then all anew: %s" % (crashes, total))
        assert "6 clients that connected" in site.read("switch.log")
        assert total["false"] == 0 and total["doubled"] == 0 and total["unreadable"] == 0, total
        assert total["missing"] <= 60 * crashes + 400, "calls are not regained"
        assert total["right"] > 0


if __name__ == "__main__":
    main()
