#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The program that ships is hardened, as its own headers and instructions show:
# a build file can say what it likes.
#
# needs: nothing
: "${PINTLE:?the pintle to test; tests/run sets it}"
count=0

row() { # row DESCRIPTION COMMAND...
	count=$((count + 1))
	description=$1
	shift
	if "$@"; then
		echo "ok $count - $description"
	else
		echo "not ok $count - $description"
	fi
}

work=$(mktemp -d "${TMPDIR:-/tmp}/pintle-hardening-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
{
	readelf -hW "$PINTLE"
	readelf -lW "$PINTLE"
	readelf -dW "$PINTLE"
} >"$work/headers" || {
	echo "Bail out! readelf cannot read '$PINTLE'"
	exit 1
}
objdump -d --no-show-raw-insn "$PINTLE" >"$work/code"

has() { # has PATTERN: a line of the headers
	grep -Eq "$1" "$work/headers"
}

# segment TYPE: the flags of each, one a line, without blanks
segments() {
	sed -n "s/^  $1  *0x[0-9a-f]* 0x[0-9a-f]* 0x[0-9a-f]* 0x[0-9a-f]* 0x[0-9a-f]* \(...\).*/\1/p" \
		"$work/headers" | tr -d ' '
}

is_static() {
	! has '^ *INTERP' && ! has '\(NEEDED\)'
}

# Each function with an array on its stack loads the canary, and subtracts it
# again before it returns: the variable that most functions do that with.
has_canaries() {
	canary=$(sed -n 's/.*\tsub  *0x[0-9a-f]*(%rip),%r.*# \(0x[0-9a-f]*\).*/\1/p' \
		"$work/code" | sort | uniq -c | sort -rn |
		awk 'NR == 1 { print $2 }')
	for does in mov sub; do
		[ "$(grep -c "[[:blank:]]$does  *0x[0-9a-f]*(%rip),%r.*# ${canary:-none}\>" \
			"$work/code")" -ge 100 ] || return
	done
}

# A frame of more than a page is touched page by page: gcc subtracts 0x1000 and
# writes there, and never more at once (-fstack-clash-protection).
probes_its_stack() {
	grep -o 'sub  *[$]0x[0-9a-f]\{4,7\},%rsp' "$work/code" >"$work/frames"
	[ -s "$work/frames" ] && ! grep -v '0x1000,' "$work/frames" >&2
}

no_segment_is_writable_code() {
	segments LOAD >"$work/loads"
	[ -s "$work/loads" ] && ! grep -q 'W.*E' "$work/loads"
}

# The constants lie in a segment that is read only, so that code is the only
# thing that can be executed.
code_is_alone() {
	[ "$(grep -c E "$work/loads")" = 1 ] && grep -qx R "$work/loads"
}

# gcc writes its options into the debugging information, which strip removes.
# Every file of ours that was compiled must have it.
zeroes_its_variables() {
	readelf --debug-dump=info "${PINTLE%/*}/src/pintle-unstripped" |
		grep 'DW_AT_producer.*-std=gnu17' >"$work/producers"
	[ -s "$work/producers" ] &&
		! grep -v -e '-ftrivial-auto-var-init=zero' "$work/producers" >&2
}

echo 1..10
row "it is position independent" has 'Type: .*DYN'
row "it is static, and asks for no loader" is_static
row "its relocated tables are read only afterwards" has '^ *GNU_RELRO'
row "it is relocated before it runs" has 'FLAGS_1.*NOW.*PIE'
row "its stack cannot be executed" test "$(segments GNU_STACK)" = RW
row "no segment can be written to and executed" no_segment_is_writable_code
row "one segment can be executed, and holds nothing else" code_is_alone
row "its functions have canaries" has_canaries
row "its large frames are touched page by page" probes_its_stack
row "its automatic variables begin as zero" zeroes_its_variables
