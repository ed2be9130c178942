// SPDX-License-Identifier: GPL-2.0-or-later
/* block: an administrator's verdicts, all of a request or none. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/duration.h"
#include "../base/escape.h"
#include "../base/fault.h"
#include "../base/names.h"
#include "../control/protocol.h"
#include "events.h"
#include "feeds.h"
#include "remember.h"
#include "verbs.h"

static bool refuse_block(const struct agent *a, const struct prefix *prefix, char *why, size_t size)
{
	const char *feed = feeds_sparing_some(a, prefix);
	const struct net_reason *reason;
	char text[ADDR_TEXT];

	if (refuse_wide(a, prefix, why, size))
		return true;
	if (feed) {
		snprintf(why, size, "never blocked: feed %s allows it, or a part of it", feed);
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
	char reason[REASON_TEXT];
};

static json_t *parse_block(struct block_request *out, const struct agent *a, const json_t *request)
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
	*out = (struct block_request){.action = ACTION_DROP};
	if (action && !action_parse(&out->action, action))
		return answer_error("`%.40s' is no action: drop, reset, watch or limit", action);
	if (out->action == ACTION_LIMIT && !a->config.limit.rate)
		return answer_error("there is no limit: set `rate' in the section limit of the "
				    "configuration first");
	if (!ports)
		out->ports[PORTS_MX] = true;
	else if (!strcmp(ports, "all"))
		out->ports[PORTS_MX] = out->ports[PORTS_SUBMISSION] = true;
	else if (ports_parse(&class, ports))
		out->ports[class] = true;
	else
		return answer_error("`%.40s' are no ports: mx, submission or all", ports);
	if (request_text(request, "reason"))
		utf8_copy(out->reason, sizeof(out->reason), request_text(request, "reason"));
	out->expires = seconds ? boot_seconds() + seconds : VERDICT_NEVER_EXPIRES;
	return NULL;
}

/* What stood before, so that a request that fails leaves everything as it was. */

/* A grace says "not for the old evidence"; an administrator's new word ends it. */
static const enum net_kind ended_by_block[] = {NET_GRACE, NET_RELAY};

#define ENDED (sizeof(ended_by_block) / sizeof(ended_by_block[0]))

struct before {
	bool kept; /* the new one stands in the journal */
	bool had[PORTS_COUNT];
	struct verdict verdict[PORTS_COUNT];
	char *reason[PORTS_COUNT];
	uint64_t lists[PORTS_COUNT];
	struct net_reason *net[ENDED]; /* NULL: it was not there */
};

struct blocking {
	struct block_request request;
	size_t count;
	struct before before[];
};

static void keep_before(struct before *out, const struct agent *a, const struct prefix *prefix)
{
	for (int class = 0; class < PORTS_COUNT; class ++) {
		struct verdict_entry old;

		out->had[class] = !verdict_get(&a->maps, prefix, (enum port_class) class, &old);
		if (!out->had[class])
			continue;
		out->verdict[class] = old.verdict;
		out->lists[class] = reasons_lists(&a->reasons, prefix, (unsigned)class);
		out->reason[class] = strdup(reasons_get(&a->reasons, prefix, (unsigned)class));
	}
	for (size_t i = 0; i < ENDED; i++) {
		const struct net_reason *r = nets_find(&a->allow, prefix, ended_by_block[i]);

		out->net[i] = r ? malloc(sizeof(*r)) : NULL;
		if (out->net[i])
			*out->net[i] = *r;
	}
}

static void put_back(struct bulk *bulk, size_t i)
{
	struct agent *a = bulk->agent;
	struct blocking *b = bulk->state;
	const struct prefix *prefix = &bulk->list[i];
	const struct before *before = &b->before[i];

	for (int class = 0; class < PORTS_COUNT; class ++) {
		enum port_class ports = (enum port_class) class;

		if (!b->request.ports[class])
			continue;
		if (before->kept)
			remember_undone(a, prefix, ports);
		if (!before->had[class]) {
			verdict_delete(&a->maps, prefix, ports);
			reasons_forget(&a->reasons, prefix, ports);
			continue;
		}
		verdict_put(&a->maps, prefix, ports, &before->verdict[class]);
		reasons_set(&a->reasons, prefix, ports,
			    before->reason[class] ? before->reason[class] : "",
			    before->lists[class]);
	}
	for (size_t k = 0; k < ENDED; k++)
		if (before->net[k])
			nets_add(&a->allow, prefix, before->net[k]->kind, before->net[k]->expires,
				 before->net[k]->text);
}

static int block_one(struct bulk *bulk, size_t i)
{
	struct agent *a = bulk->agent;
	struct blocking *b = bulk->state;
	const struct prefix *prefix = &bulk->list[i];
	const struct verdict v = {
		.expires = b->request.expires,
		.since = boot_seconds(),
		.action = (__u8)b->request.action,
		.cause = CAUSE_MANUAL,
	};
	int err = 0;

	keep_before(&b->before[i], a, prefix);
	for (int class = 0; class < PORTS_COUNT && !err; class ++) {
		if (!b->request.ports[class])
			continue;
		err = verdict_put(&a->maps, prefix, (enum port_class) class, &v);
		if (!err)
			reasons_set(&a->reasons, prefix, (unsigned)class, b->request.reason, 0);
	}
	for (size_t k = 0; k < ENDED && !err; k++)
		nets_remove(&a->allow, prefix, ended_by_block[k]);
	if (err) {
		put_back(bulk, i);
		return err;
	}
	fault(block_put);
	for (int class = 0; class < PORTS_COUNT; class ++)
		if (b->request.ports[class]) {
			by_cause_add(&a->put, v.cause, v.action, 1);
			remember_by_hand(a, prefix, (enum port_class) class, &v);
		}
	b->before[i].kept = true;
	return 0;
}

static json_t *blocked(struct bulk *bulk, int err)
{
	const struct blocking *b = bulk->state;
	char text[ADDR_TEXT];

	if (err)
		return answer_error(err == -E2BIG || err == -ENOSPC
					    ? "the verdict map is full: nothing was blocked; raise "
					      "verdicts.max or flush"
					    : "the kernel refused the verdict (%s): nothing was "
					      "blocked",
				    strerror(-err));
	events_note(bulk->agent, "block", "%s%s by mxdpctl%s%s",
		    prefix_format(text, &bulk->list[0]), bulk->count > 1 ? " and others" : "",
		    b->request.reason[0] ? ": " : "", b->request.reason);
	memory_save_soon(bulk->agent);
	return json_pack("{s:b, s:I}", "ok", 1, "done", (json_int_t)bulk->count);
}

static void blocking_free(void *state)
{
	struct blocking *b = state;

	for (size_t i = 0; b && i < b->count; i++) {
		for (int class = 0; class < PORTS_COUNT; class ++)
			free(b->before[i].reason[class]);
		for (size_t k = 0; k < ENDED; k++)
			free(b->before[i].net[k]);
	}
	free(b);
}

json_t *verb_block(void *agent, const json_t *request, struct connection *c)
{
	static const struct bulk_work work = {block_one, put_back, blocked, blocking_free};
	struct block_request parsed;
	struct prefix *list = NULL;
	struct blocking *b;
	size_t count = 0;
	json_t *error = parse_block(&parsed, agent, request);

	if (!error)
		error = request_prefixes(&list, &count, agent, request, refuse_block);
	if (error)
		return error;
	b = calloc(1, sizeof(*b) + count * sizeof(b->before[0]));
	if (b) {
		b->request = parsed;
		b->count = count;
	}
	return bulk_start(c, &work, agent, list, count, b);
}
