#!/bin/sh
# take_over.sh - a replay with a name that was killed goes on when the same command is given again;
# another command is refused in words, --fresh begins again, and a clean end leaves nothing.
#
# usage: take_over.sh ONHOOK_BINARY
# Exit: 0 as promised, 1 not, 2 wrong usage.

onhook=$1
if [ $# -ne 1 ] || [ ! -x "$onhook" ]; then
    echo "usage: take_over.sh ONHOOK_BINARY" >&2
    exit 2
fi
golden=$(dirname "$0")/../golden
work=$(mktemp -d) || exit 2
name=take-over-$$
wrong=0
trap 'rm -rf "$work"; rm -f /dev/shm/onhook-"$name".*' EXIT

complain() {
    echo "$1"
    wrong=1
}

segments() {
    find /dev/shm -name "onhook-$name.*" | wc -l
}

# An input that takes a while: many calls, one after the other.
awk 'BEGIN { for (i = 0; i < 40000; i++) {
    printf "%d.000 pbx < 9999 <OriginatedEvent><originatedConnection><callID>c%d</callID>" \
        "<deviceID>2001</deviceID></originatedConnection></OriginatedEvent>\n", i, i
    printf "%d.500 pbx < 9999 <ConnectionClearedEvent><droppedConnection><callID>c%d</callID>" \
        "<deviceID>2001</deviceID></droppedConnection><releasingDevice><deviceIdentifier>2001" \
        "</deviceIdentifier></releasingDevice></ConnectionClearedEvent>\n", i, i } }' |
    sed '1i # onhook-trace 1' >"$work/long.trace"
"$onhook" replay -q --out "$work/want" "$work/long.trace" 2>"$work/said" ||
    complain "the undisturbed run: $(cat "$work/said")"

# go OUT OPTION... - the run, by name
go() {
    out=$1
    shift
    "$onhook" replay -q --name "$name" --out "$out" "$@" "$work/long.trace"
}

# begin - a run that is killed on its way, whole and by surprise
begin() {
    rm -f "$work/got"
    "$onhook" replay -q --name "$name" --out "$work/got" --fresh "$work/long.trace" 2>/dev/null &
    supervisor=$!
    for _ in $(seq 1000); do
        [ -s "$work/got" ] && break
        sleep 0.01
    done
    kill -KILL "$supervisor"
    wait "$supervisor" 2>/dev/null
}

begin
[ "$(segments)" -gt 5 ] || complain "the killed run left no segments"
cmp -s "$work/want" "$work/got" && complain "the run was over before it was killed"

go "$work/got" --workers 5 2>"$work/said" && complain "another number of workers was taken"
grep -q "cannot go on with $name: it was started with other inputs, settings or output; --fresh" \
    "$work/said" || complain "the refusal: $(cat "$work/said")"
go "$work/other" 2>"$work/said" && complain "another output was taken"
[ -e "$work/other" ] && complain "a refusal left an output"
[ "$(segments)" -gt 5 ] || complain "a refusal removed the segments"

go "$work/got" 2>"$work/said" || complain "going on: $(cat "$work/said")"
grep -q "onhook: going on where $name was stopped" "$work/said" || complain "nothing was said"
cmp "$work/want" "$work/got" || complain "other bytes after going on"
[ "$(segments)" -eq 0 ] || complain "a clean end left segments"

begin
go "$work/got" --fresh 2>"$work/said" || complain "beginning again: $(cat "$work/said")"
cmp "$work/want" "$work/got" || complain "other bytes after beginning again"
[ "$(segments)" -eq 0 ] || complain "--fresh left segments"

# Rows that somebody took away cannot be written again.
begin
truncate -s 10 "$work/got"
go "$work/got" 2>"$work/said" && complain "an output with rows missing was gone on with"
grep -q "the output has 10 bytes, but [0-9]* were written: rows are missing" "$work/said" ||
    complain "the refusal: $(cat "$work/said")"
[ "$(wc -c <"$work/got")" -eq 10 ] || complain "a refusal wrote to the output"
go "$work/got" --fresh 2>"$work/said" || complain "beginning again: $(cat "$work/said")"
cmp "$work/want" "$work/got" || complain "other bytes after rows were missing"

# Interrupted is not ended: the same command goes on.
"$onhook" replay -q --name "$name" --out "$work/got" "$work/long.trace" 2>"$work/said" &
supervisor=$!
for _ in $(seq 1000); do
    [ -s "$work/got" ] && ! cmp -s "$work/want" "$work/got" && break
    sleep 0.01
done
kill -TERM "$supervisor"
wait "$supervisor" && complain "an interrupted run ended well"
grep -q "the same command goes on from here" "$work/said" || complain "$(cat "$work/said")"
go "$work/got" 2>"$work/said" || complain "going on after TERM: $(cat "$work/said")"
cmp "$work/want" "$work/got" || complain "other bytes after TERM"

# What cannot be gone on with is begun again: standard output is no file to cut back.
"$onhook" replay -q --name "$name" "$golden/001-caller-hangs-up.trace" |
    cmp - "$golden/001-caller-hangs-up.jsonl" || complain "a named run into a pipe"
[ "$(segments)" -eq 0 ] || complain "a run into a pipe left segments"
exit $wrong
