#!/bin/sh
# dump.sh - `dump` prints every segment of an engine that runs, that was killed, and of a copy; what
# is no segment is refused with words.
#
# usage: dump.sh ONHOOK_BINARY
# Exit: 0 as promised, 1 not, 2 wrong usage.

onhook=$1
if [ $# -ne 1 ] || [ ! -x "$onhook" ]; then
    echo "usage: dump.sh ONHOOK_BINARY" >&2
    exit 2
fi
golden=$(dirname "$0")/../golden
name=dump-cli-$$
work=$(mktemp -d) || exit 2
mkfifo "$work/pipe" || exit 2
wrong=0

complain() {
    echo "$*"
    wrong=1
}

"$onhook" replay -q --name "$name" --workers 2 "$work/pipe" >"$work/out" &
engine=$!
trap 'kill -9 "$engine" 2>/dev/null; rm -rf "$work" /dev/shm/onhook-"$name".*' EXIT
exec 9>"$work/pipe"
sed '/ConnectionClearedEvent/,$d' "$golden/001-caller-hangs-up.trace" >&9
tries=0
until "$onhook" calls --name "$name" 2>"$work/said" | grep -q connected || [ $tries -gt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done

"$onhook" dump --name "$name" all >"$work/live" || complain "all of a living engine"
kill -9 "$engine"
for word in "" $("$onhook" rings --name "$name" --json |
    python3 -c 'import json, sys
for process in json.load(sys.stdin)["Processes"]: print(process["Pid"])'); do
    [ -z "$word" ] || kill -9 "$word" 2>"$work/said" || [ $? -eq 1 ]
done
wait "$engine" 2>/dev/null

"$onhook" dump --name "$name" >"$work/held" || complain "what a killed engine had in hand"
grep -q "nobody runs it" "$work/held" || complain "it is not said that nobody runs it"
[ "$(grep -c ' DEAD ' "$work/held")" = 4 ] || complain "not every process is DEAD"
cp "/dev/shm/onhook-$name".* "$work"
"$onhook" dump --name "$name" --dir "$work" --json all >"$work/json" || complain "all of a copy"
python3 - "$work/json" <<'PYTHON' || wrong=1
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert all(line["Version"] == 2 for line in lines), "a line without a version"
held, = [line["Held"] for line in lines if "Held" in line]
assert [process["Role"] for process in held] == ["front-end", "publisher", "worker", "worker"]
assert not any(process["Alive"] for process in held), held
seen = {line["Struct"] for line in lines if "Struct" in line}
for struct in ("shm_control", "shm_process", "shm_ring_header", "shm_call_table", "shm_call",
               "shm_party", "shm_transaction", "shm_worker_cursors", "shm_front_cursors",
               "shm_link", "shm_publisher_cursors", "shm_result_header"):
    assert struct in seen, struct + " is missing"
party = [line for line in lines if line.get("Struct") == "shm_party"][0]
assert party["Fields"]["state"] == 3 and party["Words"]["state"] == "3 connected", party
assert type(party["Fields"]["number"]) is int and '"' in party["Words"]["number"], party
# A field has one type, whatever it holds.
types = {}
for line in lines:
    for path, value in line.get("Fields", {}).items():
        assert types.setdefault((line["Struct"], path), type(value)) is type(value), (line["Struct"], path)
PYTHON

"$onhook" dump --name "$name" nonsense 2>"$work/said" >"$work/none" && complain "a segment that is none"
grep -q "no segment nonsense of engine $name" "$work/said" || complain "no words for it"
head -c 100000 /dev/zero >"$work/onhook-$name.result"
"$onhook" dump --name "$name" --dir "$work" result 2>"$work/said" >"$work/none" && complain "zeros"
grep -q "result: its creator has not finished it" "$work/said" || complain "no words for zeros"
exit $wrong
