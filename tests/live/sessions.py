#!/usr/bin/env python3
"""sessions.py ONHOOK SECONDS - every state of a session over real sockets.

Judged links of each profile with its session, over TCP and TLS; beside them, in the same engine, a
link for each thing that can happen to a session, played by a peer of its own. As promised when the
judge finds nothing false, missing, doubled or unknown, and each link did and said what it should.
"""

import os
import sys
import time

import peers
import rig
from session_cases import CASES, Case, Secure, case, make_certificates

LISTENERS = ["encoding=xml-ed3,profile=openscape,name=openscape",
             "encoding=xml-ed3,profile=avaya-dmcc,name=avaya",
             "encoding=xml,name=generic", "encoding=ber2,profile=oxe,name=oxe",
             "encoding=ber3,name=phase3", "encoding=ber1,name=phase1",
             "encoding=xml,profile=broadworks,name=broadworks", "encoding=xml,name=secure,tls"]

PASSWORD = "open-sesame-4711"


@case
class StandbyAddress(Case):
    """What stands at the first address takes calls and hangs up at once: the second is used."""
    says = ("3 of 3 monitors stand",)

    def addresses(self):
        self.passive = peers.Peer(peers.storm)
        return "127.0.0.1:%d, 127.0.0.1:%d" % (self.passive.port, self.peer.port)

    def check(self):
        assert self.peer.connections == 1 and self.passive.connections == 1


def add_to_link(links, name, lines):
    return links.replace("[link %s]\n" % name, "[link %s]\n%s" % (name, lines))


def shared_memory_holds(name, word):
    """Is the word in a segment of the engine?"""
    for entry in os.listdir("/dev/shm"):
        if not entry.startswith("onhook-%s." % name):
            continue
        with open("/dev/shm/" + entry, "rb") as segment:
            at, size = 0, os.fstat(segment.fileno()).st_size
            while at < size:
                try:
                    at = os.lseek(segment.fileno(), at, os.SEEK_DATA)
                except OSError:
                    break
                end = os.lseek(segment.fileno(), at, os.SEEK_HOLE)
                if word in os.pread(segment.fileno(), end - at, at):
                    return True
                at = end
    return False


def wrong_of(one, log):
    try:
        lines = [line for line in log.splitlines() if "link %s:" % one.__name__ in line]
        for words in one.says:
            assert any(words in line for line in lines), "did not say: %s" % words
        for words in one.silent:
            assert not any(words in line for line in lines), "said: %s" % words
        assert not one.peer.errors, one.peer.errors
        one.check()
    except (AssertionError, AttributeError) as error:
        return "%s: %r" % (one.__name__, error)
    return None


def main():
    onhook, seconds = sys.argv[1], sys.argv[2]
    with rig.Rig(onhook) as site:
        make_certificates(site.folder)
        Secure.folder = site.folder
        site.switch(["127.0.0.1:0," + listener for listener in LISTENERS], "--rate", "40",
                    "--seconds", seconds, "--agents", "40", "--talk-ms", "200..1500", "--session",
                    "2", "--user", "me", "--device-ids", "--password", PASSWORD, "--cert",
                    site.path("server.pem"), "--key", site.path("server.key"))
        site.write("password", PASSWORD + "\n")
        if "tls-ca" not in site.links:
            site.links = add_to_link(site.links, "secure", "tls-ca = %s\n" % site.path("ca.pem"))
        if "\npassword-file" not in site.links:
            site.links = add_to_link(site.links, "avaya", "password-file = %s\n"
                                     % site.path("password"))
        cases = [kind() for kind in CASES]
        for one in cases:
            one.peer = peers.Peer(one)
        # Each process limits lines that are alike: several, so that none is left out.
        site.start("".join(one.section() for one in cases), "front-ends = 4")
        site.await_switch(60)
        time.sleep(0.5)
        assert not shared_memory_holds(site.name, PASSWORD.encode()), "the password is kept"
        site.stop()
        wrong = [words for words in (wrong_of(one, site.log()) for one in cases) if words]
        print("%d of %d sessions as promised" % (len(cases) - len(wrong), len(cases)))
        print(site.judge().splitlines()[-1])
        assert not wrong, "\n".join(wrong)


if __name__ == "__main__":
    main()
