#!/bin/sh
# run.sh BUILD_FOLDER KILLS SEED [MESSAGES [FRONTENDS]] - torture a replay of a simulated site with 4
# workers: a third of the stories relate calls. With several front-ends each link's messages are a
# file, and each front-end reads some of them. KEEP=FOLDER: the files stay there.
# Exit: 0 every disturbed run printed what the undisturbed one did, 1 not, 2 wrong usage.
set -eu
if [ $# -lt 3 ]; then
    echo "usage: run.sh BUILD_FOLDER KILLS SEED [MESSAGES [FRONTENDS]]" >&2
    exit 2
fi
build=$1
messages=${4:-100000}
frontends=${5:-1}
work=${KEEP:-$(mktemp -d)}
mkdir -p "$work"
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
"$build/tests/sim/sim_generate" --messages "$messages" --seed "$3" --links $((frontends + 2)) \
    --related 33 --trace "$work/site.trace" --truth "$work/site.truth"
set -- "$2" "$3" "$work/site.trace"
if [ "$frontends" -gt 1 ]; then
    rm -f "$work"/link-*.trace
    awk -v dir="$work" -f "$(dirname "$0")/../kill/by_link.awk" "$work/site.trace"
    set -- "$1" "$2" "$work"/link-*.trace
fi
kills=$1 seed=$2
shift 2
"$build/tests/torture/torture" "$build/onhook" "$work" "$kills" "$seed" 4 "$frontends" "$@"
