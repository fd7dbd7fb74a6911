#!/bin/sh
# layout_fields.sh TREE - the table of fields names every member of every struct in shared memory,
# in order, and nothing else: ipc/*_fields.def against ipc/*.h.
set -eu
cd "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# "struct member", a line each, of every struct shm_* (and of what one of them holds).
for header in ipc/*.h; do
    tr '\n' ' ' <"$header" | sed 's|/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/| |g; s|[{};]|&\n|g' |
        awk '
        { gsub(/^ +| +$/, "") }
        /struct (shm_[a-z_0-9]+|outcome_order) \{$/ { name = $(NF - 1); next }
        name != "" && /^\}/ { name = "" }
        name != "" && /;$/ {
            sub(/;$/, ""); gsub(/\[[^]]*\]/, "")
            print name, $NF
        }'
done | sort -s -k1,1 >"$work/headers"

cat ipc/*_fields.def | tr '\n' ' ' | sed 's|SHM_|\nSHM_|g' |
    sed -n -E 's/^SHM_(FIELD|ARRAY|STRING|TEXT|INNER|STRUCTS|REST)\( *([a-z_0-9]+), *([a-z_0-9]+),.*/\2 \3/p' |
    grep -vE '^(name|struct) member$' | sort -s -k1,1 >"$work/table"

[ -s "$work/headers" ] || { echo "no struct was found"; exit 1; }
diff "$work/headers" "$work/table"
