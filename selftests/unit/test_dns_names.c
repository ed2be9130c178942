// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names in the DNS, against a resolver that stands here: it answers from a table, in the order that
 * a test wants, so that each answer comes first once and last once. test_dns_names_nsd.c asks the
 * real one.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/dns/names.h"
#include "../../user/dns/reverse.h"

/* The resolver */

struct row {
	const char *name;
	enum dns_type type;
	enum dns_status status;
	const char *records; /* blanks between; "." is the empty name */
};

struct dns_question {
	struct resolver *resolver;
	struct row row; /* its name is the question's own */
	dns_fn fn;
	void *context;
};

struct resolver {
	const struct row *rows;
	int refuse;      /* so many questions are taken, further ones refused; below 0: all taken */
	unsigned random; /* 0: the oldest question is answered first */
	struct dns_question *waiting[64];
	size_t count;
	char asked[2048]; /* "NAME type," each */
};

static const char *type_name(enum dns_type type)
{
	switch (type) {
	case DNS_A:
		return "A";
	case DNS_AAAA:
		return "AAAA";
	case DNS_PTR:
		return "PTR";
	case DNS_MX:
		return "MX";
	default:
		return "?";
	}
}

static struct row row_of(const struct resolver *r, const char *name, enum dns_type type)
{
	for (const struct row *row = r->rows; row->name; row++)
		if (!strcmp(row->name, name) && row->type == type)
			return *row;
	return (struct row){name, type, DNS_NO_NAME, NULL};
}

struct dns_question *dns_ask(struct resolver *r, const char *name, enum dns_type type, dns_fn fn,
			     void *context)
{
	size_t used = strlen(r->asked);
	struct dns_question *q;

	if (!r->refuse)
		return NULL;
	r->refuse--;
	assert_in_range(strlen(name), 1, DNS_NAME - 1);
	assert_in_range(r->count, 0, 63);
	snprintf(r->asked + used, sizeof(r->asked) - used, "%s %s,", name, type_name(type));
	q = test_malloc(sizeof(*q));
	*q = (struct dns_question){r, row_of(r, name, type), fn, context};
	q->row.name = NULL;
	r->waiting[r->count++] = q;
	return q;
}

static void forget(struct dns_question *q)
{
	struct resolver *r = q->resolver;

	for (size_t i = 0; i < r->count; i++) {
		if (r->waiting[i] != q)
			continue;
		memmove(&r->waiting[i], &r->waiting[i + 1],
			(--r->count - i) * sizeof(r->waiting[0]));
		test_free(q);
		return;
	}
	fail_msg("a question is cancelled that is not under way");
}

void dns_cancel(struct dns_question *q)
{
	forget(q);
}

static void read_record(struct dns_answer *answer, enum dns_type type, const char *text)
{
	size_t n = answer->count++;

	assert_in_range(n, 0, DNS_RECORDS - 1);
	if (type == DNS_A || type == DNS_AAAA)
		assert_true(addr_parse(&answer->addr[n], text));
	else
		snprintf(answer->name[n], DNS_NAME, "%s", strcmp(text, ".") ? text : "");
}

static void deliver(struct resolver *r)
{
	size_t at = r->random ? (r->random = r->random * 1103515245 + 12345) / 65536 % r->count : 0;
	struct dns_question *q = r->waiting[at];
	struct dns_answer answer = {.status = q->row.status, .ttl = 60};
	dns_fn fn = q->fn;
	void *context = q->context;
	char records[8192], *save = NULL;

	snprintf(records, sizeof(records), "%s", q->row.records ? q->row.records : "");
	for (char *text = strtok_r(records, " ", &save); text; text = strtok_r(NULL, " ", &save))
		read_record(&answer, q->row.type, text);
	forget(q);
	fn(&answer, context);
	/* The answer was only lent. */
	memset(&answer, 0xa5, sizeof(answer));
}

/* What the callers are told */

static struct told {
	int calls;
	struct client_facts client;
	struct helo_dns_facts helo;
	struct sender_dns_facts sender;
	struct names_query *cancel; /* to be cancelled from within */
} told;

static void tell(void)
{
	told.calls++;
	if (told.cancel)
		names_cancel(told.cancel);
}

static void on_client(const struct client_facts *facts, void *context)
{
	assert_ptr_equal(context, &told);
	told.client = *facts;
	tell();
}

static void on_helo(const struct helo_dns_facts *facts, void *context)
{
	assert_ptr_equal(context, &told);
	told.helo = *facts;
	tell();
}

static void on_sender(const struct sender_dns_facts *facts, void *context)
{
	assert_ptr_equal(context, &told);
	told.sender = *facts;
	tell();
}

enum subject { CLIENT, HELO, SENDER };

static struct names_query *start(struct resolver *r, enum subject subject, const char *what)
{
	struct addr addr;

	if (subject == HELO)
		return names_ask_helo(r, what, on_helo, &told);
	if (subject == SENDER)
		return names_ask_sender(r, what, on_sender, &told);
	assert_true(addr_parse(&addr, what));
	return names_ask_client(r, &addr, on_client, &told);
}

static void describe(char *text, size_t size, enum subject subject)
{
	static const char *const fact[] = {"unknown", "no", "yes"};
	const struct client_facts *c = &told.client;
	const struct helo_dns_facts *h = &told.helo;
	char addr[ADDR_TEXT];
	size_t n = 0;

	if (subject == SENDER) {
		snprintf(text, size, "%s%s", fact[told.sender.resolves],
			 told.sender.null_mx ? " null" : "");
	} else if (subject == CLIENT) {
		n += (size_t)snprintf(text, size, "%s %s%s %zu/%zu/%zu", fact[c->has_name],
				      fact[c->confirmed], c->cut ? " cut" : "", c->confirmed_count,
				      c->count - c->confirmed_count - c->refuted_count,
				      c->refuted_count);
		for (size_t i = 0; i < c->count; i++)
			n += (size_t)snprintf(text + n, size - n, " %s", c->name[i]);
	} else {
		n += (size_t)snprintf(text, size, "%s%s%s", fact[h->resolves],
				      h->v4_known ? " v4" : "", h->v6_known ? " v6" : "");
		/* The families come in the order of the answers. */
		for (int v4 = 1; v4 >= 0; v4--)
			for (size_t i = 0; i < h->count; i++)
				if (addr_is_v4(&h->addr[i]) == !!v4)
					n += (size_t)snprintf(text + n, size - n, " %s",
							      addr_format(addr, &h->addr[i]));
	}
}

#define ORDERS 24

/* The same facts in whatever order the answers come; `asked` of the first order, or NULL. */
static void expect(const struct row *rows, enum subject subject, const char *what,
		   const char *wanted, const char *asked)
{
	char text[4096];

	for (unsigned order = 0; order < ORDERS; order++) {
		struct resolver r = {.rows = rows, .refuse = -1, .random = order};

		memset(&told, 0, sizeof(told));
		assert_non_null(start(&r, subject, what));
		assert_int_equal(told.calls, 0);
		while (r.count)
			deliver(&r);
		assert_int_equal(told.calls, 1);
		describe(text, sizeof(text), subject);
		if (strcmp(text, wanted))
			fail_msg("%s, order %u: %s, not %s", what, order, text, wanted);
		if (!order && asked)
			assert_string_equal(r.asked, asked);
	}
}

/* Nobody is asked about it, and nobody is told. */
static void expect_unasked(enum subject subject, const char *what)
{
	static const struct row none[] = {{0}};
	struct resolver r = {.rows = none, .refuse = -1};

	memset(&told, 0, sizeof(told));
	if (start(&r, subject, what))
		fail_msg("%s is asked about", what);
	assert_int_equal(r.count, 0);
}

#define C4        "198.51.100.7"
#define C4R       "7.100.51.198.in-addr.arpa"
#define C6        "2001:db8:7::25"
#define C6R       "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.7.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
#define ROWS(...) ((const struct row[]){__VA_ARGS__, {0}})

static void clients(void **state)
{
	(void)state;
	expect(ROWS({C4R, DNS_PTR, DNS_NO_NAME, NULL}), CLIENT, C4, "no unknown 0/0/0",
	       C4R " PTR,");
	expect(ROWS({C4R, DNS_PTR, DNS_NO_DATA, NULL}), CLIENT, C4, "no unknown 0/0/0", NULL);
	expect(ROWS({C4R, DNS_PTR, DNS_FAILED, NULL}), CLIENT, C4, "unknown unknown 0/0/0",
	       C4R " PTR,");
	expect(ROWS({C4R, DNS_PTR, DNS_TIMED_OUT, NULL}), CLIENT, C4, "unknown unknown 0/0/0",
	       NULL);
	expect(ROWS({C4R, DNS_PTR, DNS_ANSWER, "Mail.Example.NET."},
		    {"mail.example.net", DNS_A, DNS_ANSWER, "203.0.113.1 " C4}),
	       CLIENT, C4, "yes yes 1/0/0 mail.example.net", C4R " PTR,mail.example.net A,");
	expect(ROWS({C6R, DNS_PTR, DNS_ANSWER, "mail.example.net"},
		    {"mail.example.net", DNS_AAAA, DNS_ANSWER, C6}),
	       CLIENT, C6, "yes yes 1/0/0 mail.example.net", C6R " PTR,mail.example.net AAAA,");
	expect(ROWS({C4R, DNS_PTR, DNS_ANSWER, "mail.example.net"},
		    {"mail.example.net", DNS_A, DNS_ANSWER, "198.51.100.8"}),
	       CLIENT, C4, "yes no 0/0/1 mail.example.net", NULL);
	/* An IPv4-mapped client is an IPv4 client. */
	expect(ROWS({C4R, DNS_PTR, DNS_NO_NAME, NULL}), CLIENT, "::ffff:" C4, "no unknown 0/0/0",
	       C4R " PTR,");
}

/* One forward question without an answer, and there is no mismatch. */
static void clients_with_several_names(void **state)
{
	const struct row ptr = {C4R, DNS_PTR, DNS_ANSWER, "a.example b.example c.example"};

	(void)state;
	expect(ROWS(ptr, {"a.example", DNS_A, DNS_NO_NAME, NULL},
		    {"b.example", DNS_A, DNS_NO_DATA, NULL},
		    {"c.example", DNS_A, DNS_ANSWER, "198.51.100.8"}),
	       CLIENT, C4, "yes no 0/0/3 a.example b.example c.example", NULL);
	expect(ROWS(ptr, {"a.example", DNS_A, DNS_NO_NAME, NULL},
		    {"b.example", DNS_A, DNS_TIMED_OUT, NULL},
		    {"c.example", DNS_A, DNS_ANSWER, "198.51.100.8"}),
	       CLIENT, C4, "yes unknown 0/1/2 b.example a.example c.example", NULL);
	expect(ROWS(ptr, {"a.example", DNS_A, DNS_NO_NAME, NULL},
		    {"b.example", DNS_A, DNS_FAILED, NULL}, {"c.example", DNS_A, DNS_ANSWER, C4}),
	       CLIENT, C4, "yes yes 1/1/1 c.example b.example a.example", NULL);
	expect(ROWS({C4R, DNS_PTR, DNS_ANSWER, "a.example A.EXAMPLE. a.example"},
		    {"a.example", DNS_A, DNS_ANSWER, C4}),
	       CLIENT, C4, "yes yes 1/0/0 a.example", C4R " PTR,a.example A,");
}

static void clients_with_hostile_names(void **state)
{
	char many[DNS_RECORDS * 16] = "", full[DNS_RECORDS * 16] = "";
	char longest[600] = "", label[70];

	(void)state;
	for (int i = 0; i < DNS_RECORDS; i++) {
		sprintf(many + strlen(many), "n%d.example ", i);
		sprintf(full + strlen(full), "203.0.113.%d ", i);
	}
	/* No more than four are asked about, and nothing follows from the rest. */
	expect(ROWS({C4R, DNS_PTR, DNS_ANSWER, many}), CLIENT, C4,
	       "yes unknown cut 0/0/4 n0.example n1.example n2.example n3.example",
	       C4R " PTR,n0.example A,n1.example A,n2.example A,n3.example A,");
	expect(ROWS({C4R, DNS_PTR, DNS_ANSWER, many}, {"n3.example", DNS_A, DNS_ANSWER, C4}),
	       CLIENT, C4, "yes yes cut 1/0/3 n3.example n0.example n1.example n2.example", NULL);
	/* As many addresses as there is room for: the client's may have been left out. */
	expect(ROWS({C4R, DNS_PTR, DNS_ANSWER, "a.example"},
		    {"a.example", DNS_A, DNS_ANSWER, full}),
	       CLIENT, C4, "yes unknown 0/1/0 a.example", NULL);
	/* Records of which none parsed. */
	expect(ROWS({C4R, DNS_PTR, DNS_ANSWER, "a.example"}, {"a.example", DNS_A, DNS_ANSWER, ""}),
	       CLIENT, C4, "yes unknown 0/1/0 a.example", NULL);
	/* No host can be called so: nothing to ask, and certain. */
	expect(ROWS({C4R, DNS_PTR, DNS_ANSWER,
		     "\x01\x1b[2J.example %s%n.example localhost 198.51.100.7 . .. a..example "
		     "m\xc3\xa4il.example a/b.example"}),
	       CLIENT, C4, "yes no 0/0/0", C4R " PTR,");
	memset(label, 'x', 63);
	label[63] = '\0';
	snprintf(longest, sizeof(longest), "%s.%s.%s.%.61s", label, label, label, label);
	assert_int_equal(strlen(longest), 253);
	{
		char ask[900], facts[900];

		snprintf(ask, sizeof(ask), C4R " PTR,%s A,", longest);
		snprintf(facts, sizeof(facts), "yes yes 1/0/0 %s", longest);
		expect(ROWS({C4R, DNS_PTR, DNS_ANSWER, longest}, {longest, DNS_A, DNS_ANSWER, C4}),
		       CLIENT, C4, facts, ask);
	}
	strcat(longest, "x");
	expect(ROWS({C4R, DNS_PTR, DNS_ANSWER, longest}), CLIENT, C4, "yes no 0/0/0", NULL);
}

static void helos(void **state)
{
	char full[DNS_RECORDS * 16] = "", wanted[DNS_RECORDS * 16 + 16] = "yes v6";

	(void)state;
	expect(ROWS({"mx.example", DNS_A, DNS_ANSWER, C4},
		    {"mx.example", DNS_AAAA, DNS_ANSWER, C6}),
	       HELO, "MX.Example.", "yes v4 v6 " C4 " " C6, "mx.example A,mx.example AAAA,");
	assert_string_equal(told.helo.helo, "mx.example");
	expect(ROWS({"mx.example", DNS_A, DNS_ANSWER, C4},
		    {"mx.example", DNS_AAAA, DNS_FAILED, NULL}),
	       HELO, "mx.example", "yes v4 " C4, "mx.example A,mx.example AAAA,");
	expect(ROWS({"mx.example", DNS_A, DNS_TIMED_OUT, NULL},
		    {"mx.example", DNS_AAAA, DNS_NO_DATA, NULL}),
	       HELO, "mx.example", "unknown v6", "mx.example A,mx.example AAAA,");
	expect(ROWS({"mx.example", DNS_A, DNS_NO_DATA, NULL},
		    {"mx.example", DNS_AAAA, DNS_NO_DATA, NULL},
		    {"mx.example", DNS_MX, DNS_ANSWER, "in.example"}),
	       HELO, "mx.example", "yes v4 v6", "mx.example A,mx.example AAAA,mx.example MX,");
	expect(ROWS({"mx.example", DNS_A, DNS_NO_DATA, NULL},
		    {"mx.example", DNS_AAAA, DNS_NO_DATA, NULL},
		    {"mx.example", DNS_MX, DNS_ANSWER, "."}),
	       HELO, "mx.example", "yes v4 v6", NULL);
	expect(ROWS({"mx.example", DNS_A, DNS_NO_NAME, NULL}), HELO, "mx.example", "no v4 v6",
	       "mx.example A,mx.example AAAA,mx.example MX,");
	expect(ROWS({"mx.example", DNS_MX, DNS_FAILED, NULL}), HELO, "mx.example", "unknown v4 v6",
	       NULL);
	for (int i = 0; i < DNS_RECORDS; i++) {
		sprintf(full + strlen(full), "203.0.113.%d ", i);
		sprintf(wanted + strlen(wanted), " 203.0.113.%d", i);
	}
	expect(ROWS({"mx.example", DNS_A, DNS_ANSWER, full}), HELO, "mx.example", wanted, NULL);
}

static void senders(void **state)
{
	(void)state;
	expect(ROWS({"s.example", DNS_MX, DNS_ANSWER, "mx.example"}), SENDER, "S.Example", "yes",
	       "s.example MX,");
	assert_string_equal(told.sender.domain, "s.example");
	/* RFC 7505: an address does not help a domain that says it takes no mail. */
	expect(ROWS({"s.example", DNS_MX, DNS_ANSWER, "."}, {"s.example", DNS_A, DNS_ANSWER, C4}),
	       SENDER, "s.example", "no null", "s.example MX,");
	expect(ROWS({"s.example", DNS_MX, DNS_ANSWER, ". mx.example"}), SENDER, "s.example", "yes",
	       NULL);
	expect(ROWS({"s.example", DNS_MX, DNS_NO_DATA, NULL}, {"s.example", DNS_A, DNS_ANSWER, C4},
		    {"s.example", DNS_AAAA, DNS_FAILED, NULL}),
	       SENDER, "s.example", "yes", "s.example MX,s.example A,s.example AAAA,");
	expect(ROWS({"s.example", DNS_MX, DNS_NO_NAME, NULL},
		    {"s.example", DNS_AAAA, DNS_ANSWER, C6}),
	       SENDER, "s.example", "yes", NULL);
	expect(ROWS({"s.example", DNS_MX, DNS_NO_NAME, NULL}), SENDER, "s.example", "no",
	       "s.example MX,s.example A,s.example AAAA,");
	expect(ROWS({"s.example", DNS_MX, DNS_FAILED, NULL}), SENDER, "s.example", "unknown",
	       "s.example MX,");
	expect(ROWS({"s.example", DNS_A, DNS_TIMED_OUT, NULL}), SENDER, "s.example", "unknown",
	       NULL);
	expect(ROWS({"s.example", DNS_AAAA, DNS_FAILED, NULL}), SENDER, "s.example", "unknown",
	       NULL);
}

static void what_is_not_asked_about(void **state)
{
	static const char *const names[] = {
		"",
		".",
		"localhost",
		"mail",
		"[192.0.2.1]",
		"[ipv6:::1]",
		"1.2.3.4",
		"a..b",
		".a.b",
		"a.b..",
		"a b.example",
		"\x7f.example",
		"a\\.b.c",
		"::1",
		"2001:db8::1",
		"caf\xc3\xa9.example",
	};
	static const char *const addrs[] = {"10.1.2.3",   "127.0.0.1", "::1",     "fe80::1",
					    "100.64.0.1", "224.0.0.1", "fd00::1", "192.168.1.1"};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		expect_unasked(HELO, names[i]);
		expect_unasked(SENDER, names[i]);
	}
	for (size_t i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++)
		expect_unasked(CLIENT, addrs[i]);
	memset(text, 'a', sizeof(text));
	text[64] = '.';
	text[sizeof(text) - 1] = '\0';
	expect_unasked(HELO, text);
	text[100] = '\0';
	expect_unasked(HELO, text); /* a label of 64 */
}

static const struct row busy[] = {
	{C4R, DNS_PTR, DNS_ANSWER, "a.example b.example c.example d.example"},
	{"a.example", DNS_A, DNS_ANSWER, C4},
	{"s.example", DNS_MX, DNS_NO_DATA, NULL},
	{0},
};

static const struct {
	enum subject subject;
	const char *what;
	int questions;
} subjects[] = {{CLIENT, C4, 5}, {HELO, "h.example", 3}, {SENDER, "s.example", 3}};

/* After any number of answers: no question stays, nobody is told. */
static void cancelled_at_any_moment(void **state)
{
	(void)state;
	for (size_t s = 0; s < 3; s++) {
		for (int answers = 0; answers < subjects[s].questions; answers++) {
			for (unsigned order = 0; order < ORDERS; order++) {
				struct resolver r = {.rows = busy, .refuse = -1, .random = order};
				struct names_query *q;

				memset(&told, 0, sizeof(told));
				q = start(&r, subjects[s].subject, subjects[s].what);
				assert_non_null(q);
				for (int i = 0; i < answers; i++)
					deliver(&r);
				assert_int_not_equal(r.count, 0);
				names_cancel(q);
				assert_int_equal(r.count, 0);
				assert_int_equal(told.calls, 0);
			}
		}
	}
}

static void cancelled_from_within(void **state)
{
	(void)state;
	for (size_t s = 0; s < 3; s++) {
		struct resolver r = {.rows = busy, .refuse = -1};

		/* Itself: it is over anyway. */
		memset(&told, 0, sizeof(told));
		told.cancel = start(&r, subjects[s].subject, subjects[s].what);
		while (r.count)
			deliver(&r);
		assert_int_equal(told.calls, 1);
		/* Another one, with questions under way. */
		memset(&told, 0, sizeof(told));
		assert_non_null(start(&r, HELO, "h.example"));
		told.cancel = start(&r, subjects[s].subject, subjects[s].what);
		for (int i = 0; !told.calls; i++) {
			assert_in_range(i, 0, 8);
			deliver(&r);
		}
		assert_int_equal(told.calls, 1);
		assert_string_equal(told.helo.helo, "h.example");
		/* Cancelling took its questions away. */
		assert_int_equal(r.count, 0);
	}
}

/* Memory runs out after any number of questions: facts stay unknown, somebody is told at the end.
 */
static void questions_that_cannot_be_asked(void **state)
{
	(void)state;
	for (size_t s = 0; s < 3; s++) {
		for (int taken = 0; taken < subjects[s].questions; taken++) {
			struct resolver r = {.rows = busy, .refuse = taken};
			struct names_query *q;

			memset(&told, 0, sizeof(told));
			q = start(&r, subjects[s].subject, subjects[s].what);
			assert_int_equal(!!q, !!taken);
			while (r.count)
				deliver(&r);
			assert_int_equal(told.calls, !!taken);
			assert_int_not_equal(told.client.confirmed, FACT_NO);
			assert_int_not_equal(told.helo.resolves, FACT_NO);
			assert_int_not_equal(told.sender.resolves, FACT_NO);
			if (subjects[s].subject == CLIENT && taken == 1)
				assert_int_equal(told.client.count, 4);
		}
	}
}

static void reverse_names(void **state)
{
	char name[DNS_NAME], zone[DNS_NAME];
	struct addr addr;

	(void)state;
	assert_true(addr_parse(&addr, "127.0.0.2"));
	assert_true(reverse_in_zone(name, &addr, "bl.example"));
	assert_string_equal(name, "2.0.0.127.bl.example");
	assert_true(addr_parse(&addr, "2001:db8:1:2:3:4:567:89ab"));
	assert_true(reverse_in_zone(name, &addr, "bl.example"));
	/* RFC 5782 2.4 */
	assert_string_equal(name, "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2."
				  "bl.example");
	memset(zone, 'z', sizeof(zone));
	zone[DNS_NAME - 1 - 64] = '\0';
	assert_true(reverse_in_zone(name, &addr, zone));
	assert_int_equal(strlen(name), DNS_NAME - 1);
	zone[DNS_NAME - 1 - 64] = 'z';
	zone[DNS_NAME - 64] = '\0';
	assert_false(reverse_in_zone(name, &addr, zone));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients),
		cmocka_unit_test(clients_with_several_names),
		cmocka_unit_test(clients_with_hostile_names),
		cmocka_unit_test(helos),
		cmocka_unit_test(senders),
		cmocka_unit_test(what_is_not_asked_about),
		cmocka_unit_test(cancelled_at_any_moment),
		cmocka_unit_test(cancelled_from_within),
		cmocka_unit_test(questions_that_cannot_be_asked),
		cmocka_unit_test(reverse_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
