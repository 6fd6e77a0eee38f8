# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What the lints share. A lint is an executable in this directory: status 0 is
# clean, 77 a skip whose reason it printed, anything else a failure whose
# complaints it printed.
set -eu
cd "$(dirname "$0")/../.."

# need TOOL PACKAGE: skip without it
need() {
	command -v "$1" >/dev/null || {
		echo "$1 is not installed (package $2)"
		exit 77
	}
}

# files PATTERN...: what is in the repository, or would be after `git add`
files() {
	# git does not look into a checkout of another user.
	if [ -e .git ] && git ls-files >/dev/null 2>&1; then
		git ls-files --cached --others --exclude-standard -- "$@" |
			while IFS= read -r file; do
				[ ! -f "$file" ] || printf '%s\n' "$file"
			done
	else
		for pattern; do
			find . \( -path ./build -o -path ./.git \) -prune -o \
				-type f -path "./$pattern" -print |
				sed 's,^\./,,'
		done
	fi | sort -u
}

# scripts: every POSIX shell script, by its first line, and what they source
scripts() {
	files '*' | while IFS= read -r file; do
		case $(head -c 64 "$file" | tr -d '\0' | head -n 2) in
		'#!/bin/sh'* | *'shellcheck shell=sh'*)
			printf '%s\n' "$file"
			;;
		*) case $file in *.sh) printf '%s\n' "$file" ;; esac ;;
		esac
	done
}

# some FILE...: skip if the list is empty: there is nothing to look at yet
some() {
	[ $# -gt 0 ] || {
		echo 'there is no such file yet'
		exit 77
	}
}
