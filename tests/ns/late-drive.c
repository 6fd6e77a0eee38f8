/* SPDX-License-Identifier: MIT */
/*
 * late-drive.c - has what a process uses replaced by copies, for inject-fault.c
 *
 *	late-drive PID NEW_ROOT
 *
 * The old root is where its first mapping is a file of. After the first time
 * that is the file system of the copies, so that it can be done again and again.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/sys.h"
#include "helper/copy-late.h"
#include "helper/helpers.h"
#include "helper/task.h"

int main(int argc, char *argv[])
{
	static struct helpers helpers;
	static struct helper helper;
	struct task_stat stat = { 0 };
	struct sys_stat st;
	unsigned long from, to;
	char path[96];
	FILE *maps;

	if (argc != 3)
		return 2;
	helper.pin.pid = atoi(argv[1]);
	snprintf(path, sizeof(path), "/proc/%s/maps", argv[1]);
	maps = fopen(path, "r");
	if (!maps || fscanf(maps, "%lx-%lx", &from, &to) != 2)
		return 2;
	fclose(maps);
	snprintf(path, sizeof(path), "/proc/%s/map_files/%lx-%lx", argv[1],
		 from, to);
	if (sys_stat(AT_FDCWD, path, 0, &st) < 0 ||
	    task_stat(helper.pin.pid, helper.pin.pid, &stat) < 0)
		return 2;
	helper.pin.start_time = stat.start_time;
	helper.outcome = HELPER_MOVED;
	helper.after = PIN_MAP;
	helper.late_copied = true;
	helpers.list = &helper;
	helpers.count = 1;
	helpers.old_target.dev = st.dev;
	helpers.old_target.any_mount = true;
	helpers.new_fd = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	log_as_command(false);
	/* 0 would say that it stands elsewhere now. */
	late_copy(&helpers);
	return 1;
}
