#!/usr/bin/env python3
"""damage.py ONHOOK SECONDS - workers that crash, and have written over their tables before it.

Under a judged load each worker in turn stands still, has a part of its table of calls written over,
and ends by a fault. As promised when the engine goes on with the same connections, every loss is
said and counted, the calls are regained, and the judge finds nothing false and nothing doubled;
what ended while nobody listened is missing, and some of it unknown.
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


def worker_pid(site, worker):
    answer = subprocess.run([site.onhook, "rings", "--name", site.name, "--json"],
                            stdout=subprocess.PIPE, check=True)
    for process in json.loads(answer.stdout)["Processes"]:
        if process["Role"] == "worker" and process["Index"] == worker:
            return process["Pid"]
    raise AssertionError("worker %d is not there" % worker)


def write_over(site, worker, at, length):
    """Bytes of the worker's first table of calls."""
    with open("/dev/shm/onhook-%s.calls-%d" % (site.name, worker), "r+b") as table:
        table.seek(PAGE + at)
        before = table.read(length)
        table.seek(PAGE + at)
        table.write(bytes(byte ^ 0x5a for byte in before))


def crash(site, worker, at, length):
    pid = worker_pid(site, worker)
    os.kill(pid, signal.SIGSTOP)
    write_over(site, worker, at, length)
    os.kill(pid, signal.SIGSEGV)
    os.kill(pid, signal.SIGCONT)


def judge(site):
    answer = subprocess.run([site.onhook, "switch", "--judge", "--json", site.path("truth.jsonl"),
                             site.path("outcomes.jsonl")], stdout=subprocess.PIPE, check=False)
    return json.loads(answer.stdout.decode().splitlines()[-1])


def main():
    onhook, seconds = sys.argv[1], int(sys.argv[2])
    with rig.Rig(onhook) as site:
        site.switch(["127.0.0.1:0,name=one", "127.0.0.1:0,encoding=ber3,name=two",
                     "127.0.0.1:0,encoding=ber2,profile=oxe,name=three"], "--rate", "60",
                    "--agents", "150", "--seconds", str(seconds), "--talk-ms", "800..3000")
        site.start(settings="workers = %d" % WORKERS)
        time.sleep(2)
        crashes = 0
        while crashes < 2 * WORKERS or site.switch_process.poll() is None:
            if site.switch_process.poll() is not None:
                break
            # One bit of a list, and then the whole beginning of the table.
            at, length = ((74, 1), (8, 200))[crashes // WORKERS % 2]
            crash(site, crashes % WORKERS, at, length)
            crashes += 1
            rig.await_(10, "the loss is said", lambda: site.log().count("were told all again") +
                       site.log().count("was told all again") >= crashes)
            time.sleep(3)  # so each worker has told what it waited for when it crashes again
        site.await_switch(60)
        time.sleep(1)
        emptied = site.counter("tables_emptied")
        site.stop()
        log = site.log()
        total = judge(site)
        print("%d tables emptied: %s" % (emptied, total))
        assert crashes >= 2 * WORKERS, "too few crashes"
        assert emptied == crashes, "losses are not counted"
        assert log.count("its table of calls is damaged") == crashes, "damage is not said"
        assert "disconnect" not in log and "LinkDown" not in log
        assert "3 clients that connected" in site.read("switch.log"), "a connection was lost"
        assert total["false"] == 0 and total["doubled"] == 0 and total["unreadable"] == 0, total
        assert total["missing"] <= 60 * crashes, "calls are not regained"
        assert total["right"] > 0


if __name__ == "__main__":
    main()
