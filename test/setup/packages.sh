#!/bin/sh
# Installs the Debian packages that the build and the tests need, those that are missing.
# Usage: packages.sh [PACKAGE...]    (no argument: the whole list below)
set -eu

BUILD='clang llvm cmake ninja-build pkg-config gcc libc6-dev libxdp-dev libbpf-dev libsodium-dev
	liburcu-dev libcmocka-dev libmnl-dev libelf-dev zlib1g-dev bpftool libclang-rt-14-dev
	ca-certificates'
TEST='iproute2 ethtool nginx-light curl hping3 nmap tcpdump nftables iperf3 procps shellcheck sparse
	systemd'

die() {
	echo "packages.sh: $*" >&2
	exit 1
}

# An nginx of any flavour serves; a package that is only unpacked counts as missing, but not where
# nginx itself is there and merely could not be started (no IPv6, port 80 taken).
installed() {
	case $1 in
	nginx-light) [ ! -x /usr/sbin/nginx ] || return 0 ;;
	esac
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing() {
	for package in "$@"; do
		installed "$package" || printf ' %s' "$package"
	done
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		env DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo env DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

apt() {
	as_root apt-get -q -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 "$@" </dev/null
}

# We want nginx's program, not a web server on this machine's port 80: a unit masked before the
# package arrives is not started by it; where there is no systemd, what was started is stopped.
nginx_hold() {
	[ ! -d /run/systemd/system ] || as_root systemctl --quiet mask nginx.service
}

nginx_release() {
	if [ -d /run/systemd/system ]; then
		as_root systemctl --quiet unmask nginx.service || true
		as_root systemctl --quiet disable nginx.service >/dev/null 2>&1 || true
	elif [ -x /etc/init.d/nginx ]; then
		as_root /etc/init.d/nginx stop >/dev/null 2>&1 || true
		as_root update-rc.d nginx disable >/dev/null 2>&1 || true
	fi
}

install() {
	case " $* " in
	*' nginx-light '*)
		nginx_hold
		trap nginx_release EXIT
		;;
	esac
	apt update || die "apt-get update failed: is a Debian mirror reachable?"
	# apt also fails where only a daemon would not start: what is missing afterwards decides.
	apt install --yes --no-install-recommends "$@" || true
	left=$(missing "$@")
	[ -z "$left" ] || die "apt-get could not install:$left"
}

command -v apt-get >/dev/null ||
	die "this is not Debian (no apt-get): install by hand: $(echo "${*:-$BUILD $TEST}" | tr -s '\n\t ' ' ')"
[ $# -gt 0 ] || eval "set -- $(echo "$BUILD $TEST" | tr '\n\t' '  ')"
wanted=$(missing "$@")
[ -n "$wanted" ] || exit 0
[ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
	die "not root and no sudo: as root, run: apt-get install$wanted"
echo "installing packages:$wanted" >&2
# shellcheck disable=SC2086 # a list of names
install $wanted >&2
