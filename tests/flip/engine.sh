#!/bin/sh
# tests/flip/engine.sh BUILD_FOLDER FLIPS SEED [CALLS [FRONTENDS]]
#
# A replay of a simulated site is killed, a bit of its shared memory is turned over, and it is
# started again; so many times. KEEP=FOLDER: the files stay there.
# Exit: 0 no run hung, crashed or was silently wrong where a checksum stands, 1 not, 2 wrong usage.
set -eu
if [ $# -lt 3 ]; then
    echo "usage: engine.sh BUILD_FOLDER FLIPS SEED [CALLS [FRONTENDS]]" >&2
    exit 2
fi
build=$1 flips=$2 seed=$3
calls=${4:-800}
frontends=${5:-1}
work=${KEEP:-$(mktemp -d)}
mkdir -p "$work"
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
printf '[engine]\nring-slots = 1024\nresult-slots = 64\noutbox-slots = 64\nmax-calls = 300\n' \
    >"$work/flip.ini"
"$build/tests/sim/sim_generate" --calls "$calls" --seed "$seed" --links $((frontends + 2)) \
    --related 33 --trace "$work/site.trace" --truth "$work/site.truth"
set -- "$work/site.trace"
if [ "$frontends" -gt 1 ]; then
    rm -f "$work"/link-*.trace
    awk -v dir="$work" -f "$(dirname "$0")/../kill/by_link.awk" "$work/site.trace"
    set -- "$work"/link-*.trace
fi
"$build/tests/flip/engine_flip" "$build/onhook" "$work" "$flips" "$seed" 2 "$frontends" "$@"
