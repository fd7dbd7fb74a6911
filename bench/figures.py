#!/usr/bin/env python3
"""bench/figures.py - rounds that a script timed, as the lines that bench/cbench.h prints.

    figures.py case NAME UNIT FILE                    a case: FILE has the figure of a round a line
    figures.py ratio NAME AGAINST FILE AGAINST_FILE   AGAINST's time over NAME's, round by round
    figures.py percentile NAME UNIT PERCENT FILE      what PERCENT of 100 do not exceed
    figures.py site ENCODING FILE                     what `onhook bench --json` said
    figures.py live FILE                              what `onhook bench --offered --json` said

The statistics are those of cbench.c: median, median absolute deviation, and the bounds between
which the median lies with 99 % certainty, by a sign test over the rounds (README.md).
"""
import fnmatch
import functools
import json
import os
import statistics
import subprocess
import sys

ROUNDS_TO_CLAIM = 8  # with fewer no difference is ever claimed
# Whole cases whose code is not ours: how they differ from run to run is the noise. What we wrote
# ourselves to stand beside a case (the twin, a build without protection, a bare loop) is none.
YARDSTICKS = ("decode.*.expat", "decode.*.libxml2", "decode.*.rapidxml", "decode.*.memchr",
              "decode.*.memcpy", "ber.*.asn1c", "ber.*.memcpy", "ring.*.pipe", "ring.*.socket",
              "ring.*.ck", "ring.*.rte", "result.*.ck", "result.*.rte", "table.*.lfht",
              "table.*.uthash", "json.printf", "event.memcpy")
SAME_WITHIN = 0.01  # a ratio this near to 1 is called the same however sure we are of it


def is_yardstick(name):
    return any(fnmatch.fnmatchcase(name, case) for case in YARDSTICKS)


def bounds(values):
    """Least and greatest where the values are too few to say more."""
    values = sorted(values)
    count = len(values)
    chance = below = 0.5 ** count
    skip = 0
    while 2 * below <= 0.01:
        skip += 1
        chance *= (count - skip + 1) / skip
        below += chance
    outside = max(skip - 1, 0)
    return values[outside], values[count - 1 - outside]


def verdict(low, high, rounds):
    """Of a ratio: FASTER only where the noise could not have made it."""
    if rounds >= ROUNDS_TO_CLAIM and low > 1 + SAME_WITHIN:
        return "faster"
    if rounds >= ROUNDS_TO_CLAIM and high < 1 - SAME_WITHIN:
        return "slower"
    return "same"


def percentile(values, percent):
    """Nearest rank: always one of the values."""
    values = sorted(values)
    return values[max(-(-len(values) * percent // 100), 1) - 1]


@functools.cache
def model_and_commit():
    model = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    commit = os.environ.get("ONHOOK_COMMIT")
    if not commit:
        said = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True,
                              text=True, check=False)
        commit = said.stdout.strip() or "unknown"
    return model, commit


def origin(rounds):
    """What every line ends with: on what, and of which code."""
    model, commit = model_and_commit()
    return {"rounds": rounds, "machine": {"cpu": model, "cores": os.cpu_count()},
            "commit": commit}


def rounded(value):
    return float(f"{value:.5g}")


def case_line(name, unit, values):
    low, high = bounds(values)
    median = statistics.median(values)
    spread = statistics.median(abs(value - median) for value in values)
    line = {"name": name, "median": median, "spread": spread, "unit": unit, "low": low,
            "high": high, "p10": percentile(values, 10), "p90": percentile(values, 90)}
    line = {key: rounded(value) if isinstance(value, float) else value
            for key, value in line.items()}
    return json.dumps(line | origin(len(values)), separators=(",", ":"))


def ratio_line(name, against, values, against_values):
    if len(values) != len(against_values):
        raise SystemExit(f"figures.py: {name} and {against} have different numbers of rounds")
    ratios = [other / own for own, other in zip(values, against_values)]
    low, high = bounds(ratios)
    line = {"name": name, "against": against, "verdict": verdict(low, high, len(ratios)),
            "ratio": rounded(statistics.median(ratios)), "low": rounded(low),
            "high": rounded(high)}
    return json.dumps(line | origin(len(ratios)), separators=(",", ":"))


def read_rounds(path):
    with open(path, encoding="utf-8") as lines:
        return [float(line) for line in lines if line.strip()]


def bounded_line(name, unit, median, low, high, rounds):
    """A case of which only these are known."""
    line = {"name": name, "median": median, "unit": unit, "low": low, "high": high}
    return json.dumps(line | origin(rounds), separators=(",", ":"))


def print_site(which, path):
    """The whole report, and the cases that goals are about."""
    with open(path, encoding="utf-8") as file:
        site = json.load(file)
    print(json.dumps({"site": which, "report": site}, separators=(",", ":")))
    best = max(site["Capacity"], key=lambda way: way["MessagesPerSecond"])
    print(bounded_line(f"site.{which}.rate", "messages/s", best["MessagesPerSecond"],
                       best["Least"], best["Most"], best["Rounds"]))
    size = site["BytesPerCall"]
    print(bounded_line(f"site.{which}.bytes", "bytes", size, size, size, 1))


def print_live(path):
    """Rounds of a live link: what it takes, and percentiles of lateness at the rate offered."""
    with open(path, encoding="utf-8") as file:
        live = json.load(file)
    paces = live["Latency"]
    print(case_line("live.rate", "messages/s", live["Live"]["Rounds"]))
    print(case_line("live.achieved", "messages/s", [pace["AchievedPerSecond"] for pace in paces]))
    for name, key in (("p50", "P50Ns"), ("p99", "P99Ns"), ("p999", "P999Ns")):
        print(case_line(f"live.{name}", "us", [pace[key] / 1000 for pace in paces]))


def main():
    words = sys.argv[1:]
    if len(words) == 4 and words[0] == "case":
        print(case_line(words[1], words[2], read_rounds(words[3])))
    elif len(words) == 5 and words[0] == "ratio":
        print(ratio_line(words[1], words[2], read_rounds(words[3]), read_rounds(words[4])))
    elif len(words) == 5 and words[0] == "percentile":
        values = read_rounds(words[4])
        value = percentile(values, int(words[3]))
        print(bounded_line(words[1], words[2], value, value, max(values), len(values)))
    elif len(words) == 3 and words[0] == "site":
        print_site(words[1], words[2])
    elif len(words) == 2 and words[0] == "live":
        print_live(words[1])
    else:
        print(__doc__, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
