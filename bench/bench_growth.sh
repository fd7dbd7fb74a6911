#!/usr/bin/env bash
# How the cost of a message grows: with live calls, links, workers, parties of a call, copies of each
# event. One series at a time, its points in turn in each round, by `onhook replay`, outcomes to
# /dev/null. Prints a JSON line a point; with gnuplot, build/bench/growth-SERIES.svg as well.
#
# bench_growth.sh [MESSAGES] [ROUNDS]; BUILD names the build directory (build/release), PLOTS where
# the pictures go (build/bench).
set -euo pipefail
cd "$(dirname "$0")/.."

messages=${1:-400000}
rounds=${2:-5}
build=${BUILD:-build/release}
plots=${PLOTS:-build/bench}
commit=${ONHOOK_COMMIT:-$(git describe --always --dirty 2>/dev/null || echo unknown)}
model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# load POINT LINKS LIVE PARTIES COPIES - the same number of messages for every point of a series
load() {
    local link share=$((messages / $2)) live=$(($3 / $2))
    mkdir -p "$work/$1"
    for ((link = 1; link <= $2; link++)); do
        bench/growth_load.py "$share" $((live > 0 ? live : 1)) "$4" "$5" "$work/$1/link$link"
    done
}

# What was read, in the program's own words: a run that read something else measured nothing.
replay_once() { # POINT WORKERS
    local TIMEFORMAT='%R'
    { time "$build/onhook" replay --json --workers "$2" --unordered --out /dev/null \
        "$work/$1"/link* 2>"$work/said"; } 2>>"$work/times.$1"
    grep -q '"unreadable":0,' "$work/said"
    sed -nE 's/.*"messages":([0-9]+).*/\1/p' "$work/said" >"$work/count.$1"
}

report() { # SERIES POINT
    sort -n "$work/times.$2" | awk -v messages="$(cat "$work/count.$2")" -v name="growth.$1.$2" \
        -v commit="$commit" -v model="$model" -v cores="$(nproc)" -v point="$2" \
        -v data="$work/data.$1" '
    { value[NR] = $1 * 1e9 / messages }
    END {
        median = NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2
        printf "{\"name\":\"%s\",\"median\":%.0f,\"least\":%.0f,\"most\":%.0f,", name, median,
            value[1], value[NR]
        printf "\"unit\":\"ns/message\",\"rounds\":%d,", NR
        printf "\"machine\":{\"cpu\":\"%s\",\"cores\":%d},\"commit\":\"%s\"}\n", model, cores, commit
        print point, median, value[1], value[NR] >>data
    }'
}

plot() { # SERIES WORDS
    command -v gnuplot >/dev/null || return 0
    mkdir -p "$plots"
    sort -n "$work/data.$1" >"$work/sorted"
    gnuplot <<END
set terminal svg size 640,400
set output "$plots/growth-$1.svg"
set logscale x 2
set yrange [0:*]
set xlabel "$2"
set ylabel "ns a message"
set grid
plot "$work/sorted" using 1:2:3:4 with yerrorlines notitle
END
}

# series NAME WORDS POINT... - loads stand already; the workers of a point are ${workers[POINT]:-1}
declare -A workers=()
series() {
    local name=$1 words=$2 point round
    shift 2
    for ((round = 0; round < rounds; round++)); do
        for point in "$@"; do replay_once "$point" "${workers[$point]:-1}"; done
    done
    for point in "$@"; do report "$name" "$point"; done
    plot "$name" "$words"
    rm -rf "$work"/[0-9]* "$work"/times.* "$work"/count.*
}

for live in 1000 10000 100000; do load "$live" 1 "$live" 2 1; done
series live "live calls" 1000 10000 100000

for links in 1 4 16 64; do load "$links" "$links" 1000 2 1; done
series links "links" 1 4 16 64

for count in 1 2 4 8; do
    load "$count" 1 1000 2 1
    workers[$count]=$count
done
series workers "workers" 1 2 4 8
workers=()

for parties in 2 8 32 64; do load "$parties" 1 100 "$parties" 1; done
series parties "parties of a call" 2 8 32 64

for copies in 1 2 4 8; do load "$copies" 1 1000 2 "$copies"; done
series copies "copies of each event" 1 2 4 8
