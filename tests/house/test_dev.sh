#!/bin/sh
# test_dev.sh DEV - `tools/dev test` counts what ran, and what broke counts as failed.
#
# Runs DEV in a tree of its own in which every tool is a small script that does as it is told by
# files: no compiler, no package, no real test.
set -eu
dev=$1
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
tree=$top/tree
bin=$top/bin
passed=0
failed=0

tool() { # NAME, the script on standard input
    cat >"$bin/$1"
    chmod +x "$bin/$1"
}

mkdir -p "$tree/tools" "$tree/tests/fuzz" "$tree/bench" "$tree/.ci" "$tree/build/clang" \
    "$tree/build/fuzz/tests" "$bin"
cp "$dev" "$tree/tools/dev"
touch "$tree/.ci/run" "$tree/tests/fuzz/fuzz_word.c"
echo '"file": "one.c"' >"$tree/build/clang/compile_commands.json"
ln -s "$bin/fuzz_word" "$tree/build/fuzz/tests/fuzz_word"

tool dpkg-query <<'END'
#!/bin/sh
test ! -e "$TOP/bare" && printf installed
END
tool apt-get <<'END'
#!/bin/sh
echo "apt-get $*" >>"$TOP/asked"
END
tool sudo <<'END'
#!/bin/sh
exec "$@"
END
tool cmake <<'END'
#!/bin/sh
case "$* " in *"--build"*"$(cat "$TOP/broken_build" 2>/dev/null || echo none) "*) exit 1 ;; esac
END
tool clang-tidy <<'END'
#!/bin/sh
test ! -e "$TOP/untidy"
END
tool fuzz_word <<'END'
#!/bin/sh
test ! -e "$TOP/crash"
END
tool shellcheck <<'END'
#!/bin/sh
exit 0
END
tool ctest <<'END'
#!/bin/sh
bad=0
test -e "$TOP/bad_tests" && bad=2
test -e "$TOP/no_tests" && { echo "No tests were found!!!"; exit 8; }
echo "90% tests passed, $bad tests failed out of 20"
test "$bad" -eq 0
END

# ends_with NAME LINE STATUS - what `dev test` must end with, in the state that files describe
ends_with() {
    status=0
    TOP=$top PATH=$bin:$PATH "$tree/tools/dev" test >"$top/said" 2>&1 </dev/null || status=1
    if [ "$(tail -n 1 "$top/said")" = "$2" ] && [ "$status" -eq "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1: wanted '$2' and status $3, got status $status and"
        sed 's/^/    /' "$top/said"
    fi
    rm -f "$top/bad_tests" "$top/no_tests" "$top/broken_build" "$top/untidy" "$top/crash"
}

# Three times 20 tests; clang's build, clang-tidy, the scripts and one fuzz target are one each.
ends_with "all is well" '64 passed, 0 failed' 0
touch "$top/bad_tests"
ends_with "failing tests are counted one by one" '58 passed, 6 failed' 1
touch "$top/no_tests"
ends_with "a run without tests is a failure" '4 passed, 3 failed' 1
echo asan >"$top/broken_build"
ends_with "a build that breaks is one failure, and its tests do not run" '44 passed, 1 failed' 1
echo fuzz >"$top/broken_build"
ends_with "so is one without tests of its own" '63 passed, 1 failed' 1
touch "$top/untidy"
ends_with "a finding of clang-tidy is a failure" '63 passed, 1 failed' 1
touch "$top/crash"
ends_with "a crash under the fuzzer is a failure" '63 passed, 1 failed' 1

touch "$top/bare"
TOP=$top PATH=$bin:$PATH "$tree/tools/dev" build >"$top/said" 2>&1 </dev/null || true
if grep -q '^apt-get install .*cmake' "$top/asked" &&
    grep -q '^== installing .*cmake' "$top/said" && ! grep -q -e cmocka -e clang "$top/asked"; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo "FAILED: a build installs what it needs, says so, and no more"
    cat "$top/asked" "$top/said"
fi

echo "$passed as it must be, $failed not"
[ "$failed" -eq 0 ]
