# shellcheck shell=bash
# bench/paired.sh - for sourcing: two ways of doing the same, in turn, compared round by round.

# paired_report NAME AGAINST FILE AGAINST_FILE - one JSON line: the ratio of the times in AGAINST_FILE
# to those in FILE, a number a line and round; so 0.98 means that NAME takes 2 % longer. Median, and
# the bounds between which it lies with 99 % certainty (sign test over the rounds, bench/README.md).
paired_report() {
    local commit model
    commit=${ONHOOK_COMMIT:-$(git describe --always --dirty 2>/dev/null || echo unknown)}
    model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
    paste "$3" "$4" | awk '{ printf "%.6f\n", $2 / $1 }' | sort -n | awk -v name="$1" \
        -v against="$2" -v commit="$commit" -v model="$model" -v cores="$(nproc)" '
    { ratio[NR] = $1 }
    END {
        median = NR % 2 ? ratio[(NR + 1) / 2] : (ratio[NR / 2] + ratio[NR / 2 + 1]) / 2
        term = 0.5 ^ NR
        for (cut = 0; sum + term <= 0.005; cut++) {
            sum += term
            term *= (NR - cut) / (cut + 1)
        }
        low = ratio[cut ? cut : 1]
        high = ratio[cut ? NR + 1 - cut : NR]
        verdict = NR < 8 ? "same" : low > 1.01 ? "faster" : high < 0.99 ? "slower" : "same"
        printf "{\"name\":\"%s\",\"against\":\"%s\",\"verdict\":\"%s\",", name, against, verdict
        printf "\"ratio\":%.4f,\"low\":%.4f,\"high\":%.4f,\"rounds\":%d,", median, low, high, NR
        printf "\"machine\":{\"cpu\":\"%s\",\"cores\":%d},", model, cores
        printf "\"commit\":\"%s\"}\n", commit
    }'
}
