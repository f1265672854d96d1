#!/bin/sh
# Runs a command in the build's environment; the one place that knows it.
# Usage: env.sh COMMAND [ARGUMENT...]
#
# - a new enough Go first in PATH, the system's tools (bpftool, nginx, tc) in it also for a user
# - Go's test binaries run elsewhere, so they get LD_LIBRARY_PATH; a C test must not: it finds the
#   library of its own build tree, sanitized or not
# - Go's build cache does not see a changed C header outside the package (golang/go issue 24355),
#   so a hash of the headers is among the flags; where headers and library are, and how a binary
#   finds the library, is said by the one package that uses them, gobind
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
go=$("$root/test/setup/go.sh")
path=$(dirname -- "$go")
headers=$(find "$root/csrc/include" -name '*.h' 2>/dev/null | LC_ALL=C sort |
	xargs -r cat | sha256sum | cut -c1-16)

export PATH="$path:$PATH:/usr/sbin:/sbin"
export GOTOOLCHAIN=local
export GOFLAGS="${GOFLAGS:+$GOFLAGS }-buildvcs=false"
export CGO_CFLAGS="-O2 -g -DSCREEN_HEADERS_HASH=0x$headers"
case $1 in
go) export LD_LIBRARY_PATH="$root/build/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" ;;
esac
exec "$@"
