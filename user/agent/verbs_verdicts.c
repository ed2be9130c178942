// SPDX-License-Identifier: GPL-2.0-or-later
/* list: the verdicts, a batch at a time. */
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/names.h"
#include "verbs.h"

struct listing {
	struct agent *agent;
	struct verdict_walk walk;
	struct verdict_entry entries[VERDICT_WALK_BATCH];
};

/*
 * Whether it rests on what others say: their data is theirs to give away. Where that is not known
 * any more, it may.
 */
static bool is_of_others(const struct reasons *r, const struct verdict_entry *e)
{
	unsigned cause = e->verdict.cause;

	return cause_is_of_list(cause) ||
	       (cause == CAUSE_SCORE && reasons_lists(r, &e->prefix, e->ports));
}

json_t *verdict_listed(const struct reasons *r, const struct verdict_entry *e, uint32_t now)
{
	char prefix[ADDR_TEXT];
	json_t *left = e->verdict.expires == VERDICT_NEVER_EXPIRES
			       ? json_null()
			       : json_integer((json_int_t)e->verdict.expires - now);
	json_t *last = e->hits.last ? json_integer((json_int_t)now - e->hits.last) : json_null();
	json_t *first = e->hits.first ? json_integer((json_int_t)now - e->hits.first) : json_null();

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:o, s:I, s:o, s:o}", "addr",
			 prefix_format(prefix, &e->prefix), "ports", ports_name(e->ports), "action",
			 action_name(e->verdict.action), "cause", cause_name(e->verdict.cause),
			 "reason", reasons_get(r, &e->prefix, e->ports), "of_others",
			 is_of_others(r, e), "age", (json_int_t)now - e->verdict.since,
			 "expires_in", left, "hits", (json_int_t)e->hits.packets, "last_hit", last,
			 "first_hit", first);
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
			connection_send(c, verdict_listed(&l->agent->reasons, e, now));
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
