#!/bin/sh
# Prints the path of a Go command that is new enough for go.mod.
#
# Taken in this order: `go` in PATH, /usr/local/go, a toolchain fetched before, a toolchain fetched
# now. The Go toolchain is itself a module (golang.org/toolchain), so any Go command, Debian's too,
# can download it through the module proxy that it is configured for, checked by the checksum
# database. A module holds no executable bits and no nested go.mod: both are put right here.
set -eu

FETCH=1.26.8 # the newest Go 1.26 patch release; raise it with the `go` line of go.mod

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/synscreen
export GOTOOLCHAIN=local

die() {
	echo "go.sh: $*" >&2
	exit 1
}

# at_least HAVE WANT: is the version HAVE (1.26.8, 1.26rc1) not older than WANT?
at_least() {
	[ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

version_of() {
	(cd / && "$1" env GOVERSION 2>/dev/null) | sed -n 's/^go\([0-9.]*\).*/\1/p'
}

new_enough() {
	command -v "$1" >/dev/null || return 1
	have=$(version_of "$1")
	[ -n "$have" ] && at_least "$have" "$want"
}

# Any Go command that can download a module will do to start from.
bootstrap() {
	for go in go /usr/local/go/bin/go /usr/lib/go/bin/go; do
		[ -z "$(version_of "$go")" ] || { echo "$go"; return; }
	done
	"$root/test/setup/packages.sh" golang-go ca-certificates >&2 || return 1
	echo /usr/lib/go/bin/go
}

machine() {
	case $(uname -m) in
	x86_64) echo amd64 ;;
	aarch64) echo arm64 ;;
	*) die "no Go toolchain module for $(uname -m): install Go $want or newer" ;;
	esac
}

# unpack MODULE_DIR: a usable Go tree beside its final place, then one rename.
unpack() {
	cp -R "$1" "$work/go"
	chmod -R u+w "$work/go"
	chmod 755 "$work"/go/bin/* "$work"/go/pkg/tool/*/* "$work"/go/lib/wasm/*_exec
	find "$work/go" -name _go.mod | while read -r file; do
		mv "$file" "${file%_go.mod}go.mod"
	done
	[ -n "$(version_of "$work/go/bin/go")" ] || return 1
	mv -T "$work/go" "$cache/go-$FETCH" 2>/dev/null || [ -x "$cache/go-$FETCH/bin/go" ]
}

fetch() {
	at_least "$FETCH" "$want" || die "go.mod asks for Go $want, newer than the $FETCH known here"
	arch=$(machine)
	from=$(bootstrap) || die "no Go command to fetch Go $FETCH with, and golang-go does not install"
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/fetch.XXXXXX")
	trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
	echo "fetching the Go $FETCH toolchain module" >&2
	(cd "$work" && GO111MODULE=on GOFLAGS=-modcacherw GOMODCACHE="$work/mod" \
		"$from" mod download -json "golang.org/toolchain@v0.0.1-go$FETCH.linux-$arch" \
		>"$work/out" 2>&1) ||
		die "Go $want or newer is needed, and Go $FETCH cannot be fetched: $(
			sed -n 's/.*"Error": //p' "$work/out" | cut -c1-200)"
	unpack "$work/mod/golang.org/toolchain@v0.0.1-go$FETCH.linux-$arch" ||
		die "the fetched Go $FETCH does not run"
}

want=$(sed -n 's/^go \([0-9.]*\).*/\1/p' "$root/go.mod")
[ -n "$want" ] || die "go.mod has no go line"
for go in go /usr/local/go/bin/go "$cache/go-$FETCH/bin/go"; do
	new_enough "$go" && { command -v "$go"; exit 0; }
done
fetch
echo "$cache/go-$FETCH/bin/go"
