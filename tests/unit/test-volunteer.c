/* SPDX-License-Identifier: MIT */
/* What an open descriptor announces; what comes of it is tests/ns/bystander.sh.
 */
#include "helper/volunteer.h"

#include "tap.h"

static const struct {
	const char *link;
	enum volunteer_name expected;
} rows[] = {
	{ "/memfd:pintle-helper.4711 (deleted)", VOLUNTEER_OWN_NAME },
	{ "/run/pintle-helper.4711", VOLUNTEER_OWN_NAME },
	{ "/run/pintle-helper.4711 (deleted)", VOLUNTEER_OWN_NAME },
	{ "/pintle-helper.4711", VOLUNTEER_OWN_NAME },
	{ "/memfd:pintle-helper.4712 (deleted)", VOLUNTEER_OTHER_NAME },
	{ "/run/pintle-helper.47110", VOLUNTEER_OTHER_NAME },
	{ "/run/pintle-helper.99999999999999999", VOLUNTEER_NO_NAME },
	{ "/run/pintle-helper.", VOLUNTEER_NO_NAME },
	{ "/run/pintle-helper", VOLUNTEER_NO_NAME },
	{ "/run/pintle-helper.-1", VOLUNTEER_NO_NAME },
	{ "/run/pintle-helper.4711x", VOLUNTEER_NO_NAME },
	{ "/run/pintle-helper.4711 (deleted) (deleted)", VOLUNTEER_NO_NAME },
	{ "/run/pintle-helper.4711/other", VOLUNTEER_NO_NAME },
	{ "/run/my-pintle-helper.4711", VOLUNTEER_NO_NAME },
	{ "/usr/include/pintle-helper.h", VOLUNTEER_NO_NAME },
	{ "socket:[4711]", VOLUNTEER_NO_NAME },
	{ "", VOLUNTEER_NO_NAME },
};

int main(void)
{
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_int(volunteer_name(rows[i].link, 4711),
		       (int)rows[i].expected, rows[i].link);
	return tap_done();
}
