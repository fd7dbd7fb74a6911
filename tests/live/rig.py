"""rig.py - an engine, a switch it can be judged by, and links of the test's own beside.

    with rig.Rig(onhook) as site:
        site.switch(["127.0.0.1:0,name=pbx1"], "--rate", "20", "--seconds", "5")
        site.start(links="[link x]\\naddresses = 127.0.0.1:1\\n")
        ...
        site.stop()
        site.judge()

What is not as it must be is an AssertionError; then the ends of the logs are shown. KEEP=FOLDER in
the environment keeps all files there.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time


def await_(seconds, what, condition):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not within %g s: %s" % (seconds, what)
        time.sleep(0.05)


class Rig:
    made = 0

    def __init__(self, onhook):
        Rig.made += 1
        self.onhook = onhook
        self.name = "hostile-%d-%d" % (os.getpid(), Rig.made)
        self.keep = os.environ.get("KEEP")
        self.folder = self.keep or tempfile.mkdtemp()
        os.makedirs(self.folder, exist_ok=True)
        self.switch_process = self.engine = None
        self.sections = self.links = ""

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def log(self):
        return self.read("engine.log")

    # ---- the switch

    def switch(self, listeners, *options):
        arguments = [self.onhook, "switch", "--ready-file", self.path("ready"), "--ini",
                     self.path("links.ini"), "--truth", self.path("truth.jsonl")]
        for listener in listeners:
            arguments += ["--listen", listener]
        if os.path.exists(self.path("ready")):
            os.remove(self.path("ready"))
        with open(self.path("switch.log"), "w", encoding="utf-8") as log:
            self.switch_process = subprocess.Popen(arguments + list(options), stdout=log,
                                                   stdin=subprocess.PIPE, stderr=log)
        await_(20, "the switch listens",
               lambda: os.path.exists(self.path("ready")) and self.read("ready"))
        self.links = self.read("links.ini")

    def command(self, line):
        self.switch_process.stdin.write(line.encode() + b"\n")
        self.switch_process.stdin.flush()

    def await_switch(self, seconds):
        self.switch_process.wait(timeout=seconds)
        assert self.switch_process.returncode == 0, "the switch failed"

    # ---- the engine

    def configure(self, links="", settings=""):
        self.write("onhook.ini", "[engine]\nname = %s\n%s\n[sink jsonl]\nfile = %s\n[control]\n"
                   "socket = %s\n%s\n%s\n" % (self.name, settings, self.path("outcomes.jsonl"),
                                              self.path("control"), self.links, links))

    def start(self, links="", settings="", arguments=()):
        self.configure(links, settings)
        with open(self.path("engine.log"), "w", encoding="utf-8") as log:
            self.engine = subprocess.Popen([self.onhook, "run", "-c", self.path("onhook.ini"),
                                            *arguments], stdout=log, stderr=log)
        await_(20, "the engine runs", lambda: self.engine.poll() is not None or
               os.path.exists(self.path("control")))
        assert self.engine.poll() is None, "the engine does not start"

    def reload(self):
        self.engine.send_signal(signal.SIGHUP)

    def stop(self, seconds=30):
        self.engine.send_signal(signal.SIGTERM)
        self.engine.wait(timeout=seconds)
        assert self.engine.returncode == 0, "the engine did not stop well"

    def stat(self):
        answer = subprocess.run([self.onhook, "stat", "--json", "--all", "--name", self.name],
                                stdout=subprocess.PIPE, check=True)
        return json.loads(answer.stdout)

    def counter(self, name):
        return self.stat()["Counters"][name]

    def processes(self):
        """The engine's, by depth first."""
        found = [self.engine.pid]
        for pid in found:
            try:
                with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as children:
                    found += [int(child) for child in children.read().split()]
            except OSError:
                pass
        return found

    def memory_kib(self):
        """Private memory of all processes."""
        total = 0
        for pid in self.processes():
            try:
                with open("/proc/%d/status" % pid, encoding="ascii") as status:
                    total += sum(int(line.split()[1]) for line in status
                                 if line.startswith("RssAnon"))
            except OSError:
                pass
        return total

    def cpu_seconds(self):
        """By the scheduler's own count: clock ticks are too coarse for who hardly does anything."""
        total_ns = 0
        for pid in self.processes():
            try:
                with open("/proc/%d/schedstat" % pid, encoding="ascii") as stat:
                    total_ns += int(stat.read().split()[0])
            except OSError:
                pass
        return total_ns / 1e9

    def ask(self, *arguments):
        """A request over the control socket; its answer."""
        answer = subprocess.run([self.onhook, *arguments, "--socket", self.path("control"),
                                 "--json"], stdout=subprocess.PIPE, check=False)
        return json.loads(answer.stdout or "{}")

    def judge(self):
        """What was said of the switch's links; other links have no truth."""
        names = [line.split()[0] for line in self.read("ready").splitlines()]
        with open(self.path("outcomes.jsonl"), encoding="utf-8") as lines, \
                open(self.path("judged.jsonl"), "w", encoding="utf-8") as judged:
            judged.writelines(line for line in lines
                              if any('"Link":"%s"' % name in line for name in names))
        answer = subprocess.run([self.onhook, "switch", "--judge", "--json",
                                 self.path("truth.jsonl"), self.path("judged.jsonl")],
                                stdout=subprocess.PIPE, check=False)
        text = answer.stdout.decode()
        assert answer.returncode == 0, "the judge:\n" + text
        idle = [row["Link"] for row in map(json.loads, text.splitlines())
                if row["Link"] in names and row["right"] == 0]
        assert not idle, "nothing was heard of " + ", ".join(idle)
        return text

    # ---- its end

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for process in (self.engine, self.switch_process):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
        if kind is not None:
            for name in ("engine.log", "switch.log"):
                if os.path.exists(self.path(name)):
                    print("\n".join("%s: %s" % (name, line)
                                    for line in self.read(name).splitlines()[-40:]))
        sys.stdout.flush()
        for name in os.listdir("/dev/shm"):
            if name.startswith("onhook-%s." % self.name):
                os.remove("/dev/shm/" + name)
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)
