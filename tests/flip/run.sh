#!/bin/sh
# tests/flip/run.sh ONHOOK SIM_GENERATE VIEW_FLIP FLIPS [SEED]
#
# Bits of the segments of a real engine, killed in the midst of its work, are turned over one after
# the other; every inspection tool must come to its end each time.
set -eu
onhook=$1 generate=$2 view_flip=$3 flips=$4 seed=${5:-1}
name=flip-$$
work=$(mktemp -d)
engine=
pids=
finish() {
    for pid in $engine $pids; do
        kill -9 "$pid" 2>"$work/said" || [ $? -eq 1 ]
    done
    rm -rf "$work" /dev/shm/onhook-"$name".*
}
trap finish EXIT

printf '[engine]\nworkers = 2\nring-slots = 1024\nresult-slots = 64\noutbox-slots = 64\nmax-calls = 300\n' \
    >"$work/flip.ini"
"$generate" --calls 400 --seed "$seed" --links 3 --related 30 --silent 20 \
    --trace "$work/site.trace" --truth "$work/site.truth" 2>"$work/said"
mkfifo "$work/pipe"
"$onhook" replay -q -c "$work/flip.ini" --name "$name" "$work/pipe" >"$work/out" &
engine=$!
exec 9>"$work/pipe"
head -n 2500 "$work/site.trace" >&9
tries=0
while [ $tries -lt 100 ]; do
    read_so_far=$("$onhook" stat --name "$name" --all --csv messages 2>"$work/said" |
        sed -n 's/.*,all,[a-z_]*,//p')
    [ "${read_so_far:-0}" -lt 1500 ] || break
    sleep 0.05
    tries=$((tries + 1))
done
pids=$("$onhook" rings --name "$name" --json |
    python3 -c 'import json, sys
print(*(process["Pid"] for process in json.load(sys.stdin)["Processes"]))')
# shellcheck disable=SC2086 # one word a process
kill -9 "$engine" $pids
wait "$engine" 2>"$work/said" || [ $? -eq 137 ]
engine='' pids=''
"$onhook" dump --name "$name"
mkdir "$work/saved"
cp --sparse=always "/dev/shm/onhook-$name".* "$work/saved"
"$view_flip" "$work/saved" "$name" "$flips" "$seed"
