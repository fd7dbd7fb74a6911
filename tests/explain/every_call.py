#!/usr/bin/env python3
"""every_call.py - explains every call of golden traces and compares what it says with the answers.

usage: every_call.py ONHOOK GOLDEN_DIR [NAME-PATTERN]

For each call of each answer (NAME.jsonl), `onhook explain CONNID --json NAME.trace`:
  - the outcomes of its acts are those of the answer, each once;
  - each rule goes with its Evidence, its Reason and its ReleasingParty (RULES below, which is
    docs/attribution.md once more and not the program's own table);
  - every message of an XML trace that names a callID of the flow is in the ladder exactly once.
The text, the Mermaid form and the raw form are made, too, and name every message.
"""
import fnmatch
import json
import os
import re
import subprocess
import sys

REQUEST, RELEASING, NONE = "request", "releasing-device", "none"
NAMED, NOBODY, EITHER = "named", "nobody", "either"
ANY = None
# rule: (Evidence, is somebody named, the reasons it can go with)
RULES = {
    "VETO": (NONE, NOBODY, {"abnormal"}),
    "REQUEST_BY_OTHER": (REQUEST, NAMED, ANY),
    "RELEASING_DEVICE": (RELEASING, NAMED, ANY),
    "REQUEST_BEATS_DROPPED": (REQUEST, NAMED, ANY),
    "THIRD_DEVICE": (RELEASING, NAMED, ANY),
    "REQUEST_BY_SELF": (REQUEST, NAMED, ANY),
    "REQUEST_FOR_OTHER": (REQUEST, NAMED, ANY),
    "CLEAR_CALL": (REQUEST, NAMED, ANY),
    "CLEAR_CALL_BY_NOBODY": (REQUEST, NOBODY, {"forced"}),
    "LOCAL_STATE": ("local-state", NAMED, ANY),
    "FIRST_CLEARED": ("inferred", NAMED, ANY),
    "NO_EVIDENCE": (NONE, NOBODY, {"busy", "blocked", "conference-end", "abandon", "hangup",
                                   "conference-leave"}),
    "LATER_MESSAGE": (RELEASING, NAMED, ANY),
    "LATER_COPY": (RELEASING, NAMED, ANY),
    "NO_ANSWER": (NONE, NOBODY, {"no-answer"}),
    "TRANSFER": (RELEASING, NAMED, {"transfer"}),
    "JOINED": (RELEASING, EITHER, {"transfer"}),
    "OUT_OF_SIGHT": (NONE, NOBODY, {"out-of-sight"}),
    "LOST": (NONE, NOBODY, {"lost"}),
    "STALE": (NONE, NOBODY, {"stale"}),
    "ALL_GONE": (NONE, NOBODY, {"hangup"}),
    "REDIRECTED": (NONE, NOBODY, {"abandon", "no-answer"}),
}
SCOPES = {
    "TWO_LEFT", "NOBODY_TALKS", "GOES_ON", "WHOLE_CALL", "CLEAR_CALL_ENDS_ALL", "CONTROLLER_ENDS",
    "OBSERVER_LEAVES", "DYNAMIC_ID",
}
SILENT = {
    "DIVERTED", "DIVERSION_CAUSE", "PASSED_OVER", "LEFT_QUEUE", "BRIDGED", "MANY_PHONES",
    "LEFT_BEFORE", "CALL_WAS_OVER", "NEVER_A_PARTY", "FITS_NOBODY", "HOLD_CLEARING",
    "PATH_REPLACED",
}


class Wrong(Exception):
    """What is not as it should be."""


COMPLAINT = re.compile(rb":(\d+): ")


def run(onhook, arguments, allowed):
    done = subprocess.run([onhook, "explain", *arguments], capture_output=True, check=False)
    if done.returncode not in allowed:
        raise Wrong(f"{' '.join(arguments)}: exit {done.returncode}: {done.stderr.decode()}")
    return done.stdout, {int(line) for line in COMPLAINT.findall(done.stderr)}


def outcome_key(outcome, conn_id, ctrl, reason, evidence):
    """What an answer's line and an act's end have in common."""
    is_party = outcome["Event"] in ("EventReleased", "EventAbandoned")
    releasing = outcome.get("ReleasingParty") or outcome.get("Extensions", {}).get("ReleasingParty")
    return (outcome["Event"], outcome.get("Time"), outcome["Seq"], conn_id,
            outcome.get("ThisDN") or outcome.get("Party"), releasing,
            None if is_party else ctrl, reason, evidence,
            outcome.get("CallState") if is_party else None)


def check_act(act):
    rule = act.get("Rule", {}).get("Name")
    if rule not in RULES:
        raise Wrong(f"no such rule: {rule}")
    evidence, named, reasons = RULES[rule]
    ctrl = act.get("CtrlParty")
    if act["Evidence"] != evidence:
        raise Wrong(f"{rule} with Evidence {act['Evidence']}")
    if (named == NAMED and ctrl is None) or (named == NOBODY and ctrl is not None):
        # DN events alone do not say who.
        if ctrl is not None or any("Party" in end for end in act["Ends"]):
            raise Wrong(f"{rule} with CtrlParty {ctrl}")
    if reasons is not ANY and act["Reason"] not in reasons:
        raise Wrong(f"{rule} with Reason {act['Reason']}")
    open_ends = False
    for end in act["Ends"]:
        scope = end.get("Scope", {}).get("Name")
        if scope is not None and scope not in SCOPES:
            raise Wrong(f"no such scope: {scope}")
        releasing = end.get("ReleasingParty")
        if named == NOBODY and releasing not in (None, "3 Unknown"):
            raise Wrong(f"{rule} with {releasing}")
        if named == NAMED and releasing == "3 Unknown" and scope != "DYNAMIC_ID":
            raise Wrong(f"{rule}, which names somebody, with 3 Unknown")
        if releasing == "1 Local" and ctrl is not None and end["ThisDN"] != ctrl:
            raise Wrong(f"{end['ThisDN']} is 1 Local where {ctrl} released")
        open_ends |= releasing == "3 Unknown"
    if act["Reason"] == "conference-end" and rule == "GOES_ON":
        raise Wrong("a conference that ends and goes on")
    if (open_ends or (named == NOBODY and ctrl is None)) and not act["CertainIf"]:
        raise Wrong(f"{rule} leaves it open and does not say what would help")


CALL_ID = re.compile(rb"<(?:\w+:)?callID[^>]*>\s*([^<\s]*)\s*</")
XML_LINE = re.compile(rb"^\S+\s+(\S+)\s+([<>])\s+(\S+)\s+(?:by=\S+\s+)?(<.*)$")


def messages_of(trace):
    """Seq -> callIDs it names, of each link of an XML trace; None where it is anything else."""
    links = {}
    with open(trace, "rb") as file:
        lines = file.read().split(b"\n")
    if not lines[0].startswith(b"# onhook-trace 1"):
        return None
    for number, line in enumerate(lines[1:], 2):
        if line.startswith(b"#") or not line.strip():
            continue
        words = line.split()
        if len(words) >= 3 and words[2][:1] not in (b"<", b">"):
            continue
        found = XML_LINE.match(line)
        if not found:
            return None
        link = links.setdefault(found.group(1).decode(errors="replace"), {})
        link[len(link) + 1] = number, {call.decode(errors="replace")
                               for call in CALL_ID.findall(found.group(4))
                               if b"Event" in found.group(4).split(b">")[0] or
                               b"Event" in found.group(4)[:200]}
    return links


def check_flow(flow):
    seqs = [seq for message in flow["Messages"] for seq in message["Seqs"]]
    if len(seqs) != len(set(seqs)):
        raise Wrong(f"a message stands in the ladder twice: {sorted(seqs)}")
    for message in flow["Messages"]:
        if len(message.get("Raw", [])) != len(message["Seqs"]) or "" in message.get("Raw", []):
            raise Wrong(f"messages without bytes: {message['Seqs']}")
        rule = message.get("Rule", {}).get("Name")
        if rule is not None and rule not in SILENT:
            raise Wrong(f"no such rule: {rule}")
    for act in flow["Acts"]:
        try:
            check_act(act)
        except Wrong as wrong:
            raise Wrong(f"call {act['CallID']}: {wrong}") from None
    return set(seqs)


def check_trace(onhook, trace, answer, config):
    arguments = ["-c", config] if os.path.exists(config) else []
    with open(answer, encoding="utf-8") as file:
        wanted = [json.loads(line) for line in file if line.strip()]
    links = messages_of(trace)
    unreadable = set()
    told = {}
    shown = {}
    flows = {}
    for conn_id in dict.fromkeys(line["ConnID"] for line in wanted):
        if any(conn_id in (call["ConnID"] for call in flow["Calls"]) for flow in flows.values()):
            continue
        out, unreadable = run(onhook, [*arguments, "--json", "--raw", conn_id, trace], (0, 3))
        out = out.decode().splitlines()
        if len(out) != 1:
            raise Wrong(f"{conn_id}: {len(out)} flows")
        flow = flows[conn_id] = json.loads(out[0])
        if flow["Version"] != 1:
            raise Wrong("another version")
        seqs = check_flow(flow)
        shown.setdefault(flow["Link"], []).append((flow, seqs))
        text = run(onhook, [*arguments, conn_id, trace], (0, 3))[0].decode()
        for call in flow["Calls"]:
            if call["CallID"] and call["CallID"] not in text:
                raise Wrong(f"call {call['CallID']} is not named in the text")
        if not run(onhook, [*arguments, "--mermaid", conn_id, trace],
                   (0, 3))[0].startswith(b"sequenceDiagram\n"):
            raise Wrong("no Mermaid")
        for act in flow["Acts"]:
            for end in act["Ends"]:
                key = outcome_key(end, act["ConnID"], act.get("CtrlParty"), act["Reason"],
                                  act["Evidence"])
                told[key] = told.get(key, 0) + 1
    for line in wanted:
        key = outcome_key(line, line["ConnID"], line.get("CtrlParty"), line["Reason"],
                          line["Evidence"])
        if told.get(key, 0) != 1:
            raise Wrong(f"told {told.get(key, 0)} times: {key}")
        del told[key]
    if told:
        raise Wrong(f"told beside the answer: {list(told)}")
    check_messages(links, shown, unreadable)
    return len(flows)


def check_messages(links, shown, unreadable):
    """Every message about the calls shown, if it could be read, is in a ladder."""
    for link, flows in shown.items():
        if links is None or link not in links:
            continue
        call_ids = {call["CallID"] for flow, _ in flows for call in flow["Calls"]}
        call_ids |= {message.get("CallID") for flow, _ in flows for message in flow["Messages"]}
        seen = set().union(*(seqs for _, seqs in flows))
        for seq, (line, named) in links[link].items():
            if line not in unreadable and named and named <= call_ids and seq not in seen:
                raise Wrong(f"message {seq} of link {link} about {named} is in no ladder")


def main():
    onhook, folder = sys.argv[1:3]
    pattern = sys.argv[3] if len(sys.argv) > 3 else "*"
    failed = explained = 0
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".jsonl") or not fnmatch.fnmatch(name, pattern + "*"):
            continue
        base = os.path.join(folder, name[:-len(".jsonl")])
        trace = base + ".trace" if os.path.exists(base + ".trace") else base
        if not os.path.exists(trace):
            continue
        try:
            explained += check_trace(onhook, trace, base + ".jsonl", base + ".ini")
        except Wrong as wrong:
            print(f"{name}: {wrong}")
            failed += 1
    print(f"{explained} flows explained, {failed} traces failed")
    return 1 if failed or not explained else 0


if __name__ == "__main__":
    sys.exit(main())
