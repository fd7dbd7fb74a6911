#!/usr/bin/env bash
# What it costs that any process may be killed: a replay by this build beside one that writes down
# nothing of what it changes (cmake -DONHOOK_UNPROTECTED=ON), in turn. A ratio of 0.8 is a price of 1.25.
#
# bench_price.sh UNPROTECTED_BUILD [MESSAGES [ROUNDS]]; BUILD names the other (build/release).
# Exit: 0 measured, 1 not, 2 wrong usage.
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/paired.sh

[[ $# -ge 1 ]] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
bare=$1 messages=${2:-1000000} rounds=${3:-9}
build=${BUILD:-build/release}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

timed() { # CASE BUILD
    local TIMEFORMAT='%R' name=$1
    shift
    { time "$1/onhook" replay -q --unordered --workers 1 --out /dev/null "$work/site.xml"; } \
        2>>"$work/elapsed.$name"
}

"$build/tests/sim/sim_generate" --plain --messages "$messages" --framed "$work/site.xml"
for ((round = 0; round < rounds; round++)); do
    timed protected "$build"
    timed none "$bare"
done
paired_report price.protected price.protected.none "$work/elapsed.protected" "$work/elapsed.none"
