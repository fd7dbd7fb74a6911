#!/usr/bin/env python3
"""same.py - do two outcome files tell the same, but for what an encoding may change?

  same.py [--times] [--without KEY,...] [--links A=B,...] [--dynamic ID,...] ONE.jsonl OTHER.jsonl

For each link the same lines in the same order, key by key, where

  - Time, SinceStartMs and SinceAnswerMs are left out, unless --times
  - the keys of --without are left out
  - Link may be another name: A in ONE is B in OTHER; without --links it is the same
  - CallID, ConnID and NewConnID may be others, one for one: what is equal in one file is equal in
    the other, and what differs, differs
  - a dynamic device ID of --dynamic that is a text in ONE is 0x and its hex in OTHER, as BER has it

The order of lines of different links is not compared: streams are read one after the other.
Exit: 0 the same, 1 not, and the first difference is printed.
"""

import argparse
import json
import sys

TIMES = ("Time", "SinceStartMs", "SinceAnswerMs")
MAPPED = {"CallID": "call", "ConnID": "conn", "NewConnID": "conn"}


class Mapping:
    """One for one, learned as it is met."""

    def __init__(self):
        self.there, self.back = {}, {}

    def fits(self, one, other):
        return self.there.setdefault(one, other) == other and \
            self.back.setdefault(other, one) == one


def lines_of(path, names):
    links = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            outcome = json.loads(line)
            link = outcome.pop("Link")
            links.setdefault(names.get(link, link), []).append((number, line, outcome))
    return links


def in_ber(value, dynamic):
    return "0x" + value.encode().hex().upper() if value in dynamic else value


def difference(one, other, mappings, link, settings):
    """The key in which two outcomes differ, or None."""
    left_out, dynamic = settings
    for key in list(one) + [k for k in other if k not in one]:
        if key in left_out:
            continue
        if (key in one) != (key in other):
            return key
        if key in MAPPED:
            mapping = mappings.setdefault((link, MAPPED[key]), Mapping())
            if not mapping.fits(one[key], other[key]):
                return key
        elif in_ber(one[key], dynamic) != other[key]:
            return key
    return None


def compare(words):
    """Exits with what is wrong; gives the number of outcomes."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--times", action="store_true")
    parser.add_argument("--without", default="")
    parser.add_argument("--links", default="")
    parser.add_argument("--dynamic", default="")
    parser.add_argument("one")
    parser.add_argument("other")
    arguments = parser.parse_args(words)
    names = dict(pair.split("=") for pair in arguments.links.split(",") if pair)
    ones, others = lines_of(arguments.one, names), lines_of(arguments.other, {})
    if set(ones) != set(others):
        sys.exit("links %s are not %s" % (" ".join(sorted(ones)), " ".join(sorted(others))))
    left_out = arguments.without.split(",") + ([] if arguments.times else list(TIMES))
    settings = left_out, [text for text in arguments.dynamic.split(",") if text]
    mappings = {}
    for link, lines in ones.items():
        for (first, text, one), (second, other_text, other) in zip(lines, others[link]):
            key = difference(one, other, mappings, link, settings)
            if key is not None:
                sys.exit("%s: %s differs\n%s:%d: %s%s:%d: %s" % (
                    link, key, arguments.one, first, text, arguments.other, second, other_text))
        if len(lines) != len(others[link]):
            sys.exit("%s: %d outcomes are not %d" % (link, len(lines), len(others[link])))
    return sum(len(lines) for lines in ones.values())


if __name__ == "__main__":
    print("%d outcomes, the same" % compare(sys.argv[1:]))
