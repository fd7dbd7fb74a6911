#!/usr/bin/env python3
"""stopping.py ONHOOK - a stop that is under way, and what could forget it or make it dear.

The engine is told to stop while a switch that answers nothing holds the stop up, and another cannot
be reached. As promised when it hardly uses the processor meanwhile; when memory that is found
damaged then is said and nothing is begun anew; and when a second damage within a minute ends an
engine that was told nothing, with the reason.
"""

import signal
import sys
import time

import peers
import rig
from damage import crash

MOST = 0.1  # of one core, while nothing happens


def links(port):
    return "".join("[link %s]\naddresses = 127.0.0.1:%d\nencoding = xml\nshared = yes\n"
                   "monitored = 1\n" % link for link in (("deaf", port), ("nobody", 1)))


def start(site, deaf):
    before = deaf.connections
    site.start(links(deaf.port), "drain = 8s\nlasting = yes", ("--fresh",))
    rig.await_(20, "the links were tried",
               lambda: deaf.connections > before and "link nobody: " in site.log())
    time.sleep(0.3)


def begin_stop(site):
    site.engine.send_signal(signal.SIGTERM)
    rig.await_(5, "it stops", lambda: "stopping" in site.log())


def damage(site):
    crash(site, "front-end", 0, "frontend-0", 8, 8)


def stop_is_cheap(site, deaf):
    start(site, deaf)
    begin_stop(site)
    began, before = time.monotonic(), site.cpu_seconds()
    time.sleep(1)
    share = (site.cpu_seconds() - before) / (time.monotonic() - began)
    site.engine.wait(timeout=20)
    assert site.engine.returncode == 0, "it did not stop well"
    assert share < MOST, "%.0f%% of one core while it stops" % (100 * share)
    return share


def stop_is_not_forgotten(site, deaf):
    start(site, deaf)
    begin_stop(site)
    damage(site)
    site.engine.wait(timeout=20)
    log = site.log()
    assert site.engine.returncode == 1, "it did not stop well"
    assert "beginning with a new one" not in log, "the stop was forgotten"
    assert "the shared memory is damaged: not begun anew, as it is to stop" in log


def second_damage_is_said(site, deaf):
    start(site, deaf)
    before = deaf.connections
    damage(site)
    rig.await_(10, "it begins anew", lambda: "beginning with a new one" in site.log())
    rig.await_(20, "it connects again", lambda: deaf.connections > before)
    time.sleep(0.5)
    damage(site)
    site.engine.wait(timeout=20)
    log = site.log()
    assert site.engine.returncode == 1
    assert log.count("beginning with a new one") == 1
    assert "the shared memory is damaged again, within a minute: not begun anew" in log


def main():
    onhook = sys.argv[1]
    deaf = peers.Peer(peers.deaf)
    with rig.Rig(onhook) as site:
        stop_is_not_forgotten(site, deaf)
        second_damage_is_said(site, deaf)
        share = stop_is_cheap(site, deaf)
        print("%.1f%% of one core while it stops" % (100 * share))


if __name__ == "__main__":
    main()
