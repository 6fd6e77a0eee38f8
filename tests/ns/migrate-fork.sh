#!/bin/sh
# shellcheck disable=SC2016 # expanded in the old root
# SPDX-License-Identifier: MIT
#
# `pintle migrate`: a child that has a number already when /proc is walked, and is
# not there yet. Only root of the machine may stop a fork there: userfaultfd(2),
# for a fault that the kernel meets.
#
# needs: machine namespaces trace
# host: TARGET tests/ns/compile relocate-target relocate-target.c
set -u
# shellcheck source=tests/ns/moves.sh
. "$(dirname "$0")/moves.sh"

inside 'start target forks; forks=$pid; echo "it is $text"
	pintle migrate /new; echo status $?
	read -r friend child </proc/$forks/task/$forks/children
	stands forks $forks; stands child ${child% }'
row "a fork under way: it is one" prints 'it is ready'
row "a fork under way: who forks has moved" prints 'forks: root new'
row "a fork under way: so has its child" prints 'child: root new'
row "a fork under way: its child stands there" prints 'child: cwd new'
row "a fork under way: no failure" prints 'status 0'
finish
