#!/bin/sh
# Runs a command as root, with this environment: sudo drops PATH and LD_LIBRARY_PATH even with -E.
# Usage: root.sh COMMAND [ARGUMENT...]
set -eu

[ "$(id -u)" -ne 0 ] || exec "$@"
command -v sudo >/dev/null || {
	echo "root.sh: $1 needs root: run as root or install sudo" >&2
	exit 1
}
exec sudo -E env "PATH=$PATH" "LD_LIBRARY_PATH=${LD_LIBRARY_PATH:-}" "$@"
