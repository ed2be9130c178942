// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"
#include "cli.h"

/* A session that has ended, while others are asked about it. */
struct told {
	struct dns_item item;
	struct flow_key flow;
	struct dialogue dialogue;
};

static void on_ready(struct dns_item *item, void *replay)
{
	struct told *told = (struct told *)((char *)item - offsetof(struct told, item));

	replay_print_session(replay, &told->flow, &told->dialogue);
	free(told);
}

bool replay_dns_open(struct replay *r)
{
	r->dns = offline_dns_open(&r->config, on_ready, r);
	return r->dns;
}

/* Details point into the findings that they stand in: they are put anew. */
static struct told *told_new(const struct session *session)
{
	const struct findings *found = &session->dialogue.findings;
	struct told *told = malloc(sizeof(*told));

	if (!told)
		return NULL;
	told->flow = session->flow;
	memcpy(&told->dialogue, &session->dialogue, offsetof(struct dialogue, findings));
	findings_clear(&told->dialogue.findings);
	for (size_t i = 0; i < found->count; i++)
		findings_put_copy(&told->dialogue.findings, &found->list[i]);
	told->item = (struct dns_item){.findings = &told->dialogue.findings};
	return told;
}

static void ask(struct replay *r, struct told *told)
{
	const struct dialogue *d = &told->dialogue;
	const struct addr *client = &told->flow.client;

	if (!offline_dns_ask(r->dns, &told->item, client, d->ports)) {
		cli_failed("out of memory");
		return;
	}
	for (size_t i = 0; i < kept_count(&d->helo); i++)
		evidence_hello_line(told->item.evidence, kept_text(&d->helo, i));
	for (size_t i = 0; i < kept_count(&d->mail_from); i++)
		evidence_sender(told->item.evidence, kept_text(&d->mail_from, i));
}

void replay_dns_session(struct replay *r, const struct session *session)
{
	struct told *told = told_new(session);

	if (!told) {
		cli_failed("out of memory");
		return;
	}
	if (!session->dialogue.relay && !replay_never_blocks(r, &session->flow.client))
		ask(r, told);
	offline_dns_queue(r->dns, &told->item);
}
