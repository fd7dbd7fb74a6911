#!/usr/bin/env bash
# run.sh [--list | --table] [PART...] - measure, and write docs/benchmarks.md from all there is.
#
# A part is bench/bench_PART.c or bench/bench_PART.sh; none named: all of them. What a part printed is
# kept as build/bench/PART.jsonl until the same part is measured again, so that parts can be measured
# one by one, when the machine is quiet; the lines of each say of which commit they are. --table
# measures nothing. --list says which parts there are.
#
# In the environment: BUILD, the build directory (build/release); FIGURES, where the lines are kept
# (build/bench); PART_SECONDS, after which a part and all its processes are ended and it counts as
# failed (240); ALL_SECONDS, after which no part goes on or begins (800).
# Exit: 0 all was measured, 1 a part failed and has kept its earlier lines, 2 wrong usage.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${BUILD:-build/release}
figures=${FIGURES:-build/bench}
part_seconds=${PART_SECONDS:-240}
all_seconds=${ALL_SECONDS:-800}
export BUILD=$build
failed=()
group='' # of the processes of the part that runs

say() { printf '\n== %s\n' "$*"; }

programs() {
    find "$build/bench" -maxdepth 1 -name 'bench_*' -type f -executable | sort
    find bench -maxdepth 1 -name 'bench_*.sh' -executable | sort
}

part_of() {
    local name
    name=$(basename "$1" .sh)
    printf '%s\n' "${name#bench_}"
}

parts() {
    local program
    programs | while read -r program; do part_of "$program"; done
}

program_of() {
    local program
    for program in "$build/bench/bench_$1" "bench/bench_$1.sh"; do
        if [[ -f $program && -x $program ]]; then echo "$program"; fi
    done
}

# How many cores others use, in a second in which we do nothing; the load average would have us in it.
busy_now() {
    { head -n 1 /proc/stat; sleep 1; head -n 1 /proc/stat; } | awk -v cores="$(nproc)" '
    { all[NR] = $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9; idle[NR] = $5 + $6 }
    END { took = all[2] - all[1]
        printf "%.2f\n", took ? cores * (1 - (idle[2] - idle[1]) / took) : 0 }'
}

# The last line of a part: when, how long, and how busy the machine was before.
print_part() { # PART SECONDS BEGAN BUSY
    printf '{"part":"%s","seconds":%d,"began":"%s","busy":%s,"cores":%d,"commit":"%s"}\n' \
        "$1" "$2" "$3" "$4" "$(nproc)" "$ONHOOK_COMMIT"
}

# Whatever a part began: a process that outlived it would be in the way of all parts after it.
end_group() {
    [[ -z $group ]] || kill -KILL -- "-$group" 2>/dev/null || true
    group=''
}

# timeout leads a process group of its own, and ends all of it when the time is over.
run_part() { # PART SECONDS
    local status=0
    timeout --kill-after=5 "$2" "$(program_of "$1")" &
    group=$!
    wait "$group" || status=$?
    end_group
    return "$status"
}

seconds_left() {
    local left=$((all_seconds - SECONDS))
    echo $((left < part_seconds ? left : part_seconds))
}

measure() { # PART
    local part=$1 new=$figures/$1.jsonl.new began busy from=$SECONDS status=0 left
    left=$(seconds_left)
    if [[ $left -le 0 ]]; then
        echo "run.sh: no time left for $part" >&2
        failed+=("$part")
        return
    fi
    began=$(date -u +%Y-%m-%dT%H:%MZ)
    busy=$(busy_now)
    say "$part"
    run_part "$part" "$left" >"$new" || status=$?
    if [[ $status -ne 0 ]]; then
        echo "run.sh: $part ended with $status after $((SECONDS - from)) s" >&2
        failed+=("$part")
        rm -f "$new"
        return
    fi
    print_part "$part" $((SECONDS - from)) "$began" "$busy" >>"$new"
    mv "$new" "$figures/$part.jsonl"
    bench/table.py --brief "$figures/$part.jsonl"
    echo "$part: $((SECONDS - from)) s"
}

write_table() {
    bench/table.py "$figures" docs/benchmarks docs/speed.md >"$figures/benchmarks.md"
    cp "$figures/benchmarks.md" docs/benchmarks.md
    say "docs/benchmarks.md"
    sed -n '/^| what/,/^$/p' docs/benchmarks.md
}

# What is measured: the commit, and whether anything but the figures themselves differs from it.
commit_now() {
    local dirty=''
    git diff --quiet HEAD -- . ':!docs/benchmarks*' 2>/dev/null || dirty=-dirty
    echo "$(git describe --always 2>/dev/null || echo unknown)$dirty"
}

ONHOOK_COMMIT=${ONHOOK_COMMIT:-$(commit_now)}
export ONHOOK_COMMIT
case ${1:-} in
--list)
    parts
    exit
    ;;
--table)
    write_table
    exit
    ;;
esac
if [[ $# -eq 0 ]]; then mapfile -t wanted < <(parts); else wanted=("${@#bench_}"); fi
for part in "${wanted[@]}"; do
    if [[ -z $(program_of "$part") ]]; then
        echo "run.sh: no part $part; there are:" "$(parts | paste -s -d ' ')" >&2
        exit 2
    fi
done
mkdir -p "$figures"
trap end_group EXIT
trap 'exit 130' INT TERM
for part in "${wanted[@]}"; do measure "$part"; done
write_table
if [[ ${#failed[@]} -gt 0 ]]; then
    echo "run.sh: not measured: ${failed[*]}" >&2
    exit 1
fi
echo "all of it: $SECONDS s"
