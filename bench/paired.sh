# shellcheck shell=bash
# bench/paired.sh - for sourcing: what a script timed, as lines of JSON (bench/figures.py).

# case_report NAME UNIT FILE - one line: median and bounds of the figures in FILE, a number a line
# and round.
case_report() { python3 bench/figures.py case "$@"; }

# paired_report NAME AGAINST FILE AGAINST_FILE - one line: the ratio of the times in AGAINST_FILE
# to those in FILE, a number a line and round; so 0.98 means that NAME takes 2 % longer.
paired_report() { python3 bench/figures.py ratio "$@"; }

# other_build FOLDER OPTION... - the onhook of another configuration, made or brought up to date. What
# the compiler said is shown only when it failed.
other_build() {
    local log folder=$1
    shift
    log=$(mktemp)
    if ! { cmake --preset release -B "$folder" "$@" && cmake --build "$folder" --target onhook; } \
        >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}
