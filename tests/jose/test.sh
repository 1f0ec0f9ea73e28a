#!/bin/bash
# Tries the second opinions themselves: they take a good license and refuse bad ones.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

refused() { # WORDS FILE ANCHORS
    if "$here/check" "$2" "$3" > "$work/out" 2> "$work/err"; then
        echo "taken, but should be refused: $1" >&2
        exit 1
    fi
    grep -q "$1" "$work/err" || { cat "$work/err" >&2; exit 1; }
}

mkdir "$work/ours" "$work/theirs"
/usr/bin/python3 -B "$here/../chariot/small_issuer.py" "$work/ours"
/usr/bin/python3 -B "$here/../chariot/small_issuer.py" "$work/theirs"
"$here/check" "$work/ours/license.jws" "$work/ours/anchors.pem" | grep -q '"serial":"UL-00000042"'
refused "signature verification failed" "$work/ours/forged.jws" "$work/ours/anchors.pem"
refused "does not chain" "$work/ours/license.jws" "$work/theirs/anchors.pem"
echo "the second opinions work"
