#!/bin/sh
# slow_sink.sh ONHOOK_BINARY SIM_GENERATE [SECONDS] [MESSAGES] - whoever takes the results stands
# still for a while under full input: first the reader of a FIFO, then the publisher itself (SIGSTOP).
# Meanwhile no process and no segment grows; afterwards everything comes out.
# Exit: 0 as promised, 1 not, 2 wrong usage.
set -eu
if [ $# -lt 2 ]; then
    echo "usage: slow_sink.sh ONHOOK_BINARY SIM_GENERATE [SECONDS] [MESSAGES]" >&2
    exit 2
fi
onhook=$1
seconds=${3:-4}
work=$(mktemp -d)
name=slow-sink-$$
wrong=0
trap 'rm -rf "$work"; rm -f /dev/shm/onhook-"$name".*' EXIT
"$2" --messages "${4:-300000}" --seed 3 --links 3 --related 33 --trace "$work/site.trace" \
    --truth "$work/site.truth" 2>/dev/null
"$onhook" replay -q --workers 2 --out "$work/want" "$work/site.trace"

complain() {
    echo "$1"
    wrong=1
}

children() {
    cat /proc/"$1"/task/"$1"/children
}

# KiB that the run's processes have for themselves, and that its segments take.
memory_of() {
    for pid in $(children "$1"); do
        sed -n 's/^RssAnon:[[:space:]]*\([0-9]*\) kB$/\1/p' "/proc/$pid/status"
    done | awk '{ sum += $1 } END { print sum + 0 }'
}

segments_of() {
    du -ck /dev/shm/onhook-"$name".* | awk 'END { print $1 }'
}

# watch WHAT SUPERVISOR - first it fills up, then it stands still and does not grow
watch() {
    segments=0
    segments_later=1
    while [ "$segments" -ne "$segments_later" ]; do
        segments=$segments_later
        sleep 2
        segments_later=$(segments_of)
    done
    memory=$(memory_of "$2")
    sleep "$seconds"
    later=$(memory_of "$2")
    segments_later=$(segments_of)
    echo "$1: $memory KiB in processes, $segments KiB in segments; then $later and $segments_later"
    [ "$memory" -gt 0 ] || complain "$1: the run was over before it could be looked at"
    [ "$later" -le "$((memory + 256))" ] || complain "$1: processes grew"
    [ "$segments_later" -le "$((segments + 256))" ] || complain "$1: segments grew"
}

mkfifo "$work/pipe"
(exec <"$work/pipe"; while [ ! -e "$work/go" ]; do sleep 0.1; done; cat >"$work/got") &
reader=$!
"$onhook" replay -q --name "$name" --workers 2 --out "$work/pipe" "$work/site.trace" &
supervisor=$!
watch "a reader that reads nothing" "$supervisor"
touch "$work/go"
wait "$supervisor" || complain "the run into a FIFO failed"
wait "$reader"
cmp "$work/want" "$work/got" || wrong=1

"$onhook" replay -q --name "$name" --workers 2 --out "$work/got" "$work/site.trace" &
supervisor=$!
publisher=
while [ -z "$publisher" ]; do
    publisher=$(children "$supervisor" | cut -d' ' -f1)
done
kill -STOP "$publisher"
watch "a publisher that is stopped" "$supervisor"
kill -CONT "$publisher"
wait "$supervisor" || complain "the run with a stopped publisher failed"
cmp "$work/want" "$work/got" || wrong=1
exit $wrong
