#!/bin/sh
# service.sh - `onhook run` as systemd sees it: ready, alive, reloading, stopping; and people who ask.
#
# usage: service.sh ONHOOK_BINARY
# Exit: 0 as promised, 1 not, 2 wrong usage.

onhook=$(realpath "$1")
if [ $# -ne 1 ] || [ ! -x "$onhook" ]; then
    echo "usage: service.sh ONHOOK_BINARY" >&2
    exit 2
fi
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
# Nobody listens on the discard port of the loopback; the link is tried again and again.
cat >"$work/onhook.ini" <<END
[engine]
name = service-$$
workers = 2
[control]
socket = $work/control
[link pbx1]
addresses = 127.0.0.1:9
monitored = 2001
END
python3 - "$onhook" "$work" <<'END'
import json, os, signal, socket, subprocess, sys, time
onhook, work = sys.argv[1:]
systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
systemd.bind(work + "/notify")
systemd.settimeout(20)
def hear(word, patience=20):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            said = systemd.recv(4096).decode()
        except TimeoutError:
            break
        if said.startswith(word):
            return said
    raise SystemExit("systemd did not hear " + word)
env = dict(os.environ, NOTIFY_SOCKET=work + "/notify", WATCHDOG_USEC="2000000")
env.pop("WATCHDOG_PID", None)
log = open(work + "/log", "w+")
engine = subprocess.Popen([onhook, "run", "-c", work + "/onhook.ini", "--out", work + "/out.jsonl",
                           "--log", "json", "--quiet"], env=env, stderr=log, cwd=work)
try:
    hear("READY=1")
    hear("STATUS=")
    hear("WATCHDOG=1")
    def ask(*words):
        done = subprocess.run([onhook, *words, "--socket", work + "/control", "--json"],
                              capture_output=True, text=True)
        return done.returncode, json.loads(done.stdout or "null"), done.stderr
    code, said, _ = ask("release", "9999")
    assert (code, said["result"]) == (1, "elsewhere"), said
    code, said, _ = ask("clear", "17", "--link", "pbx1")
    assert (code, said["result"], said["link"]) == (1, "not-sent", "pbx1"), said
    with open(work + "/onhook.ini", "a") as config:
        config.write("[link pbx2]\naddresses = 127.0.0.1:9\n[engine-typo]\n")
    engine.send_signal(signal.SIGHUP)
    hear("RELOADING=1\nMONOTONIC_USEC=")
    hear("READY=1")
    # A worker that hangs: the watchdog is fed no longer.
    children = subprocess.run(["pgrep", "-P", str(engine.pid)], capture_output=True, text=True)
    worker = max(int(pid) for pid in children.stdout.split())
    os.kill(worker, signal.SIGSTOP)
    time.sleep(2)
    systemd.settimeout(0)
    try:
        while True:
            systemd.recv(4096)
    except BlockingIOError:
        pass
    systemd.settimeout(1.5)
    try:
        hear("WATCHDOG=1", 1.5)
    except SystemExit:
        pass
    else:
        raise SystemExit("the watchdog is fed while a worker hangs")
    os.kill(worker, signal.SIGCONT)
    systemd.settimeout(20)
    hear("WATCHDOG=1")
    engine.send_signal(signal.SIGTERM)
    hear("STOPPING=1")
    assert engine.wait(20) == 0, engine.returncode
finally:
    engine.kill()
log.seek(0)
lines = [json.loads(line) for line in log]
words = [line["Message"] for line in lines]
assert any("engine-typo" in word for word in words), words
assert any("has not moved for" in word for word in words), words
assert any("everything stays as it was" in word for word in words), words
assert not os.path.exists(work + "/control"), "the control socket is left"
END
