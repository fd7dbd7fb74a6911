#!/bin/sh
# tests/kill/mass.sh KILL_RUN CALLS KILLS
#
# Single messages that end CALLS calls (mass.awk), through the smallest outboxes and the default
# ones, undisturbed and with KILLS kills: the same bytes, the same counters.
set -eu
kill_run=$1 calls=$2 kills=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# replay NAME SEED KILLS WORKERS RESULT OUTBOX
replay() {
    "$kill_run" "$dir/$1" "$2" "$3" 300 "$4" 1024 "$5" "$6" 100000 jsonl "$dir/mass.trace" \
        >"$dir/said"
    grep '^killed ' "$dir/said"
    grep -vE '^(killed|records|moves|steps) ' "$dir/said" >"$dir/$1.counters"
}

awk -v calls="$calls" -f "$(dirname "$0")/mass.awk" </dev/null >"$dir/mass.trace"
replay want 1 0 1 4096 4096
[ "$(wc -l <"$dir/want")" -gt "$((10 * calls))" ]
for workers in 1 2 3; do
    for outbox in 16 4096; do
        for some in 0 "$kills"; do
            replay got "$workers" "$some" "$workers" 64 "$outbox"
            cmp "$dir/want" "$dir/got"
        done
    done
done
