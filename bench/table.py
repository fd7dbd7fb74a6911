#!/usr/bin/env python3
"""bench/table.py FOLDER - docs/benchmarks.md from the figures of one run of `tools/dev bench`.

FOLDER holds what the benchmarks printed (*.jsonl, one object a line) and what `onhook bench --json`
said (site-*.json). Prints Markdown: each goal with its figure, its spread, its ratio to each peer
of the same run, and whether it was reached. What was not measured is said to be missing.
"""
import glob
import json
import os
import sys

# What is to be reached: text, case, most ns of one operation (None: no bound), {peer: least ratio}.
# A ratio is the peer's time over ours; 0 asks for nothing and is shown.
GOALS = [
    ("XML to an event record, 791 B: 300 ns, 50 x expat", "decode.cleared", 300,
     {"expat": 50, "libxml2": 0, "memchr": 0}),
    ("BER phase I to an event record: 100 ns, 70 x asn1c", "ber.cleared1", 100,
     {"asn1c": 70, "memcpy": 0}),
    ("BER phase II", "ber.cleared2", 100, {"asn1c": 70, "memcpy": 0}),
    ("BER phase III", "ber.cleared3", 100, {"asn1c": 70, "memcpy": 0}),
    ("event ring, 64 B: rte_ring, 4 x ck_ring, 80 % of a block copy", "ring.64", None,
     {"rte": 1, "ck": 4, "block": 0.8, "pipe": 0, "socket": 0}),
    ("event ring, 128 B", "ring.128", None,
     {"rte": 1, "ck": 4, "block": 0.8, "pipe": 0, "socket": 0}),
    ("event ring, 256 B", "ring.256", None, {"rte": 0, "ck": 0, "block": 0, "pipe": 0}),
    ("result ring, 1 producer", "result.1", None, {"ck": 0, "rte": 0, "fetchadd": 0}),
    ("result ring, 2 producers: 10 M/s", "result.2", 100, {"ck": 0, "rte": 0, "fetchadd": 0}),
    ("result ring, 4 producers, preempted: 10 x ck_ring and rte_ring", "result.4", None,
     {"ck": 10, "rte": 10, "fetchadd": 0}),
    ("call found and changed, 1 M live: 120 ns", "table.1m", 120, {"lfht": 1, "uthash": 1}),
    ("call found and changed, 8 M live: 200 ns", "table.8m", 200, {"lfht": 1, "uthash": 1}),
    ("call step (found, changed, judged), 1 M live: 120 ns", "step.1m", 120, {}),
    ("a line of JSON", "json", None, {"printf": 0}),
    ("64 bytes changed in a transaction, against without", "transaction.64", None, {"none": 0}),
    ("whole pipeline, XML: 20 x the naive twin", "twin.onhook", None, {"twin": 20}),
]

# The same of `onhook bench`: text, file, what of it, bound, whether more is better.
SITE_GOALS = [
    ("replay, XML: 1.5 M messages/s", "xml", "rate", 1.5e6, True),
    ("replay, BER: 4 M messages/s", "ber3", "rate", 4e6, True),
    ("a live call of two parties: 1536 bytes", "xml", "bytes", 1536, False),
]

# Growth: text, the larger point, the smaller one, the most that the cost of a message may grow by.
GROWTH_GOALS = [
    ("a message, 100,000 live calls against 1,000: 1.5 x", "growth.live.100000",
     "growth.live.1000", 1.5),
]

# Goals that no figure of this run can answer.
ELSEWHERE = [
    "outcomes to SQLite, 150 k/s sustained",
    "live TCP loopback, XML, 500 k messages/s; with 50 k/s offered, p99 200 us, p99.9 2 ms",
    "an idle engine under 1 % of a core",
]


def read_lines(folder):
    cases, ratios = {}, {}
    for path in sorted(glob.glob(os.path.join(folder, "*.jsonl"))):
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                line = json.loads(line)
                if "against" in line:
                    ratios[line["name"], line["against"]] = line
                else:
                    cases[line["name"]] = line
    return cases, ratios


def read_sites(folder):
    sites = {}
    for path in glob.glob(os.path.join(folder, "site-*.json")):
        with open(path, encoding="utf-8") as file:
            sites[os.path.basename(path)[5:-5]] = json.load(file)
    return sites


def row(*cells):
    return "| " + " | ".join(cells) + " |"


def ratio_cell(name, peer, least, ratios):
    """What to print of one peer, and whether it was reached (None: nothing was asked, or known)."""
    found = ratios.get((name, f"{name}.{peer}"))
    if found is None:
        return f"{peer}: not measured", False if least else None
    text = f"{peer}: {found['ratio']:.3g} ({found['low']:.3g}..{found['high']:.3g})"
    # The lower bound decides: what the noise could have made was not reached.
    return text, (found["low"] >= least if least else None)


def goal_row(goal, cases, ratios):
    text, name, most, peers = goal
    case = cases.get(name)
    if case is None:
        pairs = [key for key in ratios if key[0] == name]
        if not pairs:
            return row(text, "not measured", "", "", "?")
    answers, cells = [], []
    for peer, least in peers.items():
        cell, reached = ratio_cell(name, peer, least, ratios)
        cells.append(cell)
        answers.append(reached)
    if case is not None and most is not None:
        answers.append(case["high"] <= most)
    asked = [answer for answer in answers if answer is not None]
    verdict = "" if not asked else "reached" if all(asked) else "missed"
    figure = f"{case['median']:.1f} {case['unit']}" if case else ""
    spread = f"{case['low']:.1f}..{case['high']:.1f}" if case else ""
    return row(text, figure, spread, "; ".join(cells), verdict)


def site_row(goal, sites):
    text, which, what, bound, more = goal
    site = sites.get(which)
    if site is None:
        return row(text, "not measured", "", "", "?")
    if what == "bytes":
        value = low = high = site["BytesPerCall"]
        figure = f"{value} bytes"
    else:
        best = max(site["Capacity"], key=lambda way: way["MessagesPerSecond"])
        value, low, high = best["MessagesPerSecond"], best["Least"], best["Most"]
        figure = f"{value} messages/s, {best['FrontEnds']} front-ends, {best['Workers']} workers"
    reached = value >= bound if more else value <= bound
    return row(text, figure, f"{low}..{high}", "", "reached" if reached else "missed")


def growth_row(goal, cases):
    text, larger, smaller, most = goal
    if larger not in cases or smaller not in cases:
        return row(text, "not measured", "", "", "?")
    large, small = cases[larger], cases[smaller]
    ratio = large["median"] / small["median"]
    return row(text, f"{ratio:.2f} x", f"{large['least'] / small['most']:.2f}.."
               f"{large['most'] / small['least']:.2f}", "",
               "reached" if ratio <= most else "missed")


def print_cases(cases):
    print("\n## Every case\n")
    print(row("case", "median", "99 % bounds", "p10..p90", "cycles", "disturbed rounds"))
    print(row(*["---"] * 6))
    for name in sorted(cases):
        case = cases[name]
        if "low" not in case:
            print(row(name, f"{case['median']} {case['unit']}",
                      f"{case.get('least', '')}..{case.get('most', '')}", "", "", ""))
            continue
        print(row(name, f"{case['median']} {case['unit']}", f"{case['low']}..{case['high']}",
                  f"{case['p10']}..{case['p90']}", str(case.get("cycles", "")),
                  f"{case['disturbed']} of {case['rounds']}"))


def print_site(which, site):
    print(f"\n## A site of {site['Agents']} agents, {which}\n")
    print(row("front-ends", "workers", "messages/s", "least..most"))
    print(row(*["---"] * 4))
    for way in site["Capacity"]:
        print(row(str(way["FrontEnds"]), str(way["Workers"]), str(way["MessagesPerSecond"]),
                  f"{way['Least']}..{way['Most']}"))
    print("\n" + row("offered/s", "achieved/s", "p50 us", "p99 us", "p99.9 us", "longest us"))
    print(row(*["---"] * 6))
    for pace in site["Latency"]:
        print(row(str(pace["OfferedPerSecond"]), str(pace["AchievedPerSecond"]),
                  *(f"{pace[key] / 1000:.0f}"
                    for key in ("P50Ns", "P99Ns", "P999Ns", "LongestNs"))))


def main():
    folder = sys.argv[1]
    cases, ratios = read_lines(folder)
    sites = read_sites(folder)
    any_line = next(iter(cases.values()), {})
    machine = any_line.get("machine", {})
    print("# Benchmarks\n\nWritten by `tools/dev bench` (bench/table.py); not to be edited. "
          f"Machine: {machine.get('cpu', 'unknown')}, {machine.get('cores', '?')} cores. "
          f"Commit: {any_line.get('commit', 'unknown')}.\n")
    print("Ratios are the peer's time over ours in the same run, with the bounds between which "
          "they lie with 99 % certainty.\nA goal counts as reached when the worse bound reaches it "
          "(bench/README.md).\n")
    print(row("goal", "figure", "99 % bounds", "ratio to peers", ""))
    print(row(*["---"] * 5))
    for goal in GOALS:
        print(goal_row(goal, cases, ratios))
    for goal in SITE_GOALS:
        print(site_row(goal, sites))
    for goal in GROWTH_GOALS:
        print(growth_row(goal, cases))
    for text in ELSEWHERE:
        print(row(text, "not measured here", "", "", "?"))
    for which in sorted(sites):
        print_site(which, sites[which])
    for plot in sorted(glob.glob(os.path.join(folder, "*.svg"))):
        print(f"\n![{os.path.basename(plot)[:-4]}](benchmarks/{os.path.basename(plot)})")
    print_cases(cases)


main()
