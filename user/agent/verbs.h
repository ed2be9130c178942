/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs of the control socket (control/protocol.h), a file a topic:
 * verbs_status.c, verbs_verdicts.c, verbs_block.c, verbs_unblock.c, verbs_nets.c, verbs_mode.c,
 * verbs_dns.c, verbs_report.c, verbs_outcome.c, verbs_explain.c, verbs_log.c, verbs_top.c.
 */
#ifndef MXDP_AGENT_VERBS_H
#define MXDP_AGENT_VERBS_H

#include "agent.h"

json_t *verb_status(void *agent, const json_t *request, struct connection *c);
json_t *verb_list(void *agent, const json_t *request, struct connection *c);
json_t *verb_block(void *agent, const json_t *request, struct connection *c);
json_t *verb_unblock(void *agent, const json_t *request, struct connection *c);
json_t *verb_flush(void *agent, const json_t *request, struct connection *c);
json_t *verb_allow(void *agent, const json_t *request, struct connection *c);
json_t *verb_unallow(void *agent, const json_t *request, struct connection *c);
json_t *verb_allowed(void *agent, const json_t *request, struct connection *c);
json_t *verb_mode(void *agent, const json_t *request, struct connection *c);
json_t *verb_checks(void *agent, const json_t *request, struct connection *c);
json_t *verb_dnsbl(void *agent, const json_t *request, struct connection *c);
json_t *verb_feeds(void *agent, const json_t *request, struct connection *c);
json_t *verb_explain(void *agent, const json_t *request, struct connection *c);
json_t *verb_log(void *agent, const json_t *request, struct connection *c);
json_t *verb_top(void *agent, const json_t *request, struct connection *c);
json_t *verb_report(void *agent, const json_t *request, struct connection *c);
json_t *verb_outcome(void *agent, const json_t *request, struct connection *c);
json_t *verb_detach(void *agent, const json_t *request, struct connection *c);

/* Shared by the verbs */

/* What `status' answers. */
json_t *agent_status(struct agent *a);

/* A verdict as `list' tells it. */
json_t *verdict_listed(const struct reasons *r, const struct verdict_entry *e, uint32_t now);

/* The string at `key`, or NULL where there is none. */
const char *request_text(const json_t *request, const char *key);

/*
 * The span at "for": *seconds stays as it is where there is none, and becomes 0 for "forever".
 * NULL, or the closing object of a bad one.
 */
json_t *request_span(uint32_t *seconds, const json_t *request, const char *key);

/*
 * The networks of "entries". All are parsed before any is used: on the first problem *out is NULL
 * and the closing object with every problem comes back. `refuse` (may be NULL) may object to one in
 * words; the list is the caller's to free.
 */
typedef bool (*refuse_fn)(const struct agent *a, const struct prefix *prefix, char *why,
			  size_t size);
json_t *request_prefixes(struct prefix **out, size_t *count, const struct agent *a,
			 const json_t *request, refuse_fn refuse);

/*
 * A refuse_fn: networks of more than a /8 or an IPv6 /19, and IPv6 networks that hold all of IPv4
 * (::ffff:0:0/96). A typo would block half the world, or switch the filter off.
 */
bool refuse_wide(const struct agent *a, const struct prefix *prefix, char *why, size_t size);

/*
 * A request for many networks, a few milliseconds a turn of the loop. `one` does the i-th; where it
 * fails, `back` (may be NULL) takes back all those before it, the newest first. `finish` makes the
 * closing object of either end. An agent that ends meanwhile takes back too.
 */
struct bulk;

struct bulk_work {
	int (*one)(struct bulk *bulk, size_t i);
	void (*back)(struct bulk *bulk, size_t i);
	json_t *(*finish)(struct bulk *bulk, int err);
	void (*free_state)(void *state);
};

struct bulk {
	const struct bulk_work *work;
	struct agent *agent;
	struct prefix *list;
	size_t count, at;
	void *state;
};

/* Takes over `list` and `state`; a NULL state is memory that was short. What the verb returns. */
json_t *bulk_start(struct connection *c, const struct bulk_work *work, struct agent *a,
		   struct prefix *list, size_t count, void *state);
/* Whether a step that `began` then, in nanoseconds of CLOCK_MONOTONIC, may go on. */
bool bulk_has_time(uint64_t began);

#endif
