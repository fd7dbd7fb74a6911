#!/usr/bin/env bash
# tools/demo_live.sh ONHOOK [SECONDS] - a switch and the engine on it, for all to see.
#
# Starts `onhook switch` with two links, XML and BER, and `onhook run` on them, shows who hung up as
# it happens, stops both, and lets the judge compare what was said with what happened. Everything
# is on loopback and in a folder that goes away.
set -euo pipefail

onhook=$1 seconds=${2:-20}
folder=$(mktemp -d)
switch_pid='' engine_pid=''

clean_up() {
    [[ -z $engine_pid ]] || kill -TERM "$engine_pid" 2>/dev/null || true
    [[ -z $switch_pid ]] || kill -TERM "$switch_pid" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap clean_up EXIT

"$onhook" switch --listen 127.0.0.1:0,name=pbx1 --listen 127.0.0.1:0,encoding=ber3,name=pbx2 \
    --agents 20 --rate 2 --seconds "$seconds" --drain 8 --ready-file "$folder/ready" \
    --ini "$folder/links.ini" --truth "$folder/truth.jsonl" >"$folder/switch.log" 2>&1 &
switch_pid=$!
for _ in $(seq 50); do
    [[ ! -s $folder/ready ]] || break
    sleep 0.1
done
{
    printf '[engine]\nname = demo-%s\n[control]\nsocket = %s\n' "$$" "$folder/control"
    cat "$folder/links.ini"
} >"$folder/onhook.ini"

"$onhook" run -c "$folder/onhook.ini" --format text --record "$folder/record.trace" &
engine_pid=$!
wait "$switch_pid" || { cat "$folder/switch.log"; exit 1; }
switch_pid=''
sleep 1
kill -TERM "$engine_pid"
wait "$engine_pid"
engine_pid=''

echo
echo "== what was said beside what happened"
"$onhook" replay -q "$folder/record.trace" >"$folder/outcomes.jsonl"
"$onhook" switch --judge "$folder/truth.jsonl" "$folder/outcomes.jsonl"
