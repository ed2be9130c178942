// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DNS servers, lists and brands in the configuration: what comes of them, what they mean to the
 * policy, and that a key is shown nowhere. The mistakes stand in config/bad.*.conf (test_config.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "config_text.h"
#include "../../user/config/problems.h"
#include "../../user/config/sites.h"
#include "../../user/dns/presets.h"

#define FILES "selftests/unit/config/"
#define KEY   "abcdefghijklmnopqrstuvwxyz"

static void assert_refused(const char *text, const char *mistake)
{
	struct config config;
	char *error;

	assert_false(load_text(&config, &error, text));
	if (!strstr(error, mistake))
		fail_msg("%s", error);
	assert_null(strchr(error, '\n'));
	free(error);
}

static void load_all(struct config *config)
{
	char *error;

	if (!config_load(config, &error, FILES "good.all.conf"))
		fail_msg("%s", error);
}

static const struct list *list_of(const struct config *c, const char *shown, enum list_kind kind)
{
	const struct list *list = lists_find(c->lists, c->lists_count, shown, kind);

	if (!list)
		fail_msg("no list %s", shown);
	return list;
}

static bool group_has(const struct list_group *group, const char *code)
{
	struct addr addr;

	assert_true(addr_parse(&addr, code));
	return list_codes_match(&group->codes, &addr);
}

static void assert_rule(const struct config *c, const struct list *list, size_t group,
			const char *name, int points, bool convicts)
{
	const struct list_rule *rule;

	assert_true(group < list->groups_count);
	assert_true(list->group[group].rule < c->policy.list_count);
	rule = &c->policy.list[list->group[group].rule];
	assert_string_equal(rule->name, name);
	assert_int_equal(rule->list, list - c->lists);
	assert_true(rule->rule.enabled);
	assert_int_equal(rule->rule.points, points);
	assert_int_equal(rule->rule.convicts, convicts);
	assert_int_equal(list->group[group].points, points);
	assert_int_equal(list->group[group].convicts, convicts);
}

static void resolver_is_set(void **state)
{
	struct resolver_settings r;
	char text[ADDR_TEXT];
	struct config c;

	(void)state;
	load_all(&c);
	r = config_resolver_settings(&c);
	assert_int_equal(r.servers_count, 4);
	assert_string_equal(addr_format(text, &r.servers[0].addr), "192.0.2.53");
	assert_int_equal(r.servers[0].port, 53);
	assert_int_equal(r.servers[1].port, 5353);
	assert_string_equal(addr_format(text, &r.servers[2].addr), "2001:db8::53");
	assert_int_equal(r.servers[2].port, 54);
	assert_string_equal(addr_format(text, &r.servers[3].addr), "2001:db8::54");
	assert_int_equal(r.stubs_count, 1);
	assert_string_equal(r.stubs[0].zone, "bl.lab.example");
	assert_int_equal(r.stubs[0].server.port, 5300);
	assert_int_equal(r.timeout, 2000);
	assert_int_equal(r.ttl_min, 1);
	assert_true(r.ttl_max >= 7200 && r.under_way_max > 0 && r.negative_ttl_max > 0);
	assert_int_equal(r.cache_bytes, 1 << 20);
	assert_int_equal(c.dns.ttl_max, 7200);
	assert_int_equal(c.dns.suspect_share, 100);
	config_free(&c);
}

static void names_are_asked_where_it_is_said(void **state)
{
	static const struct {
		const char *text;
		bool asked;
	} files[] = {
		{"", false},
		{"dns_checks = yes", true},
		{"dns_checks = auto", false},
		{"dns { servers = {192.0.2.53} }", true},
		{"dnsbl_sites = {bl.lab.example}", true},
		{"list psbl.surriel.com { }", true},
		{"list psbl.surriel.com { enabled = no }", false},
		{"dns_checks = no list psbl.surriel.com { }", false},
	};
	struct config c;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		load_good_text(&c, files[i].text);
		if (config_dns_checks(&c) != files[i].asked)
			fail_msg("%s", files[i].text);
		config_free(&c);
	}
}

static void sites_are_lists(void **state)
{
	const struct list *list;
	struct config c;

	(void)state;
	load_all(&c);
	list = list_of(&c, "bl.lab.example", LIST_DNSBL);
	assert_int_equal(list->groups_count, 2);
	assert_true(group_has(&list->group[0], "127.0.0.11"));
	assert_false(group_has(&list->group[0], "127.0.0.12"));
	assert_rule(&c, list, 0, "bl.lab.example", 3, false);
	assert_rule(&c, list, 1, "bl.lab.example", 10, true);
	/* Without codes: those of the known list. */
	list = list_of(&c, "list.dnswl.org", LIST_DNSWL);
	assert_true(group_has(&list->group[0], "127.0.5.3"));
	assert_false(group_has(&list->group[0], "127.0.10.3"));
	assert_rule(&c, list, 0, "list.dnswl.org", -2, false);
	assert_false(list->tested);
	assert_true(list->v6);
	config_free(&c);
}

static void keys_are_asked_and_never_shown(void **state)
{
	const struct list *list;
	struct config c;

	(void)state;
	load_all(&c);
	list = list_of(&c, "zen.spamhaus.org", LIST_DNSBL);
	assert_string_equal(list->zone, KEY ".zen.dq.spamhaus.net");
	assert_rule(&c, list, 0, "zen.spamhaus.org", 3, false);
	list = list_of(&c, "dbl.spamhaus.org", LIST_RHSBL_SENDER);
	assert_string_equal(list->zone, "k3y.dbl.dq.spamhaus.net");
	assert_rule(&c, list, 0, "dbl.spamhaus.org:bad", 9, false);
	config_free(&c);
}

/* Whatever is wrong around it. */
static void keys_are_not_in_messages(void **state)
{
	static const char *const files[] = {
		"list zen.spamhaus.org { key = \"" KEY " \" }",
		"list zen.spamhaus.org { key \"" KEY "\" }",
		"list zen.spamhaus.org { key " KEY " }",
		"list zen.spamhaus.org { kye = \"" KEY "\" }",
		"list zen.spamhaus.org { kye \"" KEY "\" }",
		"list psbl.surriel.com { key = \"" KEY "\" }",
		"list zen.spamhaus.org { key = " KEY " kind = dnswl }",
		"list " KEY ".zen.dq.spamhaus.net { }",
		"list { " KEY ".zen.dq.spamhaus.net }",
		"list '" KEY ".example.net' { }",
		"dnsbl_sites = {" KEY ".zen.dq.spamhaus.net*x}",
		"dnsbl_sites = {'" KEY ".zen.dq.spamhaus.net*x'}",
		"dnsbl_sites = {'" KEY ".zen.dq.spamhaus.nett*x', '" KEY ".x y'}",
		"dnsbl_sites = {'" KEY ".zen.dq.spamhaus.net=127.0.0.1'}",
		"dnsbl_sites = {'" KEY ".zen.dq.spamhaus.net', '" KEY ".zen.dq.spamhaus.net'}",
		"dnsbl_sites = {a.example " KEY ".zen.dq.spamhaus.net}",
		"dnsbl_sites '" KEY ".zen.dq.spamhaus.net'",
		"dnsbl_sites = '" KEY ".zen.dq.spamhaus.net' '" KEY ".zen.dq.spamhaus.net'",
		"our_domains = {'short.zen.dq.spamhaus.net.', 'short.combined.mail.abusix.zone.'}",
	};
	struct config c;
	char *error;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (load_text(&c, &error, files[i]))
			fail_msg("taken: %s", files[i]);
		if (strstr(error, "abcdefgh") || strstr(error, "short"))
			fail_msg("%s: %s", files[i], error);
		free(error);
	}
}

static void presets_are_begun_with(void **state)
{
	const struct list *list;
	struct config c;

	(void)state;
	load_good_text(&c, "list zen.spamhaus.org { }");
	assert_int_equal(c.lists_count, 1);
	list = list_of(&c, "zen.spamhaus.org", LIST_DNSBL);
	assert_string_equal(list->zone, "zen.spamhaus.org");
	assert_int_equal(list->groups_count, 3);
	assert_rule(&c, list, 0, "zen.spamhaus.org", 10, true);
	assert_rule(&c, list, 1, "zen.spamhaus.org:policy", 6, false);
	assert_rule(&c, list, 2, "zen.spamhaus.org:other", 4, false);
	assert_true(list->v4 && list->v6 && list->tested);
	assert_true(list->ports[PORTS_MX] && !list->ports[PORTS_SUBMISSION]);
	config_free(&c);
	/* What is written replaces, += adds, the rest stays. */
	load_good_text(&c, "list zen.spamhaus.org { convict = {} score += {'127.0.0.[2..4]*3'} "
			   "families = v4 }");
	list = &c.lists[0];
	assert_int_equal(list->groups_count, 3);
	assert_rule(&c, list, 0, "zen.spamhaus.org:policy", 6, false);
	assert_rule(&c, list, 2, "zen.spamhaus.org", 3, false);
	assert_true(list->v4 && !list->v6);
	config_free(&c);
	load_good_text(&c, "list zen.spamhaus.org { score = {} }");
	assert_int_equal(c.lists[0].groups_count, 1);
	assert_rule(&c, &c.lists[0], 0, "zen.spamhaus.org", 10, true);
	config_free(&c);
}

static void sections_are_lists(void **state)
{
	const struct list *list;
	struct config c;

	(void)state;
	load_all(&c);
	/* bl, dnswl, zen by dnsbl_sites; dbl twice, bl3, psbl, wl by sections; bl2 is off. */
	assert_int_equal(c.lists_count, 8);
	assert_null(lists_find(c.lists, c.lists_count, "bl2.lab.example", LIST_DNSBL));
	assert_rule(&c, list_of(&c, "dbl.spamhaus.org", LIST_RHSBL_HELO), 0, "dbl.spamhaus.org", 5,
		    false);
	list = list_of(&c, "bl3.lab.example", LIST_DNSBL);
	assert_int_equal(list->groups_count, 3);
	assert_rule(&c, list, 0, "bl3.lab.example", 10, true);
	assert_rule(&c, list, 1, "bl3.lab.example:policy", 6, false);
	assert_rule(&c, list, 2, "bl3.lab.example", 9, false);
	assert_true(!list->v4 && list->v6);
	assert_true(list->ports[PORTS_MX] && list->ports[PORTS_SUBMISSION]);
	assert_string_equal(list->canary, "2001:db8::1");
	assert_int_equal(list->rate, 50);
	assert_int_equal(list->daily, 0);
	assert_int_equal(list->probe, 10);
	list = list_of(&c, "psbl.surriel.com", LIST_DNSBL);
	assert_rule(&c, list, 0, "psbl.surriel.com", 4, false);
	assert_rule(&c, list, 1, "psbl.surriel.com:hard", 10, true);
	list = list_of(&c, "wl.lab.example", LIST_DNSWL);
	assert_false(list->tested);
	assert_rule(&c, list, 0, "wl.lab.example", -10, false);
	config_free(&c);
}

static void every_group_has_its_rule(void **state)
{
	bool seen[LIST_RULES_MAX] = {false};
	struct config c;
	size_t groups = 0;

	(void)state;
	load_all(&c);
	for (size_t i = 0; i < c.lists_count; i++) {
		for (size_t g = 0; g < c.lists[i].groups_count; g++, groups++) {
			unsigned rule = c.lists[i].group[g].rule;

			assert_true(rule < c.policy.list_count);
			assert_false(seen[rule]);
			seen[rule] = true;
		}
	}
	/* Those of feeds stand behind them. */
	assert_int_equal(groups, c.feeds[3].rule);
	assert_int_equal(groups + 1, c.policy.list_count);
	config_free(&c);
}

static void lists_are_counted(void **state)
{
	char text[16384], mistake[128];
	struct config c;
	size_t len = 0;

	(void)state;
	for (int i = 0; i < LISTS_MAX; i++)
		len += (size_t)sprintf(text + len, "list l%d.example { score = {'127.0.0.2*1'} }\n",
				       i);
	load_good_text(&c, text);
	assert_int_equal(c.lists_count, LISTS_MAX);
	config_free(&c);
	strcpy(text + len, "list x.example { score = {'127.0.0.2*1'} }");
	snprintf(mistake, sizeof(mistake),
		 ":%d: list `x.example' is one too many: there may be %d;", LISTS_MAX + 1,
		 LISTS_MAX);
	assert_refused(text, mistake);
	strcpy(text + len, "dnsbl_sites = {x.example}");
	snprintf(mistake, sizeof(mistake), ":%d: list `l%d.example' is one too many: there may be",
		 LISTS_MAX, LISTS_MAX - 1);
	assert_refused(text, mistake);
	len = 0;
	for (int i = 0; i <= 64; i++)
		len += (size_t)sprintf(
			text + len, "list l%d.example { score = {'127.0.0.2*1'} enabled = no }\n",
			i);
	assert_refused(text, ":65: list `l64.example' is one too many: there may be 64 sections;");
}

static void groups_are_counted(void **state)
{
	char text[16384];
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 17; i++) {
		len += (size_t)sprintf(text + len, "list l%d.example { score = {", i);
		for (int g = 0; g < 8; g++)
			len += (size_t)sprintf(text + len, "'127.0.0.%d*1',", g + 2);
		len += (size_t)sprintf(text + len, "} }\n");
	}
	assert_refused(text, ": the lists have more than 128 groups of codes together:");
	assert_refused("list l.example { score = {'127.0.0.2*1', '127.0.0.3*1', '127.0.0.4*1', "
		       "'127.0.0.5*1', '127.0.0.6*1', '127.0.0.7*1', '127.0.0.8*1', '127.0.0.9*1', "
		       "'127.0.0.10*1'} }",
		       "has more than 8 groups of codes: join those with the same points");
}

static const struct brand *brand_of(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->brands_count; i++)
		if (!strcmp(c->brands[i].name, name))
			return &c->brands[i];
	return NULL;
}

static void brands_extend_and_replace(void **state)
{
	const struct brand *brand;
	struct config c;

	(void)state;
	load_all(&c);
	/* One new, one taken out, one replaced. */
	assert_int_equal(c.brands_count, brands_default_count);
	assert_null(brand_of(&c, "gmail.com"));
	brand = brand_of(&c, "example.com");
	assert_non_null(brand);
	assert_string_equal(brand->suffixes[0], "a.example");
	assert_string_equal(brand->suffixes[1], "b.example.net");
	assert_null(brand->suffixes[2]);
	brand = brand_of(&c, "yahoo.com");
	assert_non_null(brand);
	assert_string_equal(brand->suffixes[0], "yahoo.com");
	assert_null(brand->suffixes[1]);
	assert_non_null(brand_of(&c, "outlook.com"));
	config_free(&c);
	assert_true(config_defaults(&c));
	assert_int_equal(c.brands_count, brands_default_count);
	config_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolver_is_set),
		cmocka_unit_test(names_are_asked_where_it_is_said),
		cmocka_unit_test(sites_are_lists),
		cmocka_unit_test(keys_are_asked_and_never_shown),
		cmocka_unit_test(keys_are_not_in_messages),
		cmocka_unit_test(presets_are_begun_with),
		cmocka_unit_test(sections_are_lists),
		cmocka_unit_test(every_group_has_its_rule),
		cmocka_unit_test(lists_are_counted),
		cmocka_unit_test(groups_are_counted),
		cmocka_unit_test(brands_extend_and_replace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
