#!/bin/sh
# help.sh - every command explains itself alike: an example first, to be typed; it has a man
# page with every option; and what is wrong with an option is said with its name, once.
#
# usage: help.sh ONHOOK_BINARY
# Exit: 0 as promised, 1 not, 2 wrong usage.

onhook=$1
if [ $# -ne 1 ] || [ ! -x "$onhook" ]; then
    echo "usage: help.sh ONHOOK_BINARY" >&2
    exit 2
fi
man=$(dirname "$0")/../../docs/man
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
wrong=0

fail() {
    echo "$*"
    wrong=1
}

commands=$("$onhook" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p' | grep -vx onhook)
[ "$(echo "$commands" | wc -l)" -ge 15 ] || fail "the commands are not listed: $commands"
for command in $commands; do
    "$onhook" "$command" --help >"$work/help" || fail "$command --help fails"
    case $(head -n 1 "$work/help") in
    "  onhook $command" | "  onhook $command "*) ;;
    *) fail "$command --help does not begin with an example: $(head -n 1 "$work/help")" ;;
    esac
    awk 'length > 100 { exit 1 }' "$work/help" || fail "$command --help: a line over 100 columns"
    page=$man/onhook-$command.1
    [ -f "$page" ] || { fail "$command has no man page"; continue; }
    case $(head -n 1 "$page") in
    .so*) page=$man/$(basename "$(sed 's/^.so *//;q' "$page")") ;;
    esac
    sed 's/\\-/-/g; s/\\f[A-Z]//g' "$page" >"$work/page"
    sed -n 's/^ *\(-[a-z], \)\?\(--[a-z-]*\).*/\2/p' "$work/help" >"$work/options"
    while read -r option; do
        grep -q -- "$option\\b" "$work/page" || fail "$(basename "$page") does not know $option"
    done <"$work/options"
    grep -q "onhook-$command\\b" "$man/onhook.1" || sed 's/\\-/-/g' "$man/onhook.1" |
        grep -q "^\.BR $command (1)\|\" $command\" (1)" || fail "onhook.1 does not know $command"
done

# OPTION WORDS COMMAND... - refused in these words, with exit code 2.
refused() {
    words=$1
    shift
    "$onhook" "$@" >/dev/null 2>"$work/said"
    [ $? -eq 2 ] || fail "onhook $*: taken"
    grep -qF -- "$words" "$work/said" || fail "onhook $*: said $(cat "$work/said")"
}

for command in replay check explain; do
    refused 'onhook: --encoding = "morse": must be' $command --encoding morse x y
done
for command in replay explain; do
    refused 'onhook: --profile = "openscap": must be' $command --profile openscap x y
    refused 'onhook: --monitored: "1-99999999" is a range' $command --monitored 1-99999999 x y
done
# shellcheck disable=SC2016 # the quotes are what is printed
refused 'onhook: --by DN is missing: on whose behalf; see `onhook drop --help`' drop 2001
exit $wrong
