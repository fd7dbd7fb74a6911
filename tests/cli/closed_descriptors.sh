#!/bin/sh
# closed_descriptors.sh - a closed standard output or input is no success, and no segment is
# taken for it.
#
# usage: closed_descriptors.sh ONHOOK_BINARY
# Exit: 0 as promised, 1 not, 2 wrong usage.

onhook=$1
if [ $# -ne 1 ] || [ ! -x "$onhook" ]; then
    echo "usage: closed_descriptors.sh ONHOOK_BINARY" >&2
    exit 2
fi
trace=$(dirname "$0")/../golden/001-caller-hangs-up.trace
wrong=0

# expect_code WANTED WHAT GOT
expect_code() {
    [ "$3" -eq "$1" ] && return
    echo "$2: exit code $3, expected $1"
    wrong=1
}

"$onhook" replay -q "$trace" >&- 2>/dev/null
expect_code 1 "results to a closed output" $?
"$onhook" --version >&- 2>/dev/null
expect_code 1 "the version to a closed output" $?
"$onhook" replay -q - <&- >/dev/null 2>&1
expect_code 1 "a closed input" $?
"$onhook" replay "$trace" 2>&- >/dev/null
expect_code 0 "a summary to a closed error output" $?
exit $wrong
