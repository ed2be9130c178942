// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "suspect.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The forgery too: that a client has no name at all is half of its proof. */
static const enum finding_id covered[] = {
	FINDING_RDNS_MISSING,      FINDING_RDNS_MISMATCH,      FINDING_HELO_UNRESOLVABLE,
	FINDING_HELO_DNS_MISMATCH, FINDING_HELO_BRAND_FORGERY, FINDING_SENDER_UNRESOLVABLE,
};

void suspect_init(struct suspect *s, unsigned share)
{
	memset(s, 0, sizeof(*s));
	s->share = share;
}

static bool is_fresh(const struct suspect_client *c, uint32_t now)
{
	return now < c->at + SUSPECT_WINDOW;
}

static void count(struct suspect *s, uint32_t now)
{
	s->clients = s->missing = s->failed = 0;
	for (size_t i = 0; i < s->used; i++) {
		if (!is_fresh(&s->client[i], now))
			continue;
		s->clients++;
		s->missing += s->client[i].missing;
		s->failed += s->client[i].failed;
	}
}

bool suspect_tick(struct suspect *s, uint32_t now)
{
	bool was = s->active;
	unsigned bad;

	count(s, now);
	bad = (s->missing + s->failed) * 100;
	if (!was && s->clients >= SUSPECT_CLIENTS)
		s->active = bad > s->share * s->clients;
	else if (was)
		/* Where nobody came, nothing has become better. */
		s->active = !s->clients || bad * 2 >= s->share * s->clients;
	return s->active != was;
}

/* Where this client stands or shall stand: what is oldest makes room. */
static struct suspect_client *place(struct suspect *s, const struct addr *addr)
{
	struct suspect_client *oldest = s->client;

	for (size_t i = 0; i < s->used; i++) {
		if (addr_equal(&s->client[i].addr, addr))
			return &s->client[i];
		if (s->client[i].at < oldest->at)
			oldest = &s->client[i];
	}
	return s->used < SUSPECT_MEMORY ? &s->client[s->used++] : oldest;
}

bool suspect_note(struct suspect *s, const struct client_facts *client, uint32_t now)
{
	struct addr addr =
		prefix_of(&client->client, addr_is_v4(&client->client) ? ADDR_BITS : 64).addr;

	*place(s, &addr) = (struct suspect_client){
		.addr = addr,
		.at = now,
		.missing = client->has_name == FACT_NO,
		.failed = client->has_name == FACT_UNKNOWN,
	};
	return suspect_tick(s, now);
}

bool suspect_covers(enum finding_id id)
{
	for (size_t i = 0; i < COUNT(covered); i++)
		if (covered[i] == id)
			return true;
	return false;
}

const char *suspect_words(const struct suspect *s, char text[SUSPECT_WORDS])
{
	unsigned half = (s->share + 1) / 2;
	size_t n;

	text[0] = '\0';
	if (!s->active)
		return text;
	n = (size_t)snprintf(text, SUSPECT_WORDS, "%u of %u clients in ten minutes have ",
			     s->missing + s->failed, s->clients);
	if (!s->failed)
		n += (size_t)snprintf(text + n, SUSPECT_WORDS - n, "no reverse name");
	else
		n += (size_t)snprintf(text + n, SUSPECT_WORDS - n,
				      "no reverse name or got no answer (%u)", s->failed);
	n += (size_t)snprintf(text + n, SUSPECT_WORDS - n, ": the resolver is the suspect; ");
	for (size_t i = 0; i < COUNT(covered); i++)
		n += (size_t)snprintf(text + n, SUSPECT_WORDS - n, "%s%s", i ? ", " : "",
				      finding_types[covered[i]].id);
	snprintf(text + n, SUSPECT_WORDS - n,
		 " stand down until it is less than %u %%. Does it answer for a name that you "
		 "know? Else name other servers: dns { servers = ... }",
		 half);
	return text;
}
