# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What every script here starts from: messages, packages, the cache and the
# mirror of this machine. To be sourced after `set -eu`; does nothing by
# itself but set `prog`, `top` (the checkout) and `cache`.
#
# stdout belongs to the answer a script gives (a path, a report); everything
# said to a person goes to stderr.

prog=${0##*/}
# shellcheck disable=SC2034 # for those who source this
top=$(cd "$(dirname "$0")/.." && pwd)

# A bare chroot or a service manager may give no HOME.
: "${HOME:=$(getent passwd "$(id -u)" | cut -d: -f6)}"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pintle

say() {
	printf '%s: %s\n' "$prog" "$*" >&2
}

# die SENTENCE [WHAT THE PERSON CAN DO]...
die() {
	say "$1"
	shift
	for hint; do
		printf '  %s\n' "$hint" >&2
	done
	exit 1
}

# The paragraph at the head of the calling script is its manual.
usage() {
	sed -n '/^#$/,/^[^#]/ { /^[^#]/d; s/^# \{0,1\}//; p; }' "$0" | sed '1d'
	exit "${1:-0}"
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# Sandboxes and chroots have no terminal to ask on; another apt run (a first
# boot, a parallel script) is waited for and not fought. What apt tells is
# kept for the case that it fails.
apt_install() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
		--no-install-recommends -o DPkg::Lock::Timeout=300 \
		-o Dpkg::Use-Pty=0 "$@" >"$apt_log" 2>&1
}

# need PACKAGE... - have these Debian packages installed
#
# The package lists are fetched only when an install fails without that: a
# machine that has been updated should not wait for it, and one fresh from
# debootstrap may have none.
need() {
	if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
		say "not a Debian system, taking it that the equivalents of" \
			"these packages are installed: $*"
		return 0
	fi
	missing=
	for package; do
		# shellcheck disable=SC2016 # dpkg-query's own syntax
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" \
			2>/dev/null) || state=
		[ "$state" = installed ] || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
		die "install$missing: not root, and there is no sudo" \
			"as root: apt-get install$missing"
	fi
	say "installing with apt:$missing"
	apt_log=$(mktemp)
	# shellcheck disable=SC2086 # a list of words
	apt_install $missing || {
		say "fetching apt's package lists first"
		as_root apt-get update -qq -o DPkg::Lock::Timeout=300 >&2 ||
			say "apt-get update failed, going on with what it has"
		apt_install $missing || {
			tail -n 20 "$apt_log" >&2
			rm -f "$apt_log"
			die "install$missing: apt-get failed, see above" \
				"check the network and /etc/apt, then: apt-get install$missing"
		}
	}
	rm -f "$apt_log"
}

# lock FILE - hold this lock until the script ends
#
# On descriptor 9, so one lock a script. The kernel drops it when the last
# holder is gone, whatever killed it: no stale lock files.
lock() {
	command -v flock >/dev/null || need util-linux
	mkdir -p "${1%/*}"
	exec 9>"$1"
	flock -n 9 && return 0
	say "waiting for another run that holds '$1'"
	flock 9
}

# mirror MAIN|SECURITY - the URI this machine takes Debian (or Debian's
# security updates) from; nothing if it cannot be told
#
# Asked of apt itself, so one-line and deb822 sources, several files and
# duplicates are all the same to us. Origin is known once lists were fetched;
# before that (--no-release-info) a repository with a bare suite name and the
# component main is the best guess, and a path that ends in /debian beats it:
# other vendors too call their suites after Debian's.
# shellcheck disable=SC2016 # apt's own syntax
mirror() {
	apt-get indextargets --no-release-info --format \
		'$(REPO_URI) $(RELEASE) $(COMPONENT) ?' \
		'Created-By: Packages' 2>/dev/null >"$cache/.targets.$$" || :
	apt-get indextargets --format \
		'$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' \
		'Created-By: Packages' 2>/dev/null >>"$cache/.targets.$$" || :
	awk -v want="$1" '
		$3 != "main" || $1 ~ /^cdrom:/ { next }
		{ security = $2 ~ /-security$|\/updates$/ }
		want == "SECURITY" && !security { next }
		want == "MAIN" && (security || $2 ~ /[-\/]/) { next }
		{
			score = 1
			if ($1 ~ /debian\/?$|debian-security\/?$/)
				score = 2
			if ($4 == "Debian")
				score = 3
			if (score > best) {
				best = score
				uri = $1
			}
		}
		END { if (best) print uri }' "$cache/.targets.$$"
	rm -f "$cache/.targets.$$"
}

# acquire_settings - how this machine downloads, as an apt.conf: proxies, time
# limits, Check-Valid-Until, but no index files other than Packages
acquire_settings() {
	apt-config dump | grep '^Acquire::' |
		grep -v -e '^Acquire::IndexTargets' -e '^Acquire::Languages'
	echo 'Acquire::Languages "none";'
}

# gather_keys DIR - link into DIR every key that this machine trusts for its
# Debian mirror, wherever it is kept, and the keyring package's, which has
# the keys of later releases too
gather_keys() {
	mkdir -p "$1"
	main=$(mirror MAIN)
	for key in /etc/apt/trusted.gpg.d/*.gpg /etc/apt/trusted.gpg.d/*.asc \
		/usr/share/keyrings/debian-archive-keyring.gpg \
		$(grep -rlF "${main%/}" /etc/apt/sources.list \
			/etc/apt/sources.list.d 2>/dev/null |
			xargs -r -d '\n' sed -n \
				's|.*[Ss]igned-[Bb]y[:=] *\(/[^], ]*\).*|\1|p'); do
		[ ! -r "$key" ] || ln -sf "$key" "$1/"
	done
}
