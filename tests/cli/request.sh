#!/bin/sh
# request.sh - `release`, `drop` and `clear` find the one link they mean among all front-ends, and say
# what came of it.
#
# usage: request.sh ONHOOK_BINARY
# Exit: 0 as promised, 1 not, 2 wrong usage.

onhook=$1
if [ $# -ne 1 ] || [ ! -x "$onhook" ]; then
    echo "usage: request.sh ONHOOK_BINARY" >&2
    exit 2
fi
work=$(mktemp -d) || exit 2
wrong=0

expect() { # WHAT GOT WANTED
    [ "$2" = "$3" ] || { echo "$1: got '$2', wanted '$3'"; wrong=1; }
}

# Two front-ends: the first knows 1001, and of A2, 1008 and 1009 something too; the second says of
# what it knows what it was asked. What was more than a question is noted. A third, behind two that
# are not there and one whose socket nobody listens on any more, knows 1012 only.
python3 - "$work/control" <<'END' &
import json, os, socket, sys, threading, time
silent = []
noted = open(os.path.dirname(sys.argv[1]) + "/noted", "w", buffering=1)
def whose(first, device, call, link):
    found = {"result": "found", "links": ["pbx1" if first else "pbx2"], "count": 1, "in-call": True}
    known = first == (device == "1001") and device != "1005"
    if device == "1008" or call == "A2":
        known = True
        if not first:
            found.update(links=["pbx2", "pbx3", "pbx4", "pbx5"], count=6)
    if device == "1009":
        known = True
        found["in-call"] = not first
    if first is None:
        known = device == "1012"
        found["links"] = ["pbx9"]
        if device == "1011":
            known = True
    elif device in ("1011", "1012"):
        known = False
    if link:
        known = link == found["links"][0]
    return found if known else {"result": "elsewhere"}
# Always a little more, until a second and then some is over.
def dribble(peer):
    began = time.monotonic()
    time.sleep(0.9)
    try:
        while time.monotonic() < began + 1.1:
            peer.sendall(b" ")
            time.sleep(0.0001)
    except OSError:
        pass
def serve(listener, first):
    while True:
        peer, _ = listener.accept()
        asked = json.loads(peer.makefile().readline())
        device = asked.get("device", "")
        if asked["request"] == "whose":
            if device == "1010":
                peer.close()
                continue
            if device == "1011" and first is None:
                dribble(peer)
            elif device == "1013":
                peer.sendall(b" " * 4096)
            answer = whose(first, device, asked.get("call"), asked.get("link"))
            try:
                peer.sendall((json.dumps(answer) + "\n").encode())
            except OSError:
                pass
            peer.close()
            continue
        noted.write("%d %s\n" % (not first, json.dumps(asked, sort_keys=True)))
        answer = {"result": "granted", "link": "pbx1", "call": "7"}
        if device == "1002":
            answer = {"result": "refused", "link": "pbx2", "call": "8", "text": "bad\x1b[2J"}
        elif device == "1003":
            peer.close()
            continue
        elif device == "1004":
            silent.append(peer)
            continue
        elif device == "1006":
            try:
                for _ in range(40):
                    peer.sendall(b" ")
                    time.sleep(0.3)
            except OSError:
                pass
            continue
        elif device == "1007":
            peer.sendall(b"nonsense\n")
            peer.close()
            continue
        elif device != "1001":
            answer["text"] = json.dumps(asked, sort_keys=True)
        peer.sendall((json.dumps(answer) + "\n").encode())
        peer.close()
stale = socket.socket(socket.AF_UNIX)
stale.bind(sys.argv[1] + "-3")
stale.close()
for path, first in ((sys.argv[1] + "-5", None), (sys.argv[1] + "-1", False), (sys.argv[1], True)):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path + ".new")
    listener.listen()
    os.rename(path + ".new", path)
    threading.Thread(target=serve, args=(listener, first), daemon=True).start()
threading.Event().wait()
END
peer=$!
trap 'kill "$peer" 2>/dev/null; rm -rf "$work"' EXIT
tries=0
while [ ! -S "$work/control" ] && [ $tries -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done

asked() { # CODE OUTPUT ARGUMENT... - what it says on standard output, and its exit code
    code=$1
    output=$2
    shift 2
    got=$("$onhook" "$@" 2>"$work/said")
    expect "exit code of $*" $? "$code"
    expect "$*" "$got" "$output"
}

asked 0 "granted: the switch has agreed; call 7, link pbx1" \
    release --socket "$work/control" 1001
asked 1 "refused: the switch has refused: bad\\x1b[2J; call 8, link pbx2" \
    release --socket "$work/control" 1002
asked 1 "" release --socket "$work/control" 1003
grep -q "nobody knows what came of it" "$work/said" || { cat "$work/said"; wrong=1; }
asked 1 "" release --socket "$work/control" --timeout 1 1004
grep -q "has not answered within 1 s" "$work/said" || { cat "$work/said"; wrong=1; }
asked 1 "" release --socket "$work/control" 1007
grep -q "the engine's answer cannot be read" "$work/said" || { cat "$work/said"; wrong=1; }
asked 1 "elsewhere: no link here has that device or call" \
    release --socket "$work/control" 1005
asked 1 "" release --socket "$work/control" 1010
grep -q "nothing was sent to a switch" "$work/said" || { cat "$work/said"; wrong=1; }
asked 0 'granted: the switch has agreed: {"by": "2", "call": "A1", "device": "9", "link": "pbx2", "request": "drop"}; call 7, link pbx1' \
    drop --socket "$work/control" --link pbx2 --by 2 9 A1
asked 1 "elsewhere: no link here has that device or call" \
    drop --socket "$work/control" --link x --by 2 9 A1
printf '[control]\nsocket = %s/control\n' "$work" >"$work/onhook.ini"
asked 0 '{"result":"granted","link":"pbx1","call":"7","text":"{\"by\": \"2\", \"call\": \"A1\", \"link\": \"pbx2\", \"request\": \"clear\"}"}' \
    clear -c "$work/onhook.ini" --json --by 2 A1
asked 0 'granted: the switch has agreed: {"device": "1009", "link": "pbx2", "request": "release"}; call 7, link pbx1' \
    release --socket "$work/control" 1009

# A front-end is asked though others before it are not there.
asked 0 'granted: the switch has agreed: {"device": "1012", "link": "pbx9", "request": "release"}; call 7, link pbx1' \
    release --socket "$work/control" 1012

# What may mean several links is for none of them.
: >"$work/noted"
several="ambiguous: more than one link has it: say which with --link: pbx1, pbx2, pbx3, pbx4 and 3 more"
asked 1 "$several" clear -c "$work/onhook.ini" --by 2 A2
asked 1 "$several" release --socket "$work/control" 1008
asked 1 '{"result":"ambiguous","links":["pbx1","pbx2","pbx3","pbx4"],"count":7,"in-call":true}' \
    drop --socket "$work/control" --json --by 2 1008
expect "what was asked for" "$(cat "$work/noted")" ""
asked 0 "granted: the switch has agreed; call 7, link pbx1" release --socket "$work/control" 1001
expect "who was asked" "$(cat "$work/noted")" '0 {"device": "1001", "link": "pbx1", "request": "release"}'

# Who says a little now and then is not waited for any longer.
began=$(date +%s)
asked 1 "" release --socket "$work/control" --timeout 1 1006
[ $(($(date +%s) - began)) -le 3 ] || { echo "--timeout 1 took longer"; wrong=1; }
grep -q "has not answered within 1 s" "$work/said" || { cat "$work/said"; wrong=1; }

# When finding out has taken all the time there is, nobody is asked for anything.
: >"$work/noted"
asked 1 "" release --socket "$work/control" --timeout 1 1011
grep -q "nothing was sent" "$work/said" || { cat "$work/said"; wrong=1; }
expect "what was asked for after its time" "$(cat "$work/noted")" ""
asked 1 "" release --socket "$work/control" 1013
grep -q "the engine's answer is longer than 4096 bytes: nothing was sent to a switch" "$work/said" ||
    { cat "$work/said"; wrong=1; }

# By the engine's name, where engines put it.
mkdir "$work/onhook"
mv "$work/control" "$work/onhook/blue.control"
mv "$work/control-1" "$work/onhook/blue.control-1"
RUNTIME_DIRECTORY='' XDG_RUNTIME_DIR=$work asked 0 "granted: the switch has agreed; call 7, link pbx1" \
    release --name blue 1001

# An engine takes away what one with more front-ends left, and nothing that somebody listens on.
printf '[engine]\nname = request-%d\n[control]\nsocket = %s/one\n[link pbx1]\naddresses = 127.0.0.1:1\n' \
    $$ "$work" >"$work/one.ini"
python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$work/one-1"
ln -s "$work/onhook/blue.control-1" "$work/one-2"
"$onhook" run -c "$work/one.ini" --quiet --out "$work/outcomes" 2>"$work/ran" &
engine=$!
tries=0
while [ ! -S "$work/one" ] && [ $tries -lt 100 ] && kill -0 $engine; do
    sleep 0.1
    tries=$((tries + 1))
done
asked 1 "elsewhere: no link here has that device or call" release --socket "$work/one" 1001
[ ! -e "$work/one-1" ] || { echo "the socket of an earlier start is still there"; wrong=1; }
[ -L "$work/one-2" ] || { echo "what is no socket was taken away"; wrong=1; }
kill $engine
wait $engine || { echo "the engine failed"; cat "$work/ran"; wrong=1; }

asked 1 "" release --socket "$work/nobody" 1001
grep -q "no engine takes requests at $work/nobody: No such file" "$work/said" ||
    { cat "$work/said"; wrong=1; }
for arguments in "release" "release 1 2 3" "drop 1" "clear 1 2" "release --by 2 1" \
    "release --timeout 0 1" "release --timeout x 1" "release --nothing 1" "clear --link= 1"; do
    # shellcheck disable=SC2086 # words
    asked 2 "" $arguments
done
exit $wrong
