// SPDX-License-Identifier: GPL-2.0-or-later
/* allow, unallow, allowed */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "events.h"
#include "verbs.h"

/* Wider than this and the filter would be switched off by a typo. */
static bool refuse_allow(const struct agent *a, const struct prefix *prefix, char *why, size_t size)
{
	bool v4 = addr_is_v4(&prefix->addr) && prefix->plen >= ADDR_V4_BITS;

	(void)a;
	if (prefix->plen >= (v4 ? ADDR_V4_BITS + 8 : 19))
		return false;
	snprintf(why, size, "wider than /%d: that would switch the filter off", v4 ? 8 : 19);
	return true;
}

json_t *verb_allow(void *agent, const json_t *request, struct connection *c)
{
	struct agent *a = agent;
	const char *reason = request_text(request, "reason");
	uint32_t span = 0;
	struct prefix *list;
	size_t count, i;
	char text[ADDR_TEXT];
	json_t *error = request_span(&span, request, "for");
	int err = 0;

	(void)c;
	if (!error)
		error = request_prefixes(&list, &count, a, request, refuse_allow);
	if (error)
		return error;
	for (i = 0; i < count && !err; i++)
		err = nets_add(&a->allow, &list[i], NET_ADMIN,
			       span ? boot_seconds() + span : NET_NEVER_EXPIRES, reason);
	if (err) {
		for (i--; i--;)
			nets_remove(&a->allow, &list[i], NET_ADMIN);
		free(list);
		return answer_error("cannot allow them all (%s): none was allowed", strerror(-err));
	}
	events_note(a, "allow", "%s%s by mxdpctl%s%s", prefix_format(text, &list[0]),
		    count > 1 ? " and others" : "", reason ? ": " : "", reason ? reason : "");
	free(list);
	memory_save_soon(a);
	return json_pack("{s:b, s:I}", "ok", 1, "done", (json_int_t)count);
}

static bool refuse_unallow(const struct agent *a, const struct prefix *prefix, char *why,
			   size_t size)
{
	const struct net_reason *fixed = NULL;

	for (size_t i = 0; i < a->allow.count; i++) {
		const struct net_reason *r = &a->allow.list[i];

		if (!prefix_equal(&r->prefix, prefix))
			continue;
		if (r->kind == NET_ADMIN || r->kind == NET_GRACE || r->kind == NET_RELAY)
			return false;
		fixed = r;
	}
	if (fixed)
		snprintf(why, size, "not allowed by hand but by %s: %s", net_kind_name(fixed->kind),
			 fixed->text);
	else
		snprintf(why, size, "not in the list of allowed networks (mxdpctl allow)");
	return true;
}

json_t *verb_unallow(void *agent, const json_t *request, struct connection *c)
{
	static const enum net_kind by_hand[] = {NET_ADMIN, NET_GRACE, NET_RELAY};
	struct agent *a = agent;
	struct prefix *list;
	size_t count;
	char text[ADDR_TEXT];
	json_t *error = request_prefixes(&list, &count, a, request, refuse_unallow);

	(void)c;
	if (error)
		return error;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < sizeof(by_hand) / sizeof(by_hand[0]); k++)
			nets_remove(&a->allow, &list[i], by_hand[k]);
	events_note(a, "unallow", "%s%s by mxdpctl", prefix_format(text, &list[0]),
		    count > 1 ? " and others" : "");
	free(list);
	memory_save_soon(a);
	return json_pack("{s:b, s:I}", "ok", 1, "done", (json_int_t)count);
}

json_t *verb_allowed(void *agent, const json_t *request, struct connection *c)
{
	struct agent *a = agent;
	uint32_t now = boot_seconds();

	(void)request;
	for (size_t i = 0; i < a->allow.count; i++) {
		const struct net_reason *r = &a->allow.list[i];
		char text[ADDR_TEXT];

		connection_send(c,
				json_pack("{s:s, s:s, s:s, s:o}", "net",
					  prefix_format(text, &r->prefix), "kind",
					  net_kind_name(r->kind), "reason", r->text, "expires_in",
					  r->expires == NET_NEVER_EXPIRES
						  ? json_null()
						  : json_integer((json_int_t)r->expires - now)));
	}
	return answer_done();
}
