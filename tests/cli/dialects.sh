#!/bin/sh
# dialects.sh - one generated site, written in every encoding and container, has the same outcomes.
#
# usage: dialects.sh ONHOOK_BINARY SIM_DIRECTORY PART [CALLS [SEED]]
#
# Sites are generated (tests/sim), rendered (tests/dialects/render.py) and replayed. PART is one of
#
#   trace    Phase III as a trace says what XML says, also who is logged on and where calls come
#            from. So do phases I and II and sites of three encodings, of what phase II can say; the
#            XML's outcomes are held against the truth.
#   capture  Captures of XML and of each phase say what a trace without by=DN says.
#   stream   One direction of a stream, framed XML and framed BER, also where nobody says how it is
#            written, say what a trace says in which each message is a millisecond.
#
# Compared (tests/dialects/same.py): every key of every line of a link, in order; of CallID and ConnID
# only that they map one to one. Exit: 0 the same, 1 not, 2 wrong usage.

onhook=$1
sim=$2
part=$3
calls=${4:-150}
seed=${5:-1}
if [ $# -lt 3 ] || [ $# -gt 5 ] || [ ! -x "$onhook" ] || [ ! -x "$sim/sim_generate" ]; then
    echo "usage: dialects.sh ONHOOK_BINARY SIM_DIRECTORY trace|capture|stream [CALLS [SEED]]" >&2
    exit 2
fi
tests=$(dirname "$0")/../dialects
if [ -n "${KEEP:-}" ]; then
    work=$KEEP
    mkdir -p "$work" || exit 2
else
    work=$(mktemp -d) || exit 2
    trap 'rm -rf "$work"' EXIT
fi
failed=0

# generate NAME [option of sim_generate...] - a site and its truth
generate() {
    name=$1
    shift
    "$sim/sim_generate" --calls "$calls" --seed "$seed" --related 35 "$@" \
        --trace "$work/$name.trace" --truth "$work/$name.truth" || exit 1
}

# render SITE NAME OPTION... - SITE.trace in another form, as NAME
render() {
    from=$work/$1.trace to=$work/$2
    shift 2
    "$tests/render.py" "$@" "$from" "$to" || exit 1
}

# replay NAME INPUT... - its outcomes in NAME.jsonl
replay() {
    name=$1
    shift
    if [ -f "$work/$name.ini" ]; then
        set -- -c "$work/$name.ini" "$@"
    fi
    if ! "$onhook" replay -q --workers 2 --out "$work/$name.jsonl" "$@" 2>"$work/$name.said"; then
        echo "$name: replay failed:"
        tail -5 "$work/$name.said"
        return 1
    fi
}

# same NAME BASE [option of same.py...] - NAME's outcomes are BASE's
same() {
    name=$1 base=$2
    shift 2
    if said=$("$tests/same.py" "$@" "$work/$base.jsonl" "$work/$name.jsonl" 2>&1); then
        echo "$name: $said"
    else
        echo "$name: not as $base"
        echo "$said"
        return 1
    fi
}

# trace_as SITE NAME OPTION... - rendered as a trace it is told as the site, with the same times
trace_as() {
    site=$1 as=$2
    shift 2
    render "$site" "$as.trace" "$@"
    replay "$as" "$work/$as.trace" && same "$as" "$site" --times || failed=1
}

# capture_as NAME OPTION... - rendered as a capture it is told as the site without by=DN
capture_as() {
    as=$1
    shift
    render both "$as.pcap" --container pcap --links "$captured" --seed "$seed" "$@"
    mv "$work/$as.pcap.ini" "$work/$as.ini"
    replay "$as" "$work/$as.pcap" && same "$as" nobody --times --links "$captured_as" || failed=1
}

# stream_as NAME OPTION... - rendered as streams it is told as the trace that counts milliseconds
stream_as() {
    as=$1
    shift
    render one "$as" --container framed "$@"
    replay "$as" "$work/$as"/*.bin && same "$as" count || failed=1
}

compare_traces() {
    generate any --links 3
    replay any "$work/any.trace" || exit 1
    trace_as any any-ber3 --encoding ber3

    generate both --links 3 --phase2-events
    replay both "$work/both.trace" || exit 1
    "$sim/sim_check" "$work/both.truth" "$work/both.jsonl" >"$work/both.checked" ||
        { cat "$work/both.checked"; exit 1; }
    trace_as both both-ber1 --encoding ber1
    trace_as both both-ber2 --encoding ber2
    trace_as both both-ber3 --encoding ber3
    trace_as both both-mixed --encoding xml,ber2,ber3
    trace_as both both-mixed-auto --encoding ber3,ber2,xml,ber1 --auto
}

compare_captures() {
    captured=10.0.0.1_1040,10.0.0.2_1040,10.0.0.3_1040
    captured_as=pbx1=10.0.0.1_1040,pbx2=10.0.0.2_1040,pbx3=10.0.0.3_1040
    generate both --links 3 --phase2-events
    render both nobody.trace --no-by
    replay nobody "$work/nobody.trace" || exit 1
    capture_as capture-xml
    capture_as capture-ber1 --encoding ber1
    capture_as capture-ber2 --encoding ber2
    capture_as capture-ber3 --encoding ber3
    capture_as capture-mixed --encoding ber2,xml,ber3
}

compare_streams() {
    generate one --links 2 --phase2-events --no-requests
    render one count.trace --count-time
    replay count "$work/count.trace" || exit 1
    stream_as stream-xml
    stream_as stream-ber1 --encoding ber1
    stream_as stream-ber2 --encoding ber2
    stream_as stream-ber3 --encoding ber3
    stream_as stream-ber2-auto --encoding ber2 --auto
    stream_as stream-ber3-auto --encoding ber3 --auto
    stream_as stream-mixed --encoding ber3,xml
}

case $part in
trace) compare_traces ;;
capture) compare_captures ;;
stream) compare_streams ;;
*)
    echo "no such part: $part" >&2
    exit 2
    ;;
esac
exit $failed
