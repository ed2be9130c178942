// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/addr.h"
#include "../base/duration.h"
#include "../base/names.h"
#include "../base/escape.h"
#include "blamed.h"

void blamed_add(struct blamed *b, const struct addr *client, enum port_class ports, const char *why,
		const char *name, const char *helo, uint32_t now)
{
	struct blamed_one *to = b->one;

	for (int i = 0; i < BLAMED_MAX; i++) {
		if (b->one[i].at && addr_equal(&b->one[i].client, client)) {
			to = &b->one[i];
			break;
		}
		if (b->one[i].at < to->at)
			to = &b->one[i];
	}
	*to = (struct blamed_one){.at = now + 1, .client = *client, .ports = ports};
	snprintf(to->why, sizeof(to->why), "%s", why ? why : "");
	text_clean(to->name, sizeof(to->name), name ? name : "");
	text_clean(to->helo, sizeof(to->helo), helo ? helo : "");
}

static int latest_first(const void *a, const void *b)
{
	const struct blamed_one *one = a, *other = b;

	return one->at < other->at ? 1 : one->at > other->at ? -1 : 0;
}

static json_t *name_or_null(const char *name)
{
	return *name ? json_string(name) : json_null();
}

static void add_note(json_t *notes, const struct blamed_one *one, bool blocks, const char *addr,
		     const char *ago)
{
	const char *name = *one->name ? one->name : *one->helo ? one->helo : "no name";

	json_array_append_new(
		notes, json_sprintf("known for good, yet %s %s ago: %s (%s), for %s: `mxdpctl "
				    "explain %s' says why, `mxdpctl allow %s' lets it in",
				    blocks ? "blocked" : "one to be blocked", ago, addr, name,
				    one->why, addr, addr));
}

json_t *blamed_status(const struct blamed *b, bool blocks, uint32_t now, json_t *notes)
{
	struct blamed_one sorted[BLAMED_MAX];
	char addr[ADDR_TEXT], ago[DURATION_TEXT];
	json_t *list = json_array();
	size_t count = 0;

	memcpy(sorted, b->one, sizeof(sorted));
	qsort(sorted, BLAMED_MAX, sizeof(sorted[0]), latest_first);
	for (; count < BLAMED_MAX && sorted[count].at; count++) {
		const struct blamed_one *one = &sorted[count];
		uint32_t age = now + 1 - one->at;

		if (age > BLAMED_FOR)
			break;
		addr_format(addr, &one->client);
		duration_format(ago, age ? age : 1);
		if (count < BLAMED_TOLD)
			add_note(notes, one, blocks, addr, ago);
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s, s:o, s:o, s:I}", "addr", addr,
						"ports", ports_name(one->ports), "why", one->why,
						"name", name_or_null(one->name), "helo",
						name_or_null(one->helo), "ago", (json_int_t)age));
	}
	if (count > BLAMED_TOLD)
		json_array_append_new(
			notes, json_sprintf("known for good, yet blocked within a day: %zu "
					    "more, see good_blocked in mxdpctl status --json",
					    count - BLAMED_TOLD));
	return list;
}
