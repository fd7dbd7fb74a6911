#!/bin/sh
# build.sh TO CC FILE.asn1... - asn1c's decoders for the given modules as TO/libcsta_asn1.a.
#
# The names of the files asn1c writes are known only after it ran, so this is one step of the
# build. The code is not ours: it is compiled without our warnings, and without sanitizers, under
# which asn1c 0.9.28's own support code is not clean (shifts of negative numbers, misaligned
# access). What it allocates and frees is still seen by AddressSanitizer's allocator.
set -eu
to=$1
cc=$2
shift 2
rm -rf "$to"
mkdir -p "$to"
cd "$to"
asn1c -fcompound-names -fwide-types "$@" >asn1c.log 2>&1 || { cat asn1c.log >&2; exit 1; }
rm -f converter-sample.c
for file in *.c; do
    printf '%s\n' "$file"
done | xargs -n 16 -P 2 "$cc" -O2 -g -w -Dber_decode=asn1c_ber_decode -I. -c
ar rcs libcsta_asn1.a ./*.o
rm -f ./*.o
