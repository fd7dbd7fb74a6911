#!/bin/sh
# wild_store.sh - a worker that crashes, and has written over its own table of calls before it: the
# damage is found and named. A replay of files into a file begins again, and ends as if nothing had
# been; where that cannot be, it fails in words.
#
# usage: wild_store.sh ONHOOK_BINARY
# Exit: 0 as promised, 1 not, 2 wrong usage.

onhook=$1
if [ $# -ne 1 ] || [ ! -x "$onhook" ]; then
    echo "usage: wild_store.sh ONHOOK_BINARY" >&2
    exit 2
fi
work=$(mktemp -d) || exit 2
name=wild-store-$$
wrong=0
supervisor=
trap 'rm -rf "$work"; rm -f /dev/shm/onhook-"$name".*' EXIT

complain() {
    echo "$1"
    wrong=1
}

awk 'BEGIN { for (i = 0; i < 300000; i++) {
    printf "%d.000 pbx < 9999 <OriginatedEvent><originatedConnection><callID>c%d</callID>" \
        "<deviceID>2001</deviceID></originatedConnection></OriginatedEvent>\n", i, i
    printf "%d.500 pbx < 9999 <ConnectionClearedEvent><droppedConnection><callID>c%d</callID>" \
        "<deviceID>2001</deviceID></droppedConnection><releasingDevice><deviceIdentifier>2001" \
        "</deviceIdentifier></releasingDevice></ConnectionClearedEvent>\n", i, i } }' |
    sed '1i # onhook-trace 1' >"$work/long.trace"
"$onhook" replay -q --out "$work/want" "$work/long.trace" || complain "the undisturbed run"

# begin INPUT OPTION... - a run of which a part is written
begin() {
    input=$1
    shift
    rm -f "$work/got"
    "$onhook" replay -q --name "$name" --fresh --out "$work/got" "$@" "$input" 2>"$work/said" &
    supervisor=$!
    part=$(($(wc -c <"$work/want") / 16))
    for _ in $(seq 2000); do
        [ "$(stat -c %s "$work/got" 2>"$work/none" || echo 0)" -gt $part ] && break
        sleep 0.005
    done
}

# crash BYTE... - worker 0 stands still, has these bytes of its table turned over, ends by a fault
crash() {
    pid=$("$onhook" rings --name "$name" --json | python3 -c 'import json, sys
print(*(p["Pid"] for p in json.load(sys.stdin)["Processes"] if p["Role"] == "worker" and p["Index"] == 0))')
    kill -STOP "$pid"
    python3 - "/dev/shm/onhook-$name.calls-0" "$@" <<'END'
import sys
with open(sys.argv[1], "r+b") as table:
    for place in map(int, sys.argv[2:]):
        table.seek(place)
        byte = table.read(1)[0]
        table.seek(place)
        table.write(bytes([byte ^ 0x10]))
END
    kill -SEGV "$pid"
    kill -CONT "$pid"
}

# Of the heads of all lists of free blocks: what the record in hand has changed of them is undone.
heads=$(seq $((4096 + 90)) 8 $((4096 + 90 + 33 * 8)))

begin "$work/long.trace"
# shellcheck disable=SC2086 # a list of numbers
crash $heads
wait "$supervisor" || complain "a damaged table: exit code $?"
grep -q "worker 0: its table of calls is damaged: the list of free blocks" "$work/said" ||
    complain "nothing was said of the damage"
grep -q "beginning again from the first input" "$work/said" || complain "it did not begin again"
cmp "$work/want" "$work/got" || complain "other bytes after damage"

# Without damage the worker goes on where it was.
begin "$work/long.trace"
crash $((4096 + 16 * 4096 * 1024)) # behind all there is
wait "$supervisor" || complain "a crash: exit code $?"
grep -q "beginning again" "$work/said" && complain "it began again without need"
cmp "$work/want" "$work/got" || complain "other bytes after a crash"

# What came through a pipe cannot be read again.
mkfifo "$work/pipe"
cat "$work/long.trace" >"$work/pipe" &
begin "$work/pipe"
# shellcheck disable=SC2086 # a list of numbers
crash $heads
wait "$supervisor" && complain "a run that could not be right ended well"
grep -q "its table of calls is damaged" "$work/said" || complain "the damage of a pipe's run"
grep -q "beginning again" "$work/said" && complain "a pipe was to be read again"
[ $wrong -eq 0 ] || cat "$work/said"
exit $wrong
