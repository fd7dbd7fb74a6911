#!/bin/sh
# explain.sh - `explain` finds a call however it is asked for, and says exactly what is wrong.
#
# usage: explain.sh ONHOOK_BINARY
# Exit: 0 as promised, 1 not, 2 wrong usage.

onhook=$1
if [ $# -ne 1 ] || [ ! -x "$onhook" ]; then
    echo "usage: explain.sh ONHOOK_BINARY" >&2
    exit 2
fi
golden=$(dirname "$0")/../golden
trace=$golden/018-two-step-transfer.trace
unknown=$golden/036-releasing-device-fits-nothing.trace
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
wrong=0

expect() { # WHAT GOT WANTED
    [ "$2" = "$3" ] || { echo "$1: got '$2', wanted '$3'"; wrong=1; }
}

has() { # WHAT FILE PATTERN
    grep -q -e "$3" "$2" || { echo "$1: no '$3' in:"; sed 's/^/    /' "$2"; wrong=1; }
}

# A call is found by its callID, by that of a call it was joined to, and by its ConnID.
"$onhook" explain 180 "$trace" >"$work/by_id" || wrong=1
"$onhook" explain 18df1a34b1a55a64 "$trace" >"$work/by_conn_id" || wrong=1
"$onhook" explain 181 "$trace" >"$work/by_other" || wrong=1
cmp -s "$work/by_id" "$work/by_conn_id" || { echo "the ConnID shows something else"; wrong=1; }
has "the ladder" "$work/by_id" ' 25.100 .* 15 16 17 .* T------>| .*Transferred by 2002 to 2003'
has "the joined call" "$work/by_other" 'with 180, ConnID 18df1a34b1a55a64'
has "the rule" "$work/by_id" 'section 6, Transfer'

# From a pipe the same comes out, with bytes too.
# shellcheck disable=SC2002 # a pipe is what is tested
cat "$trace" | "$onhook" explain --raw 180 - >"$work/piped" || wrong=1
grep -v '^      <' "$work/piped" | cmp -s - "$work/by_id" || { echo "a pipe shows something else"; wrong=1; }
expect "messages' bytes" "$(grep -c '^      <' "$work/piped")" 17

# What would have made it certain.
"$onhook" explain 360 "$unknown" >"$work/unknown" || wrong=1
has "advice" "$work/unknown" 'certain with an alias for the device'

# A call first seen as it is established, or held: whom that message shows to be there, talks.
"$onhook" explain 1100 "$golden/110-joined-in-the-middle.trace" >"$work/middle" || wrong=1
has "a call joined in the middle" "$work/middle" ' 3  *|------->|  *Established 2001'
"$onhook" explain 370 "$golden/037-unnamed-releaser-in-the-middle.trace" >"$work/middle" || wrong=1
has "a held call joined in the middle" "$work/middle" ' 3  *=  *|  *Held 4989555'

# What waited for an answer in vain was decided after the wait.
"$onhook" explain 400 "$golden/042-pending-request-times-out.trace" >"$work/waited" || wrong=1
has "the end of the wait" "$work/waited" ' 15.500  *+2.350  *(time passed)'

# What is wrong.
"$onhook" explain 9 "$trace" >"$work/out" 2>"$work/err"
expect "no such call" "$?" 1
has "no such call" "$work/err" '^onhook: there is no call 9; there are, for example, 180, 181$'
"$onhook" explain --link pbx2 180 "$trace" 2>"$work/err"
expect "no such link" "$?" 1
"$onhook" explain 2>"$work/err"
expect "no CALLID" "$?" 2
# shellcheck disable=SC2016 # as it is printed
has "no CALLID" "$work/err" '^onhook: a CALLID is wanted; see `onhook explain --help`$'
"$onhook" explain 180 "$work/none" 2>"$work/err"
expect "no such FILE" "$?" 1
has "no such FILE" "$work/err" 'none: No such file or directory$'
"$onhook" explain --colour 180 "$trace" 2>"$work/err"
expect "no such option" "$?" 2
has "no such option" "$work/err" 'there is no option --colour, or it is short for several'

# Nothing is left behind.
"$onhook" explain 180 "$trace" >"$work/out" &
explain=$!
wait $explain
left=$(find /dev/shm -name "onhook-explain-$explain.*" | head -n 1)
expect "left in /dev/shm" "$left" ""
exit $wrong
