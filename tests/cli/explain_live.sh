#!/bin/sh
# explain_live.sh - of an engine `explain` shows the same as of the file it read; also after workers
# died in the middle, when the engine is dead, and on a copy of its segments.
#
# usage: explain_live.sh ONHOOK_BINARY
# Exit: 0 as promised, 1 not, 2 wrong usage.

onhook=$1
if [ $# -ne 1 ] || [ ! -x "$onhook" ]; then
    echo "usage: explain_live.sh ONHOOK_BINARY" >&2
    exit 2
fi
trace=$(dirname "$0")/../golden/018-two-step-transfer.trace
name=explain-live-$$
work=$(mktemp -d) || exit 2
mkfifo "$work/pipe" || exit 2
wrong=0

handled() { # messages the front-end has read
    "$onhook" stat --name "$name" --all --csv messages | sed -n 's/.*,all,[a-z_]*,//p'
}

await() { # NUMBER of messages
    tries=0
    while [ "$(handled)" != "$1" ] && [ $tries -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    sleep 0.5 # the workers, too
}

same() { # WHAT OPTION...
    what=$1
    shift
    "$onhook" explain "$@" 181 >"$work/live" 2>&1
    cmp -s "$work/file" "$work/live" || { echo "$what:"; diff "$work/file" "$work/live"; wrong=1; }
}

"$onhook" explain 181 "$trace" >"$work/file" || wrong=1
"$onhook" replay -q --name "$name" --workers 3 "$work/pipe" >"$work/out" 2>"$work/err" &
engine=$!
trap 'kill "$engine" 2>/dev/null; rm -rf "$work" /dev/shm/onhook-"$name".*' EXIT
exec 9>"$work/pipe"

# A third of it; then every worker is killed, and again after the next third.
head -n 17 "$trace" >&9
await 7
workers=$("$onhook" rings --name "$name" --json | tr '{' '\n' |
    sed -n 's/.*"Role":"worker".*"Pid":\([0-9]*\).*/\1/p')
for worker in $workers; do kill -9 "$worker"; done
sed -n '18,22p' "$trace" >&9
await 12
sed -n '23,$p' "$trace" >&9
await 17
[ -n "$workers" ] || { echo "no workers to kill"; wrong=1; }
same "a running engine" --name "$name"

mkdir "$work/copy"
cp /dev/shm/onhook-"$name".* "$work/copy"
same "a copy" --dir "$work/copy" --name "$name"

"$onhook" explain --name "$name" --raw 181 2>"$work/err"
[ $? -eq 2 ] || { echo "--raw of an engine is not refused"; wrong=1; }
"$onhook" explain --name "$name" --profile generic 181 2>"$work/err"
[ $? -eq 2 ] || { echo "--profile of an engine is not refused"; wrong=1; }
"$onhook" explain --name "$name" --port 4000 181 2>"$work/err"
[ $? -eq 2 ] || { echo "--port of an engine is not refused"; wrong=1; }
exec 9>&-
wait "$engine"

# A history that is too short for the call says that it does not know the beginning.
printf '[engine]\nhistory-slots = 1024\n' >"$work/short.conf"
mkfifo "$work/short" || exit 2
"$onhook" replay -q -c "$work/short.conf" --name "$name" "$work/short" >"$work/out" 2>"$work/err" &
engine=$!
exec 9>"$work/short"
head -n 17 "$trace" >&9
await 7
"$onhook" explain --name "$name" --json 180 | grep -q '"Complete":true' ||
    { echo "a whole call is said to lack something"; wrong=1; }
sed -n '/HeldEvent/p' "$trace" | head -n 1 >"$work/held"
i=0
while [ $i -lt 600 ]; do
    cat "$work/held"
    i=$((i + 1))
done >&9
await 607
"$onhook" explain --name "$name" --json 180 | grep -q '"Complete":false' ||
    { echo "a call without its beginning is said to be complete"; wrong=1; }
"$onhook" explain --name "$name" 180 | grep -q "The beginning is gone" ||
    { echo "that the beginning is gone is not said"; wrong=1; }
exec 9>&-
wait "$engine"
exit $wrong
