// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spf.h"
#include "wire.h"

/* Every term asks for one record or one name; the names of each mx are asked about besides. */
#define TASKS (1 + SPF_LOOKUPS + SPF_LOOKUPS * SPF_MX_NAMES)

/* More of IPv4 than a 64th is no sender's: a record that means everybody, in pieces. */
#define SPACE_V4 (1ULL << 26)

struct task {
	enum spf_kind kind; /* SPF_INCLUDE: read the record there; SPF_A; SPF_MX */
	int parent;         /* of a record: the one that names it; -1: nobody */
	bool of_mx;         /* SPF_A: the name of a mail server */
	bool found;         /* SPF_A: it has an IPv4 address */
	unsigned plen4, plen6;
	char domain[DNS_NAME];
};

struct spf_query {
	struct resolver *resolver;
	struct dns_question *question;
	spf_fn fn;
	void *context;
	unsigned lookups, voids;
	struct spf_result result;
	size_t room;
	size_t at, count; /* the task under way, and how many there are */
	struct task task[TASKS];
};

static bool fail(struct spf_query *q, enum spf_outcome outcome, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Returns false. */
static bool fail(struct spf_query *q, enum spf_outcome outcome, const char *format, ...)
{
	va_list args;

	q->result.outcome = outcome;
	va_start(args, format);
	vsnprintf(q->result.why, sizeof(q->result.why), format, args);
	va_end(args);
	return false;
}

/* Networks */

static bool add_net(struct spf_query *q, const struct prefix *net)
{
	struct spf_result *r = &q->result;
	size_t room = q->room ? q->room * 2 : 64;

	if (prefix_is_too_wide(net) || prefix_holds_all_v4(net)) {
		r->wide++;
		return true;
	}
	if (r->count == SPF_NETS)
		return fail(q, SPF_BROKEN, "names more than %d networks", SPF_NETS);
	if (r->count == q->room) {
		struct prefix *more = realloc(r->net, room * sizeof(*more));

		if (!more)
			return fail(q, SPF_UNKNOWN, "out of memory");
		r->net = more;
		q->room = room;
	}
	r->net[r->count++] = *net;
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct prefix *one = a, *other = b;
	int order = memcmp(&one->addr, &other->addr, sizeof(one->addr));

	return order ? order : (one->plen > other->plen) - (one->plen < other->plen);
}

/* In order a network stands right before what it holds. */
static void keep_outer(struct spf_result *r)
{
	size_t kept = 0;

	if (r->count)
		qsort(r->net, r->count, sizeof(*r->net), compare);
	for (size_t i = 0; i < r->count; i++)
		if (!kept || !prefix_contains(&r->net[kept - 1], &r->net[i].addr))
			r->net[kept++] = r->net[i];
	r->count = kept;
}

static bool is_modest(struct spf_query *q)
{
	const struct spf_result *r = &q->result;
	uint64_t space = 0;

	for (size_t i = 0; i < r->count; i++)
		if (addr_is_v4(&r->net[i].addr))
			space += 1ULL << (ADDR_BITS - r->net[i].plen);
	return space <= SPACE_V4 ||
	       fail(q, SPF_BROKEN, "names more than a 64th of all IPv4 addresses");
}

/* Terms */

static bool count_lookup(struct spf_query *q)
{
	return ++q->lookups <= SPF_LOOKUPS ||
	       fail(q, SPF_BROKEN, "asks for more than %d lookups (RFC 7208 4.6.4)", SPF_LOOKUPS);
}

static bool count_void(struct spf_query *q, const char *domain)
{
	return ++q->voids <= SPF_VOIDS ||
	       fail(q, SPF_BROKEN, "asks in vain more than twice (RFC 7208 4.6.4), at last for %s",
		    domain);
}

static struct task *add_task(struct spf_query *q, enum spf_kind kind, const char *domain)
{
	struct task *task = &q->task[q->count];

	if (q->count == TASKS)
		return NULL;
	q->count++;
	*task = (struct task){.kind = kind, .parent = -1};
	memcpy(task->domain, domain, strlen(domain) + 1);
	return task;
}

/* What another branch has read already need not be read again. */
static bool add_record(struct spf_query *q, const char *domain)
{
	struct task *task;

	for (int up = (int)q->at; up >= 0; up = q->task[up].parent)
		if (!strcmp(q->task[up].domain, domain))
			return fail(q, SPF_BROKEN, "%s includes itself", domain);
	for (size_t i = 0; i < q->count; i++)
		if (q->task[i].kind == SPF_INCLUDE && !strcmp(q->task[i].domain, domain))
			return true;
	task = add_task(q, SPF_INCLUDE, domain);
	if (!task)
		return fail(q, SPF_BROKEN, "asks for too much");
	task->parent = (int)q->at;
	return true;
}

static bool add_addresses(struct spf_query *q, const struct spf_term *term, const char *domain)
{
	struct task *task = add_task(q, term->kind, domain);

	if (!task)
		return fail(q, SPF_BROKEN, "asks for too much");
	task->plen4 = term->plen4;
	task->plen6 = term->plen6;
	return true;
}

/* Of a term that does not pass nothing is of use; that it asks counts all the same. */
static bool take_term(struct spf_query *q, const struct spf_term *term)
{
	const char *domain = term->domain[0] ? term->domain : q->task[q->at].domain;
	bool asks = term->kind != SPF_IP4 && term->kind != SPF_IP6 && term->kind != SPF_ALL &&
		    term->kind != SPF_MODIFIER;

	if (asks && !count_lookup(q))
		return false;
	if (term->qualifier && term->qualifier != '+')
		return true;
	if (term->macro || term->kind == SPF_PTR || term->kind == SPF_EXISTS) {
		q->result.left_out++;
		return true;
	}
	switch (term->kind) {
	case SPF_IP4:
	case SPF_IP6:
		return add_net(q, &term->net);
	case SPF_INCLUDE:
	case SPF_REDIRECT:
		return add_record(q, domain);
	case SPF_A:
	case SPF_MX:
		return add_addresses(q, term, domain);
	default:
		return true;
	}
}

static bool read_record(struct spf_query *q, const struct dns_answer *answer)
{
	const char *domain = q->task[q->at].domain, *at = answer->spf;
	char why[SPF_WHY];
	struct spf_term term;

	if (!answer->spf_count)
		return fail(q, q->at ? SPF_BROKEN : SPF_NO_RECORD, "%s has no SPF record", domain);
	if (answer->spf_count > 1)
		return fail(q, SPF_BROKEN, "%s has %u SPF records", domain, answer->spf_count);
	if (answer->spf_unfit)
		return fail(q, SPF_BROKEN,
			    "%s has an SPF record of more than %d bytes, or not "
			    "of text",
			    domain, DNS_SPF - 1);
	if (!spf_record_check(answer->spf, why))
		return fail(q, SPF_BROKEN, "%s: %.160s", domain, why);
	while (spf_next(&term, &at) != SPF_END)
		if (!take_term(q, &term))
			return false;
	return true;
}

/* Answers */

static bool add_answer(struct spf_query *q, const struct task *task,
		       const struct dns_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++) {
		bool v4 = addr_is_v4(&answer->addr[i]);
		struct prefix net = prefix_of(&answer->addr[i], v4 ? task->plen4 : task->plen6);

		if (!add_net(q, &net))
			return false;
	}
	return true;
}

static bool add_servers(struct spf_query *q, const struct task *mx, const struct dns_answer *answer)
{
	if (answer->count > SPF_MX_NAMES)
		return fail(q, SPF_BROKEN, "%s has more than %d MX records (RFC 7208 4.6.4)",
			    mx->domain, SPF_MX_NAMES);
	for (size_t i = 0; i < answer->count; i++) {
		struct task *task = answer->name[i][0] ? add_task(q, SPF_A, answer->name[i]) : NULL;

		if (!task)
			continue;
		task->of_mx = true;
		task->plen4 = mx->plen4;
		task->plen6 = mx->plen6;
	}
	return true;
}

static void ask_next(struct spf_query *q);

static void answered(const struct dns_answer *answer, enum dns_type type, struct spf_query *q);

static void txt_answered(const struct dns_answer *answer, void *q)
{
	answered(answer, DNS_TXT, q);
}

static void mx_answered(const struct dns_answer *answer, void *q)
{
	answered(answer, DNS_MX, q);
}

static void a_answered(const struct dns_answer *answer, void *q)
{
	answered(answer, DNS_A, q);
}

static void aaaa_answered(const struct dns_answer *answer, void *q)
{
	answered(answer, DNS_AAAA, q);
}

static void ask(struct spf_query *q, const char *domain, enum dns_type type, dns_fn fn)
{
	q->question = dns_ask(q->resolver, domain, type, fn, q);
}

/* Into the result; *more where the task has a question left. */
static bool take_answer(struct spf_query *q, const struct dns_answer *answer, enum dns_type type,
			bool *more)
{
	struct task *task = &q->task[q->at];
	bool none = answer->status != DNS_ANSWER;

	switch (type) {
	case DNS_TXT:
		return read_record(q, answer);
	case DNS_MX:
		if (none && !count_void(q, task->domain))
			return false;
		return add_servers(q, task, answer);
	case DNS_A:
		task->found = !none;
		*more = true;
		return add_answer(q, task, answer);
	default:
		if (none && !task->found && !task->of_mx && !count_void(q, task->domain))
			return false;
		return add_answer(q, task, answer);
	}
}

static void finish(struct spf_query *q)
{
	struct spf_result *r = &q->result;

	if (r->outcome == SPF_EXPANDED) {
		keep_outer(r);
		is_modest(q);
	}
	if (r->outcome != SPF_EXPANDED)
		r->count = 0;
	q->fn(r, q->context);
	free(r->net);
	free(q);
}

static void answered(const struct dns_answer *answer, enum dns_type type, struct spf_query *q)
{
	const char *domain = q->task[q->at].domain;
	bool more = false, good;

	q->question = NULL;
	if (answer->status == DNS_FAILED || answer->status == DNS_TIMED_OUT) {
		fail(q, SPF_UNKNOWN, "%s for %s",
		     answer->status == DNS_FAILED ? "the server failed when asked"
						  : "no answer in time",
		     domain);
		/* What was said before may be of use when the next try is due: not now. */
		q->result.ttl = 0;
		finish(q);
		return;
	}
	if (answer->ttl < q->result.ttl)
		q->result.ttl = answer->ttl;
	good = take_answer(q, answer, type, &more);
	if (!good) {
		finish(q);
		return;
	}
	if (more)
		ask(q, domain, DNS_AAAA, aaaa_answered);
	if (!q->question) {
		q->at++;
		ask_next(q);
	}
}

/* What has no name that can be asked about has no addresses. */
static void ask_next(struct spf_query *q)
{
	for (; q->at < q->count && !q->question; q->at += !q->question) {
		const char *domain = q->task[q->at].domain;

		if (q->task[q->at].kind == SPF_INCLUDE)
			ask(q, domain, DNS_TXT, txt_answered);
		else if (q->task[q->at].kind == SPF_MX)
			ask(q, domain, DNS_MX, mx_answered);
		else
			ask(q, domain, DNS_A, a_answered);
	}
	if (!q->question)
		finish(q);
}

struct spf_query *spf_ask(struct resolver *r, const char *domain, spf_fn fn, void *context)
{
	struct spf_query *q = calloc(1, sizeof(*q));
	char name[DNS_NAME];

	if (!q || !wire_name_copy(name, domain)) {
		free(q);
		return NULL;
	}
	q->resolver = r;
	q->fn = fn;
	q->context = context;
	q->result.ttl = SPF_TTL_MAX;
	add_task(q, SPF_INCLUDE, name);
	ask(q, name, DNS_TXT, txt_answered);
	if (q->question)
		return q;
	free(q);
	return NULL;
}

void spf_cancel(struct spf_query *q)
{
	if (q->question)
		dns_cancel(q->question);
	free(q->result.net);
	free(q);
}
