#!/bin/sh
# capture.sh - a pcap file is an input like any other: as a file, as standard input, with ports.
#
# usage: capture.sh ONHOOK_BINARY
# Exit: 0 as promised, 1 not, 2 wrong usage.

onhook=$1
if [ $# -ne 1 ] || [ ! -x "$onhook" ]; then
    echo "usage: capture.sh ONHOOK_BINARY" >&2
    exit 2
fi
tests=$(dirname "$0")/..
capture=$tests/samples/loopback.pcap
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
wrong=0

complain() { echo "$*"; wrong=1; }

# What does not depend on when and where a call took place.
verdicts() {
    grep -F 8A6014 "$1" | sed -E 's/.*"Event":"([A-Za-z]*)".*"CallID":"([0-9A-F]*)".*/\1 \2 &/' |
        sed -E 's/^([^ ]* [^ ]*) .*("ThisDN":"[0-9]*"|"Party":"[0-9]*").*/\1 \2 &/' |
        sed -E 's/\{.*("ReleasingParty":"[^"]*"|"CtrlParty":"[^"]*").*"Reason":"([^"]*)".*/\1 \2/'
}

printf '[link 127.0.0.1_1040]\nprofile = openscape\nmonitored = 2101,2102,2103,2104,2105,2106\n' \
    >"$work/site.ini"
"$onhook" replay -q -c "$work/site.ini" --port 1040 "$capture" >"$work/file" ||
    complain "replay of a capture: exit $?"
verdicts "$tests/../docs/sample-site/site.jsonl" >"$work/wanted"
verdicts "$work/file" >"$work/found"
[ -s "$work/wanted" ] || complain "the sample site says nothing of the call"
diff "$work/wanted" "$work/found" || complain "other verdicts than in the sample site"
grep -q '"Link":"127.0.0.1_1040"' "$work/file" || complain "the link has another name"

# shellcheck disable=SC2002 # a pipe is what is tested
cat "$capture" | "$onhook" replay -q -c "$work/site.ini" --port 1040 - >"$work/pipe" ||
    complain "replay of a pipe: exit $?"
cmp "$work/file" "$work/pipe" || complain "a pipe gives something else"

"$onhook" check --port 1040 "$capture" >"$work/check" || complain "check: exit $?"
grep -q 'loopback.pcap: pcap capture, ' "$work/check" || complain "check does not name the format"
grep -Eq '^  connections +1, 1 with CSTA$' "$work/check" || complain "check counts connections"

for ports in 0 65536 x "1040,"; do
    "$onhook" replay -q --port "$ports" "$capture" >"$work/wrong" 2>&1
    [ $? -eq 2 ] || complain "--port $ports is taken"
done

# A port where nothing is CSTA, a capture cut short: said, and the exit code tells.
"$onhook" replay -q --port 9 "$capture" >"$work/none" 2>&1
[ $? -eq 3 ] || complain "a capture without CSTA: exit $?"
head -c 5000 "$capture" >"$work/cut.pcap"
"$onhook" replay -q --port 1040 "$work/cut.pcap" >"$work/cut" 2>&1
[ $? -eq 3 ] || complain "a capture cut short is no loss"
grep -q 'cut.pcap: packet [0-9]*: the capture cannot be read on: ' "$work/cut" ||
    complain "a capture cut short is not said"
exit $wrong
