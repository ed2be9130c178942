// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Feeds in the configuration: what comes of a section, what the known feeds begin with, what those
 * that score mean to the policy, and that secrets are shown nowhere. The mistakes stand in
 * config/bad.feed*.conf (test_config.c).
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
#include "../../user/config/option.h"
#include "../../user/config/value.h"
#include "../../user/feeds/presets.h"

#define FILES "selftests/unit/config/"
#define HOUR  3600
#define DAY   (24 * HOUR)

static void a_feed_of_ones_own_scores(void **state)
{
	const struct feed_settings *f;
	struct config c;

	(void)state;
	load_good_text(&c, "feed our-list { url = \"https://lists.example.net/bad.txt\" }");
	assert_int_equal(c.feeds_count, 1);
	f = &c.feeds[0];
	assert_string_equal(f->name, "our-list");
	assert_string_equal(f->url, "https://lists.example.net/bad.txt");
	assert_int_equal(f->format, FEED_AUTO);
	assert_int_equal(f->action, FEED_SCORE);
	assert_int_equal(f->points, 3);
	assert_true(f->ports[PORTS_MX]);
	assert_false(f->ports[PORTS_SUBMISSION]);
	assert_int_equal(f->weight, FEED_WEIGHT_FULL);
	assert_int_equal(f->interval, HOUR);
	assert_int_equal(f->max_age, 2 * DAY);
	assert_int_equal(f->guard, 50);
	assert_int_equal(f->timeout, 120);
	/* Ten million addresses of fifteen digits and a line feed. */
	assert_true(f->max_bytes >= 160000000 && f->max_unpacked >= f->max_bytes);
	assert_null(f->username);
	assert_null(f->password);
	assert_null(f->proxy);
	assert_int_equal(f->headers_count, 0);
	config_free(&c);
}

static void every_option_is_read(void **state)
{
	const struct feed_settings *f;
	struct config c;
	char *error;

	(void)state;
	if (!config_load(&c, &error, FILES "good.all.conf"))
		fail_msg("%s", error);
	assert_int_equal(c.feeds_count, 4);
	f = &c.feeds[0];
	assert_int_equal(f->action, FEED_DROP);
	assert_true(f->ports[PORTS_MX] && f->ports[PORTS_SUBMISSION]);
	f = &c.feeds[1];
	assert_string_equal(f->name, "PSBL");
	assert_string_equal(f->url, "stdin");
	assert_int_equal(f->format, FEED_AUTO);
	assert_int_equal(f->action, FEED_WATCH);
	assert_int_equal(f->weight, 40);
	assert_int_equal(f->interval, 2 * HOUR);
	assert_int_equal(f->max_age, 3 * HOUR);
	f = &c.feeds[2];
	assert_string_equal(f->url, "file:///var/lib/list.txt");
	assert_int_equal(f->timeout, HOUR);
	assert_int_equal(f->guard, 0);
	f = &c.feeds[3];
	assert_string_equal(f->name, "a-name-of-thirty-one-characters");
	assert_string_equal(f->username, "user");
	assert_string_equal(f->password, "pass \"word\"");
	assert_int_equal(f->headers_count, 2);
	assert_string_equal(f->headers[0], "X-Api-Key: 0123456789");
	assert_string_equal(f->headers[1], "Accept: text/plain");
	assert_string_equal(f->proxy, "http://192.0.2.1:3128");
	assert_int_equal(f->points, 0);
	assert_true(f->max_bytes == 1024 && f->max_unpacked == 1ULL << 31);
	config_free(&c);
}

static void every_preset_is_a_feed(void **state)
{
	static const struct config_option any = {.name = "url"};
	char text[128], why[WHY_TEXT];
	struct config c;

	(void)state;
	assert_true(feed_presets_count >= 8);
	for (size_t i = 0; i < feed_presets_count; i++) {
		const struct feed_preset *p = &feed_presets[i];

		assert_true(feed_name_is_good(p->name, strlen(p->name)));
		assert_ptr_equal(feed_preset_find(p->name), p);
		assert_null(feed_name_refusal(p->name));
		if (p->also && !value_feed_url(NULL, &any, p->also, why))
			fail_msg("%s: %s", p->name, why);
		assert_true(strlen(p->text) && strlen(p->terms));
		assert_int_equal(strncmp(p->terms_url, "https://", 8), 0);
		assert_true(p->least >= 60 && p->interval >= p->least);
		/* Written out it must be a good section, too. */
		snprintf(text, sizeof(text), "feed \"%s\" { url = \"%s\" interval = %u }", p->name,
			 p->url, p->least);
		load_good_text(&c, text);
		config_free(&c);
		snprintf(text, sizeof(text), "feed \"%s\" { }", p->name);
		load_good_text(&c, text);
		assert_int_equal(c.feeds_count, 1);
		assert_string_equal(c.feeds[0].url, p->url);
		assert_int_equal(c.feeds[0].format, p->format);
		assert_int_equal(c.feeds[0].interval, p->interval);
		assert_int_equal(c.feeds[0].max_age, p->max_age);
		assert_true(c.feeds[0].ports[PORTS_MX] && !c.feeds[0].ports[PORTS_SUBMISSION]);
		/* Only Spamhaus DROP blocks by itself. */
		assert_int_equal(c.feeds[0].action,
				 strncmp(p->name, "spamhaus-drop", 13) ? FEED_SCORE : FEED_DROP);
		assert_int_equal(c.policy.list_count, c.feeds[0].action == FEED_SCORE);
		config_free(&c);
	}
}

static void those_that_score_have_rules(void **state)
{
	const struct policy *policy;
	struct config c;

	(void)state;
	load_good_text(&c, "feed spamhaus-drop-v4 { }\n"
			   "feed psbl { points = 4 }\n"
			   "feed off { url = stdin enabled = no }\n"
			   "list bl.example.net { score = {\"127.0.0.2*4\"} }\n"
			   "feed ours { url = stdin action = score }\n");
	policy = &c.policy;
	assert_int_equal(c.feeds_count, 3);
	assert_int_equal(policy->list_count, 3);
	assert_string_equal(policy->list[0].name, "bl.example.net");
	assert_int_equal(c.feeds[1].rule, 1);
	assert_string_equal(policy->list[1].name, "psbl");
	assert_int_equal(policy->list[1].list, FEED_BIT + 1);
	assert_int_equal(policy->list[1].rule.points, 4);
	assert_true(policy->list[1].rule.enabled);
	assert_false(policy->list[1].rule.convicts);
	assert_int_equal(c.feeds[2].rule, 2);
	assert_int_equal(policy->list[2].list, FEED_BIT + 2);
	assert_int_equal(policy->list[2].rule.points, 3);
	/* Feeds ask nothing of the DNS. */
	config_free(&c);
	load_good_text(&c, "feed psbl { }");
	assert_false(config_dns_checks(&c));
	config_free(&c);
}

static void feeds_are_counted(void **state)
{
	char text[8192], *error;
	struct config c;
	size_t len = 0;

	(void)state;
	for (int i = 0; i < FEEDS_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"feed f%d { url = stdin }\n", i);
	strcpy(text + len, "feed off { url = stdin enabled = no }\n");
	load_good_text(&c, text);
	assert_int_equal(c.feeds_count, FEEDS_MAX);
	assert_int_equal(c.policy.list[FEEDS_MAX - 1].list, LIST_BITS - 1);
	config_free(&c);
	strcpy(text + len, "feed f32 { url = stdin }\n");
	assert_false(load_text(&c, &error, text));
	assert_non_null(strstr(error, ":33: feed `f32' is one too many: there may be 32;"));
	free(error);
}

/* Whatever is wrong around it. */
static void secrets_are_not_in_messages(void **state)
{
	static const char *const files[] = {
		"feed x { url = \"https://user:SECRET@lists.example.net/\" }",
		"feed x { url = \"https://user:SEC/RET@lists.example.net/\" }",
		"feed x { url = \"ftp://user:SECRET@lists.example.net/\" }",
		"feed x { url \"https://user:SECRET@lists.example.net/\" }",
		"feed x { url = \"https://lists.example.net/\" proxy = "
		"\"http://u:SECRET@a.example\" }",
		"feed x { url = stdin username = \"SECRET:SECRET\" }",
		"feed x { url = stdin password = \"SECRET\" }",
		"feed x { url = stdin password = \"\\nSECRET\" username = u }",
		"feed x { url = stdin password SECRET }",
		"feed x { url = stdin password = a SECRET }",
		"feed x { url = stdin pasword = \"SECRET\" }",
		"feed x { url = stdin headers = {\"X-Key: SECRET\"} }",
		"feed x { url = stdin headers = {\"X-Key SECRET\"} }",
		"feed x { url = stdin headers = {\"Range: SECRET\"} }",
		"feed x { url = stdin headers = {X-Key: SECRET} }",
		"feed x { url = stdin headers \"X-Key: SECRET\" }",
		"feed x { url = stdin headers = { a SECRET } }",
	};
	struct config c;
	char *error;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (load_text(&c, &error, files[i]))
			fail_msg("taken: %s", files[i]);
		if (strstr(error, "SEC") || strstr(error, "RET"))
			fail_msg("%s: %s", files[i], error);
		free(error);
	}
}

static void urls_are_good_or_refused(void **state)
{
	static const struct config_option any = {.name = "url"};
	static const struct {
		const char *url;
		bool good;
	} urls[] = {
		{"stdin", true},
		{"https://lists.example.net", true},
		{"https://lists.example.net:443/~peter/list.gz?a=b", true},
		{"http://192.0.2.1/x", true},
		{"http://[2001:db8::1]:8080/x", true},
		{"http://localhost/x", true},
		{"file:///x", true},
		{"rsync://lists.example.net/m/x", true},
		{"https://www.recordb.org/x", true}, /* not ordb.org, which is gone */
		{"", false},
		{"-", false},
		{"HTTPS://lists.example.net", false},
		{"https:/lists.example.net", false},
		{"https:///x", false},
		{"https://:443/x", false},
		{"https://[192.0.2.1]/x", false},
		{"https://[2001:db8::1/x", false},
		{"https://2001:db8::1/x", false},
		{"https://lists.example.net:/x", false},
		{"https://lists.example.net:0/x", false},
		{"https://lists.example.net:123456/x", false},
		{"https://lists.example.net/#x", false},
		{"https://lists.example.net/\x01", false},
		{"https://lists.example.net/\xc3\xa4", false},
		{"file://", false},
		{"file:///", false},
		{"file:/x", false},
		{"rsync://lists.example.net", false},
		{"rsync://lists.example.net//", false},
		{"rsync://lists.example.net/m/", false},
		{"rsync://user@lists.example.net/m/x", false},
		{"https://x.example/dnsbl-3.uceprotect.net", false},
		{"https://x.example/%64%6Esbl-3.UCEPROTECT.net.gz", false},
		{"file:///var/lib/rbldns/dnsbl-2.uceprotect.net", false},
		{"https://www.ordb.org/x", false},
		{"https://nixspam.net/download/nixspam-ip.dump.gz", false},
	};
	char why[WHY_TEXT], long_url[FEED_URL + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		if (value_feed_url(NULL, &any, urls[i].url, why) != urls[i].good)
			fail_msg("%s: %s", urls[i].url, urls[i].good ? why : "taken");
	memset(long_url, 'x', FEED_URL);
	memcpy(long_url, "file:///", 8);
	long_url[FEED_URL] = '\0';
	assert_false(value_feed_url(NULL, &any, long_url, why));
	long_url[FEED_URL - 1] = '\0';
	assert_true(value_feed_url(NULL, &any, long_url, why));
}

static void presets_are_shown(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	json_t *json = feed_presets_json();

	(void)state;
	assert_non_null(out);
	feed_presets_show(out);
	fclose(out);
	assert_non_null(json);
	assert_int_equal(json_array_size(json_object_get(json, "presets")), feed_presets_count);
	assert_int_equal(json_array_size(json_object_get(json, "refused")), refused_feeds_count);
	for (size_t i = 0; i < feed_presets_count; i++) {
		assert_non_null(strstr(text, feed_presets[i].name));
		assert_non_null(strstr(text, feed_presets[i].terms_url));
	}
	assert_non_null(strstr(text, "interval: 12h, no shorter than 1h"));
	json_decref(json);
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_feed_of_ones_own_scores),
		cmocka_unit_test(every_option_is_read),
		cmocka_unit_test(every_preset_is_a_feed),
		cmocka_unit_test(those_that_score_have_rules),
		cmocka_unit_test(feeds_are_counted),
		cmocka_unit_test(secrets_are_not_in_messages),
		cmocka_unit_test(urls_are_good_or_refused),
		cmocka_unit_test(presets_are_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
