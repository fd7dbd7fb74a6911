#!/usr/bin/env python3
"""expect.py - the bytes of a golden trace's .jsonl from the expectation its author wrote.

For authors only: the tests compare bytes and never run this. It computes formatting, ConnID and
time differences, never who released whom; that stands in the trace, in lines that begin `#=`:

  #= call NAME [id=CALLID] [link=LINK] first=SEQ [answer=SEQ] [type=N] [ani=DN] [dnis=DN]
          [queue=DN] [linkage=TEXT]
      a call, named for this file only, and what all its outcomes carry; CALLID is NAME unless
      said, LINK the only link of the trace. Lines below are about this call.
  #= party DN start=SEQ [answer=SEQ] [agent=ID]
      when the party came into the call and when it was answered. `?` is a party without number.
  #= in NAME
      lines below are about that call again.
  #= act [ctrl=DN] reason=REASON evidence=EVIDENCE
      what the outcomes below share.
  #= SEQ WHAT [DN] [local|remote|unknown] [key=value ...]
      WHAT: R EventReleased, A EventAbandoned, P EventCallPartyDeleted, D EventCallDeleted,
      RP and AP the two lines of one party. Keys: other, state (CallState, else 0), at (seconds
      in the trace, for outcomes of a tick), new (the call NAME of NewConnID), and cause, ctrl,
      reason, evidence, agent, queue, type, ani, dnis, linkage, id, start, answer in place of
      what was said above; `-` is absence. The cause is the one of message SEQ unless said.

usage: expect.py [--check] FILE...       FILE: NNN-name.trace, or NNN-name.expect for an input
                                         without times that cannot carry comments
"""

import datetime
import os
import re
import sys

REASONS = """abnormal lost stale out-of-sight transfer forced reject no-answer busy blocked
conference-drop conference-leave conference-end abandon hangup""".split()
EVIDENCES = "request releasing-device local-state inferred none".split()
SIDES = {"local": "1 Local", "remote": "2 Remote", "unknown": "3 Unknown"}
EVENTS = {"R": "EventReleased", "A": "EventAbandoned", "P": "EventCallPartyDeleted",
          "D": "EventCallDeleted"}
MASK = (1 << 64) - 1


def conn_id(link, call_id, seq):
    """FNV-1a over link, a zero byte, CallID and the first Seq, then the murmur3 finisher."""
    value = 0xcbf29ce484222325
    for byte in link.encode() + b"\0" + call_id.encode() + seq.to_bytes(8, "little"):
        value = ((value ^ byte) * 0x100000001b3) & MASK
    value ^= value >> 33
    value = (value * 0xff51afd7ed558ccd) & MASK
    value ^= value >> 33
    value = (value * 0xc4ceb9fe1a85ec53) & MASK
    value ^= value >> 33
    return "%016x" % value


def microseconds(seconds):
    whole, _, fraction = seconds.partition(".")
    return int(whole) * 1000000 + int((fraction + "000000")[:6])


def printed_time(at):
    start = datetime.datetime(1970, 1, 1)
    return (start + datetime.timedelta(microseconds=at)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def stamped(lines, link):
    """The messages of a BER stream that the notes of an .expect file tell, as lines of a trace."""
    at, out = 0, []
    for line in lines:
        if not line.startswith("#: "):
            continue
        found = re.search(r" time=(\d{12})Z", line)
        if found:
            moment = datetime.datetime.strptime(found.group(1), "%y%m%d%H%M%S")
            at = int((moment - datetime.datetime(1970, 1, 1)).total_seconds())
        out += [line, "%d %s < -" % (at, link)]
    return out


class Messages:
    """Time and cause of each numbered message of each link."""

    def __init__(self, lines):
        self.times, self.causes, self.links = {}, {}, []
        note = {}
        for line in lines:
            if line.startswith("# link "):
                self.add_link(line.split()[2])
            if line.startswith("#: "):  # a note says what the hex line below it holds (hex.py)
                note = dict(w.split("=", 1) for w in line.split() if "=" in w)
            if line.startswith("#") or not line.strip():
                continue
            seconds, link, direction = line.split(None, 3)[:3]
            self.add_link(link)
            if direction in "<>":
                seq = len(self.times[link]) + 1
                self.times[link][seq] = microseconds(seconds)
                found = re.search(r"<(?:\w+:)?cause>([^<]*)</", line)
                self.causes[link][seq] = found.group(1) if found else note.get("cause")
                note = {}

    def add_link(self, link):
        if link not in self.links:
            self.links.append(link)
            self.times[link], self.causes[link] = {}, {}


class Expectation:
    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as file:
            self.lines = file.read().split("\n")
        stem = os.path.basename(path)[:-len(".expect")]
        trace = self.lines
        if path.endswith(".expect"):
            trace = ["# link " + stem] + stamped(self.lines, stem)
        self.messages = Messages(trace)
        self.timed = len(self.messages.times[self.messages.links[0]]) > 0
        self.calls, self.call, self.act, self.out = {}, None, {}, []

    def fail(self, number, why):
        sys.exit("%s:%d: %s" % (self.path, number, why))

    def run(self):
        for number, line in enumerate(self.lines, 1):
            if not line.startswith("#="):
                continue
            words = line[2:].split()
            keys = dict(w.split("=", 1) for w in words if "=" in w)
            plain = [w for w in words if "=" not in w]
            self.statement(number, plain, keys)
        return "".join(line + "\n" for line in self.out)

    def statement(self, number, plain, keys):
        if plain[0] == "call":
            self.call = dict(keys, parties={})
            self.call.setdefault("id", plain[1])
            self.call.setdefault("link", self.messages.links[0])
            self.calls[plain[1]] = self.call
        elif plain[0] == "party":
            self.call["parties"][plain[1]] = keys
        elif plain[0] == "in":
            self.call = self.calls[plain[1]]
        elif plain[0] == "act":
            self.act = keys
            if keys["reason"] not in REASONS or keys["evidence"] not in EVIDENCES:
                self.fail(number, "no such reason or evidence")
        elif plain[0].isdigit():
            self.outcome(number, plain, keys)
        else:
            self.fail(number, "not a statement")

    def outcome(self, number, plain, keys):
        seq, what = int(plain[0]), plain[1]
        party = plain[2] if what != "D" else None
        side = plain[3] if len(plain) > 3 else None
        values = dict(self.call)
        if party is not None:
            if party not in self.call["parties"]:
                self.fail(number, "party %s was not introduced" % party)
            values.pop("answer", None)
            values.update(self.call["parties"][party])
        else:
            values["start"] = values["first"]
        values.setdefault("cause", self.messages.causes[values["link"]].get(seq, None) or "-")
        values.update(self.act)
        values.update(keys)
        values = {k: v for k, v in values.items() if v != "-"}
        self.check(number, what, party, side, values)
        for event in what:
            self.out.append(self.line(event, seq, party, side, values))

    def check(self, number, what, party, side, values):
        """The promises that hold for every input; they catch slips of the pen."""
        if (what[0] in "RA") != (side in SIDES):
            self.fail(number, "a DN event has a side, others have none")
        ctrl = values.get("ctrl")
        if side == "local" and (ctrl != party or what[0] == "A"):
            self.fail(number, "local, but the initiator is another, or abandoned")
        if side == "remote" and ctrl in (None, party):
            self.fail(number, "remote without another initiator")
        # A dynamic ID nobody explained may be the initiator's own.
        if side == "unknown" and ctrl is not None and not (party or "").startswith("0x"):
            self.fail(number, "unknown, but an initiator is named")

    def since(self, values, what, key, at):
        if at is None or key not in values:
            return None
        passed = at - self.messages.times[values["link"]][int(values[key])]
        return '"%s":%d' % (what, passed // 1000)

    def line(self, event, seq, party, side, v):
        link = v["link"]
        at = None
        if self.timed:
            at = microseconds(v["at"]) if "at" in v else self.messages.times[link][seq]
        fields = ['"Event":' + quote(EVENTS[event])]

        def text(name, value):
            if value is not None:
                fields.append('"%s":%s' % (name, quote(value)))

        text("Time", printed_time(at) if at is not None else None)
        text("Link", link)
        fields.append('"Seq":%d' % seq)
        text("CallID", v["id"])
        first_id = self.call.get("id")
        text("ConnID", conn_id(link, first_id, int(v["first"])))
        if event in "RA":
            text("ThisDN", party)
            text("OtherDN", v.get("other"))
        elif event == "P" and party != "?":
            text("Party", party)
        text("ThisQueue", v.get("queue"))
        if event != "D":
            text("AgentID", v.get("agent"))
        if "type" in v:
            fields.append('"CallType":%d' % int(v["type"]))
        text("ANI", v.get("ani"))
        text("DNIS", v.get("dnis"))
        if event in "RA":
            fields.append('"CallState":%d' % int(v.get("state", 0)))
            fields.append('"Extensions":{"ReleasingParty":"%s"}' % SIDES[side])
        else:
            text("CtrlParty", v.get("ctrl"))
        text("Reason", v["reason"])
        text("Evidence", v["evidence"])
        text("Cause", v.get("cause"))
        fields.append(self.since(v, "SinceStartMs", "start", at))
        fields.append(self.since(v, "SinceAnswerMs", "answer", at))
        if event == "D" and "new" in v:
            new = self.calls[v["new"]]
            text("NewConnID", conn_id(new["link"], new["id"], int(new["first"])))
        text("LinkageID", v.get("linkage"))
        return "{" + ",".join(f for f in fields if f) + "}"


def main(arguments):
    check = "--check" in arguments
    files = [a for a in arguments if not a.startswith("--")]
    if not files:
        sys.exit(__doc__)
    differing = 0
    for path in files:
        target = os.path.splitext(path)[0] + ".jsonl"
        content = Expectation(path).run()
        if not check:
            with open(target, "w", encoding="utf-8", newline="\n") as file:
                file.write(content)
            continue
        with open(target, encoding="utf-8", newline="") as file:
            if file.read() != content:
                print("%s is not what %s says" % (target, path))
                differing += 1
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
