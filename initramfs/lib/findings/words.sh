# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# words.sh - how findings are written, for lib/machine, lib/disks and lib/crypttab

say() {
	printf '%s\n' "$*"
}

# shown TEXT - what others named may hold anything: no control character goes to a
# terminal
shown() {
	printf %s "$1" | tr -c '[:alnum:]#+.:=@_/%,~-' '?'
}

# first_line FILE - without its newline; nothing where there is none
first_line() {
	[ -r "$1" ] || return 0
	IFS= read -r line 2>/dev/null <"$1" || :
	printf %s "${line-}"
	line=
}
