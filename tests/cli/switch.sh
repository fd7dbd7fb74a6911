#!/bin/sh
# switch.sh - an independent client of `onhook switch` over real sockets; what it heard is replayed,
# and the judge finds nothing wrong with it, but everything that is then made wrong.
#
# usage: switch.sh ONHOOK_BINARY PART
# PART: encodings, profiles, requests, cuts
# Exit: 0 as promised, 1 not, 2 wrong usage. KEEP=FOLDER keeps the files.

onhook=$1
if [ $# -ne 2 ] || [ ! -x "$onhook" ]; then
    echo "usage: switch.sh ONHOOK_BINARY PART" >&2
    exit 2
fi
tests=$(dirname "$0")/..
work=${KEEP:-$(mktemp -d)}
mkdir -p "$work"
[ -n "${KEEP-}" ] || trap 'rm -rf "$work"' EXIT
wrong=0
at=127.0.0.1:0

# played CLIENT-OPTIONS SWITCH-OPTION... - a run, and what replay makes of it, in $work.
played() {
    client=$1
    shift
    rm -f "$work/ready"
    timeout 100 "$onhook" switch "$@" --seconds 3 --drain 20 --truth "$work/truth" \
        --ready-file "$work/ready" </dev/null >"$work/listeners" 2>"$work/counts" &
    pid=$!
    tries=0
    while [ ! -f "$work/ready" ] && [ $tries -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    # shellcheck disable=SC2086 # the client's options are words
    timeout 90 python3 "$tests/switch/client.py" "$work/ready" --seconds 80 \
        --trace "$work/trace" $client || wrong=1
    wait $pid || { echo "the switch failed"; cat "$work/counts"; wrong=1; }
    timeout 60 "$onhook" replay -q "$work/trace" >"$work/outcomes" ||
        { echo "what the switch said cannot be read"; wrong=1; }
}

judge() {
    "$onhook" switch --judge "$work/truth" "$1" >"$work/scores" 2>"$work/defects"
}

right() {
    judge "$work/outcomes" || { cat "$work/scores" "$work/defects"; wrong=1; }
    [ "$(wc -l <"$work/outcomes")" -ge "$1" ] || { echo "there were too few outcomes"; wrong=1; }
}

case $2 in
encodings)
    played "" --rate 60 --agents 100 --listen $at,name=x3,encoding=xml-ed3 \
        --listen $at,name=x6,encoding=xml-ed6 --listen $at,name=one,encoding=ber1 \
        --listen $at,name=two,encoding=ber2 --listen $at,name=three,encoding=ber3
    right 300
    # The judge must be able to fail.
    sed 's/1 Local/2 Remote/' "$work/outcomes" >"$work/mutant"
    ! judge "$work/mutant" || { echo "wrong sides were not seen"; wrong=1; }
    sed 7d "$work/outcomes" >"$work/mutant"
    ! judge "$work/mutant" || { echo "a missing line was not seen"; wrong=1; }
    ;;
profiles)
    played "" --rate 60 --agents 100 --silent 40 --user user --password password \
        --listen $at,name=os,profile=openscape --listen $at,name=ox,profile=oxe,encoding=ber2 \
        --listen $at,name=av,profile=avaya-dmcc --listen $at,name=pa,profile=panasonic \
        --listen $at,name=bw,profile=broadworks --listen $at,name=ut,profile=unitel
    right 300
    ;;
requests)
    played "--release 4" --rate 50 --agents 100 --silent 60 --clear-refuse 20 --clear-late 20 \
        --clear-never 10 --monitor-refuse 10 --reorder 30 --bytewise 10 \
        --listen $at,name=xml --listen $at,name=ber,encoding=ber3
    right 200
    grep -q "requests to clear granted" "$work/counts" || { echo "no requests"; wrong=1; }
    ;;
cuts)
    # Nothing is unexplained, nothing false but in calls that changed while nobody could be told:
    # those are for who resynchronises with SnapshotCall, which this client does not.
    played "--snapshots" --rate 40 --agents 100 --cut-every 1 --cut-ms 100..400 \
        --snapshot-segment 20 --snapshot-refuse 5 --listen $at,name=xml \
        --listen $at,name=ber,encoding=ber3
    judge "$work/outcomes"
    grep -q "^total *[0-9]* *0 *0 *0 *0 *0 " "$work/scores" ||
        { echo "a cut does not explain all"; cat "$work/scores" "$work/defects"; wrong=1; }
    grep -q "links cut" "$work/counts" || { echo "there was no cut"; wrong=1; }
    ;;
*)
    echo "no part is called $2" >&2
    exit 2
    ;;
esac
exit $wrong
