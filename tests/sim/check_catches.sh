#!/bin/sh
# tests/sim/check_catches.sh SIM_CHECK - what is right passes; each single mistake is caught, and
# by its name. The outcomes are hand-made: four calls, two-party, silent, abandoned, transferred.
set -eu
check=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tab=$(printf '\t')
failed=0

# A truth line goes on where the next line is indented.
sed -e ':join' -e 'N' -e '$!bjoin' -e 's/\n  */ ; /g' -e "s/ ; /$tab/g" >"$dir/truth" <<'END'
pbx1 ; 1 ; 1 ; 00000000000000a1 ; two-party ; 2001 visible hangup -
  2001 2001 visible R 1 hangup 0 0
  2002 2001 visible R 2 hangup 0 0
pbx1 ; 2 ; 1 ; 00000000000000a2 ; two-party ; 4989|T7 hidden hangup -
  2003 4989|T7 hidden R 3 hangup 0 0
  4989|T7 4989|T7 hidden R - hangup 0 0
pbx1 ; 3 ; 1 ; 00000000000000a3 ; unanswered ; 4911|T8 visible abandon -
  4911|T8 4911|T8 visible R - abandon 0 0
  2004 4911|T8 visible A 2 abandon 0 0
pbx1 ; 4+5 ; 1 ; 00000000000000a4 ; transfer ; 2005 visible transfer 00000000000000a1
  2005 2005 visible R 1 transfer 1 0
END

# line EVENT CALLID CONNID WHO REST
line() {
    printf '{"Event":"%s","Time":"1970-01-01T00:00:01.000000Z","Link":"pbx1","Seq":%s,' "$1" "$6"
    printf '"CallID":"%s","ConnID":"00000000000000%s"%s%s}\n' "$2" "$3" "$4" "$5"
}
dn() { printf ',"CallState":%s,"Extensions":{"ReleasingParty":"%s"}' "$1" "$2"; }
why() { printf ',"Reason":"%s","Evidence":"%s","Cause":"normal","SinceStartMs":0' "$1" "$2"; }
# party CALLID CONNID WHO CTRL WHY SEQ, deleted CALLID CONNID CTRL WHY SEQ
party() { line EventCallPartyDeleted "$1" "$2" "$3" "$4$5" "$6"; }
deleted() { line EventCallDeleted "$1" "$2" '' "$3$4" "$5"; }
R=releasing-device
hangup=$(why hangup $R) silent=$(why hangup none) abandon=$(why abandon $R)
transfer=$(why transfer $R)
by() { printf ',"CtrlParty":"%s"' "$1"; }
{
    line EventReleased 1 a1 ',"ThisDN":"2001"' "$(dn 0 '1 Local')$hangup" 5
    party 1 a1 ',"Party":"2001"' "$(by 2001)" "$hangup" 5
    line EventReleased 1 a1 ',"ThisDN":"2002","OtherDN":"2001"' "$(dn 0 '2 Remote')$hangup" 6
    party 1 a1 ',"Party":"2002"' "$(by 2001)" "$hangup" 6
    deleted 1 a1 "$(by 2001)" "$hangup" 6
    line EventReleased 2 a2 ',"ThisDN":"2003"' "$(dn 0 '3 Unknown')$silent" 7
    party 2 a2 ',"Party":"2003"' '' "$silent" 7
    party 2 a2 ',"Party":"4989"' '' "$silent" 7
    deleted 2 a2 '' "$silent" 7
    party 3 a3 ',"Party":"T8"' "$(by T8)" "$abandon" 8
    line EventAbandoned 3 a3 ',"ThisDN":"2004"' "$(dn 0 '2 Remote')$abandon" 9
    party 3 a3 ',"Party":"2004"' "$(by 4911)" "$abandon" 9
    deleted 3 a3 "$(by 4911)" "$abandon" 9
    line EventReleased 5 a4 ',"ThisDN":"2005"' "$(dn 1 '1 Local')$transfer" 10
    party 5 a4 ',"Party":"2005"' "$(by 2005)" "$transfer" 10
    deleted 4 a4 "$(by 2005)" "$transfer,\"NewConnID\":\"00000000000000a1\"" 10
} >"$dir/good"

if ! "$check" "$dir/truth" "$dir/good" >"$dir/said"; then
    echo "what is right did not pass:"
    cat "$dir/said"
    exit 1
fi

# caught NAME WHAT-IT-SAYS SED-SCRIPT: with that one mistake the checker must fail and say so.
caught() {
    sed "$3" "$dir/good" >"$dir/bad"
    if cmp -s "$dir/good" "$dir/bad"; then
        echo "$1: the mistake was not made"
        failed=1
    elif "$check" "$dir/truth" "$dir/bad" >"$dir/said"; then
        echo "$1: passed"
        failed=1
    elif ! grep -q "^$2" "$dir/said"; then
        echo "$1: caught as something else than \"$2\":"
        cat "$dir/said"
        failed=1
    fi
}

stray=$(line EventReleased 3 a3 ',"ThisDN":"T8"' "$(dn 0 '1 Local')$abandon" 8)

# who
caught 'the wrong party' 'false attribution' '2s/CtrlParty":"2001/CtrlParty":"2002/'
caught 'the wrong party of a call' 'false attribution' '5s/CtrlParty":"2001/CtrlParty":"2002/'
caught 'another party of an unmonitored one' 'false attribution' \
    '10s/CtrlParty":"T8/CtrlParty":"T7/'
caught '1 Local of the one who did not' 'false attribution' '3s/2 Remote/1 Local/'
caught '2 Remote of the one who did' 'false attribution' '1s/1 Local/2 Remote/'
caught '3 Unknown against evidence' 'evidence was there' '3s/2 Remote/3 Unknown/'
caught 'no CtrlParty against evidence' 'evidence was there' '4s/"CtrlParty":"2001",//'
caught 'no CtrlParty of a call against evidence' 'evidence was there' \
    '13s/"CtrlParty":"4911",//'
caught 'right by guessing' 'named without evidence' '8s/"Party":"4989"/&,"CtrlParty":"4989"/'
caught 'ReleasingParty by guessing' 'named without evidence' '6s/3 Unknown/2 Remote/'
# once
caught 'no DN event' 'missing event' 3d
caught 'no EventCallPartyDeleted' 'missing event' 8d
caught 'no EventCallDeleted' 'missing event' 16d
caught 'a DN event twice' 'doubled' '3p'
caught 'an EventCallPartyDeleted twice' 'doubled' '8p'
caught 'an EventCallDeleted twice' 'doubled' '9p'
caught 'a DN event of an unmonitored device' 'doubled' \
    "10s/.*/$stray\\n&/"
caught 'a party that never was' 'doubled' '8s/4989/4990/'
caught 'a call that never was' 'call that never was' '9s/a2"/b2"/'
# always true
caught 'abandoned, yet 1 Local' 'always-true line broken: EventAbandoned with 1 Local' \
    '11s/2 Remote/1 Local/'
caught '1 Local and another CtrlParty' 'always-true line broken: 1 Local' \
    '2s/CtrlParty":"2001/CtrlParty":"2002/'
caught '2 Remote and no CtrlParty' 'always-true line broken: 2 Remote' \
    '4s/"CtrlParty":"2001",//'
caught '2 Remote and itself' 'always-true line broken: 2 Remote' \
    '4s/CtrlParty":"2001/CtrlParty":"2002/'
caught '3 Unknown and a CtrlParty' 'always-true line broken: 3 Unknown' \
    '7s/"Party":"2003"/&,"CtrlParty":"4989"/'
caught 'two 1 Local in one act' 'always-true line broken: two 1 Local' '3s/2 Remote/1 Local/'
caught 'a party after its call' 'always-true line broken: after EventCallDeleted' '8{h;d};9{G}'
caught 'a DN event without its party event' 'always-true line broken: a DN event is not' '4d'
caught 'a party event before its DN event' 'always-true line broken: a DN event is not' \
    '3{h;d};4{G}'
caught 'Reasons that differ within one end' 'always-true line broken: two events' \
    '4s/hangup/abandon/'
caught 'a CtrlParty on no evidence' 'always-true line broken: a CtrlParty without' \
    '10s/releasing-device/none/'
# the rest
caught 'released and abandoned mixed up' 'wrong event' '11s/EventAbandoned/EventReleased/'
caught 'a wrong Reason' 'wrong Reason' '9s/hangup/conference-end/'
caught 'a wrong CallState' 'wrong Reason' '14s/CallState":1/CallState":0/'
caught 'a wrong NewConnID' 'wrong Reason' '16s/a1"}/a2"}/'
caught 'no NewConnID' 'wrong Reason' '16s/,"NewConnID":"00000000000000a1"//'
caught 'a wrong link' 'wrong Reason' '9s/pbx1/pbx2/'
caught 'a wrong CallID' 'wrong Reason' '14s/"CallID":"5"/"CallID":"6"/'
# lines
# shellcheck disable=SC2016 # a sed address, not a variable
caught 'half a line' 'malformed line' '$s/.....$//'
caught 'keys out of order' 'malformed line' '9s/"Seq":7,"CallID":"2"/"CallID":"2","Seq":7/'
caught 'an unknown key' 'malformed line' '9s/"Cause"/"Because"/'
caught 'an empty value' 'malformed line' '8s/"Party":"4989"/&,"CtrlParty":""/'
caught 'CtrlParty on a DN event' 'malformed line' '1s/"Reason"/"CtrlParty":"2001",&/'
caught 'a DN event without ReleasingParty' 'malformed line' '1s/,"Extensions":{[^}]*}//'
caught 'a fourth value' 'malformed line' '1s/1 Local/4 Nobody/'
caught 'bytes after the line' 'malformed line' '9s/$/ /'
caught 'an upper-case ConnID' 'malformed line' '9s/a2"/A2"/'

: >"$dir/empty"
if "$check" "$dir/empty" "$dir/good" >"$dir/said" 2>&1; then
    echo "an empty truth passed"
    failed=1
fi
exit $failed
