#!/usr/bin/env bash
# What this machine carries, as users measure it: `onhook bench` for a site of 5,000 agents, in XML
# and in BER. Prints what it said, and JSON lines of the fastest number of processes.
#
# bench_site.sh [ENCODING...]; BUILD names the build directory (build/release).
set -euo pipefail
cd "$(dirname "$0")/.."

build=${BUILD:-build/release}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shellcheck disable=SC2048 # words, none of which has a space
for one in ${*:-xml ber3}; do
    "$build/onhook" bench --agents 5000 --encoding "$one" --json >"$work/$one.json"
    python3 bench/figures.py site "$one" "$work/$one.json"
done
