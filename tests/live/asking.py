#!/usr/bin/env python3
"""asking.py ONHOOK SECONDS [CUTS] - release, drop and clear, whatever becomes of them.

Somebody asks again and again that connections and calls of judged links be cleared, which the
switch grants, refuses, grants late or never answers; CUTS times all links are cut meanwhile. Beside
that one link for each fate of a request. As promised when the judge finds nothing false, missing,
doubled or unknown, and each call that was asked about ended as docs/attribution.md says: by request
where it was granted, not by request where it was not.
"""

import json
import random
import subprocess
import sys
import threading
import time

import peers
import rig

LINKS = ("127.0.0.1:0,name=good1", "127.0.0.1:0,name=good2,encoding=ber3",
         "127.0.0.1:0,name=good3,encoding=ber2,profile=oxe")


# ---- one link for each fate


class Fate:
    """A switch with one call, of 5001 and 5002; `fate` is what becomes of requests."""

    def __init__(self, fate):
        self.fate = fate
        self.__name__ = fate
        self.peer = None

    def cleared(self, line, device):
        name = "<deviceIdentifier>%s</deviceIdentifier>" % device
        line.send(peers.frame(9999, peers.cleared(77, device).replace(
            "<releasingDevice>" + name, "<releasingDevice><notKnown/>")))

    def __call__(self, line):
        for invoke, text in line.requests():
            if "<ClearConnection " not in text:
                line.answer(invoke, text)
                if "<SnapshotDevice " in text and "5002" in text:
                    line.send(peers.frame(9999, peers.delivered(77, "5002").replace(
                        "00311", "5001")))
                    line.send(peers.frame(9999, peers.delivered(77, "5002").replace(
                        "00311", "5001").replace("DeliveredEvent", "EstablishedEvent").replace(
                            "alertingDevice", "answeringDevice").replace(
                                "connection>", "establishedConnection>").replace(
                                    ">alerting<", ">connected<")))
                continue
            refusal = peers.message("CSTAErrorCode", "<operation>generic</operation>")
            if self.fate == "cut":
                line.socket.close()
                return
            if self.fate == "refused":
                line.send(peers.frame(invoke, refusal))
            if self.fate == "granted":
                line.answer(invoke, text)
            self.cleared(line, "5002")
            self.cleared(line, "5001")
            if self.fate == "late":
                line.serve(0.5)
                line.answer(invoke, text)
            if self.fate == "too-late":
                line.serve(6)  # request-timeout is 2 s
                line.answer(invoke, text)


# The word of the answer, then Evidence and CtrlParty of the end of 5002.
FATES = {
    "granted": ("granted", "request", "5001"),
    "late": ("granted", "request", "5001"),
    "too-late": ("timed-out", "none", None),
    "refused": ("refused", "none", None),
    "never": ("timed-out", "none", None),
    "cut": ("lost", None, None),
}


def try_fates(site, fates, wrong):
    def ask(fate):
        answer = site.ask("drop", "5002", "--by", "5001", "--link", fate)
        if answer.get("result") != FATES[fate][0]:
            wrong.append("%s: answered %s" % (fate, answer))
    asking = [threading.Thread(target=ask, args=(fate.fate,)) for fate in fates]
    for one in asking:
        one.start()
    return asking


def judge_fates(lines, wrong):
    for fate, (_, evidence, by) in FATES.items():
        ends = [line for line in lines if line["Link"] == fate and
                line["Event"] == "EventCallPartyDeleted" and line.get("Party") == "5002"]
        if len(ends) != 1:
            wrong.append("%s: 5002 ended %d times" % (fate, len(ends)))
        elif evidence and (ends[0].get("Evidence"), ends[0].get("CtrlParty")) != (evidence, by):
            wrong.append("%s: %s" % (fate, ends[0]))


# ---- many


class Asker:
    """Asks about a call that nobody asked about before."""

    def __init__(self, site, seed):
        self.site, self.random = site, random.Random(seed)
        self.lock = threading.Lock()
        self.used = {}

    def calls(self):
        answer = subprocess.run([self.site.onhook, "calls", "--json", "--link", "good*",
                                 "--name", self.site.name],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        return json.loads(answer.stdout)["Calls"] if answer.returncode == 0 else []

    def choose(self):
        calls = self.calls()
        self.random.shuffle(calls)
        for call in calls:
            parties = [party["Device"] for party in call["Parties"] if not party["Ended"] and
                       party["Device"] and party["State"] in ("connected", "hold", "alerting")]
            key = call["Link"], call["CallID"]
            with self.lock:
                if len(parties) != 2 or len(call["Parties"]) != 2 or key in self.used:
                    continue
                self.used[key] = None
            return key, parties
        return None, None

    def ask(self):
        key, parties = self.choose()
        if key is None:
            time.sleep(0.1)
            return
        link, call = key
        self.random.shuffle(parties)
        what = self.random.choice(("release", "drop", "clear"))
        if what == "release":
            words = ("release", parties[0], call)
        elif what == "drop":
            words = ("drop", parties[0], call, "--by", parties[1])
        else:
            words = ("clear", call)
        answer = self.site.ask(*words, "--link", link)
        self.used[key] = (what, parties, answer.get("result"), answer)


def judge_asked(asker, lines, wrong):
    by_call, counts = {}, {}
    for line in lines:
        by_call.setdefault((line["Link"], line["CallID"]), []).append(line)
    for key, asked in asker.used.items():
        if asked is None:
            continue
        what, parties, result, answer = asked
        counts[what, result] = counts.get((what, result), 0) + 1
        told = by_call.get(key, [])
        by_request = [line for line in told if line.get("Evidence") == "request"]
        if result in ("refused", "timed-out", "not-sent", "elsewhere") and by_request:
            wrong.append("%s of %s was %s: %s" % (what, key, answer, by_request[0]))
        if result != "granted" or what == "clear":
            continue
        by = parties[1] if what == "drop" else parties[0]
        ends = [line for line in told if line["Event"] == "EventCallPartyDeleted" and
                line.get("Party") == parties[0]]
        # Where the switch named somebody he was faster: the judge knows whether that is true.
        if len(ends) == 1 and ends[0].get("Reason") != "lost" and \
                ends[0].get("Evidence") != "releasing-device" and ends[0].get("CtrlParty") != by:
            wrong.append("%s of %s was granted: %s" % (what, asked, ends[0]))
    for (what, result), count in sorted(counts.items()):
        print("%s %s: %d" % (what, result, count))


def main():
    onhook, seconds = sys.argv[1], int(sys.argv[2])
    cuts = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    wrong = []
    with rig.Rig(onhook) as site:
        site.switch(LINKS, "--rate", "30", "--agents", "100", "--seconds", str(seconds),
                    "--talk-ms", "1000..4000", "--clear-refuse", "20", "--clear-late", "20",
                    "--clear-never", "20", "--related", "0")
        site.links = site.links.replace("encoding = ", "answer-timeout = 4s\nencoding = ")
        fates = [Fate(name) for name in FATES]
        for fate in fates:
            fate.peer = peers.Peer(fate)
        site.start("".join("[link %s]\naddresses = 127.0.0.1:%d\nencoding = xml\nshared = yes\n"
                           "monitored = 5001-5002\nanswer-timeout = 4s\n" % (
                               fate.fate, fate.peer.port) for fate in fates))
        rig.await_(20, "all links stand", lambda: site.log().count("monitors stand") >= 6)
        time.sleep(0.5)
        asking = try_fates(site, fates, wrong)
        asker = Asker(site, 1)
        end = time.monotonic() + seconds

        def go_on():
            while time.monotonic() < end and site.switch_process.poll() is None:
                asker.ask()
        asking += [threading.Thread(target=go_on) for _ in range(6)]
        for one in asking[-6:]:
            one.start()
        for cut in range(cuts):
            time.sleep(seconds / (cuts + 1))
            site.command("cut")
        for one in asking:
            one.join()
        site.await_switch(60)
        time.sleep(0.5)
        site.stop()
        with open(site.path("outcomes.jsonl"), encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        judge_fates(lines, wrong)
        judge_asked(asker, lines, wrong)
        print(site.judge().splitlines()[-1])
        for fate in fates:
            wrong += fate.peer.errors
        assert not wrong, "\n".join(wrong[:20])


if __name__ == "__main__":
    main()
