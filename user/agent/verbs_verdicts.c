// SPDX-License-Identifier: GPL-2.0-or-later
/* list, block, unblock, flush: an administrator's hand on the verdicts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/duration.h"
#include "../base/names.h"
#include "../control/protocol.h"
#include "events.h"
#include "verbs.h"

#define GRACE_SECONDS                                                              \
	86400 /* after an unblock the same evidence does not block again for a day \
	       */

/* Narrower blocks are checked against never-block; these would block half the world by a typo. */
#define SHORTEST_V4 8
#define SHORTEST_V6 19

/* list */

struct listing {
	struct agent *agent;
	struct verdict_walk walk;
	struct verdict_entry entries[VERDICT_WALK_BATCH];
};

static json_t *verdict_json(const struct verdict_entry *e, const char *reason, uint32_t now)
{
	char prefix[ADDR_TEXT];
	json_t *left = e->verdict.expires == VERDICT_NEVER_EXPIRES
			       ? json_null()
			       : json_integer((json_int_t)e->verdict.expires - now);
	json_t *last = e->hits.last ? json_integer((json_int_t)now - e->hits.last) : json_null();

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:I, s:o}", "addr",
			 prefix_format(prefix, &e->prefix), "ports", ports_name(e->ports), "action",
			 action_name(e->verdict.action), "cause", cause_name(e->verdict.cause),
			 "reason", reason, "age", (json_int_t)now - e->verdict.since, "expires_in",
			 left, "hits", (json_int_t)e->hits.packets, "last_hit", last);
}

static json_t *list_step(struct connection *c, void *state)
{
	struct listing *l = state;
	uint32_t now = boot_seconds();
	int count =
		verdict_walk_next(&l->agent->maps, &l->walk, l->entries, VERDICT_WALK_BATCH, true);

	for (int i = 0; i < count; i++) {
		const struct verdict_entry *e = &l->entries[i];

		if (e->verdict.expires > now)
			connection_send(c, verdict_json(e,
							reasons_get(&l->agent->reasons, &e->prefix,
								    e->ports),
							now));
	}
	if (count < 0)
		return answer_error("cannot read the verdicts: %s", strerror(-count));
	return count ? NULL : answer_done();
}

json_t *verb_list(void *agent, const json_t *request, struct connection *c)
{
	struct listing *l = calloc(1, sizeof(*l));

	(void)request;
	if (!l)
		return answer_error("out of memory");
	l->agent = agent;
	connection_defer(c, list_step, free, l);
	return NULL;
}

/* block */

static bool refuse_block(const struct agent *a, const struct prefix *prefix, char *why, size_t size)
{
	bool v4 = addr_is_v4(&prefix->addr) && prefix->plen >= ADDR_V4_BITS;
	unsigned shortest = v4 ? ADDR_V4_BITS + SHORTEST_V4 : SHORTEST_V6;
	const struct net_reason *reason;
	char text[ADDR_TEXT];

	if (prefix->plen < shortest) {
		snprintf(why, size, "wider than /%d: refused", v4 ? SHORTEST_V4 : SHORTEST_V6);
		return true;
	}
	reason = nets_meeting(&a->allow, prefix, boot_seconds());
	if (!reason || reason->kind == NET_GRACE || reason->kind == NET_RELAY)
		return false;
	/* A network may hold somebody who is allowed: the gate spares them. Not the other way. */
	if (reason->prefix.plen > prefix->plen && reason->kind != NET_OWN)
		return false;
	snprintf(why, size, "never blocked: %s (%s)", prefix_format(text, &reason->prefix),
		 reason->text[0] ? reason->text : net_kind_name(reason->kind));
	return true;
}

struct block_request {
	enum action action;
	bool ports[PORTS_COUNT];
	uint32_t expires;
	const char *reason;
};

static json_t *parse_block(struct block_request *out, const json_t *request)
{
	const char *action = request_text(request, "action");
	const char *ports = request_text(request, "ports");
	uint32_t seconds = 0;
	enum port_class class;
	json_t *error;

	duration_parse(&seconds, CONTROL_BLOCK_DEFAULT);
	error = request_span(&seconds, request, "for");
	if (error)
		return error;
	*out = (struct block_request){.action = ACTION_DROP, .reason = ""};
	if (action && !action_parse(&out->action, action))
		return answer_error("`%.40s' is no action: drop, reset or watch", action);
	if (!ports)
		out->ports[PORTS_MX] = true;
	else if (!strcmp(ports, "all"))
		out->ports[PORTS_MX] = out->ports[PORTS_SUBMISSION] = true;
	else if (ports_parse(&class, ports))
		out->ports[class] = true;
	else
		return answer_error("`%.40s' are no ports: mx, submission or all", ports);
	if (request_text(request, "reason"))
		out->reason = request_text(request, "reason");
	out->expires = seconds ? boot_seconds() + seconds : VERDICT_NEVER_EXPIRES;
	return NULL;
}

static int block_one(struct agent *a, const struct prefix *prefix, const struct block_request *b)
{
	struct verdict v = {
		.expires = b->expires,
		.since = boot_seconds(),
		.action = (__u8)b->action,
		.cause = CAUSE_MANUAL,
	};
	int err = 0;

	for (int class = 0; class < PORTS_COUNT && !err; class ++) {
		if (!b->ports[class])
			continue;
		err = verdict_put(&a->maps, prefix, (enum port_class) class, &v);
		if (!err)
			reasons_set(&a->reasons, prefix, (unsigned)class, b->reason);
	}
	/* A grace says "not for the old evidence"; an administrator's new word ends it. */
	nets_remove(&a->allow, prefix, NET_GRACE);
	nets_remove(&a->allow, prefix, NET_RELAY);
	return err;
}

static void unblock_all_classes(struct agent *a, const struct prefix *prefix)
{
	for (int class = 0; class < PORTS_COUNT; class ++) {
		verdict_delete(&a->maps, prefix, (enum port_class) class);
		reasons_forget(&a->reasons, prefix, (unsigned)class);
	}
}

json_t *verb_block(void *agent, const json_t *request, struct connection *c)
{
	struct agent *a = agent;
	struct block_request b;
	struct prefix *list = NULL;
	size_t count = 0, done = 0;
	json_t *error = parse_block(&b, request);
	char text[ADDR_TEXT];
	int err = 0;

	(void)c;
	if (!error)
		error = request_prefixes(&list, &count, a, request, refuse_block);
	if (error)
		return error;
	for (; done < count && !err; done++)
		err = block_one(a, &list[done], &b);
	if (err) {
		/* Nothing half-applied: what this request put goes again. */
		while (done--)
			unblock_all_classes(a, &list[done]);
		free(list);
		return answer_error(
			err == -E2BIG || err == -ENOSPC
				? "the verdict map is full: nothing was blocked; raise "
				  "verdicts.max or flush"
				: "the kernel refused the verdict (%s): nothing was blocked",
			strerror(-err));
	}
	events_note(a, "block", "%s%s by mxdpctl%s%s", prefix_format(text, &list[0]),
		    count > 1 ? " and others" : "", b.reason[0] ? ": " : "", b.reason);
	free(list);
	memory_save_soon(a);
	return json_pack("{s:b, s:I}", "ok", 1, "done", (json_int_t)done);
}

/* unblock, flush */

static void remove_entry(struct agent *a, const struct verdict_entry *entry, const char *why)
{
	if (verdict_delete(&a->maps, &entry->prefix, entry->ports))
		return;
	reasons_forget(&a->reasons, &entry->prefix, entry->ports);
	history_forget(a->history, &entry->prefix);
	events_unblocked(a, entry, why);
}

static size_t unblock_one(struct agent *a, const struct prefix *prefix)
{
	struct verdict_entry entry;
	size_t done = 0;

	for (int class = 0; class < PORTS_COUNT; class ++) {
		if (verdict_get(&a->maps, prefix, (enum port_class) class, &entry))
			continue;
		remove_entry(a, &entry, "mxdpctl");
		done++;
	}
	nets_add(&a->allow, prefix, NET_GRACE, boot_seconds() + GRACE_SECONDS,
		 "a day's grace after unblock");
	return done;
}

/* The entries that `wanted` picks, collected first: a walk must not change what it walks over. */
struct picked {
	size_t count, room;
	struct verdict_entry *list;
};

static bool pick(struct picked *out, const struct agent *a, int cause, uint32_t not_before)
{
	struct verdict_entry *batch = calloc(VERDICT_WALK_BATCH, sizeof(*batch));
	struct verdict_walk walk = {0};
	int count = 0;

	while (batch &&
	       (count = verdict_walk_next(&a->maps, &walk, batch, VERDICT_WALK_BATCH, true)) > 0) {
		for (int i = 0; i < count; i++) {
			if ((cause >= 0 && batch[i].verdict.cause != cause) ||
			    batch[i].verdict.since < not_before)
				continue;
			if (out->count == out->room) {
				size_t room = out->room ? out->room * 2 : 1024;
				struct verdict_entry *list =
					reallocarray(out->list, room, sizeof(*list));

				if (!list)
					goto out;
				out->list = list;
				out->room = room;
			}
			out->list[out->count++] = batch[i];
		}
	}
	free(batch);
	return batch && !count;
out:
	free(batch);
	return false;
}

static json_t *remove_picked(struct agent *a, int cause, uint32_t not_before, bool grace,
			     const char *why)
{
	struct picked picked = {0};
	bool whole = pick(&picked, a, cause, not_before);

	for (size_t i = 0; whole && i < picked.count; i++) {
		remove_entry(a, &picked.list[i], why);
		if (grace)
			nets_add(&a->allow, &picked.list[i].prefix, NET_GRACE,
				 boot_seconds() + GRACE_SECONDS, "a day's grace after unblock");
	}
	free(picked.list);
	if (!whole)
		return answer_error("cannot read all verdicts: nothing was removed");
	memory_save_soon(a);
	return json_pack("{s:b, s:I}", "ok", 1, "done", (json_int_t)picked.count);
}

static json_t *unblock_by(struct agent *a, const json_t *request)
{
	const char *by = request_text(request, "by");
	uint32_t span = 0, now = boot_seconds();
	unsigned cause;
	json_t *error = request_span(&span, request, "since");

	if (error)
		return error;
	if (!by || !cause_parse(&cause, by))
		return answer_error("`%.60s' is no finding: see mxdpctl checks", by ? by : "?");
	return remove_picked(a, (int)cause, span && span < now ? now - span : 0, true,
			     "mxdpctl unblock --by");
}

json_t *verb_unblock(void *agent, const json_t *request, struct connection *c)
{
	struct agent *a = agent;
	struct prefix *list;
	size_t count, done = 0;
	json_t *error;

	(void)c;
	if (json_object_get(request, "by"))
		return unblock_by(a, request);
	error = request_prefixes(&list, &count, a, request, NULL);
	if (error)
		return error;
	for (size_t i = 0; i < count; i++)
		done += unblock_one(a, &list[i]);
	free(list);
	memory_save_soon(a);
	return json_pack("{s:b, s:I}", "ok", 1, "done", (json_int_t)done);
}

json_t *verb_flush(void *agent, const json_t *request, struct connection *c)
{
	(void)request;
	(void)c;
	return remove_picked(agent, -1, 0, false, "mxdpctl flush");
}
