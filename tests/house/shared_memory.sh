#!/bin/sh
# shared_memory.sh ONHOOK_BINARY DOCUMENT - docs/shared-memory.md is what the layout is today.
set -eu
"$1" dump --layout --markdown | diff "$2" - || {
    echo "stale: onhook dump --layout --markdown >$2" >&2
    exit 1
}
