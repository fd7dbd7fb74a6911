#!/usr/bin/env bash
# What it costs that any process may be killed: a replay by this build beside one that writes down
# nothing of what it changes (cmake -DONHOOK_UNPROTECTED=ON), in turn. A ratio of 0.8 is a price of 1.25.
#
# bench_price.sh [MESSAGES [ROUNDS]]; BUILD names the build directory (build/release), UNPROTECTED the
# one without (build/unprotected, made if it is not there).
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/paired.sh

messages=${1:-600000} rounds=${2:-9}
build=${BUILD:-build/release}
bare=${UNPROTECTED:-build/unprotected}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

timed() { # CASE BUILD
    local TIMEFORMAT='%R' name=$1
    shift
    { time "$1/onhook" replay -q --unordered --workers 1 --out /dev/null "$work/site.xml"; } \
        2>>"$work/elapsed.$name"
}

other_build "$bare" -DONHOOK_UNPROTECTED=ON
"$build/tests/sim/sim_generate" --plain --messages "$messages" --framed "$work/site.xml"
for ((round = 0; round < rounds; round++)); do
    timed protected "$build"
    timed none "$bare"
done
paired_report price.protected price.protected.none "$work/elapsed.protected" "$work/elapsed.none"
