#!/usr/bin/env bash
# What an engine with ten links costs while nobody calls: percent of one core, all its processes.
#
# bench_idle.sh [SECONDS [ROUNDS]]; BUILD names the build directory (build/release).
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/paired.sh

seconds=${1:-5} rounds=${2:-3}
build=$(cd "${BUILD:-build/release}" && pwd)
shares=$(mktemp)
trap 'rm -f "$shares"' EXIT
for ((round = 0; round < rounds; round++)); do
    # It fails above one percent, which is a figure here.
    said=$(tests/live/idle.py "$build/onhook" "$seconds" 2>&1) || true
    sed -nE 's/.*: ([0-9.]+)% of one core.*/\1/p' <<<"$said" >>"$shares"
done
[[ $(wc -l <"$shares") -eq $rounds ]] || { echo "$said" >&2; exit 1; }
case_report idle '% of a core' "$shares"
