#!/bin/sh
# Fetches and unpacks Debian kernels, to be booted in an emulator: nothing of them is installed.
# Usage: kernels.sh PACKAGE...    (linux-image-cloud-amd64 is whichever kernel that package wants now)
# Prints the directory of each, in the user's cache: boot/vmlinuz-RELEASE, lib/modules/RELEASE.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/synscreen/kernels

die() {
	echo "kernels.sh: $*" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# wanted PACKAGE: the kernel that a package without a version stands for
wanted() {
	apt-cache depends "$1" 2>/dev/null | sed -n 's/^  Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1
}

# The index may be missing, or older than what the mirror still has.
download() {
	apt-get -q download "$1" >&2 || {
		as_root apt-get -q update >&2
		apt-get -q download "$1" >&2
	}
}

# index DIRECTORY: which module needs which is not in the package
index() {
	PATH="$PATH:/usr/sbin:/sbin" depmod -b "$1" "$(basename "$1"/lib/modules/*)"
}

# unpack PACKAGE: beside its final place, then one rename
unpack() {
	work=$(mktemp -d "$cache/fetch.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	echo "fetching $1" >&2
	(cd "$work" && download "$1") || die "$1 cannot be downloaded"
	dpkg-deb -x "$work"/*.deb "$work/kernel"
	index "$work/kernel"
	mv -T "$work/kernel" "$cache/$1" 2>/dev/null || [ -d "$cache/$1" ]
	rm -rf "$work"
}

[ "$(dpkg --print-architecture)" = amd64 ] || die "these kernels are for amd64"
"$root/test/setup/packages.sh" kmod
mkdir -p "$cache"
for package in "$@"; do
	kernel=$(wanted "$package")
	[ -n "$kernel" ] || { as_root apt-get -q update >&2 && kernel=$(wanted "$package"); }
	[ -n "$kernel" ] || die "no $package: are bookworm and bookworm-security among apt's sources?"
	[ -d "$cache/$kernel" ] || unpack "$kernel"
	echo "$cache/$kernel"
done
