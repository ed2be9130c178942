/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs of the control socket (control/protocol.h), a file a topic:
 * verbs_status.c, verbs_verdicts.c, verbs_nets.c, verbs_mode.c.
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
json_t *verb_log(void *agent, const json_t *request, struct connection *c);
json_t *verb_detach(void *agent, const json_t *request, struct connection *c);

/* Shared by the verbs */

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

#endif
