#!/usr/bin/env bash
# tests/live/live.sh ONHOOK SECONDS RATE [SWITCH OPTION...] - the engine against a switch it can be
# judged by: four links (two XML, BER phases II and III) over loopback, RATE calls a second.
#
# Passes when the judge finds nothing false, missing or doubled, and nothing unknown that was to be
# seen. In the environment:
#   LINKS     --listen arguments instead of the four
#   KEEP      a folder that stays, with everything in it
#   RECORD=1  a recording is made, and its replay must say the same
#   REQUESTS=N  so many times somebody asks that an agent be released, or a call be cleared
#   KILLS=N   so many times a process of the engine is killed meanwhile; SEED chooses
#   STALL=N   so many seconds, from the fifth on, the publisher stands still (SIGSTOP), and no
#             switch may think that nobody is there
#   WORKERS   2 unless told
#   SETTINGS  lines for [engine]
#   EACH      a line for each [link]
#   RELOAD=1  whenever a process is killed the configuration is read again, unchanged
set -euo pipefail

onhook=$1 seconds=$2 rate=$3
shift 3
name=live-$$
folder=${KEEP:-$(mktemp -d)}
mkdir -p "$folder"
links=${LINKS:-"127.0.0.1:0,encoding=xml,name=pbx1 127.0.0.1:0,encoding=xml-ed3,profile=openscape,name=pbx2 \
127.0.0.1:0,encoding=ber2,profile=oxe,name=pbx3 127.0.0.1:0,encoding=ber3,name=pbx4"}
switch_pid='' engine_pid=''

fail() {
    echo "FAILED: $*"
    tail -n 20 "$folder/engine.log" "$folder/switch.log" 2>/dev/null || true
    exit 1
}

clean_up() {
    local code=$?
    [[ -z $engine_pid ]] || kill -KILL "$engine_pid" 2>/dev/null || true
    [[ -z $switch_pid ]] || kill -KILL "$switch_pid" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -f /dev/shm/onhook-"$name".*
    [[ -n ${KEEP:-} ]] || rm -rf "$folder"
    exit "$code"
}
trap clean_up EXIT

await() { # SECONDS WHAT COMMAND... - until the command succeeds
    local left=$(($1 * 10)) what=$2
    shift 2
    until "$@"; do
        ((left-- > 0)) || fail "$what"
        sleep 0.1
    done
}

listen=()
for link in $links; do listen+=(--listen "$link"); done
"$onhook" switch "${listen[@]}" --rate "$rate" --seconds "$seconds" --ready-file "$folder/ready" \
    --ini "$folder/links.ini" --truth "$folder/truth.jsonl" --seed "${SEED:-1}" "$@" \
    >"$folder/switch.log" 2>&1 &
switch_pid=$!
await 20 "the switch does not listen" test -s "$folder/ready"

{
    printf '[engine]\nname = %s\nworkers = %s\n%s\n' "$name" "${WORKERS:-2}" "${SETTINGS:-}"
    printf '[sink jsonl]\nfile = %s\n' "$folder/outcomes.jsonl"
    printf '[control]\nsocket = %s\n' "$folder/control"
    sed "/^\[link/a\\${EACH:-;}" "$folder/links.ini"
} >"$folder/onhook.ini"

record=()
[[ -z ${RECORD:-} ]] || record=(--record "$folder/record.trace")
"$onhook" run -c "$folder/onhook.ini" "${record[@]}" 2>"$folder/engine.log" &
engine_pid=$!

memory_kib() { # of all processes of the engine, private
    local pid sum=0 rss
    for pid in $engine_pid $(pgrep -P "$engine_pid" || true); do
        rss=$(awk '/^RssAnon/ {print $2}' "/proc/$pid/status" 2>/dev/null || echo 0)
        sum=$((sum + ${rss:-0}))
    done
    echo "$sum"
}

# Kills the next process of the engine, the supervisor not among them.
kill_one() {
    local -a children
    mapfile -t children < <(pgrep -P "$engine_pid" || true)
    [[ ${#children[@]} -gt 0 ]] || return 0
    kill -KILL "${children[RANDOM % ${#children[@]}]}" 2>/dev/null || true
}

# Somebody asks that the first agents of each link be released, one after the other.
ask() {
    local request link agent
    for ((request = 0; request < REQUESTS; request++)); do
        link=$((request % 4 + 1))
        agent=$((link * 100000 + 1 + request % 40))
        "$onhook" release "$agent" --socket "$folder/control" --timeout 5 || true
        sleep "$(awk -v s="$seconds" -v n="$REQUESTS" 'BEGIN {print 0.8 * s / n}')"
    done >"$folder/requests.log" 2>&1
}
[[ -z ${REQUESTS:-} ]] || ask &

publisher_pid() {
    "$onhook" stat --name "$name" --processes --all | sed -n 's/^publisher, process \([0-9]*\).*/\1/p'
}

# The publisher stands still, so that rings fill up to where the switch is heard.
stall() {
    local pid
    sleep 5
    pid=$(publisher_pid)
    kill -STOP "$pid"
    sleep "$STALL"
    kill -CONT "$pid"
}
[[ -z ${STALL:-} ]] || stall &

RANDOM=${SEED:-1}
started=$SECONDS
kills_left=${KILLS:-0}
: >"$folder/memory.txt"
while kill -0 "$switch_pid" 2>/dev/null; do
    kill -0 "$engine_pid" 2>/dev/null || fail "the engine ended"
    if ((kills_left > 0 && SECONDS - started > 3)); then
        kill_one
        [[ -z ${RELOAD:-} ]] || kill -HUP "$engine_pid"
        kills_left=$((kills_left - 1))
        sleep "$(awk -v s="$seconds" -v k="${KILLS:-1}" 'BEGIN {print 0.7 * s / k}')"
    else
        sleep 0.5
    fi
    echo "$((SECONDS - started)) $(memory_kib)" >>"$folder/memory.txt"
done
wait "$switch_pid" || fail "the switch failed"
switch_pid=''
sleep 1
kill -TERM "$engine_pid"
wait "$engine_pid" || fail "the engine did not stop well"
engine_pid=''

[[ -z ${REQUESTS:-} ]] || sed 's/call [0-9A-F]*/call N/; s/[0-9][0-9]*/N/g' "$folder/requests.log" | sort | uniq -c |
    sed 's/^/requests: /'
tail -n 25 "$folder/engine.log" | sed 's/^/engine: /'
tail -n 25 "$folder/switch.log" | sed 's/^/switch: /'
"$onhook" switch --judge "$folder/truth.jsonl" "$folder/outcomes.jsonl" || fail "the judge"
if [[ -n ${STALL:-} ]] && grep "clients dropped" "$folder/switch.log"; then
    fail "the switch dropped us"
fi
if [[ -n ${RECORD:-} ]]; then
    "$onhook" replay "$folder"/record.trace* >"$folder/replayed.jsonl" 2>"$folder/replay.log" ||
        fail "the recording cannot be replayed"
    if [[ -e $folder/record.trace-1 ]]; then # links of several front-ends come as they come
        sort -o "$folder/outcomes.sorted" "$folder/outcomes.jsonl"
        sort -o "$folder/replayed.sorted" "$folder/replayed.jsonl"
        cmp "$folder/outcomes.sorted" "$folder/replayed.sorted" || fail "the recordings say otherwise"
    else
        cmp "$folder/outcomes.jsonl" "$folder/replayed.jsonl" || fail "the recording says otherwise"
    fi
    echo "replayed: the same $(wc -l <"$folder/replayed.jsonl") lines"
fi
awk 'NR == 1 || $2 > most {most = $2} NR == 5 {early = $2} END {
    print "private memory: " early " KiB early, " most " KiB at most, " $2 " KiB at the end"}' \
    "$folder/memory.txt"
