// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names in the DNS when every answer is hostile: the resolver stands here, and the bytes say what
 * is asked about, which question is answered next, by what, and when the asker loses patience. The
 * facts must agree with themselves, and what the checks say of them must be printable.
 */
#include <stdlib.h>
#include <string.h>

#include "../../user/dns/names.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

struct input {
	const unsigned char *at, *end;
};

static unsigned take(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

/* Up to a zero byte; `size` bytes of room. */
static void take_text(struct input *in, char *text, size_t size)
{
	size_t n = 0;

	while (n + 1 < size && in->at < in->end && *in->at)
		text[n++] = (char)*in->at++;
	text[n] = '\0';
	take(in);
}

/* The resolver */

struct dns_question {
	dns_fn fn;
	void *context;
	bool waits;
};

static struct dns_question questions[16];
static unsigned asked;

struct dns_question *dns_ask(struct resolver *r, const char *name, enum dns_type type, dns_fn fn,
			     void *context)
{
	struct dns_question *q = &questions[asked];

	(void)r;
	(void)type;
	require(*name && strlen(name) < DNS_NAME && asked < 16);
	asked++;
	*q = (struct dns_question){fn, context, true};
	return q;
}

void dns_cancel(struct dns_question *q)
{
	require(q->waits);
	q->waits = false;
}

static struct dns_question *waiting(unsigned which)
{
	struct dns_question *found = NULL;

	for (unsigned i = 0, n = 0; i < asked; i++)
		if (questions[i].waits && n++ <= which)
			found = &questions[i];
	return found;
}

static void deliver(struct input *in)
{
	struct dns_question *q = waiting(take(in) % 4);
	struct dns_answer *answer = calloc(1, sizeof(*answer));

	require(q && answer);
	answer->status = take(in) % (DNS_TIMED_OUT + 1);
	if (answer->status == DNS_ANSWER)
		answer->count = 1 + take(in) % DNS_RECORDS;
	for (size_t i = 0; i < answer->count; i++) {
		unsigned b = take(in);

		answer->addr[i] = (struct addr){.b = {[10] = 0xff, 0xff, 198, 51, 100, b & 15}};
		if (b & 16)
			answer->addr[i].b[0] = (unsigned char)b;
		if (b & 32)
			take_text(in, answer->name[i], DNS_NAME);
		else
			strcpy(answer->name[i], "7-100-51-198.dsl.example.net");
	}
	q->waits = false;
	q->fn(answer, q->context);
	free(answer);
}

/* What is told */

static struct {
	unsigned calls;
	struct client_facts client;
	struct helo_dns_facts helo;
} told;

static void require_findings(const struct findings *f)
{
	for (size_t i = 0; i < f->count; i++) {
		require(!finding_types[f->list[i].id].convicts);
		for (const char *c = f->list[i].detail; *c; c++)
			require(*c >= 0x20 && *c < 0x7f);
	}
}

static void on_client(const struct client_facts *c, void *context)
{
	(void)context;
	require(c->count <= DNS_FACT_NAMES && c->confirmed_count + c->refuted_count <= c->count);
	require((c->confirmed == FACT_YES) == !!c->confirmed_count);
	require(c->confirmed != FACT_NO || (c->refuted_count == c->count && !c->cut));
	require(c->has_name == FACT_YES || !c->count);
	told.client = *c;
	told.calls++;
}

static void on_helo(const struct helo_dns_facts *h, void *context)
{
	(void)context;
	require(h->count <= DNS_FACT_ADDRS && (h->resolves == FACT_YES || !h->count));
	require(h->resolves != FACT_NO || (h->v4_known && h->v6_known));
	told.helo = *h;
	told.calls++;
}

static void on_sender(const struct sender_dns_facts *s, void *context)
{
	struct findings f = {0};

	(void)context;
	require(!s->null_mx || s->resolves == FACT_NO);
	check_sender_dns(&f, s);
	require_findings(&f);
	told.calls++;
}

static struct names_query *start(struct input *in, unsigned subject)
{
	struct addr client = {.b = {[10] = 0xff, 0xff, 198, 51, 100, 7}};
	char text[512];

	if (subject == 0)
		return names_ask_client(NULL, &client, on_client, NULL);
	take_text(in, text, sizeof(text));
	if (subject == 1)
		return names_ask_helo(NULL, text, on_helo, NULL);
	return names_ask_sender(NULL, text, on_sender, NULL);
}

/* Answers until all is said, or until the asker gives up. */
static void run(struct input *in, unsigned subject)
{
	unsigned before = told.calls, patience = take(in) % 12;
	struct names_query *query;

	asked = 0;
	query = start(in, subject);
	require(!!query == !!asked);
	for (; query && told.calls == before; patience--) {
		if (!patience) {
			names_cancel(query);
			break;
		}
		deliver(in);
	}
	require(!waiting(0));
	require(asked <= 1 + DNS_FACT_NAMES && told.calls <= before + 1);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct input in = {data, data + size};
	struct findings f = {0};

	memset(&told, 0, sizeof(told));
	told.client.client = (struct addr){.b = {[10] = 0xff, 0xff, 198, 51, 100, 7}};
	for (unsigned subject = 0; subject < 3; subject++)
		run(&in, subject);
	check_client_dns(&f, &told.client);
	check_helo_dns(&f, &told.helo, take(&in) & 1 ? &told.client : NULL, brands_default,
		       brands_default_count);
	require_findings(&f);
	return 0;
}
