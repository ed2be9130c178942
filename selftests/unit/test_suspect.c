// SPDX-License-Identifier: GPL-2.0-or-later
/* When the resolver is the suspect, with a clock that stands here. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/dns/suspect.h"

#define START 1000

static struct client_facts facts_of(const char *net, unsigned n, enum fact has_name)
{
	struct client_facts c = {.has_name = has_name};
	char text[ADDR_TEXT];

	snprintf(text, sizeof(text), net, n / 256, n % 256);
	assert_true(addr_parse(&c.client, text));
	return c;
}

/* `count` clients from number `first` on; how often the checks changed. */
static unsigned come(struct suspect *s, unsigned first, unsigned count, enum fact has_name,
		     uint32_t now)
{
	unsigned changes = 0;

	for (unsigned i = 0; i < count; i++) {
		struct client_facts c = facts_of("198.51.%u.%u", first + i, has_name);

		changes += suspect_note(s, &c, now);
	}
	return changes;
}

static void few_clients_prove_nothing(void **state)
{
	struct suspect s;

	(void)state;
	suspect_init(&s, SUSPECT_SHARE);
	assert_int_equal(come(&s, 0, SUSPECT_CLIENTS - 1, FACT_NO, START), 0);
	assert_false(s.active);
	assert_int_equal(come(&s, SUSPECT_CLIENTS - 1, 1, FACT_NO, START), 1);
	assert_true(s.active);
	assert_int_equal(s.clients, SUSPECT_CLIENTS);
	assert_int_equal(s.missing, SUSPECT_CLIENTS);
}

/* More than half, not half. */
static void the_share(void **state)
{
	struct suspect s;

	(void)state;
	suspect_init(&s, 50);
	come(&s, 0, 50, FACT_YES, START);
	come(&s, 100, 25, FACT_NO, START);
	come(&s, 200, 25, FACT_UNKNOWN, START);
	assert_false(s.active);
	assert_int_equal(s.missing, 25);
	assert_int_equal(s.failed, 25);
	assert_int_equal(come(&s, 300, 1, FACT_UNKNOWN, START), 1);
	assert_true(s.active);
	/* Other shares; all of them are never more than all. */
	suspect_init(&s, 90);
	come(&s, 0, 90, FACT_NO, START);
	assert_true(s.active);
	suspect_init(&s, 100);
	come(&s, 0, 90, FACT_NO, START);
	assert_false(s.active);
}

/* Up again at less than half of the share, and not in between. */
static void standing_up_again(void **state)
{
	struct suspect s;

	(void)state;
	suspect_init(&s, 50);
	come(&s, 0, 60, FACT_NO, START);
	assert_true(s.active);
	assert_int_equal(come(&s, 100, 180, FACT_YES, START + 1), 0);
	assert_true(s.active); /* 60 of 240: 25 % */
	assert_int_equal(come(&s, 280, 1, FACT_YES, START + 1), 1);
	assert_false(s.active);
	/* The way down is the long one again. */
	assert_int_equal(come(&s, 300, 60, FACT_NO, START + 2), 0);
	assert_false(s.active); /* 120 of 301 */
}

/* The same clients, whose names are found now. */
static void the_resolver_is_mended(void **state)
{
	struct suspect s;

	(void)state;
	suspect_init(&s, 50);
	come(&s, 0, 80, FACT_UNKNOWN, START);
	assert_true(s.active);
	assert_int_equal(come(&s, 0, 60, FACT_YES, START + 60), 0);
	assert_int_equal(come(&s, 60, 1, FACT_YES, START + 60), 1);
	assert_false(s.active);
	assert_int_equal(s.clients, 80);
}

static void time_passes(void **state)
{
	struct suspect s;

	(void)state;
	suspect_init(&s, 50);
	come(&s, 0, 30, FACT_NO, START);
	come(&s, 100, 30, FACT_NO, START + SUSPECT_WINDOW - 1);
	assert_true(s.active);
	/* The first ones were too long ago; those that came since are as bad. */
	assert_false(suspect_tick(&s, START + SUSPECT_WINDOW));
	assert_true(s.active);
	assert_int_equal(s.clients, 30);
	/* Nobody comes: nothing is known to be better. */
	assert_false(suspect_tick(&s, START + 10 * SUSPECT_WINDOW));
	assert_true(s.active);
	assert_int_equal(s.clients, 0);
	/* One comes and is found: it works. */
	assert_int_equal(come(&s, 500, 1, FACT_YES, START + 10 * SUSPECT_WINDOW), 1);
	assert_false(s.active);
	/* Bad ones that grow old do not count beside new ones. */
	suspect_init(&s, 50);
	come(&s, 0, 40, FACT_NO, START);
	come(&s, 100, 20, FACT_NO, START + SUSPECT_WINDOW);
	assert_false(s.active);
}

/* Who comes again and again is one client; so is an IPv6 /64. */
static void clients_count_once(void **state)
{
	struct suspect s;

	(void)state;
	suspect_init(&s, 50);
	for (unsigned i = 0; i < 1000; i++)
		come(&s, 7, 1, FACT_NO, START + i / 10);
	assert_int_equal(s.clients, 1);
	for (unsigned i = 0; i < 1000; i++) {
		struct client_facts c = facts_of("2001:db8::%u:%u", i, FACT_NO);

		suspect_note(&s, &c, START + 100);
	}
	assert_int_equal(s.clients, 2);
	for (unsigned i = 0; i < 60; i++) {
		struct client_facts c = facts_of("2001:db8:%u:%u::1", i, FACT_NO);

		suspect_note(&s, &c, START + 100);
	}
	assert_int_equal(s.clients, 61);
	assert_true(s.active);
}

/* A burst that does not fit: the newest are known, and what was known first is forgotten. */
static void more_than_can_be_remembered(void **state)
{
	struct suspect s;

	(void)state;
	suspect_init(&s, 50);
	come(&s, 0, SUSPECT_MEMORY, FACT_NO, START);
	assert_true(s.active);
	for (unsigned i = 0; i < SUSPECT_MEMORY; i++)
		come(&s, 1000 + i, 1, FACT_YES, START + 1 + i / 100);
	assert_int_equal(s.clients, SUSPECT_MEMORY);
	assert_int_equal(s.missing, 0);
	assert_false(s.active);
	come(&s, 4000, 5000, FACT_UNKNOWN, START + 50);
	assert_int_equal(s.clients, SUSPECT_MEMORY);
	assert_int_equal(s.failed, SUSPECT_MEMORY);
}

static void what_stands_down(void **state)
{
	static const char *const ids[] = {
		"rdns-missing",      "rdns-mismatch",      "helo-unresolvable",
		"helo-dns-mismatch", "helo-brand-forgery", "sender-unresolvable",
	};
	size_t covers = 0;
	enum finding_id id;

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		assert_true(finding_parse(&id, ids[i]));
		assert_true(suspect_covers(id));
	}
	for (unsigned i = 0; i < FINDING_COUNT; i++)
		covers += suspect_covers((enum finding_id)i);
	assert_int_equal(covers, sizeof(ids) / sizeof(ids[0]));
}

static void words(void **state)
{
	char text[SUSPECT_WORDS];
	struct suspect s;

	(void)state;
	suspect_init(&s, 50);
	assert_string_equal(suspect_words(&s, text), "");
	come(&s, 0, 9, FACT_YES, START);
	come(&s, 100, 71, FACT_NO, START);
	assert_string_equal(suspect_words(&s, text),
			    "71 of 80 clients in ten minutes have no reverse name: the resolver is "
			    "the suspect; rdns-missing, rdns-mismatch, helo-unresolvable, "
			    "helo-dns-mismatch, helo-brand-forgery, sender-unresolvable stand down "
			    "until it is less than 25 %. Does it answer for a name that you know? "
			    "Else name other servers: dns { servers = ... }");
	come(&s, 200, 10, FACT_UNKNOWN, START);
	assert_non_null(strstr(suspect_words(&s, text),
			       "81 of 90 clients in ten minutes have no reverse name or got no "
			       "answer (10): the resolver is the suspect; "));
	/* The longest that there can be, whole. */
	s.clients = s.missing = s.failed = 2000000000;
	suspect_words(&s, text);
	assert_in_range(strlen(text), 300, SUSPECT_WORDS - 8);
	assert_non_null(strstr(text, "servers = ... }"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_clients_prove_nothing),
		cmocka_unit_test(the_share),
		cmocka_unit_test(standing_up_again),
		cmocka_unit_test(the_resolver_is_mended),
		cmocka_unit_test(time_passes),
		cmocka_unit_test(clients_count_once),
		cmocka_unit_test(more_than_can_be_remembered),
		cmocka_unit_test(what_stands_down),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
