#!/usr/bin/env bash
# End to end: half a million framed messages of a made-up site through the whole chain, outcomes to
# /dev/null, with 1 and with 2 workers in turn. Prints JSON lines as bench/README.md tells.
#
# bench_replay.sh [MESSAGES] [ROUNDS]; BUILD names the build directory (build/release).
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/paired.sh

messages=${1:-500000}
rounds=${2:-9}
build=${BUILD:-build/release}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Messages a second, by the engine's own clock and count, from the first byte to the last outcome.
replay_once() { # WORKERS
    "$build/onhook" replay --json --workers "$1" --unordered --out /dev/null "$work/site.xml" \
        2>"$work/summary"
    sed -nE 's/.*"messages_per_second":([0-9.]+).*/\1/p' "$work/summary" >>"$work/rates.$1"
}

"$build/tests/sim/sim_generate" --plain --messages "$messages" --framed "$work/site.xml"
# What was really read, in the program's own words; a run that read nothing measures nothing.
replay_once 1
counted=$(sed -nE 's/.*"messages":([0-9]+).*/\1/p' "$work/summary")
[[ ${counted:-0} -ge $((messages / 2)) ]] || {
    cat "$work/summary" >&2
    exit 1
}
rm "$work"/rates.*
for ((round = 0; round < rounds; round++)); do
    replay_once 1
    replay_once 2
done
for workers in 1 2; do
    case_report "replay.workers_$workers" messages/s "$work/rates.$workers"
done
