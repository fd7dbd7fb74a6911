#!/bin/sh
# switch_ini.sh - the sections that `onhook switch --ini` writes can be used, whatever its numbers.
#
# usage: switch_ini.sh ONHOOK_BINARY
# Exit: 0 as promised, 1 not, 2 wrong usage.

onhook=$1
if [ $# -ne 1 ] || [ ! -x "$onhook" ]; then
    echo "usage: switch_ini.sh ONHOOK_BINARY" >&2
    exit 2
fi
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
wrong=0

# From 8 to 1007 a number grows by three digits, and so do queues at 100000 of the second.
mkfifo "$work/keep" || exit 2
timeout 60 "$onhook" switch --listen 127.0.0.1:0,name=a,first=8 \
    --listen 127.0.0.1:0,name=b,first=9999 --agents 1000 --ini "$work/ini" \
    --ready-file "$work/ready" <"$work/keep" >/dev/null 2>"$work/said" &
switch=$!
exec 9>"$work/keep"
tries=0
while [ ! -f "$work/ready" ] && [ $tries -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
echo quit >&9
exec 9>&-
wait $switch || { cat "$work/said"; wrong=1; }
grep -qx 'monitored = 8-9, 10-99, 100-999, 1000-1007' "$work/ini" || wrong=1
grep -qx 'monitored = 99998-99999, 100000-100005' "$work/ini" || wrong=1
# 1000 agents, 8 queues, 4 route points.
"$onhook" check -c "$work/ini" --json >"$work/found" || wrong=1
[ "$(grep -o '"Monitored":1012[,}]' "$work/found" | wc -l)" = 2 ] || { cat "$work/ini" "$work/found"; wrong=1; }
exit $wrong
