#!/bin/sh
# run.sh BUILD_FOLDER KILLS SEED [MESSAGES] - torture a replay of a simulated site with 4 workers: a
# third of the stories relate calls. KEEP=FOLDER: the files stay there.
# Exit: 0 every disturbed run printed what the undisturbed one did, 1 not, 2 wrong usage.
set -eu
if [ $# -lt 3 ]; then
    echo "usage: run.sh BUILD_FOLDER KILLS SEED [MESSAGES]" >&2
    exit 2
fi
build=$1
messages=${4:-100000}
work=${KEEP:-$(mktemp -d)}
mkdir -p "$work"
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
"$build/tests/sim/sim_generate" --messages "$messages" --seed "$3" --links 3 --related 33 \
    --trace "$work/site.trace" --truth "$work/site.truth"
"$build/tests/torture/torture" "$build/onhook" "$work/site.trace" "$work" "$2" "$3" 4
