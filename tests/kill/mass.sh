#!/bin/sh
# tests/kill/mass.sh KILL_RUN CALLS KILLS
#
# Single messages that end CALLS calls (mass.awk), through the smallest outboxes and the default
# ones, undisturbed and with KILLS kills: the same bytes. The same by two front-ends at one time, a
# link each: the same bytes of each link.
set -eu
kill_run=$1 calls=$2 kills=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# replay NAME SEED KILLS WORKERS RESULT OUTBOX TRACE... - a front-end for each trace
replay() {
    name=$1 some_seed=$2 some_kills=$3 some_workers=$4 result=$5 some_outbox=$6
    shift 6
    "$kill_run" "$dir/$name" "$some_seed" "$some_kills" 300 "$some_workers" $# 1024 "$result" \
        "$some_outbox" 100000 jsonl "$@" >"$dir/said"
    grep '^killed ' "$dir/said"
}

awk -v calls="$calls" -f "$(dirname "$0")/mass.awk" </dev/null >"$dir/mass.trace"
sed 's/pbx1/pbx2/' "$dir/mass.trace" >"$dir/other.trace"
replay want 1 0 1 4096 4096 "$dir/mass.trace"
replay other 1 0 1 4096 4096 "$dir/other.trace"
[ "$(wc -l <"$dir/want")" -gt "$((10 * calls))" ]
for workers in 1 2 3; do
    for outbox in 16 4096; do
        for some in 0 "$kills"; do
            replay got "$workers" "$some" "$workers" 64 "$outbox" "$dir/mass.trace"
            cmp "$dir/want" "$dir/got"
            replay got "$workers" "$some" "$workers" 64 "$outbox" "$dir/mass.trace" \
                "$dir/other.trace"
            grep '"Link":"pbx1"' "$dir/got" | cmp "$dir/want" -
            grep '"Link":"pbx2"' "$dir/got" | cmp "$dir/other" -
        done
    done
done
