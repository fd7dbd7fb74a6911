#!/bin/sh
# format.sh TREE - every C file has the shape .clang-format gives it.
set -eu
cd "$1"
find base ipc engine workers tools bench tests -name '*.[ch]' -print0 |
    xargs -0 -r clang-format --dry-run -Werror
