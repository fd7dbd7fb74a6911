#!/usr/bin/env bash
# onhook beside the pipeline one would build without it (bench/twin.c), over the same framed XML,
# outcomes to /dev/null, in turn. onhook runs with all its protections, the twin has none. Elapsed
# time, and processor time, which suffers less from neighbours.
#
# bench_twin.sh [MESSAGES] [ROUNDS]; BUILD names the build directory (build/release).
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/paired.sh

messages=${1:-600000}
rounds=${2:-8}
build=${BUILD:-build/release}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

[[ -x $build/bench/twin ]] || { echo "bench_twin: the twin needs uthash-dev" >&2; exit 0; }

timed() { # CASE COMMAND...
    local TIMEFORMAT='%R %U %S' name=$1
    shift
    { time "$@" >/dev/null 2>"$work/said.$name"; } 2>"$work/time"
    awk '{ print $1 >>elapsed; print $2 + $3 >>processor }' elapsed="$work/elapsed.$name" \
        processor="$work/processor.$name" "$work/time"
}

"$build/tests/sim/sim_generate" --plain --messages "$messages" --framed "$work/site.xml"
for ((round = 0; round < rounds; round++)); do
    timed onhook "$build/onhook" replay --json --unordered --out /dev/null "$work/site.xml"
    timed twin "$build/bench/twin" "$work/site.xml"
done
# Both read the same messages, or nothing was compared.
for case in onhook twin; do
    sed -nE 's/.*"messages":([0-9]+).*/\1/p' "$work/said.$case" >"$work/messages.$case"
done
cmp "$work/messages.onhook" "$work/messages.twin" >&2
paired_report twin.onhook twin.onhook.twin "$work/elapsed.onhook" "$work/elapsed.twin"
paired_report twin.processor twin.processor.twin "$work/processor.onhook" "$work/processor.twin"
