#!/bin/sh
# outgoing.sh WRITE_OUTGOING SCHEMAS TO - every message we can send, checked by xmllint.
#
# ECMA-323's messages against the schema of their edition. ECMA-354's and Avaya's own have none here:
# they are only checked for being well-formed, with namespaces.
set -eu
command -v xmllint >/dev/null || exit 77
rm -rf "$3"
for edition in ed3 ed6; do
    mkdir -p "$3/$edition"
    "$1" "$edition" "$3/$edition"
    xmllint --noout --schema "$2/$edition/csta-main-reconstructed.xsd" "$3/$edition"/csta-*.xml
    xmllint --noout "$3/$edition"/session-*.xml "$3/$edition"/avaya-*.xml
done
# The schema is looked at: a message with a field that is not its own is refused.
sed 's/<monitorCrossRefID>/<callID>1<\/callID>&/' "$3/ed3"/csta-MonitorStop.xml >"$3/wrong.xml"
if xmllint --noout --schema "$2/ed3/csta-main-reconstructed.xsd" "$3/wrong.xml" 2>/dev/null; then
    echo "xmllint takes what the schema has not" >&2
    exit 1
fi
# 13 of ECMA-323 and their variants, 3 of ECMA-354, 1 of Avaya.
[ "$(find "$3/ed3" -name 'csta-*.xml' | wc -l)" -eq 17 ]
[ "$(find "$3/ed3" -name 'session-*.xml' | wc -l)" -eq 3 ]
[ "$(find "$3/ed3" -name 'avaya-*.xml' | wc -l)" -eq 1 ]
