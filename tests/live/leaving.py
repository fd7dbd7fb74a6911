#!/usr/bin/env python3
"""leaving.py ONHOOK - links that are left, by a reload and by a stop, are left in an orderly way.

Links of each kind of session under load; some are removed by a reload, some get another address or
password by it and are connected anew, then the engine is stopped.
As promised when the switch saw every session stopped, every association released, and connections
that end rather than break; when a switch that answers nothing, or does not end its side, holds the
stop up no longer than it may; and when the switch does notice an engine that is killed.
"""

import signal
import sys
import time

import peers
import rig
from session_cases import Application, make_certificates

LISTENERS = ["encoding=xml-ed3,profile=avaya-dmcc,name=avaya",
             "encoding=xml-ed3,profile=avaya-dmcc,name=avaya2",
             "encoding=ber2,profile=oxe,name=oxe", "encoding=ber3,name=phase3",
             "encoding=xml,name=generic", "encoding=xml,name=secure,tls",
             "encoding=xml-ed3,profile=openscape,name=openscape"]
NAMES = [listener.partition("name=")[2].partition(",")[0] for listener in LISTENERS]
REMOVED = ("avaya2", "phase3", "openscape")
ANEW = ("avaya", "oxe")
RUDE = "clients that closed without ending their session or association first"
DRAIN_S = 3


class Unanswering(Application):
    """Grants a session, and does not answer when it is to be stopped."""
    name = "unanswering"
    stopped = 0

    def hear(self, line, root, invoke, text, number):
        if root == "StopApplicationSession":
            self.stopped += 1
            return True
        return super().hear(line, root, invoke, text, number)


def without(links, names):
    """The sections but for those of that name."""
    return "[link ".join(part for part in links.split("[link ")
                         if part.partition("]")[0] not in names)


def section(name, port, more=""):
    return "[link %s]\naddresses = 127.0.0.1:%d\nencoding = xml\nshared = yes\n" \
        "monitored = 1\n%s\n" % (name, port, more)


def add_to_link(site, name, line):
    head = "[link %s]\n" % name
    its_own = site.links.partition(head)[2].partition("[link ")[0]
    if "\n" + line.partition(" ")[0] not in its_own:
        site.links = site.links.replace(head, head + line)


def stands(site, names):
    return all("link %s: 52 of 52 monitors stand" % name in site.log() for name in names)


def connect_anew(site):
    """By another password file, and by another way to write the address."""
    site.write("password-2", "sesame\n")
    site.links = site.links.replace(site.path("password") + "\n", site.path("password-2") + "\n")
    head, _, its_own = site.links.partition("[link oxe]\n")
    site.links = head + "[link oxe]\n" + its_own.replace("127.0.0.1", "localhost", 1)
    site.configure(settings="front-ends = 2\ndrain = %ds" % DRAIN_S)
    site.reload()
    for name in ANEW:
        words = "link %s: 52 of 52 monitors stand" % name
        rig.await_(10, "%s stands again" % name, lambda words=words: site.log().count(words) == 2)
        assert "link %s: left: its settings are others now" % name in site.log(), name


def stop(site):
    began = time.monotonic()
    site.stop()
    return time.monotonic() - began


def main():
    onhook = sys.argv[1]
    unanswering = Unanswering()
    unanswering.peer = peers.Peer(unanswering)
    deaf = peers.Peer(peers.deaf)
    with rig.Rig(onhook) as site:
        make_certificates(site.folder)
        site.switch(["127.0.0.1:0," + listener for listener in LISTENERS], "--rate", "200",
                    "--agents", "40", "--talk-ms", "200..1500", "--session", "60", "--user", "me",
                    "--password", "sesame", "--cert", site.path("server.pem"), "--key",
                    site.path("server.key"))
        site.write("password", "sesame\n")
        add_to_link(site, "avaya", "password-file = %s\n" % site.path("password"))
        add_to_link(site, "avaya2", "password-file = %s\n" % site.path("password"))
        add_to_link(site, "secure", "tls-ca = %s\n" % site.path("ca.pem"))
        site.start(settings="front-ends = 2\ndrain = %ds" % DRAIN_S)

        rig.await_(30, "all links are there", lambda: stands(site, NAMES))
        time.sleep(0.5)
        all_links = site.links
        site.links = without(all_links, REMOVED)
        site.configure(settings="front-ends = 2\ndrain = %ds" % DRAIN_S)
        site.reload()
        time.sleep(1.5)
        for name in REMOVED:
            assert "link %s: removed" % name in site.log(), name
        connect_anew(site)
        quick_s = stop(site)
        log = site.log()
        assert "connection lost" not in log and "does not answer our goodbye" not in log, log

        # Who says nothing holds nobody up for longer than half of what a stop may take.
        site.start(section("unanswering", unanswering.peer.port, "session = application\n") +
                   section("deaf", deaf.port), "front-ends = 2\ndrain = %ds" % DRAIN_S)
        rig.await_(20, "they are connected",
                   lambda: deaf.connections and unanswering.count("MonitorStart"))
        time.sleep(0.5)
        slow_s = stop(site)
        assert unanswering.stopped == 1, "the session was not stopped"
        assert "link unanswering: the switch does not answer our goodbye" in site.log()
        assert slow_s < DRAIN_S, "the stop took %.1f s" % slow_s

        # A killed engine says nothing, and the switch notices.
        site.start(settings="front-ends = 2")
        rig.await_(30, "the links are there again", lambda: stands(site, ("avaya", "oxe")))
        time.sleep(0.5)
        site.engine.send_signal(signal.SIGKILL)
        site.engine.wait()
        time.sleep(1)
        site.switch_process.send_signal(signal.SIGTERM)
        site.switch_process.wait(timeout=20)
        rude = [int(line.split()[-len(RUDE.split()) - 1]) for line in
                site.read("switch.log").splitlines() if RUDE in line]
        print("stopped in %.2f s, in %.2f s with switches that do not answer; %s left rudely" % (
            quick_s, slow_s, rude[-1] if rude else 0))
        # avaya and oxe, and whatever the kernel resets of what it had not read yet.
        assert rude and 2 <= rude[-1] <= 4, "the switch's count of those who left rudely"


if __name__ == "__main__":
    main()
