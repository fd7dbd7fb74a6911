#!/bin/sh
# metrics.sh - what `metrics` prints and serves is what promtool accepts, of an engine that runs and
# of one that was killed; what stands in docs/grafana is what it prints.
#
# usage: metrics.sh ONHOOK_BINARY
# Exit: 0 as promised, 1 not, 2 wrong usage.

onhook=$1
if [ $# -ne 1 ] || [ ! -x "$onhook" ]; then
    echo "usage: metrics.sh ONHOOK_BINARY" >&2
    exit 2
fi
here=$(dirname "$0")
name=metrics-$$
work=$(mktemp -d) || exit 2
mkfifo "$work/pipe" || exit 2
wrong=0
server=
engine=
trap 'kill $server $engine 2>/dev/null; rm -rf "$work" "/dev/shm/onhook-$name".*' EXIT

say_wrong() {
    echo "$1"
    wrong=1
}

get() { # PATH [ACCEPT]: the body is left in $work/body; prints the status
    python3 - "$url$1" "${2:-*/*}" "$work/body" <<'END'
import sys, urllib.error, urllib.request
request = urllib.request.Request(sys.argv[1], headers={"Accept": sys.argv[2]})
try:
    answer = urllib.request.urlopen(request, timeout=10)
except urllib.error.HTTPError as error:
    answer = error
open(sys.argv[3], "wb").write(answer.read())
print(answer.status, answer.headers["Content-Type"].split(";")[0])
END
}

expect() { # WHAT GOT WANTED
    [ "$2" = "$3" ] || say_wrong "$1: got '$2', wanted '$3'"
}

"$onhook" metrics --dashboard | cmp - "$here/../../docs/grafana/onhook-dashboard.json" ||
    say_wrong "stale: onhook metrics --dashboard >docs/grafana/onhook-dashboard.json"
"$onhook" metrics --alerts | cmp - "$here/../../docs/grafana/onhook-alerts.yml" ||
    say_wrong "stale: onhook metrics --alerts >docs/grafana/onhook-alerts.yml"
python3 -m json.tool "$here/../../docs/grafana/onhook-dashboard.json" >/dev/null ||
    say_wrong "the dashboard is no JSON"
promtool check rules "$here/../../docs/grafana/onhook-alerts.yml" >"$work/said" 2>&1 ||
    say_wrong "promtool: $(cat "$work/said")"

"$onhook" metrics --name "$name" --listen 127.0.0.1:0 2>"$work/where" &
server=$!
"$onhook" replay -q --name "$name" --workers 2 "$work/pipe" >"$work/out" 2>"$work/errors" &
engine=$!
exec 9>"$work/pipe"
cat "$here/../golden/001-caller-hangs-up.trace" >&9
tries=0
while [ $tries -lt 100 ]; do
    url=$(sed -n 's|.*\(http://[0-9.:]*\)/metrics|\1|p' "$work/where")
    [ -n "$url" ] && get /readyz >/dev/null && grep -q '^ok' "$work/body" &&
        "$onhook" metrics --name "$name" | grep -q '^onhook_messages_total [1-9]' && break
    sleep 0.1
    tries=$((tries + 1))
done

"$onhook" metrics --name "$name" >"$work/page" || say_wrong "metrics failed"
promtool check metrics <"$work/page" >"$work/said" 2>&1 || say_wrong "promtool refuses the page"
[ ! -s "$work/said" ] || say_wrong "promtool: $(cat "$work/said")"
expect "of a browser" "$(get /metrics)" "200 text/plain"
grep -q '^onhook_up 1$' "$work/body" || say_wrong "it is not up"
expect "of Prometheus" "$(get /metrics 'application/openmetrics-text;version=1.0.0,*/*;q=0.1')" \
    "200 application/openmetrics-text"
expect "last line" "$(tail -n 1 "$work/body")" "# EOF"
expect healthz "$(get /healthz)" "200 text/plain"
expect "of another path" "$(get /nowhere)" "404 text/plain"

kill -9 $engine
wait $engine 2>/dev/null
tries=0
while [ "$(get /healthz)" != "503 text/plain" ] && [ $tries -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
expect "healthz of a dead engine" "$(cat "$work/body")" "dead: nobody runs $name"
expect "readyz of a dead engine" "$(get /readyz)" "503 text/plain"
expect "metrics of a dead engine" "$(get /metrics)" "200 text/plain"
grep -q '^onhook_up 0$' "$work/body" || say_wrong "a dead engine is up"
grep -q '^onhook_messages_total [1-9]' "$work/body" || say_wrong "what it counted is gone"
rm -f "/dev/shm/onhook-$name".*
expect "metrics of none" "$(get /metrics)" "200 text/plain"
expect "healthz of none" "$(get /healthz)" "503 text/plain"

# A live link that cannot be reached is down, and so is each link of a dead engine.
printf '[link dead]\naddresses = 127.0.0.1:1\nmonitored = 2001\n' >"$work/onhook.ini"
"$onhook" run -q -c "$work/onhook.ini" --name "$name" >"$work/out" 2>"$work/errors" &
engine=$!
tries=0
while ! "$onhook" metrics --name "$name" 2>"$work/said" | grep -q '^onhook_link_up' && [ $tries -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
"$onhook" metrics --name "$name" >"$work/page"
grep -q '^onhook_link_up{frontend="0",link="dead"} 0$' "$work/page" || say_wrong "no link is down"
grep -q '^onhook_link_messages_total{frontend="0",link="dead"} 0$' "$work/page" || say_wrong "its messages"
promtool check metrics <"$work/page" >"$work/said" 2>&1 || say_wrong "promtool refuses a live engine's page"
kill $engine
wait $engine
engine=

kill $server
wait $server || say_wrong "the server ended badly"
server=
"$onhook" metrics --listen 0.0.0.0:9469 2>"$work/said"
expect "exit code of an open door" "$?" 2
"$onhook" metrics --listen "$(printf '%0200d' 1):9469" 2>"$work/said"
expect "exit code of an over-long host" "$?" 2
exit $wrong
