#!/bin/sh
# same_catches.sh - same.py takes for the same what differs in names only, and nothing else.
set -eu
same=$(dirname "$0")/same.py
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cat >"$dir/one" <<'END'
{"Event":"EventCallPartyDeleted","Time":"1970-01-01T00:00:01.000000Z","Link":"a","Seq":3,"CallID":"7","ConnID":"aa","Party":"2001","Reason":"hangup","SinceStartMs":10}
{"Event":"EventCallDeleted","Time":"1970-01-01T00:00:01.000000Z","Link":"a","Seq":3,"CallID":"7","ConnID":"aa","Reason":"hangup","SinceStartMs":10}
{"Event":"EventCallDeleted","Time":"1970-01-01T00:00:02.000000Z","Link":"a","Seq":5,"CallID":"8","ConnID":"bb","Reason":"transfer","NewConnID":"aa"}
END

# is VERDICT WHAT SED-COMMAND [option of same.py...] - VERDICT is 0 or 1
is() {
    verdict=$1 what=$2 change=$3
    shift 3
    sed "$change" "$dir/one" >"$dir/other"
    status=0
    "$same" "$@" "$dir/one" "$dir/other" >"$dir/said" 2>&1 || status=$?
    [ "$status" -eq "$verdict" ] && return
    echo "$what: exit $status, not $verdict"
    cat "$dir/said"
    exit 1
}

is 0 'nothing changed' ''
is 0 'other callIDs and ConnIDs' 's/"7"/"0x37"/; s/"aa"/"cc"/g; s/"bb"/"dd"/'
is 0 'no times' 's/"Time":"[^"]*",//; s/,"SinceStartMs":10//'
is 1 'no times, and times are wanted' 's/"Time":"[^"]*",//' --times
is 0 'another link' 's/"Link":"a"/"Link":"b"/' --links a=b
is 1 'another link, unannounced' 's/"Link":"a"/"Link":"b"/'
is 0 'a dynamic ID in hex' 's/"2001"/"0x32303031"/' --dynamic 2001
is 1 'a dynamic ID as text' '' --dynamic 2001
is 1 'a number in hex' 's/"2001"/"0x32303031"/' --dynamic 2002
is 1 'two callIDs become one' 's/"8"/"7"/'
is 1 'two ConnIDs become one' 's/"bb"/"aa"/'
is 1 'one callID becomes two' '2s/"7"/"9"/'
is 1 'another call was joined to' 's/"NewConnID":"aa"/"NewConnID":"bb"/'
is 1 'another reason' 's/transfer/hangup/'
is 1 'another Seq' 's/"Seq":5/"Seq":4/'
is 1 'a party more' 's/"ConnID":"bb"/&,"CtrlParty":"2001"/'
is 1 'a line less' '3d'
is 1 'another order' '1{h;d};2{G}'
