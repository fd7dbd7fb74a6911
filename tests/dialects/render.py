#!/usr/bin/env -S python3 -B
"""render.py - a trace of XML messages, written in another encoding and another container.

  render.py --encoding ENCODING --container trace|framed|pcap [OPTION...] TRACE OUT

ENCODING is xml, ber1, ber2 or ber3, or several with commas between, which the links take in turn.
The messages, their order and their times stay. What an encoding cannot say stops the program with
exit code 4, and so does a message that is no XML of the kind the tests write.

  trace    OUT is a trace, `hex:` lines in BER
  framed   OUT is a directory: LINK.bin has what the switch sent on that link
  pcap     OUT is one capture, both directions, one TCP connection for each link, LINK by LINK from
           10.0.0.1:1040 on, 10.0.0.2:1040, ...

`framed` and `pcap` lose what only a trace says: the settings of its links go to OUT.ini (for a link
LINK, unless --links names it otherwise), by=DN and notices (`!` lines) do not go anywhere.

  --auto          the trace or the settings do not say the encoding
  --count-time    each message of a link is a millisecond after the one before, as in input without
                  times
  --no-by         leave by=DN out of a trace, too
  --links NAMES   names for the sections of OUT.ini, with commas between, in the links' order
  --seed N        for the sizes of segments
  --spare NAMES   elements, with commas between, that may be left out where a phase has none
"""

import argparse
import os
import re
import sys
import xml.etree.ElementTree

import ber
import pcap
import said

LINE = re.compile(r"(\S+) (\S+) ([<>]) (\S+) (?:by=(\S+) )?(.*)")
DEVICES_A_LINE = 12  # a line of the configuration has at most 197 bytes


PHASES = {"xml": 0, "ber1": 1, "ber2": 2, "ber3": 3}


def first_message(run, phase):
    """Of a run only its first message may begin early: the others have its time."""
    if not run:
        return run
    return run[:int.from_bytes(run[2:4], "big") if phase == 0 else
               2 + int.from_bytes(run[:2], "big")]


class Message:
    def __init__(self, match):
        self.seconds, self.link, self.direction, self.invoke, self.by, self.payload = match.groups()

    def time_us(self):
        whole, _, fraction = self.seconds.partition(".")
        return int(whole) * 1000000 + int((fraction + "000000")[:6])


class Rendering:
    def __init__(self, arguments):
        self.arguments = arguments
        self.encodings = arguments.encoding.split(",")
        self.settings = {}  # link -> list of key=value, in the order of the links
        self.counts = {}    # link -> messages so far
        self.messages = []
        self.lines = []     # messages, and notices as they are

    def read(self, path):
        with open(path, encoding="ascii") as file:
            for line in file:
                line = line.rstrip("\n")
                match = LINE.fullmatch(line)
                if line.startswith("# link "):
                    _, _, link, *keys = line.split()
                    self.settings[link] = [k for k in keys if not k.startswith("encoding=")]
                elif match:
                    self.messages.append(self.timed(Message(match)))
                    self.lines.append(self.messages[-1])
                elif line and not line.startswith("#"):
                    self.lines.append(line)

    def timed(self, message):
        count = self.counts[message.link] = self.counts.get(message.link, 0) + 1
        self.settings.setdefault(message.link, [])
        message.count = count
        if self.arguments.count_time:
            message.seconds = "%d.%03d" % (count // 1000, count % 1000)
        return message

    def encoding(self, link):
        return self.encodings[list(self.settings).index(link) % len(self.encodings)]

    def phase(self, link):
        """0 is XML."""
        return PHASES[self.encoding(link)]

    def encoded(self, message):
        phase = self.phase(message.link)
        if phase == 0:
            return message.payload.encode("ascii")
        try:
            what = said.from_xml(message.payload)
            for name in self.arguments.spare.split(","):
                what.values.pop(name, None)
            is_event = ber.is_event(what)
            return ber.pdu(what, phase, message.count % 65536 if is_event else int(message.invoke))
        except (ValueError, KeyError, xml.etree.ElementTree.ParseError) as why:
            print("%s: %r" % (message.payload, why), file=sys.stderr)
            sys.exit(4)

    def framed(self, message):
        content = self.encoded(message)
        if self.phase(message.link) != 0:
            return len(content).to_bytes(2, "big") + content
        return b"\0\0" + (len(content) + 8).to_bytes(2, "big") + \
            message.invoke.encode("ascii") + content

    def keys(self, link):
        key = [] if self.arguments.auto else ["encoding=" + self.encoding(link)]
        return key + self.settings[link]

    # ---- containers

    def write_trace(self, path):
        with open(path, "w", encoding="ascii", newline="\n") as out:
            out.write("# onhook-trace 1\n")
            for link in self.settings:
                out.write(" ".join(["# link", link] + self.keys(link)) + "\n")
            for message in self.lines:
                if isinstance(message, str):
                    out.write(message + "\n")
                    continue
                by = " by=" + message.by if message.by and not self.arguments.no_by else ""
                payload = message.payload
                if self.phase(message.link) != 0:
                    payload = "hex:" + self.encoded(message).hex()
                out.write("%s %s %s %s%s %s\n" % (message.seconds, message.link, message.direction,
                                                  message.invoke, by, payload))

    def write_framed(self, path):
        os.makedirs(path, exist_ok=True)
        files = {link: open(os.path.join(path, link + ".bin"), "wb") for link in self.settings}
        for message in self.messages:
            if message.direction == "<":
                files[message.link].write(self.framed(message))
        for file in files.values():
            file.close()

    def runs(self):
        """Bytes of one link, direction and time, in the order of time."""
        runs = []
        latest = {}
        for message in self.messages:
            key = (message.link, message.direction)
            run = latest.get(message.link)
            if run is not None and run[0] == key and run[1] == message.time_us():
                run[2] += self.framed(message)
            else:
                run = [key, message.time_us(), bytearray(self.framed(message))]
                runs.append(run)
                latest[message.link] = run
        return runs

    def write_pcap(self, path):
        runs = self.runs()
        following, ahead = {}, [b""] * len(runs)
        for at in range(len(runs) - 1, -1, -1):
            ahead[at] = bytes(following.get(runs[at][0], b""))
            following[runs[at][0]] = runs[at][2]
        with open(path, "wb") as file:
            capture = pcap.Capture(file, self.arguments.seed)
            ends = {}
            last = {run[0][0]: at for at, run in enumerate(runs)}
            for number, link in enumerate(self.settings, 1):
                ends[link] = (pcap.Side("10.0.1.%d" % number, 40000 + number, 1000 * number),
                              pcap.Side("10.0.0.%d" % number, 1040, 0xfffff000 + number))
                capture.open(runs[0][1], *ends[link])
            for at, ((link, direction), time, data) in enumerate(runs):
                client, server = ends[link]
                sender, receiver = (server, client) if direction == "<" else (client, server)
                early = first_message(ahead[at], self.phase(link))
                capture.run(time, sender, receiver, bytes(data), early)
                if at == last[link]:
                    capture.close(time, *ends[link])

    def write_settings(self, path):
        names = self.arguments.links.split(",") if self.arguments.links else list(self.settings)
        with open(path, "w", encoding="ascii", newline="\n") as out:
            for name, link in zip(names, self.settings):
                out.write("[link %s]\n" % name)
                for key in self.keys(link):
                    key, _, value = key.partition("=")
                    parts = value.split(",")
                    for at in range(0, len(parts), DEVICES_A_LINE):
                        out.write("%s = %s\n" % (key, ", ".join(parts[at:at + DEVICES_A_LINE])))


def parse(words):
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--encoding", default="xml")
    parser.add_argument("--container", default="trace", choices="trace framed pcap".split())
    parser.add_argument("--auto", action="store_true")
    parser.add_argument("--count-time", action="store_true")
    parser.add_argument("--no-by", action="store_true")
    parser.add_argument("--links", default="")
    parser.add_argument("--spare", default="")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("trace")
    parser.add_argument("out")
    return parser.parse_args(words)


def main():
    rendering = Rendering(parse(sys.argv[1:]))
    rendering.read(rendering.arguments.trace)
    container = rendering.arguments.container
    if container == "trace":
        rendering.write_trace(rendering.arguments.out)
        return
    if container == "framed":
        rendering.write_framed(rendering.arguments.out)
    else:
        rendering.write_pcap(rendering.arguments.out)
    rendering.write_settings(rendering.arguments.out + ".ini")


if __name__ == "__main__":
    main()
