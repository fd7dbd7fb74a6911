#!/bin/sh
# test_tidy.sh TIDY - a rule that refuses nothing is no rule.
#
# Makes a small tree that tidy accepts, then breaks one rule at a time and wants to hear of it, at
# the right file and for the right reason.
set -eu
tidy=$1
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
passed=0
failed=0

put() { # FILE, the text on standard input
    mkdir -p "$top/tree/$(dirname "$1")"
    cat >"$top/tree/$1"
}

clean_tree() {
    rm -rf "$top/tree"
    put base/word.h <<'END'
#ifndef BASE_WORD_H
#define BASE_WORD_H
int word_count(void);
#endif
END
    put ipc/cell.h <<'END'
#ifndef IPC_CELL_H
#define IPC_CELL_H
#include <stdatomic.h>
#include "base/word.h"
struct shm_cell {
    _Atomic int value;
};
static_assert(sizeof(struct shm_cell) == 4, "one word");
static inline void
cell_set(struct shm_cell *cell, int value)
{
    /* release: R1. What was written before is seen with the value. */
    atomic_store_explicit(&cell->value, value, memory_order_release);
}
#endif
END
    put ipc/color.def <<'END'
COLOR(RED)
END
    put workers/step.c <<'END'
#include "ipc/cell.h"
enum color {
#include "ipc/color.def"
};
END
    put engine/read.h <<'END'
#ifndef ENGINE_READ_H
#define ENGINE_READ_H
#endif
END
    put tests/unit/test_word.c <<'END'
#include "workers/step.h"
#include "engine/read.h"
END
    put tests/golden/one.trace <<'END'
# onhook-trace 1
END
    put tests/golden/one.jsonl </dev/null
    put README.md <<'END'
A tree in order.
END
}

# judge NAME CONDITION - count it, say it.
judge() {
    if [ "$2" = yes ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1"
        sed 's/^/    /' "$top/said"
    fi
}

# refuses NAME FILE REASON - tidy must fail and name FILE and REASON, and nothing else.
refuses() {
    verdict=no
    if ! "$tidy" "$top/tree" >"$top/said" 2>&1 &&
        grep -q "^$2:[0-9]*: .*$3" "$top/said" && ! grep -qv "^$2:" "$top/said"; then
        verdict=yes
    fi
    judge "$1" "$verdict"
    clean_tree
}

# A line for a file; the text is put together here so that tidy does not find it in this file.
line() {
    file=$1
    shift
    mkdir -p "$top/tree/$(dirname "$file")"
    printf '%s\n' "$*" >>"$top/tree/$file"
}

lines() { # FILE COUNT
    mkdir -p "$top/tree/$(dirname "$1")"
    yes '    count++;' | head -n "$2" >>"$top/tree/$1"
}

clean_tree
verdict=no
"$tidy" "$top/tree" >"$top/said" 2>&1 && verdict=yes
judge "a tree in order is accepted" "$verdict"

line base/word.c '#include "ipc/cell.h"'
refuses "an include up a layer" base/word.c 'base may not include ipc'
line workers/step.c '#include "engine/read.h"'
refuses "workers who know the engine" workers/step.c 'workers may not include engine'
line engine/read.c '#include "workers/step.h"'
refuses "an engine that knows the workers" engine/read.c 'engine may not include workers'
line tools/main.c '#include "tests/unit/test_word.h"'
refuses "a tool that includes a test" tools/main.c 'tools may not include tests'
line workers/step.c '#include "step.h"'
refuses "an include beside the file" workers/step.c 'repository root'

line engine/read.c '#include <stdatomic.h>'
refuses "atomics in the engine" engine/read.c 'atomics live in ipc'
line bench/ring.c 'static _Atomic int value;'
refuses "an atomic in a benchmark" bench/ring.c 'atomics live in ipc'
line workers/step.c '    return __atomic_load_n(&value, 5);'
refuses "a compiler's own atomics" workers/step.c 'atomics live in ipc'
line ipc/cell.c '    atomic_store(&value, 1);'
refuses "an atomic without its order" ipc/cell.c '_explicit'
line ipc/cell.c '    atomic_load_explicit(&value, memory_order_acquire);'
refuses "an order without its edge" ipc/cell.c 'which edge'
line ipc/cell.c '    /* acquire: to be sure */'
line ipc/cell.c '    atomic_load_explicit(&value, memory_order_acquire);'
refuses "an edge without a name" ipc/cell.c 'which edge'
line engine/read.c 'struct shm_thing {'
refuses "a shared struct outside ipc" engine/read.c 'shared structs live in ipc'
line ipc/cell.c 'struct shm_thing {'
refuses "a shared struct of any size" ipc/cell.c 'static_assert'

line base/word.c 'typedef' 'struct word word;'
refuses "a typedef for a struct" base/word.c 'typedef'
line base/other.h '#ifndef OTHER_H'
line base/other.h '#define OTHER_H'
refuses "a guard that is not the path" base/other.h 'BASE_OTHER_H'
line base/bare.h 'int bare(void);'
refuses "a header without a guard" base/bare.h 'BASE_BARE_H'

line base/word.c '{'
lines base/word.c 71
line base/word.c '}'
refuses "a function of 71 lines" base/word.c 'over 70 lines'
lines base/word.c 501
refuses "a file of 501 lines" base/word.c 'over 500 lines'
line base/word.c "$(printf '%0101d' 0)"
refuses "a line of 101 columns" base/word.c 'over 100 columns'
line base/word.c "$(printf '\tcount++;')"
refuses "a tab" base/word.c 'a tab'
line base/word.c 'count++; '
refuses "white space at the end of a line" base/word.c 'end of the line'
line README.md 'A word. '
refuses "white space at the end of a line of prose" README.md 'end of the line'

line ipc/lonely.def 'COLOR(BLUE)'
refuses "a list nobody includes" ipc/lonely.def 'included nowhere'
line tests/unit/word_test.c 'int main(void);'
refuses "a unit test the build would not find" tests/unit/word_test.c 'not named'
line tests/fuzz/word.c 'int main(void);'
refuses "a fuzz target the build would not find" tests/fuzz/word.c 'not named'
line tests/golden/two.trace '# onhook-trace 1'
refuses "a golden trace without an answer" tests/golden/two.trace 'no answer'
line tests/golden/two.jsonl '{}'
refuses "a golden answer without a trace" tests/golden/two.jsonl 'no trace'

for mark in 'TO''DO' 'FIX''ME' 'X''XX' 'not implemen''ted'; do
    line base/word.c "/* $mark */"
    refuses "the mark $mark" base/word.c 'unfinished'
done
line README.md '<<<''<<<< HEAD'
refuses "an unfinished merge" README.md 'unfinished merge'
for path in '/wo''rk/main' '/ho''me/somebody' '/ro''ot/x'; do
    line README.md "See $path."
    refuses "the path $path" README.md 'one machine'
done
for host in 'deb.deb''ian.org' 'registry.np''mjs.org' 'pyp''i.org'; do
    line tools/dev "fetch $host"
    refuses "the host $host" tools/dev 'package archive'
done
for maker in 'Cla''ude' 'language mo''del' 'Co-author''ed-by: x' 'this sess''ion'; do
    line docs/note.md "By $maker."
    refuses "the words $maker" docs/note.md 'came to be'
done

echo "$passed as it must be, $failed not"
[ "$failed" -eq 0 ]
