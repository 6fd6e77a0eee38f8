#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Injection: running programs that check themselves are moved by a small driver.
# Where they stand is compared by device and inode, for every thread.
#
# needs: root namespaces trace
# host: DRIVE tests/ns/compile inject-drive inject-drive.c 'helper/mover-ptrace*.c' 'helper/hold*.c' helper/task.c helper/place.c base/sys.c base/io.c base/str.c base/fail.c base/procstatus.c
# host: TARGET tests/ns/compile inject-target inject-target.c
set -u
# shellcheck source=tests/ns/targets.sh
. "$(dirname "$0")/targets.sh"

here=$(dirname "$0")
src=$here/../../src

# -- system calls that are interrupted go on, for the time that is left

for mode in nanosleep poll ppoll select pselect futex epoll epoll_forever \
	epoll_pwait epoll_pwait2 sigtimedwait semtimedop io_getevents io_uring \
	read accept waitpid sigsuspend sigwaitinfo; do
	# Later than slack_ms: who started again from the beginning is late.
	target $mode
	drive -d $((400 * slow)) -n 3 "$pid" "$work/new" "$work/jail"
	row "$mode: moved three times" stands "$new"
	row "$mode: goes on, right result, right time" end
done

# Once, as the time that is left of the call is seen by nothing but the thread's
# last run.
for mode in recv_timeout accept_timeout send_timeout; do
	target $mode
	drive -d $((400 * slow)) "$pid" "$work/new"
	row "$mode: moved" stands "$new"
	row "$mode: goes on, right result, right time" end
done

# -- no system call to stand on

target spin
move -r
row "a loop without system calls: moved" stands "$new"
row "a loop without system calls: the sum is right" end
target rseq
drive -r -n 201 "$pid" "$work/new" "$work/jail"
row "a restartable sequence: moved" stands "$new"
go
row "a restartable sequence: still guarded" end

# -- wherever it stands

target -w "$work/jail/deep" wait
move
row "cwd in a sub directory" stands "$new"
go
row "cwd in a sub directory: goes on" end
target -c "$work/jail" -w /deep wait
move
row "chrooted in a sub directory" stands "$new"
go
row "chrooted in a sub directory: goes on" end
target -m -c "$work/jail" -w / wait
move
row "own mount namespace, chrooted" stands "$new"
go
row "own mount namespace: goes on" end
ours=$(readlink /proc/self/ns/mnt)
# A root of another namespace would do for all but mounts.
for prefix in "" "setpriv --bounding-set=-sys_ptrace"; do
	# shellcheck disable=SC2086 # words
	start $prefix unshare -m "$work/target" -w / wait
	move
	row "own mount namespace, $prefix: moved" stands "$new"
	row "own mount namespace, $prefix: it is in ours" \
		[ "$(readlink "/proc/$pid/ns/mnt")" = "$ours" ]
	go
	row "own mount namespace, $prefix: goes on" end
done
cp "$work/drive" "$work/drive-apart"
start setpriv --bounding-set=-sys_ptrace unshare -m "$work/target" -w / wait
"$work/drive-apart" "$pid" "$work/new" >"$work/drive.out" 2>&1 8>&- || :
out=$(cat "$work/drive.out")
row "its holder in a namespace of its own: moved" stands "$new"
row "its holder in a namespace of its own: it is in ours" \
	[ "$(readlink "/proc/$pid/ns/mnt")" = "$ours" ]
go
row "its holder in a namespace of its own: goes on" end
start unshare -m setpriv --bounding-set=-sys_admin "$work/target" wait
move
row "own mount namespace, no CAP_SYS_ADMIN: said" says \
	"it is in a mount namespace of its own, and lacks CAP_SYS_ADMIN to leave it"
row "own mount namespace, no CAP_SYS_ADMIN: root as it was" \
	not root_is "$new"
go
row "own mount namespace, no CAP_SYS_ADMIN: goes on" end
target -m -w "$work/jail" threads
move
row "own mount namespace, threads: said" says \
	"it cannot leave its mount namespace, as its threads share their root"
row "own mount namespace, threads: back in its directory" \
	cwd_is "$($where "$work/jail")"
go
row "own mount namespace, threads: goes on" end
target -w "$work/jail" wait
drive "$pid" "$work/new"
drive "$pid" "$work/new"
row "where it is already: content" says 'result: 0'
go
row "where it is already: goes on" end
rm -rf "$work/gone"
mkdir "$work/gone"
target -w "$work/gone" wait
rmdir "$work/gone"
move
row "from a deleted directory" stands "$new"
go
row "from a deleted directory: goes on" end

# -- threads

target threads
move
row "threads that share: all moved" stands "$new"
row "threads that share: one stop for all" \
	[ "$(
		set -- /proc/"$pid"/task/*
		echo $#
	)" = 4 ]
go
row "threads that share: go on" end
target apart
move
row "threads apart: all moved" stands "$new"
go
row "threads apart: go on" end
target apart_many
move -m 10000
row "70 threads apart: all moved" stands "$new"
go
row "70 threads apart: go on" end
target headless
move -r
row "its main thread has ended: moved" stands "$new"
row "its main thread has ended: said" says 'result: 0'
go
row "its main thread has ended: goes on" end
target churn
drive -re -n 51 "$pid" "$work/new" "$work/jail"
row "threads that come and go: moved" moved_often
row "threads that come and go: it goes on" end
target forks
drive -re -n 51 "$pid" "$work/new" "$work/jail"
row "forks in a loop: moved" moved_often
row "forks in a loop: goes on" end

# -- signals and stops

target pending
move
row "blocked and pending signals: moved" stands "$new"
go
row "blocked and pending signals: as they were, each once" end
target stream
drive -re -n 201 "$pid" "$work/new" "$work/jail"
row "3000 signals meanwhile: moved" moved_often
row "3000 signals meanwhile: each once, in order" end
target nanosleep
kill -STOP "$pid"
row "stopped before: it is" soon state_is T
move
row "stopped before: moved" stands "$new"
row "stopped before: stopped after" soon state_is T
row "stopped before: not traced" untraced
kill -CONT "$pid"
row "stopped before: goes on when continued" end
target stops
drive -re -n 51 "$pid" "$work/new" "$work/jail"
row "stopped and continued meanwhile: moved" moved_often
row "stopped and continued meanwhile: goes on" end

# -- stress

target pingpong
drive -re -n 201 "$pid" "$work/new" "$work/jail"
row "100000 messages: moved" moved_often
row "100000 messages: the checksum is right" end
target work
for us in 300 700 1100 1900 2300 3100 4700 5900 7300 9700; do
	drive -r -k $us -n 1000 "$pid" "$work/new" "$work/jail"
	# The tracer that it leaves behind finishes what it began.
	soon untraced
done
row "the caller dies at any moment: killed while at it" exits 142
go
row "the caller dies at any moment: the target goes on" end

target wait
(
	trap '' CHLD
	move
)
row "the caller ignores SIGCHLD: moved" stands "$new"
go
row "the caller ignores SIGCHLD: goes on" end

# -- refused, and nothing has happened

# unharmed: let it end
unharmed() {
	root_is "$old" && cwd_is "$($where "$here_is")" && untraced && {
		go
		end
	}
}

target wait
move -t
row "traced already: said" says "traces it already"
row "traced already: let go by its tracer's end" soon untraced
row "traced already: unharmed" unharmed
target wait
move -s
row "a reused pid: said" sentence "move process '$pid (target)': it has ended"
row "a reused pid: unharmed" unharmed
start setpriv --bounding-set=-sys_chroot "$work/target" wait
move
row "no CAP_SYS_CHROOT, no pivot: said" sentence \
	"$(who)it lacks CAP_SYS_CHROOT, and no pivot_root moves it"
row "no CAP_SYS_CHROOT, no pivot: unharmed" unharmed
for who_is in "--bounding-set=-sys_chroot" "--bounding-set=-all" \
	"--reuid 65534 --regid 65534 --clear-groups"; do
	# shellcheck disable=SC2086 # options
	start setpriv $who_is "$work/target" -w "$work/jail" wait
	move -P
	row "setpriv $who_is: its cwd moves" cwd_is "$new"
	row "setpriv $who_is: its root waits" root_is "$old"
	row "setpriv $who_is: said" says 'result: 1'
	go
	row "setpriv $who_is: goes on" end
done
for who_is in "--bounding-set=-all,+sys_chroot" \
	"--bounding-set=-sys_ptrace" "--regid 77 --clear-groups --bounding-set=-sys_ptrace" \
	"--reuid 65534 --regid 7 --clear-groups --inh-caps=+sys_chroot --ambient-caps=+sys_chroot"; do
	# shellcheck disable=SC2086 # options
	start setpriv $who_is "$work/target" wait
	move
	row "setpriv $who_is: moved" stands "$new"
	go
	row "setpriv $who_is: goes on" end
done
ln -s jail "$work/drive.forged"
start setpriv --bounding-set=-sys_ptrace "$work/target" wait
move
row "another directory in its holder: said" sentence \
	"$(who)another directory was put in the place of the one that it was to enter"
row "another directory in its holder: unharmed" unharmed
rm "$work/drive.forged"
start prlimit --nofile=9:9 "$work/target" wait
move
row "no descriptor left but some: moved" says 'result: 0'
go
row "no descriptor left but some: goes on" end
start prlimit --nofile=4:4 "$work/target" wait
move
row "no descriptor left: said" sentence \
	"have process '$pid (target)' call pidfd_open: Too many open files"
row "no descriptor left: unharmed" unharmed
start prlimit --nofile=5:5 "$work/target" wait
move
row "one descriptor left: said" sentence \
	"have process '$pid (target)' call pidfd_getfd: Too many open files"
row "one descriptor left: unharmed" unharmed
drive -r self "$work/new"
row "itself: said" says "it is this process itself"
if [ "$(cat /proc/2/comm)" = kthreadd ]; then
	drive -r 2 "$work/new"
	row "a kernel thread: said" sentence \
		"move process '2 (kthreadd)' by injection: it is a kernel thread"
fi
start unshare -pf --kill-child "$work/target" wait
outer=$pid
read -r pid _ <"/proc/$outer/task/$outer/children"
move
row "another pid namespace: moved" stands "$new"
row "another pid namespace: not traced" untraced
row "another pid namespace: not stopped" state_is S
pid=$outer
go
row "another pid namespace: goes on" end

target seccomp
move
if says 'does not let a tracer suspend'; then
	row "seccomp: refused" cwd_is "$($where "$here_is")"
else
	row "seccomp: moved" stands "$new"
fi
go
row "seccomp: confined as before" end

# Where the filter was off while it ran, up to 65 in a move worked.
target forbidden
drive -r -n 61 "$pid" "$work/new" "$work/jail"
if says 'does not let a tracer suspend'; then
	row "seccomp: refused while it calls" root_is "$old"
else
	row "seccomp: moved while it calls what is forbidden" stands "$new"
fi
go
row "seccomp: no forbidden call ever worked" end

if [ "$(uname -m)" = x86_64 ]; then
	target bottom
	move -r
	row "a stack at the bottom of its mapping: moved" stands "$new"
	go
	row "a stack at the bottom of its mapping: goes on" end

	target no_stack
	move -r
	row "no stack at all: moved" stands "$new"
	go
	row "no stack at all: goes on" end

	target low_wait
	move
	row "a timeout and no room below the stack: nothing written" end

	target dispatch
	drive -r -n 61 "$pid" "$work/new" "$work/jail"
	if says 'Syscall User Dispatch'; then
		row "Syscall User Dispatch: refused" root_is "$old"
	else
		row "Syscall User Dispatch: moved" stands "$new"
	fi
	go
	row "Syscall User Dispatch: its calls are still dispatched" end
fi

# 32-bit programs, where the kernel runs them. Each ends with 0 if the call that
# it was in went on for its time, and its registers were as before.
cat >"$work/i386.c" <<'C'
static long call(long nr, long a, long b, long c, long d)
{
	long ret = nr, wrong = 0;

	__asm__ volatile("pushl %%ebp\n"
			 "movl $0x5a5a5a5a, %%ebp\n"
			 "int $0x80\n"
			 "cmpl $0x5a5a5a5a, %%ebp\n"
			 "popl %%ebp\n"
			 "je 7f\n"
			 "incl %1\n"
			 "7:\n"
			 : "+a"(ret), "+D"(wrong)
			 : "b"(a), "c"(b), "d"(c), "S"(d)
			 : "memory", "cc");
	return wrong ? -1000 : ret;
}
struct time32 { long sec, nsec; };
static long now(void)
{
	struct time32 time;

	call(265, 1, (long)&time, 0, 0); /* clock_gettime */
	return time.sec * 1000 + time.nsec / 1000000;
}
void _start(void)
{
	struct time32 second = { 1, 0 };
	unsigned long set[2] = { 1 << 9, 0 }; /* SIGUSR1 */
	long before = now(), took, ret, event[3], fd = call(254, 1, 0, 0, 0);
	char byte;

	if (MODE == 0)
		ret = call(162, (long)&second, 0, 0, 0); /* nanosleep */
	else if (MODE == 1) /* rt_sigtimedwait */
		ret = call(177, (long)set, 0, (long)&second, 8) + 11;
	else if (MODE == 2) /* epoll_wait */
		ret = call(256, fd, (long)event, 1, 1000);
	else
		ret = call(3, 0, (long)&byte, 1, 0) - 1; /* read */
	took = now() - before;
	if (MODE != 3 && (took < 999 || took > 1000 + SLACK))
		ret = 100;
	call(252, ret != 0, 0, 0, 0);
}
C
# start_32 MODE: it is started, if that can be
start_32() {
	[ "$(uname -m)" = x86_64 ] &&
		gcc -m32 -static -nostdlib -ffreestanding -fno-pic -fno-stack-protector \
			-fcf-protection=none -fno-asynchronous-unwind-tables -O1 "-DMODE=$1" \
			"-DSLACK=$((350 * SLOWER))" -o "$work/i386" "$work/i386.c" 2>"$work/as.err" || return 1
	"$work/i386" <&8 >"$work/self" 2>&1 8>&- &
	pid=$!
	sleep 0 && kill -0 "$pid"
}
if start_32 3; then
	drive -n 3 "$pid" "$work/new" "$work/jail"
	row "a 32-bit program: moved" stands "$new"
	go
	row "a 32-bit program: goes on" end
	for mode in 0 1 2; do
		start_32 $mode
		drive -d 400 -n 3 "$pid" "$work/new" "$work/jail"
		row "a 32-bit program, call $mode: goes on, in time" end
	done
fi

# -- what cannot be stopped costs its deadline

target vfork
move -m 150
row "state D: said" sentence "$(who)it did not stop in time"
row "state D: not traced any more" untraced
row "state D: goes on" end
row "state D: took its deadline" \
	[ "$(sed -n 's/^longest_us: //p' "$work/drive.out")" -lt $((300000 * SLOWER)) ]

# -- a call fails half way: what was done is undone. The string that chroot is
# called with is changed in a copy of the source.

sed 's/"\."; \/\* a root \*\//"?";/' "$src/helper/hold.c" >"$work/hold.c"
row "a copy whose chroot fails" not cmp -s "$src/helper/hold.c" "$work/hold.c"
musl-gcc -static -std=gnu17 -D_GNU_SOURCE -I"$src" -o "$work/drive" \
	"$here/inject-drive.c" "$src"/helper/mover-ptrace*.c "$work/hold.c" \
	"$src"/helper/hold-*.c "$src/helper/holder.c" \
	"$src/helper/task.c" "$src/helper/place.c" "$src/base/sys.c" \
	"$src/base/io.c" "$src/base/str.c" "$src/base/fail.c" \
	"$src/base/procstatus.c" ||
	bail "a copy of hold.c does not compile"
target -w "$work/jail/deep" nanosleep
move
row "chroot fails: said" sentence \
	"have process '$pid (target)' call chroot: No such file or directory"
row "chroot fails: root as it was" root_is "$old"
row "chroot fails: back in its directory" \
	cwd_is "$($where "$work/jail/deep")"
row "chroot fails: goes on" end
finish
