#!/bin/sh
# tests/kill/frontends.sh KILL_RUN SIM_GENERATE ROUNDS CALLS [FIRST_SEED]
#
# A simulated site of eight links, cut into a trace for each link: read by one front-end and
# undisturbed, and then by several, with every process killed all the time, in the smallest rings
# there can be. What is said of each link must be the same bytes, and the counters the same (but for
# the heads of the traces). Says how many were killed.
set -eu
kill_run=$1 generate=$2 rounds=$3 calls=$4 seed=${5:-1}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

counters() {
    grep -vE '^(killed|records|moves|steps|bytes_read) ' "$1"
}

# by_link FILE - one link after the other, each as it was; `unordered`: each sorted.
by_link() {
    sed 's/.*"Link":"\([^"]*\)".*/\1 &/' "$1" >"$1.named"
    if [ "$format" = unordered ]; then
        sort "$1.named"
    else
        sort -s -k1,1 "$1.named"
    fi
}

# cut_up - the site's trace in $dir/link-N.trace
cut_up() {
    rm -f "$dir"/link-*.trace
    awk -v dir="$dir" '
        /^# onhook-trace/ { head = $0; next }
        { name = $1 == "#" ? $3 : $2; file = dir "/link-" name ".trace" }
        !(name in known) { known[name] = 1; print head >file }
        { print >file }' "$dir/site.trace"
}

# disturbed SEED WORKERS FRONTENDS OUTBOX KILLS
disturbed() {
    "$kill_run" "$dir/got" "$1" "$5" "$((100 + seed % 5 * 200))" "$2" "$3" 1024 64 "$4" 100000 \
        "$format" "$dir"/link-*.trace >"$dir/said"
    counters "$dir/said" >"$dir/got.counters"
    grep '^killed ' "$dir/said"
    by_link "$dir/got" >"$dir/got.links"
    cmp "$dir/want.links" "$dir/got.links"
    diff "$dir/want.counters" "$dir/got.counters"
}

round=0
while [ "$round" -lt "$rounds" ]; do
    "$generate" --calls "$calls" --seed "$seed" --links 8 --related $((seed % 3 * 50)) \
        --silent 30 --trace "$dir/site.trace" --truth "$dir/site.truth" 2>"$dir/said"
    cut_up
    format=jsonl
    [ $((seed % 3)) -ne 0 ] || format=unordered
    "$kill_run" "$dir/want" 1 0 1000 1 1 16384 4096 0 100000 "$format" "$dir/site.trace" \
        >"$dir/said"
    counters "$dir/said" >"$dir/want.counters"
    by_link "$dir/want" >"$dir/want.links"
    [ -s "$dir/want.links" ]
    for workers in 1 2 3; do
        for frontends in 2 4; do
            disturbed "$((seed * 10 + workers))" "$workers" "$frontends" "$((16 << seed % 4))" 0
            disturbed "$((seed * 10 + workers))" "$workers" "$frontends" "$((16 << seed % 4))" \
                1000000
        done
    done
    seed=$((seed + 1))
    round=$((round + 1))
done
