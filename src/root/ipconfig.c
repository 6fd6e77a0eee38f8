/* SPDX-License-Identifier: MIT */
#include "root/ipconfig.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "config/settings.h"
#include "device/device.h"
#include "root/root.h"
#include "root/wait.h"

#define INTERFACES "/sys/class/net"

/* The protocols that klibc's ipconfig knows, which are those of the kernel. */
static bool is_protocol(const char *word)
{
	return str_in_list("on,any,both,all,dhcp,bootp,rarp,static", word);
}

static bool is_unsupported_word(const char *field)
{
	char word[16];

	return str_part(word, sizeof(word), field, str_until(field, ":")) ==
		       0 &&
	       str_in_list("dhcp6,auto6,either6,link6,link-local,ibft", word);
}

/*
 * Does @ip ask for what ipconfig cannot do: IPv6, or what the firmware has set up
 * for iSCSI? The word is alone, behind an interface, or behind all addresses, as
 * in dracut.cmdline(7); addresses of IPv6 are in brackets there.
 */
static bool is_unsupported(const char *ip)
{
	const char *colon = str_char(ip, ':');

	if (colon && str_char(colon + 1, ':') && str_char(ip, '['))
		return true;
	for (unsigned field = 1; ip && field <= 7; field++) {
		if ((field <= 2 || field == 7) && is_unsupported_word(ip))
			return true;
		ip = str_char(ip, ':');
		ip += ip != NULL;
	}
	return false;
}

/* Do the addresses come from a server? */
static bool is_asked_for(const char *ip)
{
	return !*ip || is_protocol(ip);
}

int ipconfig_parse(const char *ip, struct ipconfig_order *ret)
{
	const char *name = ip, *colon = str_char(ip, ':');
	size_t len;
	int r;

	ret->interface[0] = '\0';
	if (strcmp(ip, "off") == 0 || strcmp(ip, "none") == 0)
		return 0;
	if (is_unsupported(ip))
		return -EOPNOTSUPP;
	/* Other generators have two more words for DHCP. */
	if (strcmp(ip, "single-dhcp") == 0 || strcmp(ip, "auto") == 0)
		ip = name = "dhcp";
	/* INTERFACE:PROTOCOL, as in dracut.cmdline(7). */
	if (colon && !str_char(colon + 1, ':')) {
		r = str_format(ret->argument, sizeof(ret->argument),
			       "ip=:::::%s", ip);
	} else if (!colon && !is_asked_for(ip) && (*ip < '0' || *ip > '9')) {
		r = str_format(ret->argument, sizeof(ret->argument),
			       "ip=:::::%s:dhcp", ip);
		colon = ip;
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

struct interface_wanted {
	const char *name; /* "": any that has hardware behind it */
	bool has_link;	  /* and a cable in it */
};

static int is_wanted(const char *name, int type, void *ctx)
{
	const struct interface_wanted *wanted = ctx;
	char carrier[8];

	(void)type;
	/* The loopback interface and the like have no device. */
	if (*wanted->name
		    ? strcmp(name, wanted->name) != 0
		    : sys_access(AT_FDCWD,
				 io_path(INTERFACES "/%s/device", name), 0) < 0)
		return 0;
	if (!wanted->has_link)
		return 1;
	/* EINVAL while it is down: net/core/net-sysfs.c, carrier_show */
	return io_value(carrier, sizeof(carrier), INTERFACES "/%s/carrier",
			name) &&
	       *carrier == '1';
}

static bool has_interface(const char *name, bool has_link)
{
	struct interface_wanted wanted = { name, has_link };

	return io_each_in(is_wanted, &wanted, INTERFACES) > 0;
}

/* Add the name of an interface to a list. */
static int list_one(const char *name, int type, void *ctx)
{
	struct text *list = ctx;

	(void)type;
	if (strcmp(name, "lo") == 0)
		return 0;
	text_add(list, "%s", list->len ? ", " : "");
	text_add_shown(list, name);
	return 0;
}

/* The interfaces that there are, for a message. */
static const char *list_interfaces(void)
{
	static char names[200];
	struct text list = { .buf = names, .size = sizeof(names) };

	names[0] = '\0';
	(void)io_each_in(list_one, &list, INTERFACES);
	return list.len ? names : "none";
}

/* -- the interface of the boot loader ------------------------------------- */

/* Take the address out of BOOTIF=: PXE writes the hardware type before it, 01
 * for Ethernet, with dashes between the bytes. */
bool ipconfig_bootif(const char *bootif, char ret[18])
{
	static const char form[] = "01-xx-xx-xx-xx-xx-xx";
	size_t i = strlen(bootif) == sizeof(form) - 1 ? 0 : 3;

	for (; form[i]; i++, bootif++) {
		char c = *bootif;

		if (c >= 'A' && c <= 'F')
			c = (char)(c + ('a' - 'A'));
		if (form[i] == 'x'   ? !c || !str_char("0123456789abcdef", c)
		    : form[i] == '-' ? c != '-' && c != ':'
				     : c != form[i])
			return false;
		if (c == '-')
			c = ':';
		if (i >= 3)
			ret[i - 3] = c;
	}
	ret[17] = '\0';
	return !*bootif;
}

struct address_wanted {
	const char *address;
	char *ret;
	size_t size;
};

static int has_address(const char *name, int type, void *ctx)
{
	const struct address_wanted *wanted = ctx;
	char address[32];

	(void)type;
	return io_value(address, sizeof(address), INTERFACES "/%s/address",
			name) &&
	       strcmp(address, wanted->address) == 0 &&
	       str_copy(wanted->ret, wanted->size, name) == 0;
}

/* Wait for the interface that the machine was booted from, and configure that
 * one. */
static int await_bootif(const struct root *root, struct wait *wait,
			struct ipconfig_order *order, struct fail *why)
{
	char address[18];
	struct address_wanted wanted = { address, order->interface,
					 sizeof(order->interface) };
	int r;

	if (!ipconfig_bootif(root->settings->bootif, address)) {
		log_line(LOG_WARNING,
			 "read 'BOOTIF=%s': it is no address of Ethernet as "
			 "PXE writes it, ignoring",
			 root->settings->bootif);
		return 0;
	}
	r = device_settle(root->watch, wait_until_us(wait), why);
	while (r >= 0 && io_each_in(has_address, &wanted, INTERFACES) <= 0) {
		r = device_wait(root->watch, wait_until_us(wait), why);
		if (r == 0 && wait_is_over(wait))
			r = -ETIMEDOUT;
	}
	return r < 0 ? r
		     : str_format(order->argument, sizeof(order->argument),
				  "ip=:::::%s:dhcp", order->interface);
}

/* -- running it ----------------------------------------------------------- */

struct network {
	struct ipconfig_order order;
	/* what is waited for, as a notice shows it */
	char step[sizeof(((struct ipconfig_order *)0)->argument) + 40];
};

/* Which step ipconfig is at, as far as it can be seen from outside. */
static void tell_step(void *ctx)
{
	struct network *network = ctx;
	const char *step = has_interface(network->order.interface, true)
				   ? "an answer by DHCP"
				   : "a link, as of a cable";

	(void)str_format(network->step, sizeof(network->step), "%s: %s",
			 network->order.argument, step);
}

/* Start ipconfig, whose output goes to the log: as child_fork_job(). */
static int start(const struct ipconfig_order *order, struct child_job *job)
{
	static char name[] = "ipconfig";
	char *const argv[] = { name, (char *)(uintptr_t)order->argument, NULL };
	char *const envp[] = { NULL };
	const struct child child = {
		.path = IPCONFIG_PROGRAM,
		.argv = argv,
		.envp = envp,
		.stdin_fd = CHILD_STDIN_SAME,
		.out = CHILD_KMSG,
		.err = CHILD_KMSG,
		.repeats = true,
	};
	int pid;

	if (sys_access(AT_FDCWD, IPCONFIG_PROGRAM, X_OK) < 0)
		return -ENOENT;
	pid = child_fork_job(job);
	if (pid == 0)
		child_become(&child);
	return pid;
}

/* Wait until the interface is there. ipconfig looks only at those that are
 * there when it starts. */
static int await_interface(const struct root *root, struct wait *wait,
			   const char *name, struct fail *why)
{
	int r = device_settle(root->watch, wait_until_us(wait), why);

	while (r >= 0 && !has_interface(name, false)) {
		r = device_wait(root->watch, wait_until_us(wait), why);
		if (r == 0 && wait_is_over(wait))
			r = -ETIMEDOUT;
	}
	return r;
}

/* Run ipconfig within @wait: its exit status, or -errno. */
static int run(struct network *network, struct wait *wait,
	       void (*meanwhile)(void), struct fail *why)
{
	struct child_job job = CHILD_NO_JOB;
	int r;

	tell_step(network);
	meanwhile();
	r = start(&network->order, &job);
	if (r == -ENOENT)
		return fail(why, ENOENT,
			    "run '" IPCONFIG_PROGRAM " %s'" FAIL_TODO
			    "pintle-mkinitramfs --with-nfs puts it into "
			    "the image; ip=off goes without",
			    network->order.argument);
	return r < 0 ? r : wait_child(wait, &job, tell_step, network);
}

/* The first step is to wait for this. */
static void name_interface(struct network *network)
{
	(void)str_format(network->step, sizeof(network->step),
			 "%s: a network interface%s%s", network->order.argument,
			 *network->order.interface ? " " : "",
			 network->order.interface);
}

int ipconfig_configure(const struct root *root, void (*meanwhile)(void),
		       struct fail *why)
{
	static bool is_configured;
	const char *ip = root->settings->ip;
	struct network network;
	struct wait wait;
	int r = is_configured ? 0 : ipconfig_parse(ip, &network.order);

	if (r == -EOPNOTSUPP)
		return fail_said(why, EOPNOTSUPP,
				 "configure the network by 'ip=%s': pintle has "
				 "only IPv4, with addresses that DHCP or the "
				 "command line gives" FAIL_TODO
				 "write ip=dhcp or ip=INTERFACE:dhcp, or boot "
				 "with the initramfs that can do it",
				 ip);
	if (r < 0)
		return fail(why, r, "read 'ip=%s'", ip);
	if (r == 0)
		return 0;
	name_interface(&network);
	wait_begin(&wait, network.step, root_wait_us(root));
	r = 0;
	/* It says which of several; who names one knows better. */
	if (*root->settings->bootif && !*network.order.interface &&
	    is_asked_for(ip)) {
		(void)str_format(network.step, sizeof(network.step),
				 "a network interface with the address of "
				 "BOOTIF=");
		r = await_bootif(root, &wait, &network.order, why);
		if (r >= 0)
			name_interface(&network);
	}
	if (r >= 0)
		r = await_interface(root, &wait, network.order.interface, why);
	if (r >= 0)
		r = run(&network, &wait, meanwhile, why);
	wait_end(&wait);
	if (r == -ETIMEDOUT)
		(void)fail_said(
			why, ETIMEDOUT,
			"configure the network, %s: it did not come "
			"within %lld s; the interfaces are: %s" FAIL_TODO
			"is its driver in the image, the cable in, a DHCP "
			"server there? correct ip= (or BOOTIF=), or wait "
			"longer (rd.timeout=)",
			network.step, (long long)(wait.total_us / 1000000),
			list_interfaces());
	else if (r > 0)
		r = fail_said(why, EINVAL,
			      "configure the network by '%s': ipconfig ended "
			      "with status %d" FAIL_TODO
			      "see above what it says; correct ip=",
			      network.order.argument, r);
	is_configured = r == 0;
	return r;
}

/* -- what came of it ------------------------------------------------------ */

void ipconfig_take_line(char *line, struct ipconfig_answer *answer)
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
		/* If there are several interfaces, one that knows it wins. */
		if (*value && strcmp(value, "0.0.0.0") != 0)
			(void)str_copy(wanted[i].to, wanted[i].size, value);
		return;
	}
}

static int take_line(char *line, void *ctx)
{
	ipconfig_take_line(line, ctx);
	return 0;
}

static int read_one(const char *name, int type, void *ctx)
{
	(void)type;
	if (str_after(name, "net-"))
		(void)io_each_line(io_path("/run/%s", name), take_line, ctx);
	return 0;
}

void ipconfig_read(struct ipconfig_answer *ret)
{
	*ret = (struct ipconfig_answer){ "", "", "" };
	(void)io_each_in(read_one, ret, "/run");
}
