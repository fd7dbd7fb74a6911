#!/usr/bin/env bash
# What it costs to keep how long messages take (ipc/histogram.h): 600,000 framed messages end to
# end, by a build that keeps it and by one that does not, in turn. Elapsed time, and processor time,
# which suffers less from neighbours.
#
# bench_latency.sh [MESSAGES] [ROUNDS]; BUILD names the build directory (build/release), UNTIMED the
# one without (build/untimed, made if it is not there).
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/paired.sh

messages=${1:-600000}
rounds=${2:-9}
build=${BUILD:-build/release}
untimed=${UNTIMED:-build/untimed}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

other_build "$untimed" -DONHOOK_UNTIMED=ON

replay_once() { # BUILD CASE
    local TIMEFORMAT='%R %U %S'
    { time "$1/onhook" replay -q --unordered --out /dev/null "$work/site.xml"; } 2>"$work/time"
    awk '{ print $1 >>elapsed; print $2 + $3 >>processor }' \
        elapsed="$work/elapsed.$2" processor="$work/processor.$2" "$work/time"
}

"$build/tests/sim/sim_generate" --plain --messages "$messages" --framed "$work/site.xml"
replay_once "$build" warm
for ((round = 0; round < rounds; round++)); do
    replay_once "$build" timed
    replay_once "$untimed" untimed
done
paired_report latency.elapsed latency.elapsed.untimed "$work/elapsed.timed" "$work/elapsed.untimed"
paired_report latency.processor latency.processor.untimed "$work/processor.timed" \
    "$work/processor.untimed"
