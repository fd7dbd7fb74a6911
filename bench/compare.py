#!/usr/bin/env -S python3 -B
"""bench/compare.py OLD NEW - what became faster or slower from one run of benchmarks to another.

OLD and NEW are files of the lines that cbench prints, or folders of them (*.jsonl). Two runs lie
minutes or months apart, and the same code varies by a factor of two between minutes. So a case is
judged by what was measured beside it:

  by peers    a case with yardsticks beside it, which are peers whose code is not ours and did not
              change: its ratio to them then and now. Claimed when it is so by every one of them,
              and the bounds of then and now do not touch.
  by drift    a case without: its median then and now, when the change is more than that of any
              yardstick of the two runs.

Anything less is `same`: what the noise could have made is not claimed. `unsure` is a case that
nothing stands beside, or that had fewer than 8 rounds. `change` is the time then over the time now:
2 means twice as fast; for rates the same way round.

Exit: 0 nothing is slower, 1 something is, 2 wrong usage, or the two cannot be compared.
"""
import glob
import json
import os
import sys

from figures import ROUNDS_TO_CLAIM, SAME_WITHIN, is_yardstick


class Run:
    """One run: cases by name, and the ratio lines of each case by its peers' names."""

    def __init__(self, path):
        self.cases, self.ratios, self.machines = {}, {}, set()
        files = sorted(glob.glob(os.path.join(path, "*.jsonl"))) if os.path.isdir(path) else [path]
        for file in files:
            with open(file, encoding="utf-8") as lines:
                for line in lines:
                    self.add(json.loads(line))
        if not self.cases:
            raise ValueError(f"{path}: no cases")

    def add(self, line):
        if "against" in line:
            self.ratios.setdefault(line["name"], {})[line["against"]] = line
        elif "median" in line and "low" in line:
            self.cases[line["name"]] = line
            machine = line.get("machine", {})
            self.machines.add((machine.get("cpu"), machine.get("cores")))


def change_of(old, new, value="median"):
    """Times then over times now: (of the values, least, most) that the bounds allow."""
    is_rate = old.get("unit", "").endswith("/s") or value == "ratio"
    if is_rate:
        old, new = new, old
    return old[value] / new[value], old["low"] / new["high"], old["high"] / new["low"]


def claim(low, high):
    if low > 1 + SAME_WITHIN:
        return "faster"
    return "slower" if high < 1 - SAME_WITHIN else "same"


def enough_rounds(*lines):
    return all(line["rounds"] >= ROUNDS_TO_CLAIM for line in lines)


def by_peers(name, old, new):
    """None where the two runs have no peer of it in common."""
    pairs = [(old.ratios[name][peer], new.ratios[name][peer])
             for peer in old.ratios.get(name, {})
             if is_yardstick(peer) and peer in new.ratios.get(name, {})]
    if not pairs:
        return None
    if not all(enough_rounds(*pair) for pair in pairs):
        return "unsure", 1.0
    changes = [change_of(*pair, value="ratio") for pair in pairs]
    claims = {claim(low, high) for _, low, high in changes}
    middle = sorted(change for change, _, _ in changes)[len(changes) // 2]
    return (claims.pop() if len(claims) == 1 else "same"), middle


def drift_of(old, new):
    """How much the yardsticks changed: (least, most), or None where there is none."""
    drifts = [change_of(old.cases[name], new.cases[name])[0]
              for name in old.cases.keys() & new.cases.keys() if is_yardstick(name)]
    return (min(drifts), max(drifts)) if drifts else None


def by_drift(name, old, new, drift):
    change, low, high = change_of(old.cases[name], new.cases[name])
    if drift is None or not enough_rounds(old.cases[name], new.cases[name]):
        return "unsure", change
    return claim(low / max(drift[1], 1), high / min(drift[0], 1)), change


def compare(old, new):
    """Yields (case, verdict, change, how) of each case of ours that both have."""
    drift = drift_of(old, new)
    for name in sorted(old.cases.keys() & new.cases.keys()):
        if is_yardstick(name):
            continue
        judged = by_peers(name, old, new)
        if judged is not None:
            yield name, *judged, "by peers"
        else:
            yield name, *by_drift(name, old, new, drift), "by drift"
    for name in sorted((old.ratios.keys() & new.ratios.keys()) - old.cases.keys()):
        judged = by_peers(name, old, new)
        if judged is not None:
            yield name, *judged, "by peers"


def main():
    if len(sys.argv) != 3 or sys.argv[1].startswith("-"):
        asked = sys.argv[1:] in (["--help"], ["-h"])
        print(__doc__, file=sys.stdout if asked else sys.stderr)
        sys.exit(0 if asked else 2)
    try:
        old, new = Run(sys.argv[1]), Run(sys.argv[2])
    except (OSError, ValueError, KeyError) as error:
        print(f"compare.py: {error}", file=sys.stderr)
        sys.exit(2)
    if old.machines != new.machines or len(old.machines) != 1:
        print("compare.py: not of one and the same machine: nothing can be said", file=sys.stderr)
        sys.exit(2)
    drift = drift_of(old, new)
    if drift is not None:
        print(f"yardsticks changed by {drift[0]:.2f} to {drift[1]:.2f}")
    verdicts = []
    for name, verdict, change, how in compare(old, new):
        verdicts.append(verdict)
        print(f"{verdict:7} {change:6.2f} x  {name}  ({how})")
    print(", ".join(f"{verdicts.count(kind)} {kind}"
                    for kind in ("faster", "slower", "same", "unsure")))
    sys.exit(1 if "slower" in verdicts else 0)


if __name__ == "__main__":
    main()
