#!/bin/sh
# json_keys.sh - every key that --json of a command prints stands in its man page, in bold.
#
# usage: json_keys.sh SOURCE_FOLDER
# Exit: 0 as promised, 1 not, 2 wrong usage.

source=$1
if [ $# -ne 1 ] || [ ! -d "$source/docs/man" ]; then
    echo "usage: json_keys.sh SOURCE_FOLDER" >&2
    exit 2
fi
cd "$source" || exit 2
wrong=0

# Our own keys are literals: of calls of the writer, and in JSON that is printed by hand.
keys() { # FILE...
    sed -n 's/.*json_[a-z0-9_]*(&\?[a-z>-]*, "\([A-Za-z0-9_-]*\)".*/\1/p
        s/.*put_[a-z]*([a-z]*, "\([A-Za-z0-9_-]*\)".*/\1/p' "$@"
    sed -n 's/.*dump_note(dump, "\([A-Za-z]*\)".*/\1/p' "$@"
    grep -ho '\\"[A-Z][A-Za-z]*\\":' "$@" | tr -d '\\":'
}

documented() { # COMMAND FILE...
    page=docs/man/onhook-$1.1
    command=$1
    shift
    found=$(keys "$@" | sort -u)
    [ -n "$found" ] || { echo "no keys in $*"; wrong=1; }
    for key in $found; do
        sed 's/\\-/-/g' "$page" | grep -q "\\\\fB$key\\\\fR\|^\.B $key\$" ||
            { echo "$page: onhook $command --json prints $key, which is not there"; wrong=1; }
    done
}

documented stat tools/inspect/stat_print.c
documented rings tools/inspect/cmd_rings.c
documented calls tools/inspect/cmd_calls.c tools/inspect/calls_print.c
documented dump tools/inspect/dump_print.c tools/inspect/dump_held.c tools/inspect/dump_layout.c \
    tools/inspect/dump_walk.c tools/inspect/dump_calls.c tools/inspect/dump_journal.c
documented explain tools/explain/flow_json.c
documented bench tools/bench/site_print.c
documented check tools/check_print.c
documented replay tools/summary.c
exit $wrong
