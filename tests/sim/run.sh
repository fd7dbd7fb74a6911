#!/bin/sh
# tests/sim/run.sh ONHOOK SEED CALLS [option of sim_generate...]
#
# Generates a recording with known truth, replays it with 1, 2, 3 and 8 workers, wants the same
# bytes each time, and checks them against the truth. SIM_DIR: where sim_generate and sim_check
# are (default: tests/sim beside ONHOOK). WORKERS: other numbers of workers. KEEP=DIR: the files
# stay there.
set -eu
onhook=$1 seed=$2 calls=$3
shift 3
sim=${SIM_DIR:-$(dirname "$onhook")/tests/sim}
if [ -n "${KEEP:-}" ]; then
    dir=$KEEP
    mkdir -p "$dir"
else
    dir=$(mktemp -d)
    trap 'rm -rf "$dir"' EXIT
fi
"$sim/sim_generate" --calls "$calls" --seed "$seed" --links 3 "$@" \
    --trace "$dir/site.trace" --truth "$dir/site.truth"
first=
for workers in ${WORKERS:-1 2 3 8}; do
    out=$dir/outcomes.$workers.jsonl
    said=$dir/said.$workers
    if ! "$onhook" replay --workers "$workers" --out "$out" "$dir/site.trace" 2>"$said"; then
        echo "replay with $workers workers failed:"
        tail -5 "$said"
        exit 1
    fi
    if [ -z "$first" ]; then
        first=$out
    elif ! cmp "$first" "$out"; then
        echo "$workers workers write other bytes than ${WORKERS:-1}"
        exit 1
    fi
done
"$sim/sim_check" "$dir/site.truth" "$first"
