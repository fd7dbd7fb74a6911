#!/usr/bin/env bash
# End to end: a million framed messages of a made-up site through the whole chain, outcomes to
# /dev/null, with 1 and with 2 workers in turn. Prints JSON lines as bench/README.md tells.
#
# bench_replay.sh [MESSAGES] [ROUNDS]; BUILD names the build directory (build/release).
set -euo pipefail
cd "$(dirname "$0")/.."

messages=${1:-1000000}
rounds=${2:-3}
build=${BUILD:-build/release}
commit=${ONHOOK_COMMIT:-$(git describe --always --dirty 2>/dev/null || echo unknown)}
model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Nanoseconds of one message, this time.
replay_once() { # WORKERS
    local start end
    start=$(date +%s%N)
    "$build/onhook" replay --json --workers "$1" --unordered --out /dev/null "$work/site.xml" \
        2>"$work/summary"
    end=$(date +%s%N)
    echo $((end - start)) >>"$work/times.$1"
}

report() { # WORKERS
    sort -n "$work/times.$1" | awk -v messages="$counted" -v workers="$1" -v rounds="$rounds" \
        -v commit="$commit" -v model="$model" -v cores="$(nproc)" '
    { value[NR] = messages / ($1 / 1e9) }
    END {
        median = NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2
        printf "{\"name\":\"replay.workers_%d\",\"median\":%.0f,\"least\":%.0f,\"most\":%.0f,",
            workers, median, value[NR], value[1]
        printf "\"unit\":\"messages/s\",\"rounds\":%d,", rounds
        printf "\"machine\":{\"cpu\":\"%s\",\"cores\":%d},", model, cores
        printf "\"commit\":\"%s\"}\n", commit
    }'
}

"$build/tests/sim/sim_generate" --plain --messages "$messages" --framed "$work/site.xml"
# What was really read, in the program's own words; a run that read nothing measures nothing.
replay_once 1
counted=$(sed -nE 's/.*"messages":([0-9]+).*/\1/p' "$work/summary")
[[ ${counted:-0} -ge $((messages / 2)) ]] || {
    cat "$work/summary" >&2
    exit 1
}
rm "$work"/times.*
for ((round = 0; round < rounds; round++)); do
    replay_once 1
    replay_once 2
done
report 1
report 2
