#!/bin/sh
# tests/kill/run.sh KILL_RUN SIM_GENERATE ROUNDS CALLS [FIRST_SEED]
#
# A simulated site with many related calls, replayed undisturbed and then with every process
# killed all the time, in the smallest rings there can be: the same bytes, the same counters. (How
# many calls move depends on when the front-end hears that one was forgotten.) Each round has other
# numbers of workers, other sizes and another format. Says how many were killed.
set -eu
kill_run=$1 generate=$2 rounds=$3 calls=$4 seed=${5:-1}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

counters() {
    grep -vE '^(killed|records|moves|steps) ' "$1"
}

# undisturbed FORMAT - what has to come out, and the counters.
undisturbed() {
    "$kill_run" "$dir/want" 1 0 1000 1 1 16384 4096 0 100000 "$1" "$dir/site.trace" >"$dir/said"
    counters "$dir/said" >"$dir/want.counters"
}

# disturbed FORMAT SEED PAUSE WORKERS RESULT OUTBOX
disturbed() {
    "$kill_run" "$dir/got" "$2" 1000000 "$3" "$4" 1 1024 "$5" "$6" 100000 "$1" \
        "$dir/site.trace" >"$dir/said"
    counters "$dir/said" >"$dir/got.counters"
    grep '^killed ' "$dir/said"
    if [ "$1" = unordered ]; then
        sort -o "$dir/want" "$dir/want"
        sort -o "$dir/got" "$dir/got"
    fi
    cmp "$dir/want" "$dir/got"
    diff "$dir/want.counters" "$dir/got.counters"
}

round=0
while [ "$round" -lt "$rounds" ]; do
    "$generate" --calls "$calls" --seed "$seed" --links 3 --related $((seed % 3 * 50)) \
        --silent 30 --trace "$dir/site.trace" --truth "$dir/site.truth" 2>"$dir/said"
    case $((seed % 4)) in
    0) format=text ;;
    1) format=unordered ;;
    *) format=jsonl ;;
    esac
    undisturbed "$format"
    for workers in 1 2 3 8; do
        disturbed "$format" "$((seed * 10 + workers))" "$((100 + seed % 5 * 200))" "$workers" \
            64 "$((16 << seed % 4))"
    done
    seed=$((seed + 1))
    round=$((round + 1))
done
