#!/usr/bin/env -S python3 -B
"""golden.py - the golden traces of XML, written in BER, have the outcomes they have.

usage: golden.py ONHOOK_BINARY

Each golden trace that phase III can say is written in it and must give the outcomes that stand
beside the trace, every key but callIDs and ConnIDs, which map one to one, and
dynamic IDs, which are hex in BER. The same in phase II, where networkCallingDevice is left out, and
CallType, which it decides, is not compared.
Exit: 0 all the same, 1 not, 2 wrong usage.
"""

import contextlib
import glob
import io
import os
import re
import subprocess
import sys
import tempfile

import render
import same

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden")
# Encoding, how many traces at least it can say, what may be left out, what is not compared.
ENCODINGS = (("ber3", 140, "", ""), ("ber2", 90, "networkCallingDevice", "CallType"))


def rendered(trace, out, encoding, spare):
    """False if the encoding cannot say it."""
    words = ["--encoding", encoding, "--spare", spare, trace, out]
    rendering = render.Rendering(render.parse(words))
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            rendering.read(trace)
            rendering.write_trace(out)
    except SystemExit:
        return False
    return True


def wrong(onhook, name, trace, out, left_out):
    """What is wrong with the outcomes of the rendering `out`, or None."""
    config = name + ".ini"
    words = [onhook, "replay", "-q", "--out", out + ".jsonl"]
    words += ["-c", config] if os.path.exists(config) else []
    run = subprocess.run(words + [out], capture_output=True, text=True, check=False)
    with open(trace, encoding="utf-8") as file:
        text = file.read()
    may_be_unreadable = "\n#exit 3\n" in text
    dynamic = ",".join(sorted(set(re.findall(r'"dynamic"[^>]*>([^<]+)<', text))))
    if run.returncode != 0 and not (run.returncode == 3 and may_be_unreadable):
        return "exit code %d\n%s" % (run.returncode, run.stderr)
    try:
        same.compare(["--times", "--without", left_out, "--dynamic", dynamic,
                      name + ".jsonl", out + ".jsonl"])
    except SystemExit as why:
        return str(why)
    return None


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    failed = 0
    with tempfile.TemporaryDirectory() as work:
        out = os.path.join(work, "trace")
        for encoding, least, spare, left_out in ENCODINGS:
            told = 0
            for trace in sorted(glob.glob(os.path.join(GOLDEN, "*.trace"))):
                if not rendered(trace, out, encoding, spare):
                    continue
                told += 1
                why = wrong(sys.argv[1], trace[:-len(".trace")], trace, out, left_out)
                if why is not None:
                    print("%s in %s: %s" % (os.path.basename(trace), encoding, why))
                    failed = 1
            print("%d golden traces in %s, %d are asked for" % (told, encoding, least))
            failed = failed or told < least
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
