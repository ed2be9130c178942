// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who is not to be blocked, and which check not to be believed: relays by volume, clients known for
 * good, suspended findings, the ceiling on new blocks. The clock is a number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/policy/ceiling.h"
#include "../../user/policy/known.h"
#include "../../user/policy/suspend.h"
#include "../../user/policy/volume.h"

#define MINUTE 60U
#define HOUR   3600U
#define DAY    86400U
#define START  (400 * HOUR) /* on a slot of every length */

static struct addr addr_of(const char *text)
{
	struct addr addr;

	if (!addr_parse(&addr, text))
		fail_msg("'%s' is no address", text);
	return addr;
}

static struct addr nth(unsigned n)
{
	char text[ADDR_TEXT];

	snprintf(text, sizeof(text), "198.%u.%u.%u", 18 + n / 65536, n / 256 % 256, n % 256);
	return addr_of(text);
}

/* --- volume --- */

static struct volume_says serve(struct volume *v, const char *who, const char *helo, uint32_t now)
{
	struct addr addr = addr_of(who);

	volume_session(v, now);
	return volume_served(v, &addr, helo, now);
}

static struct volume_says serve_numbered(struct volume *v, const char *who, unsigned n,
					 uint32_t now)
{
	char helo[32];

	snprintf(helo, sizeof(helo), "pc%u.example", n);
	return serve(v, who, helo, now);
}

static int volume_setup(void **state)
{
	*state = volume_new(64);
	return !*state;
}

static int volume_teardown(void **state)
{
	volume_free(*state);
	return 0;
}

static void fifty_names_make_a_relay(void **state)
{
	struct volume_says says = {.kind = VOLUME_ORDINARY};
	char words[VOLUME_WORDS], who[ADDR_TEXT];

	for (unsigned i = 0; i < 49; i++)
		says = serve_numbered(*state, "192.0.2.1", i, START + i);
	assert_int_equal(says.kind, VOLUME_ORDINARY);
	says = serve_numbered(*state, "192.0.2.1", 49, START + 49);
	assert_int_equal(says.kind, VOLUME_MANY_NAMES);
	assert_string_equal(prefix_format(who, &says.source), "192.0.2.1");
	assert_string_equal(volume_words(words, &says),
			    "brought mail under 50 HELO names within an hour");
	/* Somebody else's names are somebody else's. */
	assert_int_equal(serve_numbered(*state, "192.0.2.2", 50, START + 50).kind, VOLUME_ORDINARY);
}

static void the_same_name_is_one(void **state)
{
	for (unsigned i = 0; i < 199; i++)
		assert_int_equal(serve(*state, "192.0.2.1", i % 2 ? "a.example" : "A.Example",
				       START + i)
					 .kind,
				 VOLUME_ORDINARY);
}

/* One name a 73.5 seconds: 50 names take more than an hour, whenever it begins. */
static void names_are_of_one_hour(void **state)
{
	struct volume_says says = {.kind = VOLUME_ORDINARY};

	for (unsigned i = 0; i < 500; i++) {
		says = serve_numbered(*state, "192.0.2.1", i, START + i * 147 / 2);
		/* All of few sessions are its own: not the fifth, either. */
		assert_int_equal(says.kind, VOLUME_ORDINARY);
	}
	/* One in 73 s: the fiftieth comes in the last second of the hour. */
	for (unsigned i = 0; i < 50; i++)
		says = serve_numbered(*state, "192.0.2.3", i, START + 10 * DAY + i * 73);
	assert_int_equal(says.kind, VOLUME_MANY_NAMES);
}

static void a_64_is_one_source(void **state)
{
	struct volume_says says = {.kind = VOLUME_ORDINARY};
	char who[ADDR_TEXT];

	for (unsigned i = 0; i < 50; i++) {
		snprintf(who, sizeof(who), "2001:db8:0:7::%x", i + 1);
		says = serve_numbered(*state, who, i, START + i);
	}
	assert_int_equal(says.kind, VOLUME_MANY_NAMES);
	assert_string_equal(prefix_format(who, &says.source), "2001:db8:0:7::/64");
}

static void a_fifth_makes_a_relay(void **state)
{
	struct volume_says says = {.kind = VOLUME_ORDINARY};
	char words[VOLUME_WORDS];

	/* Exactly a fifth of 205 is not more than a fifth. */
	for (unsigned i = 0; i < 164; i++)
		volume_session(*state, START + i);
	for (unsigned i = 0; i < 41; i++)
		says = serve(*state, "192.0.2.1", "nat.example", START + 164 + i);
	assert_int_equal(says.kind, VOLUME_ORDINARY);
	assert_int_equal(says.all, 205);
	assert_int_equal(says.brought, 41);
	says = serve(*state, "192.0.2.1", "nat.example", START + 300);
	assert_int_equal(says.kind, VOLUME_LARGE_SHARE);
	assert_string_equal(volume_words(words, &says),
			    "brought mail in 42 of 206 sessions within an hour");
}

static void a_quiet_server_has_no_relays(void **state)
{
	for (unsigned i = 0; i < 199; i++)
		assert_int_equal(serve(*state, "192.0.2.1", "nat.example", START + i).kind,
				 VOLUME_ORDINARY);
	assert_int_equal(serve(*state, "192.0.2.1", "nat.example", START + 199).kind,
			 VOLUME_LARGE_SHARE);
	/* An hour later all of that is over. */
	assert_int_equal(serve(*state, "192.0.2.1", "nat.example", START + HOUR).kind,
			 VOLUME_ORDINARY);
}

/* Sessions that brought nothing make all of them more, and nobody a relay. */
static void a_flood_makes_no_relay(void **state)
{
	for (unsigned i = 0; i < 100000; i++)
		volume_session(*state, START + i / 1000);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(serve(*state, "192.0.2.1", "nat.example", START + 100).kind,
				 VOLUME_ORDINARY);
}

/* However many bring one mail each, who brings the most is known; a newcomer never counts double.
 */
static void memory_of_sources_is_bounded(void **state)
{
	struct volume_says says = {.kind = VOLUME_ORDINARY}, others;
	unsigned brought = 0;

	for (unsigned i = 0; i < 6000; i++) {
		struct addr other = nth(i);

		volume_session(*state, START + i / 10);
		others = volume_served(*state, &other, "x.example", START + i / 10);
		assert_int_equal(others.brought, 1);
		assert_int_equal(others.kind, VOLUME_ORDINARY);
		if (i % 3)
			continue;
		says = serve(*state, "192.0.2.1", "nat.example", START + i / 10);
		assert_int_equal(says.brought, ++brought);
	}
	assert_int_equal(says.kind, VOLUME_LARGE_SHARE);
}

static void no_room_is_no_relay(void **state)
{
	struct volume *none = volume_new(0);

	(void)state;
	assert_non_null(none);
	for (unsigned i = 0; i < 300; i++)
		assert_int_equal(serve_numbered(none, "192.0.2.1", i, START).kind, VOLUME_ORDINARY);
	volume_free(none);
	volume_free(NULL);
}

/* --- known --- */

static unsigned times(const struct known *k, const char *who, uint32_t now)
{
	struct addr addr = addr_of(who);

	return known_times(k, &addr, now);
}

static void accept_from(struct known *k, const char *who, uint32_t now)
{
	struct addr addr = addr_of(who);

	known_accepted(k, &addr, now);
}

static int known_setup(void **state)
{
	*state = known_new(1024);
	return !*state;
}

static int known_teardown(void **state)
{
	known_free(*state);
	return 0;
}

static void accepted_mail_is_counted(void **state)
{
	struct known *k = *state;

	assert_int_equal(times(k, "192.0.2.1", 1000), 0);
	accept_from(k, "192.0.2.1", 0);
	accept_from(k, "192.0.2.1", DAY);
	accept_from(k, "192.0.2.1", 2 * DAY);
	assert_int_equal(times(k, "192.0.2.1", 2 * DAY), 3);
	assert_int_equal(times(k, "192.0.2.2", 2 * DAY), 0);
	/* Each of them for thirty days. */
	assert_int_equal(times(k, "192.0.2.1", 30 * DAY), 3);
	assert_int_equal(times(k, "192.0.2.1", 30 * DAY + 1), 2);
	assert_int_equal(times(k, "192.0.2.1", 32 * DAY), 1);
	assert_int_equal(times(k, "192.0.2.1", 32 * DAY + 1), 0);
	for (uint32_t i = 0; i < 20; i++)
		accept_from(k, "192.0.2.1", 40 * DAY + i);
	assert_int_equal(times(k, "192.0.2.1", 40 * DAY + 20), KNOWN_MOST);
	assert_int_equal(times(k, "192.0.2.1", 70 * DAY + 19), 1);
}

static void a_64_is_one_client(void **state)
{
	struct known *k = *state;

	accept_from(k, "2001:db8::1", 0);
	accept_from(k, "2001:db8::2", 1);
	assert_int_equal(times(k, "2001:db8::3", 2), 2);
	assert_int_equal(times(k, "2001:db8:0:1::1", 2), 0);
	/* The zero address, as which an empty place might pass. */
	assert_int_equal(times(k, "::", 2), 0);
}

/* Mail of an earlier boot counts for what is left of its thirty days. */
static void known_from_before_this_boot(void **state)
{
	struct known *k = *state;
	struct addr addr = addr_of("192.0.2.9");

	known_accepted(k, &addr, -(int64_t)KNOWN_FOR - 1);
	assert_int_equal(known_times(k, &addr, 0), 0);
	known_accepted(k, &addr, -(int64_t)(10 * DAY));
	known_accepted(k, &addr, 0);
	assert_int_equal(known_times(k, &addr, 20 * DAY), 2);
	assert_int_equal(known_times(k, &addr, 20 * DAY + 1), 1);
}

static void memory_of_the_known_is_bounded(void **state)
{
	struct known *k = known_new(64);
	unsigned kept = 0;

	(void)state;
	assert_non_null(k);
	for (unsigned i = 0; i < 10000; i++) {
		struct addr addr = nth(i);

		known_accepted(k, &addr, i);
		assert_int_equal(known_times(k, &addr, i), 1);
	}
	for (unsigned i = 0; i < 10000; i++) {
		struct addr addr = nth(i);

		kept += known_times(k, &addr, 10000);
	}
	assert_in_range(kept, 32, 64);
	known_free(k);
	known_free(NULL);
}

/* --- suspend --- */

struct court {
	struct suspend suspend;
	struct policy policy;
};

static int suspend_setup(void **state)
{
	struct court *c = calloc(1, sizeof(*c));

	if (!c)
		return -1;
	policy_defaults(&c->policy);
	*state = c;
	return 0;
}

static int suspend_teardown(void **state)
{
	struct court *c = *state;

	suspend_free(&c->suspend);
	free(c);
	return 0;
}

static struct suspension *convict(struct court *c, unsigned id, unsigned which, const char *who,
				  bool known_good, uint32_t now)
{
	const struct finding finding = {.id = (uint16_t)id, .which = (uint16_t)which};
	struct addr addr = addr_of(who);

	return suspend_convicted(&c->suspend, &c->policy, &finding, &addr, known_good, 3, now);
}

static struct suspension *three_known_good(struct court *c, unsigned id, unsigned which,
					   uint32_t now)
{
	assert_null(convict(c, id, which, "192.0.2.1", true, now));
	assert_null(convict(c, id, which, "192.0.2.2", true, now));
	return convict(c, id, which, "192.0.2.3", true, now);
}

static bool blocks(const struct policy *policy, enum finding_id id)
{
	struct findings f = {0};

	findings_add(&f, id, false, "x");
	return policy_decide(policy, &f, 0).kind == DECISION_BLOCK;
}

static void suspended_again_after_a_restart(void **state)
{
	struct court *c = *state;
	struct suspension *s;

	assert_null(suspend_again(&c->suspend, &c->policy, "pattern:none", START + HOUR));
	s = suspend_again(&c->suspend, &c->policy, "non-smtp", START + HOUR);
	assert_non_null(s);
	assert_null(suspend_again(&c->suspend, &c->policy, "non-smtp", START + HOUR));
	assert_ptr_equal(suspend_find_name(&c->suspend, "non-smtp"), s);
	assert_false(blocks(&c->policy, FINDING_NON_SMTP));
	assert_true(blocks(&c->policy, FINDING_EARLY_TALKER));
	assert_null(suspend_over(&c->suspend, START));
	assert_ptr_equal(suspend_over(&c->suspend, START + HOUR), s);
	suspend_lift(&c->suspend, &c->policy, s);
	assert_true(blocks(&c->policy, FINDING_NON_SMTP));
}

static void three_known_good_suspend(void **state)
{
	struct court *c = *state;
	struct suspension *s;
	struct findings f = {0};
	char words[SUSPEND_WORDS];

	assert_true(blocks(&c->policy, FINDING_HELO_OUR_ADDRESS));
	s = three_known_good(c, FINDING_HELO_OUR_ADDRESS, 0, START);
	assert_non_null(s);
	findings_add(&f, FINDING_HELO_OUR_ADDRESS, false, "x");
	assert_int_equal(policy_decide(&c->policy, &f, 0).kind, DECISION_PASS);
	assert_int_equal(policy_decide(&c->policy, &f, 0).score, 0);
	assert_true(blocks(&c->policy, FINDING_HELO_OUR_NAME));
	s->withdrawn = 12;
	assert_string_equal(
		suspend_words(words, s, START + HOUR),
		"helo-our-address has convicted 3 known-good clients (192.0.2.3, 192.0.2.2, "
		"192.0.2.1) within ten minutes: it is suspended, its 12 blocks are withdrawn; "
		"`mxdpctl checks on helo-our-address' puts it back, else that happens in 23h");
	/* What sessions under way still bring changes nothing. */
	assert_null(convict(c, FINDING_HELO_OUR_ADDRESS, 0, "192.0.2.4", true, START));
}

static void strangers_do_not_suspend(void **state)
{
	struct court *c = *state;

	for (int i = 0; i < 9; i++)
		assert_null(convict(c, FINDING_NON_SMTP, 0, "198.51.100.7", false, START));
	assert_null(convict(c, FINDING_NON_SMTP, 0, "192.0.2.1", true, START));
	assert_null(convict(c, FINDING_NON_SMTP, 0, "192.0.2.2", true, START));
	assert_true(blocks(&c->policy, FINDING_NON_SMTP));
}

static void the_same_client_is_one(void **state)
{
	struct court *c = *state;
	char who[ADDR_TEXT];

	for (unsigned i = 0; i < 20; i++) {
		snprintf(who, sizeof(who), "2001:db8::%x", i + 1);
		assert_null(convict(c, FINDING_NON_SMTP, 0, who, true, START));
		assert_null(convict(c, FINDING_NON_SMTP, 0, "192.0.2.1", true, START));
	}
	assert_non_null(convict(c, FINDING_NON_SMTP, 0, "2001:db8:0:1::1", true, START));
}

static void within_ten_minutes(void **state)
{
	struct court *c = *state;

	assert_null(convict(c, FINDING_NON_SMTP, 0, "192.0.2.1", true, START));
	assert_null(convict(c, FINDING_NON_SMTP, 0, "192.0.2.2", true, START + 5 * MINUTE));
	assert_null(convict(c, FINDING_NON_SMTP, 0, "192.0.2.3", true, START + 10 * MINUTE + 1));
	/* The first comes again: its time is that of the last. */
	assert_non_null(convict(c, FINDING_NON_SMTP, 0, "192.0.2.1", true, START + 15 * MINUTE));
}

/* Of each finding by itself. */
static void findings_are_apart(void **state)
{
	struct court *c = *state;

	c->policy.pattern_count = 2;
	assert_null(convict(c, FINDING_PATTERN, 0, "192.0.2.1", true, START));
	assert_null(convict(c, FINDING_PATTERN, 0, "192.0.2.2", true, START));
	assert_null(convict(c, FINDING_PATTERN, 1, "192.0.2.3", true, START));
	assert_null(convict(c, FINDING_NON_SMTP, 0, "192.0.2.4", true, START));
	assert_non_null(convict(c, FINDING_PATTERN, 0, "192.0.2.5", true, START));
}

/* A tenth at least: 3 of 30 suspend, 3 of 31 do not, 4 of 40 do again. */
static void a_check_that_is_mostly_right_stays(void **state)
{
	struct court *c = *state;

	for (int i = 0; i < 28; i++)
		assert_null(convict(c, FINDING_NON_SMTP, 0, "198.51.100.7", false, START));
	assert_null(three_known_good(c, FINDING_NON_SMTP, 0, START + MINUTE));
	for (int i = 0; i < 8; i++)
		assert_null(convict(c, FINDING_NON_SMTP, 0, "198.51.100.7", false, START + MINUTE));
	assert_non_null(convict(c, FINDING_NON_SMTP, 0, "192.0.2.4", true, START + MINUTE));
	for (int i = 0; i < 27; i++)
		assert_null(convict(c, FINDING_EARLY_TALKER, 0, "198.51.100.7", false, START));
	assert_non_null(three_known_good(c, FINDING_EARLY_TALKER, 0, START + MINUTE));
}

/* All of a crowd are known for good, many more than are kept by name. */
static void a_crowd_suspends(void **state)
{
	struct court *c = *state;
	struct suspension *s = NULL;
	char words[SUSPEND_WORDS];
	unsigned needed = 0;

	for (int i = 0; i < 999; i++)
		assert_null(convict(c, FINDING_NON_SMTP, 0, "198.51.100.7", false, START));
	for (unsigned i = 0; !s && i < 1000; i++, needed++) {
		char who[ADDR_TEXT];

		snprintf(who, sizeof(who), "2001:db8:ffff:%x::1", i + 0x1000);
		s = convict(c, FINDING_NON_SMTP, 0, who, true, START);
	}
	assert_int_equal(needed, 111);
	assert_int_equal(s->clients, SUSPEND_CLIENTS);
	assert_non_null(strstr(suspend_words(words, s, START), "puts it back, else"));
}

static void it_is_lifted(void **state)
{
	struct court *c = *state;

	assert_non_null(three_known_good(c, FINDING_NON_SMTP, 0, START));
	assert_null(suspend_find_name(&c->suspend, "early-talker"));
	suspend_lift(&c->suspend, &c->policy, suspend_find_name(&c->suspend, "non-smtp"));
	assert_true(blocks(&c->policy, FINDING_NON_SMTP));
	assert_null(suspend_find_name(&c->suspend, "non-smtp"));
	/* And begins anew. */
	assert_null(convict(c, FINDING_NON_SMTP, 0, "192.0.2.4", true, START));
	assert_non_null(three_known_good(c, FINDING_NON_SMTP, 0, START + HOUR));
}

static void it_ends_after_a_day(void **state)
{
	const struct finding finding = {.id = FINDING_NON_SMTP};
	struct court *c = *state;
	struct suspension *s = three_known_good(c, FINDING_NON_SMTP, 0, START);

	assert_non_null(s);
	assert_ptr_equal(suspend_find(&c->suspend, &finding), s);
	assert_null(suspend_over(&c->suspend, START + DAY - 1));
	assert_ptr_equal(suspend_over(&c->suspend, START + DAY), s);
	suspend_lift(&c->suspend, &c->policy, s);
	assert_null(suspend_over(&c->suspend, START + 2 * DAY));
}

static void none_where_none_is_wanted(void **state)
{
	const struct finding finding = {.id = FINDING_NON_SMTP};
	struct court *c = *state;

	for (unsigned i = 0; i < 20; i++) {
		struct addr addr = nth(i);

		assert_null(suspend_convicted(&c->suspend, &c->policy, &finding, &addr, true, 0,
					      START));
	}
}

static void name_pattern(struct policy *policy, unsigned at, const char *name)
{
	policy->pattern[at].rule =
		(struct finding_rule){.enabled = true, .points = 10, .convicts = true};
	snprintf(policy->pattern[at].name, sizeof(policy->pattern[at].name), "%s", name);
	if (policy->pattern_count <= at)
		policy->pattern_count = at + 1;
}

static bool pattern_blocks(const struct policy *policy, unsigned which)
{
	struct findings f = {0};

	findings_put_pattern(&f, which, "x");
	return policy_decide(policy, &f, 0).kind == DECISION_BLOCK;
}

/* A new configuration numbers patterns anew, and is suspended in by name. */
static void names_outlive_numbers(void **state)
{
	struct court *c = *state;

	name_pattern(&c->policy, 0, "good");
	name_pattern(&c->policy, 1, "bad");
	assert_non_null(three_known_good(c, FINDING_PATTERN, 1, START));
	assert_non_null(three_known_good(c, FINDING_NON_SMTP, 0, START));
	assert_true(pattern_blocks(&c->policy, 0));
	assert_false(pattern_blocks(&c->policy, 1));

	policy_defaults(&c->policy);
	name_pattern(&c->policy, 0, "bad");
	name_pattern(&c->policy, 1, "good");
	suspend_renew(&c->suspend, &c->policy);
	assert_false(pattern_blocks(&c->policy, 0));
	assert_true(pattern_blocks(&c->policy, 1));
	assert_false(blocks(&c->policy, FINDING_NON_SMTP));
	suspend_lift(&c->suspend, &c->policy, suspend_find_name(&c->suspend, "pattern:bad"));
	assert_true(pattern_blocks(&c->policy, 0));

	assert_non_null(three_known_good(c, FINDING_PATTERN, 0, START + HOUR));
	policy_defaults(&c->policy);
	name_pattern(&c->policy, 0, "good");
	suspend_renew(&c->suspend, &c->policy);
	assert_null(suspend_find_name(&c->suspend, "pattern:bad"));
	assert_true(pattern_blocks(&c->policy, 0));
}

/* What the new configuration has switched off stays off when the suspension ends. */
static void what_was_off_stays_off(void **state)
{
	struct court *c = *state;

	assert_non_null(three_known_good(c, FINDING_NON_SMTP, 0, START));
	policy_defaults(&c->policy);
	c->policy.rule[FINDING_NON_SMTP].enabled = false;
	suspend_renew(&c->suspend, &c->policy);
	suspend_lift(&c->suspend, &c->policy, suspend_over(&c->suspend, START + DAY));
	assert_false(c->policy.rule[FINDING_NON_SMTP].enabled);
}

static void numbers_of_nothing_are_no_findings(void **state)
{
	struct court *c = *state;

	assert_null(three_known_good(c, FINDING_PATTERN, PATTERNS_MAX, START));
	assert_null(three_known_good(c, FINDING_DNSBL, LIST_RULES_MAX, START));
	c->policy.list_count = LIST_RULES_MAX;
	assert_non_null(three_known_good(c, FINDING_DNSBL, LIST_RULES_MAX - 1, START));
	assert_false(c->policy.list[LIST_RULES_MAX - 1].rule.enabled);
}

/* --- ceiling --- */

static void so_many_a_minute(void **state)
{
	struct ceiling c = {0};

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		assert_false(ceiling_reached(&c, 100, START + i / 2));
		ceiling_blocked(&c, START + i / 2);
	}
	assert_true(ceiling_reached(&c, 100, START + 50));
	ceiling_watched(&c, START + 50);
	assert_true(ceiling_reached(&c, 100, START + 59));
	assert_false(ceiling_reached(&c, 101, START + 59));
	assert_false(ceiling_reached(&c, 0, START + 59));
	assert_int_equal(c.beyond, 1);
	assert_int_equal(c.beyond_at, START + 50);
	assert_false(ceiling_reached(&c, 100, START + 60));
	ceiling_blocked(&c, START + 60);
	assert_int_equal(c.blocks, 1);
	assert_true(ceiling_reached(&c, 1, START + 60));
}

/* Right after a host has started. */
static void the_first_minute(void **state)
{
	struct ceiling c = {0};

	(void)state;
	assert_false(ceiling_reached(&c, 1, 5));
	ceiling_blocked(&c, 5);
	assert_true(ceiling_reached(&c, 1, 64));
	assert_false(ceiling_reached(&c, 1, 65));
}

#define with_volume(f)  cmocka_unit_test_setup_teardown(f, volume_setup, volume_teardown)
#define with_known(f)   cmocka_unit_test_setup_teardown(f, known_setup, known_teardown)
#define with_suspend(f) cmocka_unit_test_setup_teardown(f, suspend_setup, suspend_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_volume(fifty_names_make_a_relay),
		with_volume(the_same_name_is_one),
		with_volume(names_are_of_one_hour),
		with_volume(a_64_is_one_source),
		with_volume(a_fifth_makes_a_relay),
		with_volume(a_quiet_server_has_no_relays),
		with_volume(a_flood_makes_no_relay),
		with_volume(memory_of_sources_is_bounded),
		cmocka_unit_test(no_room_is_no_relay),
		with_known(accepted_mail_is_counted),
		with_known(a_64_is_one_client),
		with_known(known_from_before_this_boot),
		cmocka_unit_test(memory_of_the_known_is_bounded),
		with_suspend(three_known_good_suspend),
		with_suspend(suspended_again_after_a_restart),
		with_suspend(strangers_do_not_suspend),
		with_suspend(the_same_client_is_one),
		with_suspend(within_ten_minutes),
		with_suspend(findings_are_apart),
		with_suspend(a_check_that_is_mostly_right_stays),
		with_suspend(a_crowd_suspends),
		with_suspend(it_is_lifted),
		with_suspend(it_ends_after_a_day),
		with_suspend(none_where_none_is_wanted),
		with_suspend(names_outlive_numbers),
		with_suspend(what_was_off_stays_off),
		with_suspend(numbers_of_nothing_are_no_findings),
		cmocka_unit_test(so_many_a_minute),
		cmocka_unit_test(the_first_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
