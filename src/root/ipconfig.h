/* SPDX-License-Identifier: MIT */
/*
 * ipconfig.h - the network, as the ipconfig of klibc configures it from ip=
 *
 * ip= is described in Documentation/admin-guide/nfs/nfsroot.rst. The result is
 * in /run/net-INTERFACE.conf, which stays for the real system.
 */
#pragma once

#include <stdbool.h>

struct fail;
struct root;

/* initramfs-tools has the program there, too. */
#define IPCONFIG_PROGRAM "/bin/ipconfig"

struct ipconfig_order {
	char argument[160]; /* of the program */
	char interface[16]; /* "": any that is there */
};

/*
 * ipconfig_parse - what ipconfig is told for the value @ip of ip= (pure)
 *
 * "" means DHCP. Returns 1; 0 if somebody else configures the network;
 * -EOPNOTSUPP if it asks for IPv6 or iBFT; -ENAMETOOLONG.
 */
int ipconfig_parse(const char *ip, struct ipconfig_order *ret);

/* the address in BOOTIF=, as sysfs shows it; false: it has none (pure) */
bool ipconfig_bootif(const char *bootif, char ret[18]);

/*
 * ipconfig_configure - configure the network, once in a boot
 *
 * It waits for as long as @root may take.
 *
 * @meanwhile:  called before ipconfig runs, to ask for drivers that can be
 *		loaded while it does
 */
int ipconfig_configure(const struct root *root, void (*meanwhile)(void),
		       struct fail *why);

/* What a DHCP server, or ip=, says about the root; "": nothing. */
struct ipconfig_answer {
	char address[16]; /* of this machine */
	char server[16];
	char path[256];
};

/* take one line of a /run/net-INTERFACE.conf (pure) */
void ipconfig_take_line(char *line, struct ipconfig_answer *answer);
/* take all of these files */
void ipconfig_read(struct ipconfig_answer *ret);
