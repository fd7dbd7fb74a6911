#!/bin/sh
# fifo.sh - a named pipe is an input like any other, alone and after a file.
#
# usage: fifo.sh ONHOOK_BINARY
# Exit: 0 as promised, 1 not, 2 wrong usage.

onhook=$1
if [ $# -ne 1 ] || [ ! -x "$onhook" ]; then
    echo "usage: fifo.sh ONHOOK_BINARY" >&2
    exit 2
fi
golden=$(dirname "$0")/../golden
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
wrong=0
mkfifo "$work/pipe" || exit 2

cat "$golden/001-caller-hangs-up.trace" >"$work/pipe" &
timeout 20 "$onhook" replay -q "$work/pipe" >"$work/alone" || wrong=1
cmp "$golden/001-caller-hangs-up.jsonl" "$work/alone" || wrong=1

cat "$golden/001-caller-hangs-up.trace" >"$work/pipe" &
timeout 20 "$onhook" replay -q "$golden/007-callee-rejects.trace" "$work/pipe" >"$work/after" ||
    wrong=1
[ "$(wc -l <"$work/after")" -gt "$(wc -l <"$work/alone")" ] ||
    { echo "a pipe after a file gave nothing"; wrong=1; }
exit $wrong
