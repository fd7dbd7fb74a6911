#!/bin/sh
# sample_site.sh ONHOOK DIRECTORY - the sample site comes out as it stands beside it.
set -eu
out=$(mktemp)
trap 'rm -f "$out"' EXIT
"$1" replay --quiet "$2/site.trace" >"$out"
cmp "$2/site.jsonl" "$out"
