#!/bin/sh
# tests/sim/same_bytes.sh SIM_GENERATE - the same seed tells the same story, another another.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for run in 1 2 3; do
    "$1" --messages 5000 --links 3 --seed $((run / 2 + 1)) --trace "$dir/$run.trace" \
        --truth "$dir/$run.truth" 2>"$dir/$run.said"
    "$1" --plain --messages 5000 --seed $((run / 2 + 1)) --framed "$dir/$run.framed"
done
for what in trace truth framed; do
    cmp "$dir/2.$what" "$dir/3.$what"
    if cmp -s "$dir/1.$what" "$dir/2.$what"; then
        echo "another seed, the same $what"
        exit 1
    fi
done
