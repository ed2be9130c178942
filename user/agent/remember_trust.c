// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Trust that outlives a restart: clients that delivered mail, and findings that are suspended. A
 * check that was found wrong is not believed again because somebody restarted the agent.
 */
#include <stdio.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../policy/owner.h"
#include "lookups.h"
#include "outcomes.h"
#include "remember.h"
#include "trust.h"

/* NOLINTNEXTLINE(misc-redundant-expression): equal is what they have to be */
_Static_assert(STORE_KNOWN_TIMES == KNOWN_MOST && STORE_KNOWN_DAYS * 86400U == KNOWN_FOR,
	       "the journal keeps of a client what the memory holds");

void remember_known(struct agent *a, const struct addr *client)
{
	struct addr owner = owner_of(client).addr;

	if (remember_store(a))
		store_known(remember_store(a), &owner);
}

void remember_suspended(struct agent *a, const struct suspension *s)
{
	char clients[SUSPEND_CLIENTS * ADDR_TEXT] = "", text[ADDR_TEXT];
	size_t len = 0;

	for (unsigned i = 0; i < s->clients; i++)
		len += (size_t)snprintf(clients + len, sizeof(clients) - len, "%s%s", i ? " " : "",
					prefix_format(text, &s->client[i]));
	if (remember_store(a))
		store_suspend(remember_store(a),
			      &(struct store_suspended){.name = s->name,
							.until = s->until,
							.withdrawn = s->withdrawn,
							.clients = clients});
}

void remember_lifted(struct agent *a, const char *name)
{
	if (remember_store(a))
		store_lift(remember_store(a), name);
}

void remember_suspensions(struct agent *a)
{
	remember_lifted(a, NULL);
	for (size_t key = 0; key < SUSPEND_KEYS; key++)
		if (a->suspend.of[key] && a->suspend.of[key]->until)
			remember_suspended(a, a->suspend.of[key]);
}

static void restore_known(const struct addr *client, int64_t at, void *agent)
{
	struct agent *a = agent;

	known_accepted(a->known, client, at);
	outcomes_last(a, at);
	history_accepted(a->history, client, at > 0 ? (uint32_t)at : 0);
}

/* Each for as long as it is told of; what is no network is passed over. */
static void restore_clients(struct suspension *s, const char *clients, uint32_t now)
{
	while (clients && *clients && s->clients < SUSPEND_CLIENTS) {
		size_t len = strcspn(clients, " ");
		char text[ADDR_TEXT];

		if (len < sizeof(text)) {
			memcpy(text, clients, len);
			text[len] = '\0';
			if (prefix_parse(&s->client[s->clients], text))
				s->time[s->clients++] = now;
		}
		clients += len + (clients[len] == ' ');
	}
}

/* Its blocks may have been under way to be withdrawn when the agent was killed. */
static void restore_suspended(const struct store_suspended *suspended, void *agent)
{
	struct agent *a = agent;
	uint32_t now = boot_seconds();
	int64_t until = suspended->until < (int64_t)now + SUSPEND_FOR ? suspended->until
								      : (int64_t)now + SUSPEND_FOR;
	struct suspension *s =
		suspend_again(&a->suspend, &a->config.policy, suspended->name, (uint32_t)until);
	char why[POLICY_FINDING_NAME + 64];

	if (!s)
		return;
	s->withdrawn = suspended->withdrawn;
	restore_clients(s, suspended->clients, now);
	snprintf(why, sizeof(why), "%s is suspended", s->name);
	log_info("%s, as before the restart", why);
	if (finding_is_of_list(&s->finding))
		withdraw_list(a, a->config.policy.list[s->finding.which].list, why);
	else
		withdraw_suspended(a, why);
}

void remember_trust(struct agent *a)
{
	long known = store_load_known(remember_store(a), restore_known, a);

	store_load_suspended(remember_store(a), restore_suspended, a);
	if (known > 0)
		log_debug("%ld accepted mails of 30 days are remembered", known);
}
