/* SPDX-License-Identifier: MIT */
/*
 * ipconfig.h - the network, as klibc's ipconfig configures it from ip=
 *
 * ip= is Documentation/admin-guide/nfs/nfsroot.rst's. What came of it is in
 * /run/net-INTERFACE.conf, which stays for the real system.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Where initramfs-tools has it too. */
#define NET_PROGRAM "/bin/ipconfig"

struct net_order {
	char argument[160]; /* ipconfig's */
	char interface[16]; /* "": whichever is there */
};

/*
 * net_parse - @ip as given ("": dhcp) → what ipconfig takes (pure)
 *
 * Returns 1; 0: somebody else configures it; -ENAMETOOLONG.
 */
int net_parse(const char *ip, struct net_order *ret);
/* is the interface there? "": any that has hardware behind it */
bool net_is_there(const char *interface);
/* is a cable in? Only known when the interface is up */
bool net_has_link(const char *interface);
/* ipconfig as a child: its pid, or -errno */
int net_start(const struct net_order *order);

/* What a DHCP server, or ip=, says about the root; "": nothing. */
struct net_answer {
	char address[16]; /* our own */
	char server[16];
	char path[256];
};

/* a line of /run/net-INTERFACE.conf (pure) */
void net_take_line(char *line, struct net_answer *answer);
void net_read(struct net_answer *ret);
