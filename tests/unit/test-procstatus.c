/* SPDX-License-Identifier: MIT */
/* What /proc/PID/status says: lines as they are there, and our own. */
#include <fcntl.h>
#include <unistd.h>

#include "base/procstatus.h"
#include "tap.h"

static char lines[][32] = {
	"Name:\tSigCgt:\t1",
	"State:\tS (sleeping)",
	"Tgid:\t31",
	"PPid:\t33",
	"TracerPid:\t77",
	"Uid:\t1000\t0\t0\t0",
	"NSpid:\t4711\t1",
	"SigPnd:\t0000000000000001",
	"ShdPnd:\t0000000000000002",
	"SigBlk:\t0000000200000000",
	"SigIgn:\t0000000000001000",
	"SigCgt:\tffffffff7ffbfeff",
	"CapEff:\t0000000000040000",
	"Seccomp:\t2",
	"Seccomp_filters:\t0",
};

int main(void)
{
	char nobody[] = "TracerPid:\t0", outer[] = "NSpid:\t4711";
	struct procstatus status = { 0 };
	int last = -1;

	for (int i = 0; i < (int)(sizeof(lines) / sizeof(lines[0])); i++)
		if (procstatus_line(lines[i], &status) && last < 0)
			last = i;
	is_int(last, 13, "nothing matters behind Seccomp:");
	ok(status.state == 'S', "the state's letter");
	ok(status.process == 31, "the process of the thread");
	ok(status.parent == 33, "its parent");
	ok(status.uid == 1000, "the real uid");
	ok(status.tracer == 77, "who traces it");
	ok(status.inner, "in a pid namespace below");
	ok(status.pending == 1 && status.shared_pending == 2, "pending");
	ok(status.blocked == 0x200000000, "blocked");
	ok(status.caught == 0xffffffff7ffbfeff, "caught, not ignored");
	ok(status.capabilities == 0x40000, "effective capabilities");
	ok(status.seccomp == 2, "seccomp, not its filters");
	(void)procstatus_line(nobody, &status);
	(void)procstatus_line(outer, &status);
	ok(!status.tracer && !status.inner, "nobody traces it, and in ours");

	is_int(procstatus_read(AT_FDCWD, "/proc/self/status", &status), 0,
	       "read our own");
	ok(status.state == 'R' && status.uid == getuid() && !status.inner,
	   "state and uid are ours");
	ok(procstatus_read(AT_FDCWD, "/proc/self/none", &status) < 0,
	   "no file");
	return tap_done();
}
