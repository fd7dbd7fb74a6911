#!/usr/bin/env python3
"""hostile.py ONHOOK SECONDS [PEER...] - hostile peers beside healthy links that are judged.

Every peer of peers.py (or those that are named) is a link of one engine, beside links of
`onhook switch`. As promised when the judge finds nothing false, missing, doubled or unknown,
nothing of the engine died, its private memory is bounded, its log is, and SystemStatus is answered
as often as it was asked by who reads the answers. Who never says a word is left in peace more and
more.
"""

import re
import sys
import time

import peers
import rig

MEMORY_KIB = 400 << 10      # of all processes, private
LINES_A_SECOND = 25         # of the log, all links together, beyond what the first minute may say
LINES_FIRST = 1500
HEALTHY = ["127.0.0.1:0,encoding=xml,name=good1", "127.0.0.1:0,encoding=ber3,name=good2"]


def main():
    onhook, seconds, names = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    chosen = [conduct for conduct in peers.PEERS
              if not names or conduct.__name__.replace("_", "-") in names]
    with rig.Rig(onhook) as site:
        site.switch(HEALTHY, "--rate", "20", "--seconds", str(seconds), "--agents", "60",
                    "--talk-ms", "200..2000")
        bad = [peers.Peer(conduct) for conduct in chosen]
        secure = [] if names else [peers.Peer(conduct, prefix="tls-") for conduct in peers.SECURE]
        site.start(links="".join(peer.section("keep-alive = 2s\n") for peer in bad) + "".join(
            peer.section("tls = yes\nconnect-timeout = 1s\n") for peer in secure))
        bad += secure
        began, most = time.monotonic(), 0
        first = site.cpu_seconds()
        while site.switch_process.poll() is None:
            time.sleep(1)
            assert site.engine.poll() is None, "the engine ended"
            most = max(most, site.memory_kib())
        assert site.switch_process.returncode == 0, "the switch failed"
        took = time.monotonic() - began
        stat = site.stat()
        cpu = site.cpu_seconds() - first
        for peer in bad:
            peer.is_enough = True
        asking = [peer for peer in bad if peer.asked > 0]
        rig.await_(20, "SystemStatus answered: %s" % [
            (peer.name, peer.asked, peer.count) for peer in asking],
                   lambda: all(peer.count == peer.asked for peer in asking))
        asked = [(peer.name, peer.asked, peer.count) for peer in bad if peer.asked > 0]
        site.stop()
        log = site.log()
        site.judge()
        lines = len(log.splitlines())
        deaths = re.search(r"deaths and restarts +(\d+)", log)
        print("%d hostile links, %.0f s, %.0f%% of a core, private memory %d KiB at most, %d lines "
              "of log" % (len(bad), took, 100 * cpu / took, most, lines))
        print("connections:", ", ".join("%s %d" % (peer.name, peer.connections) for peer in bad))
        print("SystemStatus asked and answered:", asked)
        for row in stat.get("Latency", {}).items():
            print("latency:", row)
        for peer in bad:
            assert not peer.errors, "%s: %s" % (peer.name, peer.errors[:3])
            assert peer.connections > 0, "%s was never connected to" % peer.name
            assert peer.conduct not in peers.SPEECHLESS or peer.connections < 15 + took / 10, \
                "%s was connected to %d times" % (peer.name, peer.connections)
        assert deaths is None or deaths.group(1) == "0", "deaths: %s" % deaths.group(1)
        assert most < MEMORY_KIB, "private memory: %d KiB" % most
        assert lines < LINES_FIRST + LINES_A_SECOND * took, "%d lines of log" % lines


if __name__ == "__main__":
    main()
