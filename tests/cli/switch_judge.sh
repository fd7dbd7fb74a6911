#!/bin/sh
# switch_judge.sh - the judge of `onhook switch` sees each mistake, by its name.
#
# usage: switch_judge.sh ONHOOK_BINARY
# Exit: 0 as promised, 1 not, 2 wrong usage.

onhook=$1
if [ $# -ne 1 ] || [ ! -x "$onhook" ]; then
    echo "usage: switch_judge.sh ONHOOK_BINARY" >&2
    exit 2
fi
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
wrong=0

# Two calls: 10 is ended by the customer, and the switch says so; of 11 nothing is told.
call() {
    printf '{"Truth":"call","Link":"a","Call":%s,"CallID":"%s","Story":"inbound","From":%s,' \
        "$1" "$1" "$2"
    printf '"To":%s,%s"Ends":[{"Party":"77","By":"77","Told":"%s",' "$3" "$5" "$4"
    printf '"Reason":"hangup","Event":"released","Monitored":false,"At":%s},' "$3"
    printf '{"Party":"201","By":"77","Told":"%s",' "$4"
    printf '"Reason":"hangup","Event":"released","Monitored":true,"At":%s}],' "$3"
    printf '"DeletedBy":"77","DeletedTold":"%s"}\n' "$4"
}
link='{"Truth":"link","Link":"a","Encoding":"xml","Profile":"generic"}'
{
    echo "$link"
    call 10 1000000 9000000 name ""
    call 11 1000000 9000000 nothing ""
} >"$work/truth"

# EVENT CALL WHO-KEYS VERDICT EVIDENCE
line() {
    printf '{"Event":"%s","Link":"a","Seq":7,"CallID":"%s","ConnID":"00000000000000%s",%s' \
        "$1" "$2" "$2" "$3"
    printf '%s,"Reason":"hangup","Evidence":"%s"}\n' "$4" "$5"
}
dn='"CallState":0,"Extensions":{"ReleasingParty":"2 Remote"}'
unknown='"CallState":0,"Extensions":{"ReleasingParty":"3 Unknown"}'
{
    line EventCallPartyDeleted 10 '"Party":"77",' '"CtrlParty":"77"' releasing-device
    line EventReleased 10 '"ThisDN":"201",' "$dn" releasing-device
    line EventCallPartyDeleted 10 '"Party":"201",' '"CtrlParty":"77"' releasing-device
    line EventCallDeleted 10 '' '"CtrlParty":"77"' releasing-device
    line EventCallPartyDeleted 11 '' '"Party":"77"' none
    line EventReleased 11 '"ThisDN":"201",' "$unknown" none
    line EventCallPartyDeleted 11 '' '"Party":"201"' none
    line EventCallDeleted 11 '' '"CallType":2' none
} >"$work/good"

# judged WHAT EXIT KEY COUNT - the outcomes in $work/said against the truth in $work/told.
judged() {
    "$onhook" switch --judge "$work/told" "$work/said" --json >"$work/scores" 2>"$work/errors"
    code=$?
    if [ $code -ne "$2" ] || ! grep '"Link":"total"' "$work/scores" | grep -q "\"$3\":$4[,}]"; then
        echo "$1: exit $code, $3 is not $4"
        cat "$work/scores" "$work/errors"
        wrong=1
    fi
}

cp "$work/truth" "$work/told"
cp "$work/good" "$work/said"
judged "all right" 0 right 8
sed '2s/2 Remote/1 Local/' "$work/good" >"$work/said"
judged "a wrong side" 1 false 1
sed '3s/"CtrlParty":"77"/"CtrlParty":"201"/' "$work/good" >"$work/said"
judged "a wrong party" 1 false 1
sed '6s/3 Unknown/1 Local/' "$work/good" >"$work/said"
judged "a wrong guess" 1 false 1
sed '6s/3 Unknown/2 Remote/' "$work/good" >"$work/said"
judged "a lucky guess" 0 guessed 1
sed '2s/2 Remote/3 Unknown/' "$work/good" >"$work/said"
judged "an unknown that was told" 1 unknown 1
sed '3d' "$work/good" >"$work/said"
judged "a party left out" 1 missing 1
sed '8d' "$work/good" >"$work/said"
judged "a call left out" 1 missing 1
sed '2p' "$work/good" >"$work/said"
judged "an end said twice" 1 doubled 1
sed '4p' "$work/good" >"$work/said"
judged "a deletion said twice" 1 doubled 1
sed '2s/"CallID":"10"/"CallID":"99"/' "$work/good" >"$work/said"
judged "a call that never was" 1 doubled 1
sed '2s/EventReleased/EventAbandoned/' "$work/good" >"$work/said"
judged "released and abandoned mixed up" 0 mixed 1
sed '5s/"Reason"/"Because"/' "$work/good" >"$work/said"
judged "a line that is no outcome" 1 unreadable 1

# What a cut explains is not missing; what it does not, is. A wrong name is wrong even then.
sed '1,4d' "$work/good" >"$work/said"
lost='{"Truth":"lost","Link":"a","Calls":[10,9000000,0]}'
{
    cat "$work/truth"
    echo "$lost"
    echo '{"Truth":"down","Link":"a","From":8000000,"To":8500000}'
} >"$work/told"
judged "lost with a cut" 0 unseen 4
{
    echo "$lost"
    cat "$work/truth"
} | sed '1h; 1d; 2G' >"$work/told"
judged "lost without a cut" 1 missing 4
{
    cat "$work/truth"
    echo "$lost"
    echo '{"Truth":"down","Link":"a","From":8000000,"To":8500000}'
} >"$work/told"
sed '3s/"CtrlParty":"77"/"CtrlParty":"201"/' "$work/good" >"$work/said"
judged "a wrong party of a touched call" 1 misled 1
sed '2s/2 Remote/3 Unknown/' "$work/good" >"$work/said"
judged "an unknown of a touched call" 0 unseen 1

# A call lost too early ends once more; lost when it was over, and said again, is doubled.
deleted() {
    sed '4d' "$work/good"
    line EventCallDeleted 10 '' '"CallType":2' none |
        sed "s/\"Link\"/\"Time\":\"1970-01-01T00:00:$1.000000Z\",&/; s/hangup/lost/"
    sed -n '4p' "$work/good"
}
early() {
    sed '1d' "$work/good"
    line EventCallPartyDeleted 10 "\"Party\":\"$1\"," '"CallType":2' none |
        sed 's/"Link"/"Time":"1970-01-01T00:00:05.000000Z",&/; s/hangup/lost/'
}
deleted 05 >"$work/said"
judged "a call lost too early" 0 unseen 1
deleted 09 >"$work/said"
judged "a call lost and ended again" 1 misled 1

{ early 77; sed -n '1p' "$work/good"; } >"$work/said"
judged "a party without a monitor lost too early" 0 unseen 1

# A third without a monitor need not be known to be there after the link was away; of two he is.
sed '1s/"CtrlParty":"77"/"CallType":2/' "$work/good" >"$work/said"
{
    cat "$work/truth"
    echo '{"Truth":"down","Link":"a","From":5000000,"To":5500000}'
} >"$work/told"
judged "an unknown outsider of two" 1 unknown 1
sed 's/\(,{"Party":"201".*\)}\],/\1}\1,"At":5000000}],/; s/"Party":"201"\(.*\)"Party":"201"/"Party":"201"\1"Party":"202"/' \
    "$work/told" >"$work/three" && mv "$work/three" "$work/told"
{
    cat "$work/said"
    for call in 10 11; do
        line EventReleased $call '"ThisDN":"202",' "$unknown" none
        line EventCallPartyDeleted $call '"Party":"202"' '' none | sed 's/,,/,/'
    done
} | sed '9,10{s/3 Unknown/2 Remote/; s/"Party":"202"/&,"CtrlParty":"77"/}' >"$work/more" &&
    mv "$work/more" "$work/said"
judged "an unknown outsider of three" 0 unseen 1

cp "$work/truth" "$work/told"
# A device whose monitor was never granted may have its DN event, once and rightly.
sed 's/"Monitored":true/"Monitored":false/; s/"Ends"/"Unwatched":true,&/' "$work/truth" >"$work/told"
cp "$work/good" "$work/said"
judged "a device not monitored" 0 right 8
sed '2s/2 Remote/1 Local/' "$work/good" >"$work/said"
judged "a device not monitored, wrongly" 1 false 1
sed '2p' "$work/good" >"$work/said"
judged "a device not monitored, twice" 1 doubled 1

cp "$work/truth" "$work/told"
# A party may be called by its dynamic ID, and by that of no other.
sed 's/"Party":"77",/&"Also":"0x08112233",/; s/"Party":"201",/&"Also":"0x08445566",/' \
    "$work/truth" >"$work/told"
sed '1s/"77"/"0x08112233"/g' "$work/good" >"$work/said"
judged "a party by its dynamic ID" 0 right 8
sed '1s/"CtrlParty":"77"/"CtrlParty":"0x08445566"/' "$work/good" >"$work/said"
judged "a party by another's dynamic ID" 1 false 1

echo '{"Truth":"call","Link":"b","Call":1,"Ends":[]}' >"$work/told"
"$onhook" switch --judge "$work/told" "$work/said" 2>"$work/errors"
[ $? -eq 2 ] || { echo "a truth that cannot be read is judged by"; wrong=1; }
grep -q "told:1: " "$work/errors" || { echo "its line is not named"; wrong=1; }
exit $wrong
