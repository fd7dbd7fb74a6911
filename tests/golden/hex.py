#!/usr/bin/env -S python3 -B
"""hex.py - the `hex:` lines of golden traces, from the notes above them.

A BER message stands in a trace as two lines, the first for people, the second for the program:

  #: ROOT ELEMENT=VALUE ...      the notation of tests/dialects/said.py
  1.000 oxe < 9999 hex:a1...

The phase is the encoding of the link's `# link` line, or of a line `#phase LINK berN` where the
trace does not say it. The ROSE invokeID is the trace's; of an event it is `invoke=N` or counts from
1. `prefix=HEX` and `suffix=HEX` stand before and behind the PDU, for what is no PDU.

An input that is no trace but a BER stream has its notes in NNN-name.expect, with a line `#phase
stream berN`: NNN-name is then written whole, each PDU behind its two bytes of length.

usage: hex.py [--check] TRACE-OR-EXPECT...
Without --check the hex is written into the file; with it, exit 1 if one is not what its note says.
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "dialects"))
import ber    # noqa: E402
import said   # noqa: E402

MESSAGE = re.compile(r"(\S+ (\S+) [<>] (\S+) (?:by=\S+ )?)hex:[0-9a-fA-F]*")


class Trace:
    def __init__(self, path):
        self.path, self.phases, self.events, self.note = path, {}, {}, None

    def line(self, number, text):
        """The line as it must be."""
        words = text.split()
        if text.startswith("# link "):
            for word in words[3:]:
                if word.startswith("encoding=ber"):
                    self.phases[words[2]] = int(word[-1])
        elif text.startswith("#phase "):
            self.phases[words[1]] = int(words[2][-1])
        elif text.startswith("#: "):
            self.note = text[3:]
        elif self.note is not None:
            found = MESSAGE.fullmatch(text)
            if found is None:
                sys.exit("%s:%d: a note, and no hex: below it" % (self.path, number))
            text = found.group(1) + "hex:" + self.written(number, found.group(2), found.group(3))
            self.note = None
        return text

    def written(self, number, link, invoke):
        try:
            told = said.from_note(self.note)
            if invoke in ("9999", "-"):
                self.events[link] = self.events.get(link, 0) + 1
                invoke = told.values.pop("invoke", self.events[link])
            before, after = told.values.pop("prefix", ""), told.values.pop("suffix", "")
            return before + ber.pdu(told, self.phases[link], int(invoke)).hex() + after
        except (ValueError, KeyError) as why:
            sys.exit("%s:%d: %r" % (self.path, number, why))


    def stream(self, lines):
        out = b""
        for number, text in enumerate(lines, 1):
            self.line(number, text)
            if self.note is not None:
                content = bytes.fromhex(self.written(number, "stream", "-"))
                out += len(content).to_bytes(2, "big") + content
                self.note = None
        return out


def stream_is_wrong(path, check):
    """Writes, or compares, the stream whose notes stand in `path`."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    if not any(line.startswith("#: ") for line in lines):
        return False
    written = Trace(path).stream(lines)
    target = path[:-len(".expect")]
    if not check:
        with open(target, "wb") as file:
            file.write(written)
    with open(target, "rb") as file:
        return file.read() != written


def main():
    check = "--check" in sys.argv
    files = [name for name in sys.argv[1:] if not name.startswith("--")]
    if not files:
        sys.exit(__doc__)
    wrong = 0
    for path in files:
        if path.endswith(".expect"):
            if stream_is_wrong(path, check):
                print("%s is not what the notes in %s say" % (path[:-len(".expect")], path))
                wrong += 1
            continue
        trace = Trace(path)
        with open(path, encoding="utf-8", newline="") as file:
            lines = file.read().split("\n")
        written = [trace.line(number, text) for number, text in enumerate(lines, 1)]
        for number, (is_there, wanted) in enumerate(zip(lines, written), 1):
            if check and is_there != wanted:
                print("%s:%d: the hex is not what the note says" % (path, number))
                wrong += 1
        if not check:
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write("\n".join(written))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
