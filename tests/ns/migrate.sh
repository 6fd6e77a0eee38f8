#!/bin/sh
# shellcheck disable=SC2016 # $old is expanded by lib.sh, the rest in there
# SPDX-License-Identifier: MIT
#
# `pintle migrate`, beside a switcher that is another program: who is moved, who
# is let be, and when it says that all went well.
#
# needs: namespaces trace
# host: TARGET tests/ns/compile relocate-target relocate-target.c
# host: HANG tests/ns/compile inject-target inject-target.c
set -u
# shellcheck source=tests/ns/moves.sh
. "$(dirname "$0")/moves.sh"

inside 'start target handler; handler=$pid; marked; marked=$pid
	start sh -c "echo ready; exec sleep 60"; stranger=$pid
	odd="/bin/$(printf "e\033[31m\302\233")"; ln -s target "$odd"
	start "$odd" handler
	pintle migrate --dry-run /new; echo dry $?; stands dry $handler
	pintle migrate /new; echo status $?
	stands handler $handler; stands marked $marked; stands stranger $stranger
	pintle migrate --pid $handler --pid $marked /new; echo again $?'
row "tried: said who would be moved, and how" prints_like \
	'^[0-9]+ target: by signal \(handles the signal\)$'
row "tried: nobody moves" prints 'dry: root old'
row "tried: nothing was wrong" prints 'dry 0'
row "a handler moves by the signal" prints_like \
	'^[0-9]+ target: moved by signal$'
row "a handler stands in the new root" prints 'handler: cwd new'
row "a name that a terminal would obey is shown harmlessly" prints_like \
	'^[0-9]+ e[?][[]31m[?]+: moved by signal$'
row "a name that a terminal would obey: nowhere as it is" \
	not prints_like "$(printf '\033')"
row "who is marked is injected" prints_like '^[0-9]+ sleep: moved by inject$'
row "who is marked stands in the new root" prints 'marked: root new'
row "a stranger stays" prints 'stranger: root old'
row "a stranger is no failure" prints 'status 0'
row "those who are there already: no failure" prints 'again 0'

inside 'start sh -c "echo ready; exec sleep 60"
	until grep -q "^sleep" /proc/$pid/cmdline; do :; done
	named=$pid; marked
	pintle migrate /new --pid $named; echo status $?
	stands named $named; stands other $pid
	pintle migrate /new --pid 99999; echo nobody $?
	start target threads; threads=$pid
	for tid in $(ls /proc/$pid/task); do :; done
	pintle migrate /new --pid $tid; echo thread $?; stands first $threads
	pintle migrate /new /new; echo usage $?
	pintle migrate /none; echo none $?'
row "a named process moves, marked or not" prints 'named: root new'
row "who is not named stays, marked or not" prints 'other: root old'
row "all who were named moved: 0" prints 'status 0'
row "nobody of that number: 1" prints 'nobody 1'
row "nobody of that number: said" prints \
	'pintle: migrate: move pid 99999: No such process'
row "a thread: 1" prints 'thread 1'
row "a thread: said" prints_like \
	'^pintle: migrate: move pid [0-9]+: it is a thread of process [0-9]+$'
row "a thread: its process stays" prints 'first: root old'
row "wrong arguments: 2" prints 'usage 2'
row "no new root: 1" prints 'none 1'

# A program and its guardian share one root.
inside 'start pintle helper -- sh -c "echo ready; exec sleep 60"; guardian=$pid
	until program=$(grep -l "^PPid:.$guardian\$" /proc/[0-9]*/status); do :; done
	program=${program#/proc/}; program=${program%/status}
	until grep -q "^sleep" /proc/$program/cmdline; do :; done
	pintle migrate --dry-run /new
	pintle migrate /new; echo status $?
	stands guardian $guardian; stands program $program
	start pintle helper -- sh -c "echo ready; exec sleep 60"
	until program=$(grep -l "^PPid:.$pid\$" /proc/[0-9]*/status); do :; done
	program=${program#/proc/}; program=${program%/status}
	until grep -q "^sleep" /proc/$program/cmdline; do :; done
	pintle migrate /new --pid $program --pid $pid; echo named $?
	start pintle helper --migrate=stay -- sh -c "echo ready; exec sleep 60"
	until program=$(grep -l "^PPid:.$pid\$" /proc/[0-9]*/status); do :; done
	program=${program#/proc/}; program=${program%/status}
	until grep -q "^sleep" /proc/$program/cmdline; do :; done
	pintle migrate /new --pid $program; echo alone $?'
row "a guardian: tried: said by whom" prints_like \
	'^[0-9]+ sleep: by its guardian \(handles the signal\)$'
row "a guardian moves by the signal" prints_like \
	'^[0-9]+ pintle: moved by signal$'
row "a guardian moves its program, and that is said" [ "$(printf '%s\n' "$out" |
	grep -c '^[0-9]* sleep: moved by its guardian$')" = 2 ]
row "a guardian and its program have moved" prints 'program: root new'
row "a guardian: no failure" prints 'status 0'
row "a guardian, both named: no failure" prints 'named 0'
row "a program whose guardian is not moved: by itself" prints_like \
	'^[0-9]+ sleep: moved by inject$'

# A guardian that ends its program, which needs its time for that. The program has
# a root of its own.
inside 'start pintle helper --migrate=stop -- sh -c "trap \"sleep 1; echo saved
		>/saved; exit 4\" TERM; echo ready; while :; do sleep .1; done"
	guardian=$pid
	program=$(grep -l "^PPid:.$guardian\$" /proc/[0-9]*/status)
	program=${program#/proc/}; program=${program%/status}
	pintle migrate --dry-run /new; echo dry $?
	pintle migrate /new; wait $guardian; echo ended $?
	test -e /saved && echo saved in the old root
	start pintle helper --migrate=stop -- sh -c "echo ready; exec sleep 60"
	until program=$(grep -l "^PPid:.$pid\$" /proc/[0-9]*/status); do :; done
	program=${program#/proc/}; program=${program%/status}
	until grep -q "^sleep" /proc/$program/cmdline; do :; done
	pintle migrate --dry-run /new --pid $program'
row "a guardian that ends its program: nobody is to move that" not prints_like \
	'^[0-9]+ (sh|busybox): .*inject'
row "a guardian that ends its program: nobody moves what it runs" not \
	prints_like 'its guardian moves'
row "a guardian that ends its program: it ends it" prints 'ended 4'
row "a guardian that ends its program: which saves where it was" prints \
	'saved in the old root'
row "a guardian that ends its program: who names that has it moved" \
	prints_like '^[0-9]+ sleep: by inject'

inside 'set --; for i in $(seq 300); do set -- "$@" --pid 99999; done
	pintle migrate /new "$@"; echo many $?
	while test $# -lt 4098; do set -- "$@" --pid 99999; done
	pintle migrate /new "$@" 2>&1 | sed "s/\$/!/"'
row "300 processes can be named" prints 'many 1'
row "more than can be named: said" prints \
	'pintle: migrate: move more than 2048 processes by --pid: name some of them, and the others in another call!'

# Process 1 is who makes the switch; systemd's marks itself in an initramfs.
inside 'exec pintle helper --mark -- sh -c "
	pintle migrate /new; echo status \$?"'
row "process 1 stays, marked or not" not prints_like '^1 '
row "process 1 stays: no failure" prints 'status 0'

# Whoever is moved there cannot be told from one who is chrooted.
inside 'marked; pintle migrate /new/dir; echo status $?; stands marked $pid'
row "a directory that is no mount: refused" prints_like \
	"^pintle: migrate: move to '/new/dir': "
row "a directory that is no mount: what to do" prints \
	'pintle: migrate: mount it, or bind it onto itself, first'
row "a directory that is no mount: 1" prints 'status 1'
row "a directory that is no mount: nobody moves" prints 'marked: root old'

# A daemon and its worker: where the worker cannot leave, both stay.
inside 'mkfifo /in; exec 4<>/in
	start sh -c "exec hang group 3>&1 <&4"; master=$pid
	worker=
	until grep -qs "^CapEff:.0*$" "/proc/$worker/status"; do
		read -r worker _ </proc/$master/task/$master/children ||
			test -d /proc/$master || exit
	done
	pintle migrate --dry-run /new --pid $master --pid $worker; echo dry $?
	pintle migrate /new --pid $master --pid $worker; echo status $?
	stands master $master; stands worker $worker
	pintle migrate /new --pid $master; echo alone $?; stands alone $master
	start sh -c "exec hang -m wait 3>&1 <&4"; own=$pid
	pintle migrate /new --pid $own; echo own $?
	echo "ns $(readlink /proc/$own/ns/mnt)"; echo "ns $(readlink /proc/self/ns/mnt)"'
row "a worker without CAP_SYS_CHROOT: said before" prints_like \
	"^pintle: migrate: leave 'hang' in the old root: its process [0-9]+ lacks CAP_SYS_CHROOT"
row "a worker without CAP_SYS_CHROOT: tried, by none" prints_like \
	'^[0-9]+ hang: by none'
row "a worker without CAP_SYS_CHROOT: a failure" prints 'status 1'
row "a worker without CAP_SYS_CHROOT: its daemon stays with it" \
	prints 'master: root old'
row "a worker without CAP_SYS_CHROOT: it stays" prints 'worker: root old'
row "a daemon that is named alone moves" prints 'alone: root new'
row "an own mount namespace: moved into ours" [ "$(printf '%s\n' "$out" |
	grep '^ns ' | sort -u | wc -l)" = 1 ]
row "an own mount namespace: moved" prints 'own 0'

# In state D nobody can be stopped, so each costs its second. Eight of them one
# after the other would be eight.
inside 'for i in 1 2 3 4 5 6 7 8; do
		start sh -c "exec -a @hang /bin/hang -t 20000,20000 vfork 3>&1"
		until grep -q "^State:.D" /proc/$pid/status; do :; done
	done
	read -r before _ </proc/uptime
	pintle migrate /new; echo status $?
	read -r after _ </proc/uptime
	echo "took $((${after%.*} - ${before%.*}))"'

row "who cannot be stopped is said" prints_like \
	'^[0-9]+ hang: stayed by inject: .*it did not stop in time$'
row "who cannot be stopped is a failure" prints 'status 1'
row "who cannot be stopped: together they cost one deadline" prints_like \
	'^took [1-4]$'
finish
