#!/bin/sh
# many_related.sh - a hundred calls joined into one: the same bytes for any number of workers, also
# when a request names a callID that went long ago. And a group of thousands that is joined to
# one call after the other, here and elsewhere.
#
# usage: many_related.sh ONHOOK_BINARY
# Exit: 0 as promised, 1 not, 2 wrong usage.

onhook=$1
if [ $# -ne 1 ] || [ ! -x "$onhook" ]; then
    echo "usage: many_related.sh ONHOOK_BINARY" >&2
    exit 2
fi
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

awk 'function conn(tag, call, device) {
    return "<" tag "><callID>" call "</callID><deviceID>" device "</deviceID></" tag ">"
}
function event(name, text) {
    printf "%.2f pbx < 9999 <%s>%s</%s>\n", now += 0.01, name, text, name
}
BEGIN {
    print "# onhook-trace 1"
    now = 1
    for (i = 0; i <= 100; i++) {
        event("OriginatedEvent", conn("originatedConnection", "k" i, 2000))
        event("EstablishedEvent", conn("establishedConnection", "k" i, 3000 + i))
        if (i > 0)
            event("ConferencedEvent", conn("primaryOldCall", "k0", 2000) \
                conn("secondaryOldCall", "k" i, 2000))
    }
    for (i = 1; i <= 100; i += 9) {
        printf "%.2f pbx > 0001 by=2000 <ClearConnection>%s</ClearConnection>\n", now += 0.01,
            conn("connectionToBeCleared", "k" i, 3000 + i)
        printf "%.2f pbx < 0001 <ClearConnectionResponse/>\n", now += 0.01
        event("ConnectionClearedEvent", conn("droppedConnection", "k0", 3000 + i))
    }
}' >"$work/related.trace"
"$onhook" replay -q --workers 1 "$work/related.trace" >"$work/1" || exit 1
[ "$(grep -c '"Evidence":"request"' "$work/1")" -ge 24 ] ||
    { echo "the requests did not count"; exit 1; }
for workers in 2 3 8; do
    "$onhook" replay -q --workers "$workers" "$work/related.trace" >"$work/$workers" || exit 1
    cmp "$work/1" "$work/$workers" || exit 1
done

awk 'function conn(tag, call) {
    return "<" tag "><callID>" call "</callID><deviceID>2000</deviceID></" tag ">"
}
function join(one, other) {
    printf "%.3f pbx < 9999 <ConferencedEvent>%s%s</ConferencedEvent>\n", now += 0.001,
        conn("primaryOldCall", one), conn("secondaryOldCall", other)
}
BEGIN {
    print "# onhook-trace 1"
    now = 1
    for (i = 0; i < 3000; i++)
        join("k", "c" i)
    for (i = 0; i < 100; i++)
        join("q" i, "k")
}' >"$work/groups.trace"
"$onhook" replay -q --workers 1 "$work/groups.trace" >"$work/1" || exit 1
for workers in 2 3; do
    "$onhook" replay -q --workers "$workers" "$work/groups.trace" >"$work/$workers" || exit 1
    cmp "$work/1" "$work/$workers" || exit 1
done
