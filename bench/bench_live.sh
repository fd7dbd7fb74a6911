#!/usr/bin/env bash
# The engine on a live link, over loopback TCP: how many messages a second it takes, and how late
# outcomes are with 50,000 messages offered each second, by an open loop. Prints JSON lines.
#
# bench_live.sh [OFFERED [ROUNDS]]; BUILD names the build directory (build/release).
set -euo pipefail
cd "$(dirname "$0")/.."

build=${BUILD:-build/release}
said=$(mktemp)
trap 'rm -f "$said"' EXIT
"$build/onhook" bench --agents 5000 --offered "${1:-50000}" --rounds "${2:-9}" --seconds 1.5 \
    --json >"$said"
python3 bench/figures.py live "$said"
