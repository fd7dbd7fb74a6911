#!/usr/bin/env bash
# What it costs an engine to be looked at by everybody at once: `top`, `stat` ten times a second,
# `calls` where there is one, and /metrics scraped ten times a second; against the same replay that
# nobody looks at, in turn.
#
# bench_inspection.sh [MESSAGES] [ROUNDS]; BUILD names the build directory (build/release).
set -euo pipefail
cd "$(dirname "$0")/.."
. bench/paired.sh

messages=${1:-400000}
rounds=${2:-5}
times=12 # the same messages over and over, so that onlookers' starts do not count
build=$(cd "${BUILD:-build/release}" && pwd)
onhook=$build/onhook
name=bench-inspection-$$
work=$(mktemp -d)
lookers=()

stop_looking() {
    [[ ${#lookers[@]} -eq 0 ]] && return
    kill -KILL "${lookers[@]}" 2>/dev/null || true # onlookers leave nothing behind
    wait "${lookers[@]}" 2>/dev/null || true
    lookers=()
}
trap 'stop_looking; rm -rf "$work" "/dev/shm/onhook-$name".*' EXIT

# Each of them writes a line a look, so that it is known that it looked.
look() {
    "$onhook" stat --name "$name" --every 0.1 --json >"$work/stat" 2>/dev/null &
    lookers+=($!)
    if "$onhook" calls --help >/dev/null 2>&1; then
        (while "$onhook" calls --name "$name" >"$work/calls" 2>/dev/null; do sleep 0.5; done) &
        lookers+=($!)
    fi
    TERM=xterm script -qfc "exec '$onhook' top --name '$name'" /dev/null >"$work/top" </dev/null &
    lookers+=($!)
    "$onhook" metrics --name "$name" --listen 127.0.0.1:0 2>"$work/where" &
    lookers+=($!)
    python3 -c '
import http.client, re, sys, time
while not (where := re.search(r"http://([0-9.]+):(\d+)/", open(sys.argv[1]).read())):
    time.sleep(0.01)
client = http.client.HTTPConnection(where[1], int(where[2]))
while True:
    client.request("GET", "/metrics")
    client.getresponse().read()
    print("scraped", flush=True)
    time.sleep(0.1)' "$work/where" >"$work/scrapes" 2>/dev/null &
    lookers+=($!)
}

replay_once() { # CASE
    local inputs=() i engine start end
    for ((i = 0; i < times; i++)); do inputs+=("$work/site.xml"); done
    start=$(date +%s%N)
    "$onhook" replay -q --fresh --name "$name" --unordered --out /dev/null "${inputs[@]}" &
    engine=$!
    while [[ ! -e /dev/shm/onhook-$name.result ]] && kill -0 "$engine" 2>/dev/null; do :; done
    if [[ $1 == watched ]]; then look; fi
    wait "$engine"
    end=$(date +%s%N)
    stop_looking
    echo $((end - start)) >>"$work/$1"
}

"$build/tests/sim/sim_generate" --plain --messages "$messages" --framed "$work/site.xml"
replay_once warm
for ((round = 0; round < rounds; round++)); do
    replay_once watched
    replay_once alone
done
for kind in stat scrapes top; do
    [[ -s $work/$kind ]] || { echo "bench_inspection.sh: nobody looked by $kind" >&2; exit 1; }
done
paired_report inspection inspection.alone "$work/watched" "$work/alone"
