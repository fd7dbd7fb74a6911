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

# Many short calls, and one that lasts.
awk 'function originated(ms, call) {
    printf "%.3f pbx < 9999 <OriginatedEvent><originatedConnection><callID>%s</callID>" \
        "<deviceID>2001</deviceID></originatedConnection></OriginatedEvent>\n", ms / 1000, call }
function cleared(ms, call) {
    printf "%.3f pbx < 9999 <ConnectionClearedEvent><droppedConnection><callID>%s</callID>" \
        "<deviceID>2001</deviceID></droppedConnection><releasingDevice><deviceIdentifier>2001" \
        "</deviceIdentifier></releasingDevice></ConnectionClearedEvent>\n", ms / 1000, call }
BEGIN { print "# onhook-trace 1"
    originated(0, "lasting")
    for (i = 1; i < 300000; i++) { originated(i, "c" i); cleared(i, "c" i) }
    cleared(i, "lasting") }' >"$work/long.trace"
"$onhook" replay -q --out "$work/want" "$work/long.trace" || complain "the undisturbed run"

worker_pid() {
    "$onhook" rings --name "$name" --json 2>"$work/none" | python3 -c 'import json, sys
print(*(p["Pid"] for p in json.load(sys.stdin)["Processes"] if p["Role"] == "worker" and p["Pid"]))' \
        2>"$work/none"
}

# begin INPUT OPTION... - a run whose worker stands still when a part is written
begin() {
    input=$1
    shift
    rm -f "$work/got"
    "$onhook" replay -q --name "$name" --fresh --workers 1 --out "$work/got" "$@" "$input" 2>"$work/said" &
    supervisor=$!
    part=$(($(wc -c <"$work/want") / 16))
    pid=
    until [ -n "$pid" ]; do
        pid=$(worker_pid)
    done
    for _ in $(seq 2000); do
        [ "$(stat -c %s "$work/got" 2>"$work/none" || echo 0)" -gt $part ] && break
        sleep 0.005
    done
    kill -STOP "$pid" || complain "the worker had ended"
}

# turn PLACE - one byte of the worker's table; places are counted from its first call's block
turn() {
    python3 - "/dev/shm/onhook-$name.calls-0" "$1" <<'END'
import struct, sys
TABLE = 4096  # struct shm_call_table, behind the segment's identity
with open(sys.argv[1], "r+b") as table:
    table.seek(TABLE + 72)  # blocks_offset
    place = TABLE + struct.unpack("<Q", table.read(8))[0] + int(sys.argv[2])
    table.seek(place)
    byte = table.read(1)[0]
    table.seek(place)
    table.write(bytes([byte ^ 0x10]))
END
}

crash() {
    kill -SEGV "$pid"
    kill -CONT "$pid"
}

damage="worker 0: its table of calls is damaged: a call"

# The call that lasts is not what the record in hand is about, whose changes are undone.
begin "$work/long.trace"
turn 40
crash
wait "$supervisor" || complain "a damaged table: exit code $?"
grep -q "$damage" "$work/said" || complain "nothing was said of the damage"
grep -q "beginning again from the first input" "$work/said" || complain "it did not begin again"
cmp "$work/want" "$work/got" || complain "other bytes after damage"

# Without damage the worker goes on where it was.
begin "$work/long.trace"
turn $((1 << 26)) # behind all there is
crash
wait "$supervisor" || complain "a crash: exit code $?"
grep -q "beginning again" "$work/said" && complain "it began again without need"
cmp "$work/want" "$work/got" || complain "other bytes after a crash"

# What came through a pipe cannot be read again.
mkfifo "$work/pipe"
cat "$work/long.trace" >"$work/pipe" &
begin "$work/pipe"
turn 40
crash
wait "$supervisor" && complain "a run that could not be right ended well"
grep -q "$damage" "$work/said" || complain "the damage of a pipe's run"
grep -q "beginning again" "$work/said" && complain "a pipe was to be read again"
[ $wrong -eq 0 ] || cat "$work/said"
exit $wrong
