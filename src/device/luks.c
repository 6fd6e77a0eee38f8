/* SPDX-License-Identifier: MIT */
#include "device/luks.h"

#include <string.h>

#include "base/str.h"
#include "probe/probe.h"

#define ASKED_MAX  8u
#define UUID_CHARS 36u
/* What cryptsetup and its callers take for a name. */
#define NAME_CHARS                                                             \
	"abcdefghijklmnopqrstuvwxyz"                                           \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"                                           \
	"0123456789#+.:=@_-"

static struct asked {
	char uuid[UUID_CHARS + 1];
	char name[64]; /* "": none */
} asked[ASKED_MAX];
static unsigned asked_count;
static bool is_unfit;

void luks_forget(void)
{
	asked_count = 0;
	is_unfit = false;
}

static struct asked *find(const char *uuid)
{
	for (unsigned i = 0; i < asked_count; i++)
		if (probe_uuid_equal(asked[i].uuid, uuid))
			return &asked[i];
	return NULL;
}

/* The place for the UUID that @value begins with; NULL: it is none, or there
 * is no room. */
static struct asked *place_for(const char *value)
{
	struct asked *it;
	char uuid[UUID_CHARS + 1];

	if (str_span(value, "0123456789abcdefABCDEF-") != UUID_CHARS)
		return NULL;
	(void)str_part(uuid, sizeof(uuid), value, UUID_CHARS);
	it = find(uuid);
	if (it || asked_count == ASKED_MAX)
		return it;
	it = &asked[asked_count++];
	*it = (struct asked){ .name = "" };
	(void)str_copy(it->uuid, sizeof(it->uuid), uuid);
	return it;
}

void luks_parameter(const char *name, const char *value, void *unused)
{
	const char *word = str_after(name, "rd."), *rest;
	struct asked *it;
	bool is_name;

	(void)unused;
	word = str_after(word ? word : name, "luks.");
	is_name = word && strcmp(word, "name") == 0;
	if (!value || !word || (!is_name && strcmp(word, "uuid") != 0))
		return;
	rest = str_after(value, "luks-");
	if (rest)
		value = rest;
	it = place_for(value);
	if (!is_name)
		return;
	rest = it ? value + UUID_CHARS : "";
	if (*rest != '=' || !rest[1] || rest[1] == '-' ||
	    rest[1 + str_span(rest + 1, NAME_CHARS)] ||
	    str_copy(it->name, sizeof(it->name), rest + 1) < 0)
		is_unfit = true;
}

const char *luks_uuid(unsigned i)
{
	return i < asked_count ? asked[i].uuid : NULL;
}

const char *luks_name(const char *uuid)
{
	const struct asked *it = find(uuid);

	return it && *it->name ? it->name : NULL;
}

bool luks_names_fit(void)
{
	return !is_unfit;
}
