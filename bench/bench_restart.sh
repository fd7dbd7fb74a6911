#!/usr/bin/env bash
# A worker that keeps so many live calls (100,000) is killed so many times (100): from the kill to the
# next record that is handled. Prints JSON lines, and on standard error a line for people.
#
# bench_restart.sh [BUILD_FOLDER [KILLS [CALLS]]]; BUILD names the build directory too (build/release).
# Exit: 0 measured, 1 not.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/paired.sh

build=${1:-${BUILD:-build/release}} kills=${2:-100} calls=${3:-100000}
work=$(mktemp -d)
trap 'rm -rf "$work"; rm -f /dev/shm/onhook-restart-time-*' EXIT
printf '[engine]\nmax-calls = %d\n' $((calls * 2)) >"$work/restart.ini"
# Calls that stay, and then others that come and go.
awk -v stay="$calls" -v more=$((calls + kills * 40000)) 'function opened(i) {
    printf "%.4f pbx < 9999 <OriginatedEvent><originatedConnection><callID>c%d</callID>" \
        "<deviceID>2001</deviceID></originatedConnection></OriginatedEvent>\n", i / 10000, i }
function cleared(i) {
    printf "%.4f pbx < 9999 <ConnectionClearedEvent><droppedConnection><callID>c%d</callID>" \
        "<deviceID>2001</deviceID></droppedConnection></ConnectionClearedEvent>\n", i / 10000, i }
BEGIN { print "# onhook-trace 1"
    for (i = 0; i < stay; i++) opened(i)
    for (; i < more; i++) { opened(i); cleared(i) } }' >"$work/site.trace"
"$build/tests/torture/restart_time" "$build/onhook" "$work" "$kills" "$work/restart.ini" \
    "$work/site.trace" "$calls" >&2 || { tail -n 5 "$work/said" >&2; exit 1; }
case_report restart ms "$work/times_ms"
python3 bench/figures.py percentile restart.p99 ms 99 "$work/times_ms"
