/* SPDX-License-Identifier: MIT */
#include "cmd/caps.h"

#include <errno.h>

#include "base/fail.h"
#include "tap.h"

static const struct {
	const char *list;
	int result;
	unsigned long long set;
} rows[] = {
	{ "chown", 0, 1 },
	{ "sys_module", 0, 1 << 16 },
	{ "CAP_SYS_MODULE", 0, 1 << 16 },
	{ "cap_sys_module", 0, 1 << 16 },
	{ "16", 0, 1 << 16 },
	{ "cap_16", 0, 1 << 16 },
	{ "CAP_16", 0, 1 << 16 },
	{ "sys_module,CAP_SYS_RAWIO,25", 0, 1 << 16 | 1 << 17 | 1 << 25 },
	{ "checkpoint_restore", 0, 1ull << 40 },
	{ "63", 0, 1ull << 63 },
	{ "64", -EINVAL, 0 },
	{ "sys_modul", -EINVAL, 0 },
	{ "sys_modules", -EINVAL, 0 },
	{ "", -EINVAL, 0 },
	{ "chown,", -EINVAL, 1 },
	{ ",chown", -EINVAL, 0 },
	{ "cap_", -EINVAL, 0 },
	{ "-1", -EINVAL, 0 },
	{ "a_name_that_is_longer_than_all_there_are", -EINVAL, 0 },
};

int main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fail why;
		uint64_t set = 0;

		is_int(caps_parse(rows[i].list, &set, &why), rows[i].result,
		       "'%s'", rows[i].list);
		is_int((long long)set, (long long)rows[i].set, "'%s': set",
		       rows[i].list);
	}
	return tap_done();
}
