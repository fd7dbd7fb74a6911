#!/bin/sh
# prometheus.sh - a real Prometheus scrapes an engine that works, and answers for its rate.
#
# usage: prometheus.sh ONHOOK_BINARY SIM_GENERATE [SECONDS]
# Exit: 0 as promised, 1 not, 2 wrong usage.

onhook=$1
generate=$2
seconds=${3:-3}
if [ $# -lt 2 ] || [ ! -x "$onhook" ] || [ ! -x "$generate" ]; then
    echo "usage: prometheus.sh ONHOOK_BINARY SIM_GENERATE [SECONDS]" >&2
    exit 2
fi
name=prometheus-$$
work=$(mktemp -d) || exit 2
mkfifo "$work/pipe" || exit 2
pids=
trap 'kill $pids 2>/dev/null; wait 2>/dev/null; rm -rf "$work" "/dev/shm/onhook-$name".*' EXIT

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Some 145 messages a second.
"$generate" --plain --messages $((2000 + 200 * seconds)) --framed "$work/site.xml"
"$onhook" replay -q --name "$name" --out /dev/null "$work/pipe" 2>"$work/errors" &
pids=$!
"$onhook" metrics --name "$name" --listen 127.0.0.1:0 2>"$work/where" &
pids="$pids $!"
# A little at a time, for as long as somebody reads.
python3 -c '
import sys, time
with open(sys.argv[1], "rb") as site, open(sys.argv[2], "wb", buffering=0) as pipe:
    while piece := site.read(4096):
        pipe.write(piece)
        time.sleep(0.05)
    time.sleep(600)' "$work/site.xml" "$work/pipe" 2>/dev/null &
pids="$pids $!"
tries=0
while ! grep -q /metrics "$work/where" && [ $tries -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
cat >"$work/prometheus.yml" <<END
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [$(cd "$(dirname "$0")/../../docs/grafana" && pwd)/onhook-alerts.yml]
scrape_configs:
  - job_name: onhook
    static_configs: [{targets: ["$(sed -n 's|.*http://\([0-9.:]*\)/metrics|\1|p' "$work/where")"]}]
END
port=$(free_port)
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/data" \
    --web.listen-address="127.0.0.1:$port" --log.level=error >"$work/prometheus.log" 2>&1 &
pids="$pids $!"

python3 - "$port" "$seconds" <<'END' || { cat "$work/prometheus.log" "$work/errors"; exit 1; }
import json, sys, time, urllib.parse, urllib.request

def ask(query):
    url = "http://127.0.0.1:%s/api/v1/query?" % sys.argv[1]
    url += urllib.parse.urlencode({"query": query})
    try:
        result = json.load(urllib.request.urlopen(url, timeout=5))["data"]["result"]
        return float(result[0]["value"][1]) if result else None
    except OSError:
        return None

def wait_for(query, good, what):
    end = time.time() + 40
    while time.time() < end:
        value = ask(query)
        if value is not None and good(value):
            return value
        time.sleep(0.3)
    sys.exit("%s: %s" % (what, ask(query)))

above = lambda value: value > 0
wait_for("up{job='onhook'}", above, "the scrape")
time.sleep(float(sys.argv[2]))
rate = wait_for("rate(onhook_messages_total[10s])", above, "the rate")
wait_for("count(onhook_latency_seconds_bucket)", above, "the histograms")
p99 = wait_for("histogram_quantile(0.99, sum by (le) "
               "(rate(onhook_latency_seconds_bucket{stage='received_published'}[30s])))",
               above, "the latency")
if ask("count(ALERTS{alertname='OnhookDown'})") is not None:
    sys.exit("an engine that runs is said to be down")
failed = ask("sum(1 - avg_over_time(up{job='onhook'}[30s]))")
if failed:
    sys.exit("scrapes failed: %s" % failed)
print("%.0f messages/s, p99 %.6f s" % (rate, p99))
END
