#!/bin/sh
# service.sh - packaging/onhook.service is confined: systemd's own score is at most 2.0. What the
# engine asks of the system beyond @system-service, and of what is taken away from it, is allowed.
#
# usage: service.sh REPOSITORY
# Exit: 0 it is, 1 it is not, 2 wrong usage, 77 there is no systemd-analyze that can tell.

unit=$1/packaging/onhook.service
if [ $# -ne 1 ] || [ ! -f "$unit" ]; then
    echo "usage: service.sh REPOSITORY" >&2
    exit 2
fi
for call in setrlimit prlimit64 chown fchownat sched_setattr; do
    sed -n '/^SystemCallFilter=~/,$p' "$unit" | grep -q "^SystemCallFilter=[^~]*\<$call\>" && continue
    echo "$unit takes $call away and does not give it back"
    exit 1
done
command -v systemd-analyze >/dev/null || exit 77
systemd-analyze security --help 2>/dev/null | grep -q -e --offline || exit 77

# 20: ten times the score.
systemd-analyze security --offline=true --threshold=20 --no-pager "$unit" >/dev/null 2>&1 && exit 0
systemd-analyze security --offline=true --no-pager "$unit" | grep -e '^.*✗' -e Overall
exit 1
