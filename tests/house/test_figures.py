#!/usr/bin/env -S python3 -B
"""test_figures.py BENCH - what the scripts of bench/ promise: no claim that noise could make."""
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

BENCH = os.path.abspath(sys.argv.pop(1))
sys.path.insert(0, BENCH)
# pylint: disable=wrong-import-position
import compare
import figures
import goals
import table

MACHINE = {"cpu": "made", "cores": 2}


def case(name, median, width=0.1, rounds=21, unit="ns/step"):
    return {"name": name, "median": median, "unit": unit, "low": median * (1 - width),
            "high": median * (1 + width), "rounds": rounds, "machine": MACHINE, "commit": "made"}


def ratio(name, peer, value, width=0.1, rounds=21):
    return {"name": name, "against": f"{name}.{peer}", "verdict": "same", "ratio": value,
            "low": value * (1 - width), "high": value * (1 + width), "rounds": rounds,
            "machine": MACHINE, "commit": "made"}


def verdicts(old, new):
    """Verdict by case of compare.py."""
    runs = []
    for lines in (old, new):
        run = compare.Run.__new__(compare.Run)
        run.cases, run.ratios, run.machines = {}, {}, set()
        for line in lines:
            run.add(line)
        runs.append(run)
    return {name: verdict for name, verdict, _, _ in compare.compare(*runs)}


class Statistics(unittest.TestCase):
    def test_the_bounds_are_those_of_the_harness(self):
        # 21 rounds: the 5th and the 17th, (5 choose) by the binomial; cbench.c has the same.
        self.assertEqual(figures.bounds(range(21)), (4, 16))
        self.assertEqual(figures.bounds(range(5)), (0, 4))

    def test_too_few_rounds_claim_nothing(self):
        self.assertEqual(figures.verdict(1.5, 1.6, 7), "same")
        self.assertEqual(figures.verdict(1.5, 1.6, 8), "faster")
        self.assertEqual(figures.verdict(0.5, 0.6, 8), "slower")
        self.assertEqual(figures.verdict(0.9, 1.6, 99), "same")

    def test_the_same_thing_twice_is_hardly_ever_called_different(self):
        chance = random.Random(1)
        called = 0
        for _ in range(500):
            one, other = ([chance.uniform(70, 130) for _ in range(21)] for _ in range(2))
            line = json.loads(figures.ratio_line("a", "b", one, other))
            called += line["verdict"] != "same"
        self.assertLess(called, 10)

    def test_a_ratio_needs_as_many_rounds_of_both(self):
        with self.assertRaises(SystemExit):
            figures.ratio_line("a", "b", [1, 2], [1])


class Comparing(unittest.TestCase):
    def test_a_slow_minute_is_not_a_slower_program(self):
        old = [case("ber.x", 100), case("ber.x.asn1c", 1000), ratio("ber.x", "asn1c", 10)]
        new = [case("ber.x", 200), case("ber.x.asn1c", 2000), ratio("ber.x", "asn1c", 10)]
        self.assertEqual(verdicts(old, new), {"ber.x": "same"})

    def test_what_we_wrote_ourselves_is_no_yardstick(self):
        for own in ("price.protected.none", "transaction.64.none", "twin.onhook.twin",
                    "result.4.fetchadd", "decode.x", "decode.x.index"):
            self.assertFalse(figures.is_yardstick(own), own)
        for other in ("ber.x.asn1c", "ring.64.ck", "table.1m.uthash", "json.printf"):
            self.assertTrue(figures.is_yardstick(other), other)

    def test_a_change_by_every_peer_is_claimed(self):
        old = [case("ber.x", 100), ratio("ber.x", "asn1c", 10), ratio("ber.x", "memcpy", 0.1)]
        new = [case("ber.x", 50), ratio("ber.x", "asn1c", 20), ratio("ber.x", "memcpy", 0.2)]
        self.assertEqual(verdicts(old, new), {"ber.x": "faster"})
        self.assertEqual(verdicts(new, old), {"ber.x": "slower"})

    def test_a_change_by_one_peer_only_is_not(self):
        old = [case("ber.x", 100), ratio("ber.x", "asn1c", 10), ratio("ber.x", "memcpy", 0.1)]
        new = [case("ber.x", 50), ratio("ber.x", "asn1c", 20), ratio("ber.x", "memcpy", 0.1)]
        self.assertEqual(verdicts(old, new), {"ber.x": "same"})

    def test_bounds_that_touch_claim_nothing(self):
        old = [case("ber.x", 100), ratio("ber.x", "asn1c", 10, width=0.2)]
        new = [case("ber.x", 80), ratio("ber.x", "asn1c", 12, width=0.2)]
        self.assertEqual(verdicts(old, new), {"ber.x": "same"})

    def test_a_case_alone_must_change_more_than_the_yardsticks_did(self):
        old = [case("alone", 100, 0.01), case("ber.y.memcpy", 10, 0.01)]
        self.assertEqual(verdicts(old, [case("alone", 60, 0.01), case("ber.y.memcpy", 10, 0.01)]),
                         {"alone": "faster"})
        self.assertEqual(verdicts(old, [case("alone", 60, 0.01), case("ber.y.memcpy", 5, 0.01)]),
                         {"alone": "same"})
        self.assertEqual(verdicts(old, [case("alone", 160, 0.01), case("ber.y.memcpy", 10, 0.01)]),
                         {"alone": "slower"})

    def test_a_slower_yardstick_excuses_as_much_and_no_more(self):
        old = [case("alone", 100, 0.01), case("ber.y.memcpy", 10, 0.01)]
        self.assertEqual(verdicts(old, [case("alone", 140, 0.01), case("ber.y.memcpy", 15, 0.01)]),
                         {"alone": "same"})
        self.assertEqual(verdicts(old, [case("alone", 300, 0.01), case("ber.y.memcpy", 15, 0.01)]),
                         {"alone": "slower"})

    def test_nothing_beside_it_or_few_rounds_are_unsure(self):
        self.assertEqual(verdicts([case("alone", 100)], [case("alone", 10)]), {"alone": "unsure"})
        few = [case("ber.x", 100), ratio("ber.x", "asn1c", 10, rounds=5)]
        many = [case("ber.x", 1), ratio("ber.x", "asn1c", 1000)]
        self.assertEqual(verdicts(few, many), {"ber.x": "unsure"})

    def test_more_messages_a_second_are_faster(self):
        old = [case("r", 100, 0.01, unit="messages/s"), case("ber.y.memcpy", 10, 0.01)]
        new = [case("r", 300, 0.01, unit="messages/s"), case("ber.y.memcpy", 10, 0.01)]
        self.assertEqual(verdicts(old, new), {"r": "faster"})

    def test_other_machines_are_not_compared(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for cpu in ("one", "other"):
                paths.append(os.path.join(folder, cpu))
                with open(paths[-1], "w", encoding="utf-8") as file:
                    json.dump(case("ber.x", 1) | {"machine": {"cpu": cpu, "cores": 2}}, file)
            command = [sys.executable, os.path.join(BENCH, "compare.py")]
            said = subprocess.run(command + paths, capture_output=True, text=True, check=False)
            self.assertEqual(said.returncode, 2)
            self.assertIn("machine", said.stderr)
            said = subprocess.run(command + paths[:1] * 2, capture_output=True, check=False)
            self.assertEqual(said.returncode, 0)


class Table(unittest.TestCase):
    def rows(self, goal, *lines, reasons=()):
        known = table.Figures([])
        for line in lines:
            known.add(line)
        return table.goal_row(goal, known, set(reasons))

    def test_the_worse_bound_decides_what_is_reached(self):
        goal = goals.Goal("step", "a step", "100 ns", "x", most=100)
        self.assertIn("| reached |", self.rows(goal, case("x", 80)))
        self.assertIn("| within the noise |", self.rows(goal, case("x", 95)))
        self.assertIn("| missed", self.rows(goal, case("x", 200)))

    def test_what_was_not_measured_is_neither_reached_nor_missed(self):
        goal = goals.Goal("step", "a step", "100 ns", "x", most=100)
        self.assertEqual(self.rows(goal), "| a step | 100 ns | not measured |  |  |  |")
        left = self.rows(goal, {"name": "x", "left_out": "too large"})
        self.assertIn("too large", left)
        self.assertNotIn("reached", left)

    def test_a_miss_leads_to_its_reason_and_says_when_there_is_none(self):
        goal = goals.Goal("step", "a step", "100 ns", "x", most=100)
        self.assertIn("missed, no reason written yet", self.rows(goal, case("x", 200)))
        self.assertIn("missed, [why](speed.md#step)",
                      self.rows(goal, case("x", 200), reasons=["step"]))

    def test_a_busy_machine_is_no_verdict(self):
        goal = goals.Goal("step", "a step", "100 ns", "x", most=100)
        for median in (10, 200):
            for busy in (0, 1.5):
                part = {"part": "p", "seconds": 1, "began": "then", "busy": busy, "cores": 2,
                        "commit": "made"}
                other = part | {"part": "q", "busy": 2}
                said = self.rows(goal, case("x", median), part, case("y", 1), other)
                self.assertEqual("| machine was busy |" in said, busy > 0)
                self.assertEqual("reached" in said or "missed" in said, busy == 0)

    def test_every_heading_of_the_page_is_a_reason(self):
        page = os.path.join(os.path.dirname(BENCH), "docs", "speed.md")
        for section in table.reasons_of(page):
            goal = goals.Goal(section, "a step", "100 ns", "x", most=100)
            said = self.rows(goal, case("x", 200), reasons=table.reasons_of(page))
            self.assertIn(f"[why](speed.md#{section})", said)

    def test_reasons_are_the_sections_of_the_page(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "speed.md")
            with open(path, "w", encoding="utf-8") as file:
                file.write("# Where\n\n## step\n\nwhy\n\n### detail\n\n## event-ring\n")
            self.assertEqual(table.reasons_of(path), {"step", "event-ring"})
            self.assertEqual(table.reasons_of(path + ".not"), set())

    def test_one_peer_missed_is_missed(self):
        goal = goals.Goal("d", "a ring", "", "x", most=100, peers={"ck": 4, "rte": 1})
        lines = [case("x", 50), ratio("x", "ck", 2), ratio("x", "rte", 3)]
        self.assertIn("missed", self.rows(goal, *lines))
        lines[1] = ratio("x", "ck", 8)
        self.assertIn("| reached |", self.rows(goal, *lines))
        self.assertIn("ck: not measured", self.rows(goal, lines[0], lines[2]))

    def test_a_peer_that_was_not_measured_leaves_the_goal_open(self):
        goal = goals.Goal("d", "a ring", "", "x", most=100, peers={"ck": 4})
        self.assertNotIn("| reached |", self.rows(goal, case("x", 50)))

    def test_figures_of_a_busy_machine_are_said_to_be(self):
        for busy, wanted in ((0.1, ""), (7, "**Not a quiet machine**")):
            known = table.Figures([])
            known.add({"part": "x", "seconds": 1, "began": "then", "busy": busy, "cores": 2,
                       "commit": "made"})
            out, kept = io.StringIO(), sys.stdout
            sys.stdout = out
            try:
                table.print_busy(known)
            finally:
                sys.stdout = kept
            self.assertTrue(wanted in out.getvalue() and bool(out.getvalue()) == bool(wanted))

    def test_every_goal_has_a_row_without_any_figure(self):
        out, kept = io.StringIO(), sys.stdout
        sys.stdout = out
        try:
            table.print_goals(table.Figures([]), set())
        finally:
            sys.stdout = kept
        for goal in goals.GOALS:
            self.assertIn(goal.what, out.getvalue())


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
