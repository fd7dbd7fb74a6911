#!/usr/bin/env bash
# How the cost of a message grows: with live calls, links, workers, parties of a call, copies of each
# event. One series at a time, its points in turn in each round, by `onhook replay`, outcomes to
# /dev/null. All points of a series read the same number of messages; those of live calls read the
# very same ones in another order. Prints a JSON line a point, growth.SERIES.POINT.
#
# bench_growth.sh [SERIES...]: live links workers parties copies; all unless said. BUILD names the
# build directory (build/release); QUICK is set: few messages, one round, shows that it works.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/paired.sh

build=${BUILD:-build/release}
messages=300000 live_messages=4000000 rounds=3 live_rounds=3
if [[ -n ${QUICK:-} ]]; then messages=4000 live_messages=4000 rounds=1 live_rounds=1; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '[engine]\nmax-calls = 2097152\n' >"$work/growth.ini"

# load POINT MESSAGES LINKS LIVE PARTIES COPIES
load() {
    local link share=$(($2 / $3)) live=$(($4 / $3))
    mkdir -p "$work/load.$1"
    for ((link = 1; link <= $3; link++)); do
        bench/growth_load.py "$share" $((live > 0 ? live : 1)) "$5" "$6" "$work/load.$1/link$link"
        bench/growth_load.py 1 1 "$5" "$6" "$work/load.$1/few$link"
    done
}

replay() { # WORKERS FILE...
    "$build/onhook" replay -c "$work/growth.ini" --json --workers "$1" --unordered \
        --out /dev/null "${@:2}" 2>&1 | tail -n 1
}

# ns a message: what the load takes more than a call a link does, for starting so many processes and
# links is no cost of a message. By the engine's own clock and count; a run that could not read all,
# or had to drop a call, measured something else.
replay_once() { # POINT WORKERS
    replay "$2" "$work/load.$1"/few* >"$work/few"
    replay "$2" "$work/load.$1"/link* >"$work/said"
    python3 - "$work/few" "$work/said" <<'END' >>"$work/times.$1"
import json, sys
few, said = (json.load(open(path)) for path in sys.argv[1:])
counters = said["counters"]
assert counters["messages"] > 0 and counters["unreadable"] == 0, said
assert counters["calls_forced_out"] == 0 and counters["directory_full"] == 0, said
print((said["seconds"] - few["seconds"]) * 1e9 /
      (counters["messages"] - few["counters"]["messages"]))
END
}

# series NAME ROUNDS POINT... - loads stand already; the workers of a point are ${workers[POINT]:-1}
declare -A workers=()
series() {
    local name=$1 count=$2 point round
    shift 2
    for ((round = 0; round < count; round++)); do
        for point in "$@"; do replay_once "$point" "${workers[$point]:-1}"; done
    done
    for point in "$@"; do case_report "growth.$name.$point" ns/message "$work/times.$point"; done
    rm -rf "$work"/load.* "$work"/times.*
}

measure_live() {
    local live
    # The most is a quarter of the calls there are: it stands for three quarters of the run.
    for live in 1000 16000 250000; do load "$live" "$live_messages" 1 "$live" 2 1; done
    series live "$live_rounds" 1000 16000 250000
}

measure_links() {
    local links
    for links in 1 4 16 64; do load "$links" "$messages" "$links" 1000 2 1; done
    series links "$rounds" 1 4 16 64
}

measure_workers() {
    local count
    for count in 1 2 4 8; do
        load "$count" "$messages" 1 1000 2 1
        workers[$count]=$count
    done
    series workers "$rounds" 1 2 4 8
    workers=()
}

measure_parties() {
    local parties
    for parties in 2 8 32 64; do load "$parties" "$messages" 1 100 "$parties" 1; done
    series parties "$rounds" 2 8 32 64
}

measure_copies() {
    local copies
    for copies in 1 2 4 8; do load "$copies" "$messages" 1 1000 2 "$copies"; done
    series copies "$rounds" 1 2 4 8
}

if [[ $# -eq 0 ]]; then set -- live links workers parties copies; fi
for one in "$@"; do
    [[ $(type -t "measure_$one") == function ]] || { echo "bench_growth.sh: no series $one" >&2; exit 2; }
    "measure_$one"
done
