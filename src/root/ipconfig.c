/* SPDX-License-Identifier: MIT */
#include "root/ipconfig.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "base/sys.h"

#define INTERFACES "/sys/class/net"

int net_parse(const char *ip, struct net_order *ret)
{
	const char *name = ip, *colon = str_char(ip, ':');
	size_t len;
	int r;

	ret->interface[0] = '\0';
	if (strcmp(ip, "off") == 0 || strcmp(ip, "none") == 0)
		return 0;
	/* INTERFACE:PROTOCOL, as dracut.cmdline(7) has it. */
	if (colon && !str_char(colon + 1, ':')) {
		r = str_format(ret->argument, sizeof(ret->argument),
			       "ip=:::::%s", ip);
	} else {
		r = str_format(ret->argument, sizeof(ret->argument), "ip=%s",
			       *ip ? ip : "dhcp");
		for (unsigned i = 0; i < 5 && name; i++) {
			name = str_char(name, ':');
			name += name != NULL;
		}
	}
	if (!name || !colon)
		name = "";
	len = str_until(name, ":");
	if (r < 0 ||
	    str_part(ret->interface, sizeof(ret->interface), name, len) < 0)
		return -ENAMETOOLONG;
	return 1;
}

struct look {
	const char *wanted; /* "": any */
	bool linked;	    /* and a cable in it */
};

static int look_at(const char *name, int type, void *ctx)
{
	const struct look *look = ctx;
	char path[80], carrier[8];

	(void)type;
	/* The loopback and the like have no device. */
	if (*look->wanted ? strcmp(name, look->wanted) != 0
			  : str_format(path, sizeof(path),
				       INTERFACES "/%s/device", name) < 0 ||
				    sys_access(AT_FDCWD, path, 0) < 0)
		return 0;
	if (!look->linked)
		return 1;
	/* EINVAL while it is down: net/core/net-sysfs.c, carrier_show */
	return io_value(carrier, sizeof(carrier), INTERFACES "/%s/carrier",
			name) &&
	       *carrier == '1';
}

static bool each_interface(struct look look)
{
	return io_each_in(look_at, &look, INTERFACES) > 0;
}

bool net_is_there(const char *interface)
{
	return each_interface((struct look){ interface, false });
}

bool net_has_link(const char *interface)
{
	return each_interface((struct look){ interface, true });
}

int net_start(const struct net_order *order)
{
	static char name[] = "ipconfig";
	char *const argv[] = { name, (char *)(uintptr_t)order->argument, NULL };
	char *const envp[] = { NULL };
	int pid, fd;

	if (sys_access(AT_FDCWD, NET_PROGRAM, X_OK) < 0)
		return -ENOENT;
	pid = sys_fork();
	if (pid != 0)
		return pid;
	/* What it says belongs to the log. */
	fd = io_open("/dev/kmsg", O_WRONLY);
	if (fd >= 0) {
		(void)sys_dup3(fd, 1, 0);
		(void)sys_dup3(fd, 2, 0);
	}
	(void)sys_block_sigchld(false);
	(void)sys_execveat(AT_FDCWD, NET_PROGRAM, argv, envp, 0);
	sys_exit(127);
}

void net_take_line(char *line, struct net_answer *answer)
{
	const struct {
		const char *name;
		char *to;
		size_t size;
	} wanted[] = {
		{ "IPV4ADDR='", answer->address, sizeof(answer->address) },
		{ "ROOTSERVER='", answer->server, sizeof(answer->server) },
		{ "ROOTPATH='", answer->path, sizeof(answer->path) },
	};

	for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const char *value = str_after(line, wanted[i].name);

		if (!value)
			continue;
		line[strlen(line) - 1] = '\0'; /* the other quote */
		/* Of several interfaces, from the one that knows. */
		if (*value && strcmp(value, "0.0.0.0") != 0)
			(void)str_copy(wanted[i].to, wanted[i].size, value);
		return;
	}
}

static int take_line(char *line, void *ctx)
{
	net_take_line(line, ctx);
	return 0;
}

static int read_one(const char *name, int type, void *ctx)
{
	char path[280];

	(void)type;
	if (str_after(name, "net-") &&
	    str_format(path, sizeof(path), "/run/%s", name) == 0)
		(void)io_each_line(path, take_line, ctx);
	return 0;
}

void net_read(struct net_answer *ret)
{
	*ret = (struct net_answer){ "", "", "" };
	(void)io_each_in(read_one, ret, "/run");
}
