// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "../checks/hostname.h"
#include "names.h"
#include "reverse.h"

#define QUESTIONS DNS_FACT_NAMES /* under way at a time, of one query */

_Static_assert(DNS_FACT_ADDRS >= 2 * DNS_RECORDS, "the answers of both families find room");
_Static_assert(DNS_FACT_NAME >= DNS_NAME, "a name finds room");

struct names_query;

typedef void (*step_fn)(struct names_query *q, unsigned index, const struct dns_answer *answer);

struct step {
	struct names_query *query;
	struct dns_question *question; /* NULL: not under way */
	step_fn fn;
};

struct names_query {
	struct resolver *resolver;
	struct step step[QUESTIONS];
	unsigned under_way;
	bool telling;                        /* the caller's function runs */
	void (*tell)(struct names_query *q); /* all is answered or given up */
	void *context;
	enum dns_status seen[QUESTIONS];     /* of what was asked last, by step */
	enum fact name_fact[DNS_FACT_NAMES]; /* client: whether the name has its address */
	union {
		names_client_fn client_fn;
		names_helo_fn helo_fn;
		names_sender_fn sender_fn;
	};
	union {
		struct client_facts client;
		struct helo_dns_facts helo;
		struct sender_dns_facts sender;
	};
};

/* Says that there is none for certain; a name that has other records is as certain as none. */
static bool says_none(enum dns_status status)
{
	return status == DNS_NO_NAME || status == DNS_NO_DATA;
}

/* All records stand in it: none that did not parse, none that found no room. */
static bool is_whole(const struct dns_answer *answer)
{
	return answer->status == DNS_ANSWER && answer->count && answer->count < DNS_RECORDS;
}

static void finish(struct names_query *q)
{
	q->telling = true;
	q->tell(q);
	free(q);
}

static void answered(const struct dns_answer *answer, void *context)
{
	struct step *step = context;
	struct names_query *q = step->query;
	unsigned index = (unsigned)(step - q->step);

	step->question = NULL;
	q->under_way--;
	q->seen[index] = answer->status;
	step->fn(q, index, answer);
	if (!q->under_way)
		finish(q);
}

/* What cannot be asked stays unknown, like what is not answered. */
static void ask(struct names_query *q, unsigned index, const char *name, enum dns_type type,
		step_fn fn)
{
	struct step *step = &q->step[index];

	step->query = q;
	step->fn = fn;
	q->seen[index] = DNS_FAILED;
	step->question = dns_ask(q->resolver, name, type, answered, step);
	if (step->question)
		q->under_way++;
}

static struct names_query *new_query(struct resolver *r, void (*tell)(struct names_query *q),
				     void *context)
{
	struct names_query *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->resolver = r;
	q->tell = tell;
	q->context = context;
	return q;
}

/* The query, or NULL where none of its first questions could be asked. */
static struct names_query *started(struct names_query *q)
{
	if (q->under_way)
		return q;
	free(q);
	return NULL;
}

void names_cancel(struct names_query *q)
{
	if (q->telling)
		return;
	for (unsigned i = 0; i < QUESTIONS; i++)
		if (q->step[i].question)
			dns_cancel(q->step[i].question);
	free(q);
}

/* The client's names */

/* Confirmed names first, refuted ones last; within each the order of the answer. */
static void sort_names(struct names_query *q)
{
	static const enum fact order[] = {FACT_YES, FACT_UNKNOWN, FACT_NO};
	char name[DNS_FACT_NAMES][DNS_FACT_NAME];
	size_t n = 0;

	for (size_t rank = 0; rank < sizeof(order) / sizeof(order[0]); rank++)
		for (size_t i = 0; i < q->client.count; i++)
			if (q->name_fact[i] == order[rank])
				strcpy(name[n++], q->client.name[i]);
	memcpy(q->client.name, name, n * sizeof(name[0]));
}

static void tell_client(struct names_query *q)
{
	struct client_facts *c = &q->client;

	for (size_t i = 0; i < c->count; i++) {
		c->confirmed_count += q->name_fact[i] == FACT_YES;
		c->refuted_count += q->name_fact[i] == FACT_NO;
	}
	if (c->confirmed_count)
		c->confirmed = FACT_YES;
	else if (c->has_name == FACT_YES && c->refuted_count == c->count && !c->cut)
		c->confirmed = FACT_NO;
	sort_names(q);
	q->client_fn(c, q->context);
}

static void forward_answered(struct names_query *q, unsigned index, const struct dns_answer *answer)
{
	/* An answer that was cut may have had the client's address in the rest. */
	if (says_none(answer->status) || is_whole(answer))
		q->name_fact[index] = FACT_NO;
	for (size_t i = 0; i < answer->count; i++)
		if (addr_equal(&answer->addr[i], &q->client.client))
			q->name_fact[index] = FACT_YES;
}

static bool has_client_name(const struct client_facts *c, const char *name)
{
	for (size_t i = 0; i < c->count; i++)
		if (!strcmp(c->name[i], name))
			return true;
	return false;
}

/* What is no host name has no address, and is not worth a question. */
static void take_client_name(struct client_facts *c, const char *text)
{
	char name[HOSTNAME_MAX + 1];

	if (!hostname_parse(name, text) || has_client_name(c, name))
		return;
	if (c->count == DNS_FACT_NAMES)
		c->cut = true;
	else
		strcpy(c->name[c->count++], name);
}

static void reverse_answered(struct names_query *q, unsigned index, const struct dns_answer *answer)
{
	struct client_facts *c = &q->client;

	(void)index;
	if (says_none(answer->status))
		c->has_name = FACT_NO;
	if (answer->status != DNS_ANSWER)
		return;
	c->has_name = FACT_YES;
	c->cut = answer->count >= DNS_RECORDS;
	for (size_t i = 0; i < answer->count; i++)
		take_client_name(c, answer->name[i]);
	for (unsigned i = 0; i < c->count; i++)
		ask(q, i, c->name[i], addr_is_v4(&c->client) ? DNS_A : DNS_AAAA, forward_answered);
}

struct names_query *names_ask_client(struct resolver *r, const struct addr *client,
				     names_client_fn fn, void *context)
{
	struct names_query *q;
	char name[DNS_NAME];

	if (addr_special(client))
		return NULL;
	q = new_query(r, tell_client, context);
	if (!q)
		return NULL;
	q->client_fn = fn;
	q->client.client = *client;
	reverse_name(name, client);
	ask(q, 0, name, DNS_PTR, reverse_answered);
	return started(q);
}

/* The HELO's addresses */

static void tell_helo(struct names_query *q)
{
	q->helo_fn(&q->helo, q->context);
}

static void helo_mx_answered(struct names_query *q, unsigned index, const struct dns_answer *answer)
{
	(void)index;
	if (answer->status == DNS_ANSWER)
		q->helo.resolves = FACT_YES;
	else if (says_none(answer->status))
		q->helo.resolves = FACT_NO;
}

/* Step 0 asks for A, step 1 for AAAA; the second answer decides whether there is more to ask. */
static void helo_answered(struct names_query *q, unsigned index, const struct dns_answer *answer)
{
	struct helo_dns_facts *h = &q->helo;
	bool *known = index ? &h->v6_known : &h->v4_known;

	*known = says_none(answer->status) || is_whole(answer);
	for (size_t i = 0; i < answer->count; i++)
		h->addr[h->count++] = answer->addr[i];
	if (h->count)
		h->resolves = FACT_YES;
	if (!q->under_way && h->v4_known && h->v6_known && h->resolves != FACT_YES)
		ask(q, 0, h->helo, DNS_MX, helo_mx_answered);
}

struct names_query *names_ask_helo(struct resolver *r, const char *helo, names_helo_fn fn,
				   void *context)
{
	char name[HOSTNAME_MAX + 1];
	struct names_query *q;

	if (!hostname_parse(name, helo))
		return NULL;
	q = new_query(r, tell_helo, context);
	if (!q)
		return NULL;
	q->helo_fn = fn;
	strcpy(q->helo.helo, name);
	ask(q, 0, name, DNS_A, helo_answered);
	ask(q, 1, name, DNS_AAAA, helo_answered);
	return started(q);
}

/* The sender's domain */

static void tell_sender(struct names_query *q)
{
	q->sender_fn(&q->sender, q->context);
}

static void sender_addr_answered(struct names_query *q, unsigned index,
				 const struct dns_answer *answer)
{
	(void)index;
	if (answer->status == DNS_ANSWER)
		q->sender.resolves = FACT_YES;
	else if (!q->under_way && q->sender.resolves != FACT_YES && says_none(q->seen[0]) &&
		 says_none(q->seen[1]))
		q->sender.resolves = FACT_NO;
}

/* One MX whose name is the root (RFC 7505); beside others it is a mistake and means nothing. */
static bool is_null_mx(const struct dns_answer *answer)
{
	return answer->count == 1 && (!answer->name[0][0] || !strcmp(answer->name[0], "."));
}

/*
 * Some servers deny a name altogether when they are asked for a type that they do not know (RFC
 * 4074 4.2): its addresses are asked for all the same.
 */
static void sender_mx_answered(struct names_query *q, unsigned index,
			       const struct dns_answer *answer)
{
	struct sender_dns_facts *s = &q->sender;

	(void)index;
	if (answer->status == DNS_ANSWER) {
		s->null_mx = is_null_mx(answer);
		s->resolves = s->null_mx ? FACT_NO : FACT_YES;
	} else if (says_none(answer->status)) {
		ask(q, 0, s->domain, DNS_A, sender_addr_answered);
		ask(q, 1, s->domain, DNS_AAAA, sender_addr_answered);
	}
}

struct names_query *names_ask_sender(struct resolver *r, const char *domain, names_sender_fn fn,
				     void *context)
{
	char name[HOSTNAME_MAX + 1];
	struct names_query *q;

	if (!hostname_parse(name, domain))
		return NULL;
	q = new_query(r, tell_sender, context);
	if (!q)
		return NULL;
	q->sender_fn = fn;
	strcpy(q->sender.domain, name);
	ask(q, 0, name, DNS_MX, sender_mx_answered);
	return started(q);
}
