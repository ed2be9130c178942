// SPDX-License-Identifier: GPL-2.0-or-later
/* allow, unallow, allowed */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/escape.h"
#include "events.h"
#include "senders.h"
#include "verbs.h"

struct allowing {
	uint32_t expires;
	char reason[NET_REASON_TEXT];
	size_t count;
	struct net_reason *before[]; /* NULL: it was not there */
};

static int allow_one(struct bulk *bulk, size_t i)
{
	struct nets *allow = &bulk->agent->allow;
	struct allowing *w = bulk->state;
	const struct net_reason *old = nets_find(allow, &bulk->list[i], NET_ADMIN);

	if (old) {
		w->before[i] = malloc(sizeof(*old));
		if (!w->before[i])
			return -ENOMEM;
		*w->before[i] = *old;
	}
	return nets_add(allow, &bulk->list[i], NET_ADMIN, w->expires, w->reason);
}

static void allow_back(struct bulk *bulk, size_t i)
{
	struct nets *allow = &bulk->agent->allow;
	const struct net_reason *old = ((struct allowing *)bulk->state)->before[i];

	if (old)
		nets_add(allow, &bulk->list[i], NET_ADMIN, old->expires, old->text);
	else
		nets_remove(allow, &bulk->list[i], NET_ADMIN);
}

static json_t *allow_finish(struct bulk *bulk, int err)
{
	const struct allowing *w = bulk->state;
	char text[ADDR_TEXT];

	if (err == -ENOSPC)
		return answer_error("there is no room for so many networks (%d): none was allowed; "
				    "see mxdpctl allow, and mxdpctl unallow what is not needed",
				    NETS_BY_HAND);
	if (err)
		return answer_error("cannot allow them all (%s): none was allowed", strerror(-err));
	events_note(bulk->agent, "allow", "%s%s by mxdpctl%s%s",
		    prefix_format(text, &bulk->list[0]), bulk->count > 1 ? " and others" : "",
		    w->reason[0] ? ": " : "", w->reason);
	memory_save_soon(bulk->agent);
	return json_pack("{s:b, s:I}", "ok", 1, "done", (json_int_t)bulk->count);
}

static void allowing_free(void *state)
{
	struct allowing *w = state;

	for (size_t i = 0; i < w->count; i++)
		free(w->before[i]);
	free(w);
}

json_t *verb_allow(void *agent, const json_t *request, struct connection *c)
{
	static const struct bulk_work work = {allow_one, allow_back, allow_finish, allowing_free};
	const char *reason = request_text(request, "reason");
	uint32_t span = 0;
	struct prefix *list;
	struct allowing *w;
	size_t count;
	json_t *error = request_span(&span, request, "for");

	if (!error)
		error = request_prefixes(&list, &count, agent, request, refuse_wide);
	if (error)
		return error;
	w = calloc(1, sizeof(*w) + count * sizeof(w->before[0]));
	if (w) {
		w->expires = span ? boot_seconds() + span : NET_NEVER_EXPIRES;
		w->count = count;
		utf8_copy(w->reason, sizeof(w->reason), reason ? reason : "");
	}
	return bulk_start(c, &work, agent, list, count, w);
}

static const enum net_kind by_hand[] = {NET_ADMIN, NET_GRACE, NET_RELAY};

#define BY_HAND (sizeof(by_hand) / sizeof(by_hand[0]))

static bool refuse_unallow(const struct agent *a, const struct prefix *prefix, char *why,
			   size_t size)
{
	const struct net_reason *fixed = NULL;

	for (size_t i = 0; i < BY_HAND; i++)
		if (nets_find(&a->allow, prefix, by_hand[i]))
			return false;
	for (int kind = 0; kind < NET_KIND_COUNT && !fixed; kind++)
		fixed = nets_find(&a->allow, prefix, (enum net_kind)kind);
	if (fixed)
		snprintf(why, size, "not allowed by hand but by %s: %s", net_kind_name(fixed->kind),
			 fixed->text);
	else
		snprintf(why, size, "not in the list of allowed networks (mxdpctl allow)");
	return true;
}

static int unallow_one(struct bulk *bulk, size_t i)
{
	for (size_t k = 0; k < BY_HAND; k++)
		nets_remove(&bulk->agent->allow, &bulk->list[i], by_hand[k]);
	return 0;
}

static json_t *unallow_finish(struct bulk *bulk, int err)
{
	char text[ADDR_TEXT];

	(void)err;
	events_note(bulk->agent, "unallow", "%s%s by mxdpctl", prefix_format(text, &bulk->list[0]),
		    bulk->count > 1 ? " and others" : "");
	memory_save_soon(bulk->agent);
	return json_pack("{s:b, s:I}", "ok", 1, "done", (json_int_t)bulk->count);
}

json_t *verb_unallow(void *agent, const json_t *request, struct connection *c)
{
	static const struct bulk_work work = {unallow_one, NULL, unallow_finish, free};
	struct prefix *list;
	size_t count;
	json_t *error = request_prefixes(&list, &count, agent, request, refuse_unallow);

	return error ? error : bulk_start(c, &work, agent, list, count, malloc(1));
}

json_t *verb_allowed(void *agent, const json_t *request, struct connection *c)
{
	struct agent *a = agent;
	uint32_t now = boot_seconds();

	(void)request;
	for (size_t i = 0; i < a->allow.count; i++) {
		const struct net_reason *r = &a->allow.list[i];
		long long age = senders_age(a, r);
		char text[ADDR_TEXT];

		connection_send(c,
				json_pack("{s:s, s:s, s:s, s:o, s:o}", "net",
					  prefix_format(text, &r->prefix), "kind",
					  net_kind_name(r->kind), "reason", r->text, "expires_in",
					  r->expires == NET_NEVER_EXPIRES
						  ? json_null()
						  : json_integer((json_int_t)r->expires - now),
					  "read_ago", age < 0 ? json_null() : json_integer(age)));
	}
	return answer_done();
}
