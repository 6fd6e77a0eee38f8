# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154
#
# say.sh - messages, and the programs that must be installed

say() {
	printf 'pintle-mkinitramfs: %s\n' "$*" >&2
}

# tell TEXT... - with --verbose alone
tell() {
	[ -z "$verbose" ] || say "$@"
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

misused() {
	die "read the arguments: $1" "see: pintle-mkinitramfs --help"
}

# refuse_as FINDINGS - end here if lib/machine or lib/crypttab refuses, in its
# own words
refuse_as() {
	refusal=$(printf '%s\n' "$1" | sed -n 's/^refuse //p' | head -n 1)
	[ -n "$refusal" ] || return 0
	# Each hint is one line, whatever blanks it has.
	say "$refusal"
	printf '%s\n' "$1" | sed -n 's/^hint /  /p' >&2
	exit 1
}

# need PROGRAM [PACKAGE]
need() {
	command -v "$1" >/dev/null || die "run $1: it is not installed" \
		"on Debian: apt-get install $(echo "${2-$1}" |
			sed 's/^xz$/xz-utils/')"
}
