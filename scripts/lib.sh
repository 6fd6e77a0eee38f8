# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What every script here starts from: messages, packages, the cache and the
# mirror of this machine. To be sourced after `set -eu`; does nothing by
# itself but set `prog`, `top` (the checkout), `cache` and what the
# environment lacks.
#
# stdout belongs to the answer a script gives (a path, a report); everything
# said to a person goes to stderr.

prog=${0##*/}
# shellcheck disable=SC2034 # for those who source this
top=$(cd "$(dirname "$0")/.." && pwd)

# Programs that system administrators call are not in the PATH of all users.
PATH=$PATH:/usr/sbin:/sbin
export PATH

say() {
	printf '%s: %s\n' "$prog" "$*" >&2
}

# usable DIR - can this user write into it, and to all that is there already?
# One that does not exist yet has to be made in the directory above.
usable() {
	above=$1
	until [ -e "$above" ]; do
		above=$(dirname "$above")
	done
	if [ -d "$above" ] && [ "$above" = "$1" ]; then
		[ -z "$(find "$above" -maxdepth 1 ! -writable 2>&1)" ]
	else
		[ -d "$above" ] && [ -w "$above" ]
	fi
}

# A bare chroot or a service manager may give no HOME, and not every user has
# a line in the password file. A home may be read-only, or have a cache in it
# that was made by root; then what is fetched stays in the checkout. Scripts
# that are called from here use the same.
: "${HOME:=$(getent passwd "$(id -u)" | cut -d: -f6)}"
cache=${PINTLE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pintle}
usable "$cache" || {
	say "'$cache' cannot be written, keeping in '$top/build/cache'" \
		"what is fetched"
	cache=$top/build/cache
}
export HOME PINTLE_CACHE="$cache"

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

# answer COMMAND... - the last line that it prints
#
# To be used as `x=$(answer ...)`: in a pipe to tail, a failure of the command
# would be lost, and the script would go on without an answer.
answer() {
	answered=$("$@") || return
	printf '%s\n' "$answered" | tail -n 1
}

# may_be_root - is this root, or can it be without a question?
may_be_root() {
	[ "$(id -u)" = 0 ] || {
		command -v sudo >/dev/null && sudo -n true 2>/dev/null
	}
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# apt COMMAND... - apt-get, as root, whose words are kept for the case that it
# fails
#
# Sandboxes and chroots have no terminal to ask on. Another apt run (a first
# boot, a parallel script) is waited for and not fought: apt itself waits for
# one of its locks, but not for that of the package lists.
apt() {
	waited_s=0
	until as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -qq \
		-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" \
		>"$apt_log" 2>&1; do
		if ! grep -q 'Could not get lock' "$apt_log" ||
			[ $waited_s -ge 300 ]; then
			return 1
		fi
		[ $waited_s -gt 0 ] || say "waiting for another run of apt"
		sleep 5
		waited_s=$((waited_s + 5))
	done
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
	install="apt-get install --no-install-recommends$missing"
	# sudo can ask for a password where there is somebody to ask.
	may_be_root || {
		command -v sudo >/dev/null && [ -t 0 ] && sudo -v
	} || die "install with apt:$missing: neither root, nor by sudo" \
		"as root, once: $install"
	say "installing with apt:$missing"
	apt_log=$(mktemp)
	set -- install -y --no-install-recommends
	# shellcheck disable=SC2086 # a list of words
	apt "$@" $missing || {
		say "fetching apt's package lists first"
		apt update || {
			sed 's/^/  /' "$apt_log" >&2
			say "apt-get update failed, going on with what it has"
		}
		apt "$@" $missing || {
			tail -n 20 "$apt_log" >&2
			rm -f "$apt_log"
			die "install with apt:$missing: apt-get failed, see above" \
				"check the network and /etc/apt, then: $install"
		}
	}
	rm -f "$apt_log"
}

# What other scripts need, for those that call them: whoever has to ask
# somebody to install packages asks once.
#
# shellcheck disable=SC2034 # for those who source this
build_packages='meson ninja-build gcc musl-tools'
# shellcheck disable=SC2034
debian_packages='mmdebstrap e2fsprogs fakeroot fakechroot uidmap util-linux'

# lock FILE - hold this lock until the script ends
#
# On descriptor 9, so one lock a script. The kernel drops it when the last
# holder is gone, whatever killed it: no stale lock files.
lock() {
	command -v flock >/dev/null || need util-linux
	# Not `:`, whose redirection would end the shell if it failed.
	{ mkdir -p "${1%/*}" && true >>"$1"; } 2>/dev/null ||
		die "write to '$1': that is not permitted" \
			"another user has made it (root, by sudo?): give it to yourself, or use a checkout of your own"
	exec 9>"$1"
	flock -n 9 && return 0
	say "waiting for another run that holds '$1'"
	flock 9
}

# in_namespace COMMAND... - run it as root of a user namespace of its own, in
# which it may mount, and has all of this user's subordinate IDs (subuid(5))
in_namespace() {
	unshare --map-root-user --map-auto -pfm --kill-child --mount-proc "$@"
}

# may_have_namespace - is that permitted, and are there such IDs?
#
# The plain question comes first: where it is refused, unshare of util-linux 2.38
# leaves a process behind with --map-auto, which waits for ever and holds what is
# open here.
may_have_namespace() {
	unshare -rm true 2>/dev/null &&
		in_namespace true >/dev/null 2>&1 9>&- </dev/null
}

# kvm_works KERNEL - has KVM booted this kernel here?
#
# A /dev/kvm that opens and even makes a machine may still run nothing (seen
# on nested virtual machines). This kernel without any root must get as far
# as its panic. The answer holds until this machine boots again.
kvm_works() {
	[ -r /dev/kvm ] && [ -w /dev/kvm ] || return 1
	known=$top/build/.kvm-$(cat /proc/sys/kernel/random/boot_id)
	if [ ! -s "$known" ]; then
		say "trying whether KVM works here, 10 seconds at most"
		timeout -k 1 10 qemu-system-x86_64 -accel kvm -cpu host -m 256 \
			-nodefaults -display none -no-reboot \
			-serial "file:$known.said" -kernel "$1/vmlinuz" \
			-append 'console=ttyS0 panic=-1' >/dev/null 2>&1 || :
		if grep -q 'Kernel panic' "$known.said" 2>/dev/null; then
			echo yes >"$known"
		else
			echo no >"$known"
		fi
		rm -f "$known.said"
	fi
	[ "$(cat "$known")" = yes ]
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
