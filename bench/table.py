#!/usr/bin/env -S python3 -B
"""bench/table.py FOLDER PLOTS SPEED - docs/benchmarks.md, from what the benchmarks printed.

FOLDER holds their lines (*.jsonl, one object a line; bench/README.md). Pictures go to the folder
PLOTS, where gnuplot is there to draw them. SPEED is docs/speed.md, whose headings give the reasons
of what was missed. Prints Markdown. What was not measured is said not to be.

table.py --brief FILE - the cases of one file, for reading.
"""
import glob
import json
import os
import shutil
import subprocess
import sys

from goals import GOALS, PLOTS

REACHED, MISSED, OPEN = "reached", "missed", "within the noise"
PARTLY = "not all measured"
BUSY_MACHINE = "machine was busy"
BUSY = 0.1  # of the cores, by others: from there on a machine is not quiet


def was_busy(part):
    return part["busy"] > part["cores"] * BUSY


class Figures:
    """All lines: cases and what was left out by name, ratios by (name, peer), sites, parts; and
    which of the names were measured while others kept the machine busy."""

    def __init__(self, files):
        self.cases, self.left_out, self.ratios, self.sites, self.parts = {}, {}, {}, {}, []
        self.disturbed, self.names_of_part = set(), set()
        for path in sorted(files):
            self.names_of_part = set()
            with open(path, encoding="utf-8") as lines:
                for line in lines:
                    self.add(json.loads(line))

    def add(self, line):
        if "name" in line:
            self.names_of_part.add(line["name"])
        if "against" in line:
            self.ratios[line["name"], line["against"]] = line
        elif "left_out" in line:
            self.left_out[line["name"]] = line["left_out"]
        elif "site" in line:
            self.sites[line["site"]] = line["report"]
        elif "part" in line:
            self.parts.append(line)
            if was_busy(line):
                self.disturbed |= self.names_of_part
            self.names_of_part = set()
        else:
            self.cases[line["name"]] = line


def row(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def head(*cells):
    return row(*cells) + "\n" + row(*["---"] * len(cells))


def short(value):
    """Three digits, thousands apart."""
    if abs(value) >= 1000:
        digits = max(len(str(int(abs(value)))) - 3, 0)
        return f"{round(value, -digits):,.0f}"
    return f"{value:.3g}"


def at_most(low, high, most):
    """The worse bound decides what is reached, the better one what is missed."""
    return REACHED if high <= most else MISSED if low > most else OPEN


def at_least(low, high, least):
    return REACHED if low >= least else MISSED if high < least else OPEN


def judge_case(goal, figures):
    """(figure, bounds, verdict or None) of the case itself."""
    case = figures.cases.get(goal.case)
    if case is None:
        return figures.left_out.get(goal.case, ""), "", None
    median, low, high, unit = case["median"], case["low"], case["high"], case["unit"]
    if goal.than is not None:
        than = figures.cases.get(goal.than)
        if than is None:
            return "", "", None
        median, unit = median / than["median"], "x"
        low, high = low / than["high"], high / than["low"]
    verdict = None
    if goal.most is not None:
        verdict = at_most(low, high, goal.most)
    elif goal.least is not None:
        verdict = at_least(low, high, goal.least)
    return f"{short(median)} {unit}", f"{short(low)} to {short(high)}", verdict


def judge_peers(goal, figures):
    """(words on each peer, their verdicts)."""
    words, verdicts = [], []
    for peer, least in goal.peers.items():
        ratio = figures.ratios.get((goal.case, f"{goal.case}.{peer}"))
        if ratio is None:
            words.append(f"{peer}: not measured")
            verdicts += [PARTLY] if least else []
            continue
        words.append(f"{peer}: {short(ratio['ratio'])} ({short(ratio['low'])} to "
                     f"{short(ratio['high'])})")
        if least:
            verdicts.append(at_least(ratio["low"], ratio["high"], least))
    return words, verdicts


def why_of(goal, reasons):
    if goal.section in reasons:
        return f"[why](speed.md#{goal.section})"
    return "no reason written yet"


def goal_row(goal, figures, reasons):
    if goal.missing:
        return row(goal.what, goal.goal, goal.missing, "", "", "")
    figure, bounds, verdict = judge_case(goal, figures)
    peers, verdicts = judge_peers(goal, figures)
    verdicts += [verdict] if verdict else []
    is_measured = goal.case in figures.cases or any(name == goal.case for name, _ in figures.ratios)
    if not is_measured:
        return row(goal.what, goal.goal, figure or "not measured", "", "", "")
    for said in (MISSED, PARTLY, OPEN, REACHED):
        if said in verdicts:
            break
    else:
        said = ""
    if said and {goal.case, goal.than} & figures.disturbed:
        said = BUSY_MACHINE
    if said == MISSED:
        said += ", " + why_of(goal, reasons)
    return row(goal.what, goal.goal, figure, bounds, "; ".join(peers), said)


def reasons_of(path):
    """The sections of docs/speed.md; one that no goal leads to is said on standard error."""
    if not os.path.exists(path):
        return set()
    with open(path, encoding="utf-8") as lines:
        found = {line[3:].strip().lower().replace(" ", "-") for line in lines
                 if line.startswith("## ")}
    for lost in sorted(found - {goal.section for goal in GOALS} - {"how-to-look"}):
        print(f"table.py: {path}: no goal leads to '{lost}' (bench/goals.py)", file=sys.stderr)
    return found


def print_goals(figures, reasons):
    print("\n## What is to be reached\n")
    print("A ratio is the peer's time over ours, in the same run. Bounds hold with 99 % certainty, "
          "or are the least\nand the greatest where rounds were few. Reached means that the worse "
          "bound reaches the goal, missed that\nnot even the better one does "
          "([bench/README.md](../bench/README.md)).\n")
    print(head("what", "goal", "figure", "bounds", "ratio to peers", ""))
    for goal in GOALS:
        print(goal_row(goal, figures, reasons))


def points_of(cases, figures):
    """[(point, case)] of a picture that was measured."""
    if isinstance(cases, str):
        names = [(int(name.rsplit(".", 1)[1]), name) for name in figures.cases
                 if name.startswith(cases + ".")]
    else:
        names = [(point, name) for point, name in cases if name in figures.cases]
    return [(point, figures.cases[name]) for point, name in sorted(names)]


def draw(folder, name, words, points):
    """False where there is no gnuplot, or nothing to draw."""
    if len(points) < 2 or shutil.which("gnuplot") is None:
        return False
    os.makedirs(folder, exist_ok=True)
    unit = points[0][1]["unit"].replace("/", " a ")
    data = "\n".join(f"{point} {case['median']} {case['low']} {case['high']}"
                     for point, case in points)
    script = f"""set terminal svg size 640,400
set output "{folder}/{name}.svg"
set logscale x {2 if points[-1][0] < 1000 else 10}
set format x "%.0s%c"
set xtics ({", ".join(f'"{point:,}" {point}' for point, _ in points)})
set xrange [{points[0][0]} * 0.8 : {points[-1][0]} * 1.25]
set yrange [0:*]
set xlabel "{words}"
set ylabel "{unit}"
set grid
$data << END
{data}
END
plot $data using 1:2:3:4 with yerrorlines linewidth 2 pointtype 7 notitle
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
    return True


def print_plots(figures, folder):
    print("\n## Growth\n\nBars reach from bound to bound.")
    for name, words, cases in PLOTS:
        points = points_of(cases, figures)
        if points:
            print("\n" + head(words, "median", "bounds"))
            for point, case in points:
                print(row(f"{point:,}", f"{short(case['median'])} {case['unit']}",
                          f"{short(case['low'])} to {short(case['high'])}"))
        else:
            print(f"\n{words}: not measured")
        if draw(folder, name, words, points):
            print(f"\n![{words}]({os.path.basename(folder)}/{name}.svg)")


def print_site(which, site):
    print(f"\n## A site of {site['Agents']} agents, {which}\n")
    print(f"`onhook bench --agents {site['Agents']} --encoding {which}`: "
          f"{site['CpuMsPerMillion'] / 1000:.2f} s of processor for a million messages, "
          f"{site['BytesPerCall']} bytes a live call.\n")
    print(head("front-ends", "workers", "messages/s", "least to most"))
    for way in site["Capacity"]:
        print(row(way["FrontEnds"], way["Workers"], short(way["MessagesPerSecond"]),
                  f"{short(way['Least'])} to {short(way['Most'])}"))
    rounds = site["Live"]["Rounds"]
    print(f"\nA live link over loopback TCP takes {short(site['Live']['MessagesPerSecond'])} "
          f"messages/s ({short(min(rounds))} to {short(max(rounds))}).\n")
    print(head("offered/s", "achieved/s", "p50 us", "p99 us", "p99.9 us", "longest us", "outcomes"))
    for pace in site["Latency"]:
        # A percentile that so few outcomes do not have is not made up.
        print(row(short(pace["OfferedPerSecond"]), short(pace["AchievedPerSecond"]),
                  *(short(pace[key] / 1000) if pace["Outcomes"] >= needed else "-"
                    for key, needed in (("P50Ns", 2), ("P99Ns", 100), ("P999Ns", 1000),
                                        ("LongestNs", 1))), pace["Outcomes"]))


def print_parts(figures):
    print("\n## How this was measured\n\nBy `tools/dev bench`, which measures all parts, or by "
          "these commands. `busy` is how many cores others\nused in the second before.\n")
    print(head("command", "seconds", "when (UTC)", "busy", "commit"))
    for part in sorted(figures.parts, key=lambda part: part["began"]):
        print(row(f"`tools/dev bench {part['part']}`", part["seconds"], part["began"],
                  part["busy"], part["commit"]))
    print(f"\nAll of them: {sum(part['seconds'] for part in figures.parts)} s.")


def print_cases(figures):
    print("\n## Every case\n")
    print(head("case", "median", "unit", "bounds", "p10 to p90", "rounds", "disturbed"))
    for name in sorted(figures.cases):
        case = figures.cases[name]
        print(row(name, short(case["median"]), case["unit"],
                  f"{short(case['low'])} to {short(case['high'])}",
                  f"{short(case['p10'])} to {short(case['p90'])}" if "p10" in case else "",
                  case["rounds"], case.get("disturbed", "")))
    for name in sorted(figures.left_out):
        print(row(name, "left out", figures.left_out[name], "", "", "", ""))


def print_brief(figures):
    for name, case in figures.cases.items():
        print(f"{name:28} {short(case['median']):>10} {case['unit']:14} "
              f"{short(case['low'])} to {short(case['high'])}")
    for (name, against), ratio in figures.ratios.items():
        print(f"{name:28} {short(ratio['ratio']):>10} x {against:30} "
              f"{short(ratio['low'])} to {short(ratio['high'])}, {ratio['verdict']}")
    for name, why in figures.left_out.items():
        print(f"{name:28} left out: {why}")


def print_busy(figures):
    """A machine that did other things meanwhile makes absolute figures worse than they are."""
    busy = sorted(part["part"] for part in figures.parts if was_busy(part))
    if busy:
        print("\n**Not a quiet machine**: others kept it busy when these parts were begun: "
              + ", ".join(busy) + ".\nTheir absolute figures are worse than the program is, and "
              "say nothing on the goals; their ratios say a little.")


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--brief":
        print_brief(Figures([sys.argv[2]]))
        return
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    folder, plots, speed = sys.argv[1:]
    figures = Figures(glob.glob(os.path.join(folder, "*.jsonl")))
    machines = {(case["machine"]["cpu"], case["machine"]["cores"])
                for case in figures.cases.values()}
    commits = {part["commit"] for part in figures.parts}
    print("# Benchmarks\n\nWritten by `tools/dev bench` (bench/table.py); not to be edited. "
          "Machine: " + "; ".join(f"{cpu}, {cores} cores" for cpu, cores in sorted(machines))
          + ". Commit: " + ", ".join(sorted(commits)) + ".")
    print_busy(figures)
    print_goals(figures, reasons_of(speed))
    print_plots(figures, plots)
    for which in sorted(figures.sites):
        print_site(which, figures.sites[which])
    print_parts(figures)
    print_cases(figures)


if __name__ == "__main__":
    main()
