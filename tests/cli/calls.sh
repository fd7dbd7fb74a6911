#!/bin/sh
# calls.sh - `calls` tells which calls live in an engine, of one that runs, hangs, was killed, and
# of a copy; and which of them are asked for.
#
# usage: calls.sh ONHOOK_BINARY
# Exit: 0 as promised, 1 not, 2 wrong usage.

onhook=$1
if [ $# -ne 1 ] || [ ! -x "$onhook" ]; then
    echo "usage: calls.sh ONHOOK_BINARY" >&2
    exit 2
fi
golden=$(dirname "$0")/../golden
trace=$golden/001-caller-hangs-up.trace
name=calls-$$
work=$(mktemp -d) || exit 2
mkfifo "$work/pipe" || exit 2
wrong=0

expect() { # WHAT GOT WANTED
    [ "$2" = "$3" ] || { echo "$1: got '$2', wanted '$3'"; wrong=1; }
}

matching() { # [OPTION...]: how many calls are
    "$onhook" calls --name "$name" --json "$@" |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["Matching"])'
}

"$onhook" replay -q --name "$name" --workers 2 "$work/pipe" >"$work/out" &
engine=$!
trap 'kill -9 "$engine" 2>/dev/null; rm -rf "$work" /dev/shm/onhook-"$name".*' EXIT
exec 9>"$work/pipe"
# Everything up to the first clearing: the call lives.
sed '/ConnectionClearedEvent/,$d' "$trace" >&9

tries=0
while [ "$(matching --state connected 2>"$work/said")" != 1 ] && [ $tries -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
"$onhook" calls --name "$name" --json >"$work/live" || wrong=1
python3 - "$work/live" <<'PYTHON' || wrong=1
import json, sys
look = json.load(open(sys.argv[1]))
assert look["Version"] == 1 and look["Torn"] == 0 and look["Damaged"] == 0, look
call, = look["Calls"]
assert call["State"] == "living" and call["FromStart"], call
assert [party["State"] for party in call["Parties"]] == ["connected"] * 2, call
open(sys.argv[1] + ".device", "w").write(call["Parties"][0]["Device"])
open(sys.argv[1] + ".link", "w").write(call["Link"])
PYTHON
device=$(cat "$work/live.device")
link=$(cat "$work/live.link")
expect "calls of the device" "$(matching --device "$device")" 1
expect "calls of another device" "$(matching --device 'no*')" 0
expect "calls of the link" "$(matching --link "$link" --state connected)" 1
expect "calls that have ended" "$(matching --state ended)" 0
expect "old calls" "$(matching --older 100000)" 0
expect "young calls" "$(matching --younger 100000)" 1
expect "calls of both workers" \
    "$(($(matching --worker 0) + $(matching --worker 1)))" 1
"$onhook" calls --name "$name" | grep -q "living.* $device connected" || {
    echo "the table does not show the call"
    wrong=1
}
for words in "--state sleepy" "--worker 2" "--older never" "--limit 0" surplus; do
    # shellcheck disable=SC2086 # options are several words
    "$onhook" calls --name "$name" $words >/dev/null 2>&1
    expect "exit code of $words" "$?" 2
done

kill -STOP "$engine"
for pid in $("$onhook" rings --name "$name" --json |
    python3 -c 'import json, sys
for process in json.load(sys.stdin)["Processes"]: print(process["Pid"])'); do
    kill -STOP "$pid"
    pids="${pids:-} $pid"
done
expect "calls of an engine that hangs" "$(matching)" 1
cp "/dev/shm/onhook-$name".* "$work"
# shellcheck disable=SC2086 # one word a process
kill -9 "$engine" $pids
wait "$engine" 2>/dev/null
expect "calls of an engine that was killed" "$(matching)" 1
expect "calls of a copy" "$(matching --dir "$work")" 1
rm "$work/onhook-$name".journal-*
expect "calls of a copy without journals" "$(matching --dir "$work")" 1
rm "$work/onhook-$name.calls-1"
"$onhook" calls --name "$name" --dir "$work" >/dev/null 2>"$work/said"
expect "exit code where a table is missing" "$?" 1
grep -q "calls-1: No such file" "$work/said" || wrong=1
exit $wrong
