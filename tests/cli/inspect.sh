#!/bin/sh
# inspect.sh - `stat` and `rings` tell of an engine what it did, while it runs and of a copy.
#
# usage: inspect.sh ONHOOK_BINARY
# Exit: 0 as promised, 1 not, 2 wrong usage.

onhook=$1
if [ $# -ne 1 ] || [ ! -x "$onhook" ]; then
    echo "usage: inspect.sh ONHOOK_BINARY" >&2
    exit 2
fi
golden=$(dirname "$0")/../golden
trace=$golden/001-caller-hangs-up.trace
name=inspect-$$
work=$(mktemp -d) || exit 2
mkfifo "$work/pipe" || exit 2
wrong=0

expect() { # WHAT GOT WANTED
    [ "$2" = "$3" ] || { echo "$1: got '$2', wanted '$3'"; wrong=1; }
}

counter() { # NAME [OPTION...]
    counter=$1
    shift
    "$onhook" stat --name "$name" --all --csv "$@" "$counter" | sed -n 's/.*,all,[a-z_]*,//p'
}

"$onhook" replay -q --name "$name" --workers 2 "$work/pipe" >"$work/out" &
engine=$!
trap 'kill "$engine" 2>/dev/null; rm -rf "$work"' EXIT
exec 9>"$work/pipe"
cat "$trace" >&9

messages=$(grep -c '^[0-9.]* [^ ]* [<>]' "$trace")
tries=0
while [ "$(counter messages)" != "$messages" ] && [ $tries -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
expect messages "$(counter messages)" "$messages"
"$onhook" stat --name "$name" --json --processes --rates --every 0.05 --count 2 |
    python3 -c '
import json, sys
looks = [json.loads(line) for line in sys.stdin]
assert len(looks) == 2 and all("PerSecond" in look for look in looks), looks
roles = [process["Role"] for process in looks[0]["Processes"]]
assert roles == ["front-end", "publisher", "worker", "worker"], roles
stages = looks[1]["Latency"]
assert stages["received_decoded"]["Count"] >= 1, stages
assert stages["decoded_judged"]["P50Ns"] <= stages["decoded_judged"]["LongestNs"], stages
assert "LongestNs" not in looks[1]["LatencySince"]["received_decoded"], looks[1]
since = looks[1]["LatencySince"]["received_decoded"]["Count"]
assert since < stages["received_decoded"]["Count"], looks[1]
assert isinstance(looks[1]["PerSecond"]["messages"], float), looks[1]["PerSecond"]' || wrong=1
"$onhook" stat --name "$name" --json --every 0.05 --count 2 | python3 -c '
import json, sys
looks = [json.loads(line) for line in sys.stdin]
assert looks[0].keys() == looks[1].keys(), looks
assert looks[0]["PerSecond"] is None and looks[0]["LatencySince"] is None, looks[0]
assert looks[1]["FrontEnds"] == 1 and looks[1]["Restarts"] == 0, looks[1]
assert [one["Restarts"] for one in looks[1]["Processes"]] == [0] * 4, looks[1]' || wrong=1
"$onhook" rings --name "$name" --json | python3 -c '
import json, sys
look = json.load(sys.stdin)
kinds = [ring["Ring"] for ring in look["Rings"]]
assert kinds == ["events"] * 2 + ["outbox"] * 2 + ["closed"] * 2 + ["results"], kinds
assert look["Owner"] == int(sys.argv[1]), look
done = {one["Role"]: one["DoneUpTo"] for one in look["Processes"]}
assert done == {"front-end": None, "publisher": None, "worker": look["Watermark"]}, look' "$engine" || wrong=1

cp "/dev/shm/onhook-$name".* "$work"
exec 9>&-
wait "$engine" || { echo "the engine was disturbed"; wrong=1; }
cmp "$golden/001-caller-hangs-up.jsonl" "$work/out" || wrong=1
expect "messages of a copy" "$(counter messages --dir "$work")" "$messages"
"$onhook" stat --name "$name" 2>"$work/said" && { echo "a dead engine was found"; wrong=1; }
grep -q "cannot look at engine $name: .*No such file" "$work/said" || wrong=1
"$onhook" stat no_such_counter 2>/dev/null
expect "exit code of an unknown counter" "$?" 2
"$onhook" stat --csv --json --name "$name" 2>/dev/null
expect "exit code of --csv --json" "$?" 2

# A copy that shrinks while it is looked at is refused, and nothing crashes.
"$onhook" stat --name "$name" --dir "$work" --every 0.1 --count 100 >/dev/null 2>"$work/said" &
looker=$!
sleep 0.5
truncate -s 0 "$work/onhook-$name.control"
wait "$looker"
expect "exit code over a copy that shrank" "$?" 1
grep -q "a segment became shorter" "$work/said" || { cat "$work/said"; wrong=1; }

# A look that goes on follows the name to the next engine.
mkfifo "$work/next" || exit 2
"$onhook" replay -q --name "$name" --workers 2 "$work/next" >"$work/out" &
engine=$!
exec 9>"$work/next"
cat "$trace" >&9
tries=0
while [ "$(counter messages 2>/dev/null)" != "$messages" ] && [ $tries -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
timeout 30 "$onhook" stat --name "$name" --all --csv --every 0.1 messages 9>&- >"$work/looks" &
looker=$!
sleep 0.3
exec 9>&-
wait "$engine"
mkfifo "$work/third" || exit 2
"$onhook" replay -q --name "$name" --workers 1 "$work/third" >"$work/out" &
engine=$!
exec 9>"$work/third"
sleep 1
kill "$looker"
wait "$looker" 2>/dev/null
exec 9>&-
wait "$engine"
grep -q ",$messages\$" "$work/looks" || { echo "the first engine was not seen"; wrong=1; }
expect "messages of the next engine" "$(sed -n '$s/.*,//p' "$work/looks")" 0
exit $wrong
