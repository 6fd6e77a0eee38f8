/* SPDX-License-Identifier: MIT */
#include "cmd/caps.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fail.h"
#include "base/io.h"
#include "base/linux.h"
#include "base/str.h"
#include "base/sys.h"

#define CAPS_MAX 64
#define BIT(cap) (1ull << (cap))

/* By number: include/uapi/linux/capability.h, Linux 6.1. */
static const char names[] =
	"chown\0dac_override\0dac_read_search\0fowner\0fsetid\0kill\0setgid\0"
	"setuid\0setpcap\0linux_immutable\0net_bind_service\0net_broadcast\0"
	"net_admin\0net_raw\0ipc_lock\0ipc_owner\0sys_module\0sys_rawio\0"
	"sys_chroot\0sys_ptrace\0sys_pacct\0sys_admin\0sys_boot\0sys_nice\0"
	"sys_resource\0sys_time\0sys_tty_config\0mknod\0lease\0audit_write\0"
	"audit_control\0setfcap\0mac_override\0mac_admin\0syslog\0wake_alarm\0"
	"block_suspend\0audit_read\0perfmon\0bpf\0checkpoint_restore\0";

static const char *const masks[2] = {
	"/proc/sys/kernel/usermodehelper/bset",
	"/proc/sys/kernel/usermodehelper/inheritable",
};

/* The number of a capability, in lower case, or -1. */
static int number_of(const char *name)
{
	uint64_t value;
	int cap = 0;

	for (const char *at = names; *at; at += strlen(at) + 1, cap++)
		if (strcmp(at, name) == 0)
			return cap;
	return str_number(name, &value) == 0 && value < CAPS_MAX ? (int)value
								 : -1;
}

int caps_parse(const char *list, uint64_t *ret, struct fail *why)
{
	for (;;) {
		size_t len = str_until(list, ",");
		const char *name;
		char lower[32];
		int cap = -1;

		if (len < sizeof(lower)) {
			for (size_t i = 0; i < len; i++) {
				lower[i] = list[i];
				if (list[i] >= 'A' && list[i] <= 'Z')
					lower[i] = (char)(list[i] | 0x20);
			}
			lower[len] = '\0';
			name = str_after(lower, "cap_");
			cap = number_of(name ? name : lower);
		}
		if (cap < 0)
			return fail_said(why, EINVAL,
					 "drop '%.*s': unknown capability",
					 (int)len, list);
		*ret |= BIT(cap);
		list += len;
		if (!*list++)
			return 0;
	}
}

/* Two numbers of 32 bits, the lower one first: kernel/umh.c, proc_cap_handler,
 * before Linux 6.3 and since. */
static int read_mask(int fd, uint64_t *ret)
{
	char text[64];
	char *high;
	uint64_t words[2];
	long n = sys_pread(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return (int)n;
	text[n] = '\0';
	text[str_until(text, "\n")] = '\0';
	high = text + str_until(text, " \t");
	if (*high)
		*high++ = '\0';
	if (str_number(text, &words[0]) < 0 || str_number(high, &words[1]) < 0)
		return -EINVAL;
	*ret = words[0] | words[1] << 32;
	return 0;
}

static int prove_mask(uint64_t set, const char *path, int *ret_fd)
{
	uint64_t now = 0;
	int r = io_open(path, O_RDWR);

	*ret_fd = r;
	/* Without CONFIG_SYSCTL no program can set them either. */
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = read_mask(*ret_fd, &now);
	if (r < 0 || now & set)
		return r;
	(void)sys_close(*ret_fd);
	*ret_fd = -1;
	return 0;
}

int caps_prove(uint64_t set, struct caps *ret, struct fail *why)
{
	struct linux_capabilities have = { 0 };
	uint64_t wanted = 0;

	*ret = (struct caps){ set, { -1, -1 } };
	for (int cap = 0; cap < CAPS_MAX; cap++) {
		int r = set & BIT(cap) ? sys_bounding(cap) : 0;

		if (r < 0)
			return fail_said(why, EINVAL,
					 "drop '%d': unknown capability", cap);
		if (r > 0)
			wanted |= BIT(LINUX_CAP_SETPCAP);
	}
	for (unsigned i = 0; set && i < 2; i++) {
		int r = prove_mask(set, masks[i], &ret->mask_fds[i]);

		if (r < 0)
			return fail(why, r, "read '%s'", masks[i]);
		if (ret->mask_fds[i] >= 0)
			wanted |= BIT(LINUX_CAP_SETPCAP) |
				  BIT(LINUX_CAP_SYS_MODULE);
	}
	(void)sys_capabilities(&have);
	if (wanted & ~have.effective)
		return fail_said(why, EPERM,
				 "drop capabilities: it takes CAP_SETPCAP and "
				 "CAP_SYS_MODULE, and this process lacks one");
	return 0;
}

int caps_drop(const struct caps *caps, struct fail *why)
{
	struct linux_capabilities have;
	char text[32];
	int r = 0;

	for (unsigned i = 0; r >= 0 && i < 2; i++) {
		uint64_t mask = 0;

		if (caps->mask_fds[i] < 0)
			continue;
		r = read_mask(caps->mask_fds[i], &mask);
		if (r < 0)
			break;
		mask &= ~caps->set;
		(void)str_format(text, sizeof(text), "%u %u\n", (unsigned)mask,
				 (unsigned)(mask >> 32));
		r = io_write(caps->mask_fds[i], text, strlen(text));
	}
	for (int cap = 0; r >= 0 && cap < CAPS_MAX; cap++)
		if (caps->set & BIT(cap) && sys_bounding(cap) > 0)
			r = sys_drop_bounding(cap);
	if (r >= 0 && caps->set) {
		r = sys_capabilities(&have);
		have.inheritable &= ~caps->set;
		if (r == 0)
			r = sys_set_capabilities(&have);
	}
	return r < 0 ? fail(why, r, "drop capabilities") : 0;
}

void caps_close(struct caps *caps)
{
	for (unsigned i = 0; i < 2; i++) {
		if (caps->mask_fds[i] >= 0)
			(void)sys_close(caps->mask_fds[i]);
		caps->mask_fds[i] = -1;
	}
}
