#!/bin/sh
# step_frontends.sh STEP_SWEEP ONHOOK POINTS SEED ROLE... - step_sweep with two front-ends, each of
# which reads a link with calls that are related.
# Exit: that of step_sweep.
set -eu
step_sweep=$1 onhook=$2
shift 2
golden=$(dirname "$0")/../golden
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
one=$golden/020-hangup-after-transfer
sed 's/pbx1/pbx2/' "$golden/095-conference-of-two-calls.trace" >"$dir/two.trace"
"$onhook" replay -q "$dir/two.trace" >"$dir/two.jsonl"
cat "$one.jsonl" "$dir/two.jsonl" >"$dir/want"
"$step_sweep" "$one.trace,$dir/two.trace" "$dir/want" "$@"
