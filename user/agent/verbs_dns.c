// SPDX-License-Identifier: GPL-2.0-or-later
/* dnsbl: the lists and how they are. */
#include "verbs.h"

json_t *verb_dnsbl(void *agent, const json_t *request, struct connection *c)
{
	struct agent *a = agent;
	json_t *lists = a->lists ? lists_json(a->lists) : NULL, *list;
	size_t i;

	(void)request;
	json_array_foreach(lists, i, list) connection_send(c, json_incref(list));
	json_decref(lists);
	return answer_done();
}
