#!/bin/sh
# front_ends.sh - `replay --front-ends`: of each link the same results as with one; who looks on sees
# each front-end; what cannot be right is refused in words.
#
# usage: front_ends.sh ONHOOK_BINARY
# Exit: 0 as promised, 1 not, 2 wrong usage.

onhook=$1
if [ $# -ne 1 ] || [ ! -x "$onhook" ]; then
    echo "usage: front_ends.sh ONHOOK_BINARY" >&2
    exit 2
fi
golden=$(dirname "$0")/../golden
work=$(mktemp -d) || exit 2
name=front-ends-$$
wrong=0
trap 'rm -rf "$work"; rm -f /dev/shm/onhook-"$name".*' EXIT

complain() {
    echo "$1"
    wrong=1
}

# refused CODE WORDS OPTION...
refused() {
    code=$1 words=$2
    shift 2
    "$onhook" replay -q "$@" >"$work/out" 2>"$work/said"
    [ $? -eq "$code" ] || complain "$*: another exit code than $code"
    grep -q "$words" "$work/said" || complain "$*: $(cat "$work/said")"
}

# Two links, a file each.
sed 's/pbx1/one/' "$golden/018-two-step-transfer.trace" >"$work/one.trace"
sed 's/pbx1/two/' "$golden/095-conference-of-two-calls.trace" >"$work/two.trace"
for link in one two; do
    "$onhook" replay -q "$work/$link.trace" >"$work/$link.want" || complain "$link alone"
done
for workers in 1 3; do
    "$onhook" replay -q --front-ends 2 --workers "$workers" "$work/one.trace" "$work/two.trace" \
        >"$work/both" || complain "two front-ends, $workers workers"
    for link in one two; do
        grep "\"Link\":\"$link\"" "$work/both" | cmp - "$work/$link.want" ||
            complain "$link: other results with $workers workers"
    done
    [ "$(cat "$work"/*.want | wc -l)" -eq "$(wc -l <"$work/both")" ] || complain "more results"
done

refused 2 '"0": a number from 1 to 8 is wanted' --front-ends 0 "$work/one.trace"
refused 2 '"9": a number from 1 to 8 is wanted' --front-ends 9 "$work/one.trace"
refused 2 'there are fewer FILEs than that' --front-ends 2 "$work/one.trace"
refused 1 'link one is in the files of two front-ends: its results are wrong' \
    --front-ends 2 "$work/one.trace" "$work/one.trace"
refused 1 'front-ends times workers must be at most 256' --front-ends 8 --workers 64 \
    "$work/one.trace" "$work/one.trace" "$work/one.trace" "$work/one.trace" "$work/two.trace" \
    "$work/two.trace" "$work/two.trace" "$work/two.trace"

printf '[engine]\nworkers = 64\nfront-ends = 5\n' >"$work/on.ini"
"$onhook" check -c "$work/on.ini" 2>"$work/said" && complain "check: too many were allowed"
grep -q "front-ends = 5 with workers = 64: one times the other is at most 256" "$work/said" ||
    complain "check: $(cat "$work/said")"

# An engine that waits for input, to look at.
mkfifo "$work/pipe" || exit 2
"$onhook" replay -q --name "$name" --front-ends 2 --workers 2 "$work/one.trace" "$work/pipe" \
    >"$work/both" &
engine=$!
exec 9>"$work/pipe"
cat "$work/two.trace" >&9
wanted=$(cat "$work/one.trace" "$work/two.trace" | grep -c '^[0-9.]* [^ ]* [<>]')
for _ in $(seq 100); do
    messages=$("$onhook" stat --name "$name" --all --csv messages | sed -n 's/.*,all,[a-z_]*,//p')
    [ "$messages" = "$wanted" ] && break
    sleep 0.1
done
[ "$messages" = "$wanted" ] || complain "stat: $messages messages, not $wanted"
"$onhook" stat --name "$name" --processes >"$work/said"
grep -q "^front-end 1, process [0-9]*$" "$work/said" || complain "stat: $(cat "$work/said")"
"$onhook" rings --name "$name" >"$work/said"
grep -q "2 front-ends, 2 workers" "$work/said" || complain "rings: $(head -1 "$work/said")"
grep -q "^  outbox  *1:1 " "$work/said" || complain "rings: $(cat "$work/said")"
"$onhook" rings --name "$name" --json | python3 -c '
import json, sys
look = json.load(sys.stdin)
channels = [(ring["FrontEnd"], ring["Index"]) for ring in look["Rings"] if ring["Ring"] == "events"]
assert channels == [(0, 0), (0, 1), (1, 0), (1, 1)], channels
roles = [(process["Role"], process["Index"]) for process in look["Processes"]]
assert roles == [("front-end", 0), ("front-end", 1), ("publisher", 0), ("worker", 0),
                 ("worker", 1)], roles' || wrong=1
exec 9>&-
wait "$engine" || complain "the engine was disturbed"
exit $wrong
