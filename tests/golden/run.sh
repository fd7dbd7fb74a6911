#!/bin/sh
# run.sh - replays golden traces and compares the outcomes byte for byte.
#
# usage: [WORKERS="1 2 3 8"] run.sh ONHOOK_BINARY [NAME-PATTERN]
#
# NAME.jsonl is what must come out of NAME.trace (or of NAME, an input without extension), for
# every number of workers. NAME.ini, if it is there, is the configuration. A trace that has a line
# `#exit 3` holds messages that cannot be read. Exit: 0 all as expected, 1 not, 2 wrong usage.

onhook=$1
pattern=${2:-*}
if [ -z "$onhook" ] || [ $# -gt 2 ]; then
    echo "usage: run.sh ONHOOK_BINARY [NAME-PATTERN]" >&2
    exit 2
fi
here=$(dirname "$0")
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM

# replay_differs INPUT NAME WORKERS - says what is wrong, or returns 1
replay_differs() {
    wanted=0
    grep -q '^#exit 3$' "$1" && wanted=3
    if [ -f "$here/$2.ini" ]; then
        "$onhook" replay -c "$here/$2.ini" --workers "$3" "$1" >"$work/out" 2>"$work/err"
    else
        "$onhook" replay --workers "$3" "$1" >"$work/out" 2>"$work/err"
    fi
    status=$?
    if [ "$status" -ne "$wanted" ]; then
        echo "$2: $3 workers: exit code $status, not $wanted"
        sed 's/^/    /' "$work/err"
        return 0
    fi
    cmp -s "$here/$2.jsonl" "$work/out" && return 1
    echo "$2: $3 workers: other outcomes than expected"
    diff -u "$here/$2.jsonl" "$work/out"
    return 0
}

passed=0
failed=0
for expected in "$here"/$pattern.jsonl; do
    [ -f "$expected" ] || continue
    name=$(basename "$expected" .jsonl)
    input=$here/$name
    [ -f "$here/$name.trace" ] && input=$here/$name.trace
    good=yes
    for workers in ${WORKERS:-1 2 3 8}; do
        if replay_differs "$input" "$name" "$workers"; then
            good=no
            break
        fi
    done
    if [ $good = yes ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "golden: $passed as expected, $failed not"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
