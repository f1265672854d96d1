#!/bin/sh
# Runs every fuzz target of a build tree for some seconds, from the corpus that is checked in.
# Usage: fuzz.sh TREE SECONDS
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
found=0
for corpus in "$root"/testdata/fuzz/*/; do
	name=$(basename "$corpus")
	target=$1/fuzz_$name
	[ -x "$target" ] || { echo "fuzz.sh: $target is not built" >&2; exit 1; }
	work=$(mktemp -d)
	echo "== $name, $2 s"
	"$target" -max_total_time="$2" -print_final_stats=1 "$work" "$corpus" 2>&1 | tail -n 8
	rm -rf "$work"
	found=1
done
[ "$found" = 1 ] || { echo "fuzz.sh: no corpus" >&2; exit 1; }
