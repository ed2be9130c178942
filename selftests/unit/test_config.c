// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The configuration file: the sample, files in which every option is set, and files of mistakes
 * (config/bad.*.conf), each with the exact report that is due (the .errors beside it).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <glob.h>
#include <jansson.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "config_text.h"
#include "../../user/cli/cli.h"
#include "../../user/config/option.h"

#define FILES "selftests/unit/config/"

/* The whole report must be this one mistake, given without the path. */
static void assert_only_error(const char *path, const char *mistake)
{
	struct config config;
	char *error, *expected;

	assert_false(config_load(&config, &error, path));
	assert_true(asprintf(&expected, "%s%s", path, mistake) > 0);
	assert_string_equal(error, expected);
	free(expected);
	free(error);
}

static void assert_names_equal(const struct name_list *a, const struct name_list *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++)
		assert_string_equal(a->item[i], b->item[i]);
}

static void assert_prefixes_equal(const struct prefix_list *a, const struct prefix_list *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++)
		assert_true(prefix_equal(&a->item[i], &b->item[i]));
}

static void assert_policies_equal(const struct policy *a, const struct policy *b)
{
	for (size_t i = 0; i < FINDING_COUNT; i++) {
		assert_int_equal(a->rule[i].enabled, b->rule[i].enabled);
		assert_int_equal(a->rule[i].points, b->rule[i].points);
		assert_int_equal(a->rule[i].mild_points, b->rule[i].mild_points);
		assert_int_equal(a->rule[i].convicts, b->rule[i].convicts);
		assert_int_equal(a->rule[i].ttl, b->rule[i].ttl);
		assert_memory_equal(a->rule[i].ports, b->rule[i].ports, sizeof(a->rule[i].ports));
	}
	for (size_t i = 0; i < TTL_COUNT; i++) {
		assert_int_equal(a->ttl[i].first, b->ttl[i].first);
		assert_int_equal(a->ttl[i].cap, b->ttl[i].cap);
	}
	assert_int_equal(a->pattern_count, b->pattern_count);
}

static void assert_configs_equal(const struct config *a, const struct config *b)
{
	assert_names_equal(&a->interfaces, &b->interfaces);
	assert_int_equal(a->mode, b->mode);
	assert_int_equal(a->xdp_mode, b->xdp_mode);
	assert_memory_equal(a->ports, b->ports, sizeof(a->ports));
	assert_int_equal(a->heartbeat_limit, b->heartbeat_limit);
	assert_int_equal(a->courtesy, b->courtesy);
	assert_int_equal(a->reset_limit, b->reset_limit);
	assert_int_equal(a->kill_connections, b->kill_connections);
	assert_prefixes_equal(&a->protect, &b->protect);
	assert_prefixes_equal(&a->allow, &b->allow);
	assert_prefixes_equal(&a->trusted_relays, &b->trusted_relays);
	assert_names_equal(&a->our_names, &b->our_names);
	assert_names_equal(&a->allow_names, &b->allow_names);
	assert_names_equal(&a->allow_spf, &b->allow_spf);
	assert_int_equal(a->allow_senders, b->allow_senders);
	assert_prefixes_equal(&a->our_public_addresses, &b->our_public_addresses);
	assert_names_equal(&a->known_bots, &b->known_bots);
	assert_names_equal(&a->suspect_names, &b->suspect_names);
	assert_names_equal(&a->our_domains, &b->our_domains);
	assert_names_equal(&a->trap_addresses, &b->trap_addresses);
	assert_int_equal(a->verdicts_max, b->verdicts_max);
	assert_int_equal(a->blocks_per_minute, b->blocks_per_minute);
	assert_int_equal(a->limit.rate, b->limit.rate);
	assert_int_equal(a->limit.burst, b->limit.burst);
	assert_int_equal(a->limit.v4_prefix, b->limit.v4_prefix);
	assert_int_equal(a->limit.v6_prefix, b->limit.v6_prefix);
	assert_int_equal(a->policy.limit_watched, b->policy.limit_watched);
	assert_int_equal(a->trust_accepted, b->trust_accepted);
	assert_int_equal(a->trust_suspend, b->trust_suspend);
	assert_int_equal(a->trust_relays, b->trust_relays);
	assert_int_equal(a->flows_max, b->flows_max);
	assert_int_equal(a->ring_bytes, b->ring_bytes);
	assert_int_equal(a->client_budget, b->client_budget);
	assert_int_equal(a->server_budget, b->server_budget);
	assert_int_equal(a->sessions_max, b->sessions_max);
	assert_int_equal(a->log.to, b->log.to);
	assert_int_equal(a->log.format, b->log.format);
	assert_int_equal(a->log.facility, b->log.facility);
	assert_int_equal(a->log.rate, b->log.rate);
	assert_int_equal(a->log_knocks, b->log_knocks);
	assert_int_equal(a->log_knocks_most, b->log_knocks_most);
	assert_int_equal(a->log_daily, b->log_daily);
	assert_int_equal(a->log_events, b->log_events);
	assert_int_equal(a->log_recipients, b->log_recipients);
	assert_string_equal(a->socket_group, b->socket_group);
	assert_string_equal(a->metrics_listen, b->metrics_listen);
	assert_int_equal(a->dns.checks, b->dns.checks);
	assert_int_equal(a->dns.servers_count, b->dns.servers_count);
	assert_int_equal(a->dns.stubs_count, b->dns.stubs_count);
	assert_int_equal(a->dns.timeout, b->dns.timeout);
	assert_int_equal(a->dns.ttl_min, b->dns.ttl_min);
	assert_int_equal(a->dns.ttl_max, b->dns.ttl_max);
	assert_int_equal(a->dns.cache_bytes, b->dns.cache_bytes);
	assert_int_equal(a->dns.suspect_share, b->dns.suspect_share);
	assert_int_equal(a->lists_count, b->lists_count);
	assert_int_equal(a->feeds_count, b->feeds_count);
	assert_int_equal(a->brands_count, b->brands_count);
	assert_policies_equal(&a->policy, &b->policy);
	assert_int_equal(a->patterns_count, b->patterns_count);
}

static void load_good(struct config *config, const char *path)
{
	char *error;

	if (!config_load(config, &error, path))
		fail_msg("%s", error);
	assert_null(error);
}

static void assert_is_default(const char *path)
{
	struct config config, defaults;

	load_good(&config, path);
	assert_true(config_defaults(&defaults));
	assert_configs_equal(&config, &defaults);
	config_free(&config);
	config_free(&defaults);
}

static void defaults_are_the_contract(void **state)
{
	struct config config;

	(void)state;
	assert_true(config_defaults(&config));
	assert_int_equal(config.mode, MODE_MONITOR);
	assert_int_equal(config.ports[PORTS_MX][0], 25);
	assert_int_equal(config.ports[PORTS_MX][1], 0);
	assert_int_equal(config.ports[PORTS_SUBMISSION][0], 587);
	assert_int_equal(config.ports[PORTS_SUBMISSION][1], 465);
	assert_int_equal(config.heartbeat_limit, 600);
	assert_int_equal(config.courtesy, 3600);
	assert_int_equal(config.reset_limit, 1000);
	assert_int_equal(config.blocks_per_minute, 200000);
	assert_int_equal(config.limit.rate, 0);
	assert_false(config.policy.limit_watched);
	assert_int_equal(config.trust_accepted, 3);
	assert_int_equal(config.trust_suspend, 3);
	assert_true(config.trust_relays);
	assert_false(config.kill_connections);
	assert_false(config.log_recipients);
	assert_int_equal(config.patterns_count, 0);
	assert_int_equal(config.policy.ttl[TTL_CONVICTING].first, 1800);
	assert_int_equal(config.policy.ttl[TTL_CONVICTING].cap, 86400);
	assert_int_equal(config.policy.ttl[TTL_SCORED].first, 600);
	assert_int_equal(config.policy.ttl[TTL_SCORED].cap, 14400);
	config_free(&config);
}

static void sample_is_the_defaults(void **state)
{
	(void)state;
	assert_is_default("mxdp.conf");
	assert_is_default(FILES "good.empty.conf");
}

/* Not in a comment: an option that only stands there would not be checked above. */
static bool sample_sets(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = text; (at = strstr(at, name)); at += len)
		if ((at == text || strchr("\n\t", at[-1])) && !strncmp(at + len, " = ", 3))
			return true;
	return false;
}

static void sample_shows_every_option(void **state)
{
	FILE *file = fopen("mxdp.conf", "r");
	char text[65536];
	size_t len;

	(void)state;
	assert_non_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	assert_true(len > 0 && len < sizeof(text) - 1);
	text[len] = '\0';
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (!sample_sets(text, options[i].name))
			fail_msg("mxdp.conf does not show %s", options[i].name);
}

/* What stands behind a # without a blank is an example, and must be a good one. */
static void sample_pattern_is_good(void **state)
{
	FILE *file = fopen("mxdp.conf", "r");
	char *text = calloc(1, 65536), line[512], *error;
	struct config config;
	size_t len = 0;

	(void)state;
	assert_non_null(file);
	assert_non_null(text);
	while (fgets(line, sizeof(line), file)) {
		const char *from = line + (line[0] == '#' && !strchr(" \n", line[1]));

		assert_true(len + strlen(from) < 65536);
		strcpy(text + len, from);
		len += strlen(from);
	}
	fclose(file);
	if (!load_text(&config, &error, text))
		fail_msg("%s", error);
	assert_int_equal(config.patterns_count, 1);
	assert_int_equal(config.policy.pattern_count, 1);
	/* It claims to show the defaults. */
	assert_int_equal(config.policy.pattern[0].class, CLASS_NAMES);
	assert_int_equal(config.policy.pattern[0].rule.points, 3);
	assert_false(config.policy.pattern[0].rule.convicts);
	assert_int_equal(config.policy.pattern[0].rule.ttl, 0);
	assert_int_equal(config.feeds_count, 1);
	config_free(&config);
	free(text);
}

static void patterns_are_counted(void **state)
{
	char text[8192], *error;
	struct config config;
	size_t len = 0;

	(void)state;
	for (int i = 0; i < PATTERNS_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"pattern p%d { on = helo match = '^%d$' }\n", i, i);
	if (!load_text(&config, &error, text))
		fail_msg("%s", error);
	assert_int_equal(config.patterns_count, PATTERNS_MAX);
	assert_int_equal(config.policy.pattern_count, PATTERNS_MAX);
	assert_string_equal(config.policy.pattern[PATTERNS_MAX - 1].name, "p63");
	config_free(&config);
	strcpy(text + len, "pattern p64 { on = helo match = '^64$' }\n");
	assert_false(load_text(&config, &error, text));
	assert_non_null(strstr(error, ":65: pattern `p64' is one too many: there may be 64;"));
	assert_null(strchr(error, '\n'));
	free(error);
}

static void assert_list(const struct name_list *list, size_t count, const char *last)
{
	assert_int_equal(list->count, count);
	if (count)
		assert_string_equal(list->item[count - 1], last);
}

static void assert_nets(const struct prefix_list *list, size_t count, const char *last)
{
	char text[ADDR_TEXT];

	assert_int_equal(list->count, count);
	assert_string_equal(prefix_format(text, &list->item[count - 1]), last);
}

static void assert_lists_of_all(const struct config *c)
{
	static const uint16_t ports[PORTS_COUNT][PORTS_PER_CLASS] = {{25, 2525}, {0}};

	assert_list(&c->interfaces, 3, "wan");
	assert_string_equal(c->interfaces.item[1], "ens3.25");
	assert_list(&c->our_names, 1, "mx.example.net");
	assert_nets(&c->our_public_addresses, 2, "2001:db8:25::25");
	assert_nets(&c->protect, 2, "2001:db8:100::/48");
	assert_nets(&c->allow, 3, "2001:d00::/24");
	assert_nets(&c->trusted_relays, 1, "203.0.113.26");
	assert_list(&c->allow_names, 2, ".example.org");
	assert_true(config_allows_name(c, "mail.example.net"));
	assert_true(config_allows_name(c, "x.Mail.example.net"));
	assert_false(config_allows_name(c, "xmail.example.net"));
	assert_false(config_allows_name(c, "example.net"));
	assert_true(config_allows_name(c, "mx.example.org"));
	assert_false(config_allows_name(c, "example.org"));
	assert_false(config_allows_name(c, "myexample.org"));
	assert_list(&c->allow_spf, 2, "_spf.example.com");
	assert_false(config_allow_senders(c));
	assert_true(config_needs_dns(c));
	assert_list(&c->known_bots, helo_default_bots_count + 2, "a\tb");
	assert_string_equal(c->known_bots.item[0], helo_default_bots[0]);
	assert_list(&c->suspect_names, 0, NULL);
	assert_list(&c->our_domains, 2, "example.org");
	assert_list(&c->trap_addresses, 3, "\"a@b\"@example.net");
	assert_memory_equal(c->ports, ports, sizeof(ports));
}

static void assert_pattern(const struct config *c, size_t i, const char *name,
			   enum pattern_subject subject, enum finding_class class,
			   const char *matching)
{
	struct findings f = {0};

	assert_string_equal(c->policy.pattern[i].name, name);
	assert_int_equal(c->policy.pattern[i].class, class);
	assert_true(c->policy.pattern[i].rule.enabled);
	assert_int_equal(pattern_subject(c->patterns[i]), subject);
	patterns_check(&f, &c->patterns[i], 1, subject, (const uint8_t *)matching, strlen(matching),
		       "x");
	assert_int_equal(f.count, 1);
}

static void assert_ports(const bool ports[PORTS_COUNT], bool mx, bool submission)
{
	assert_int_equal(ports[PORTS_MX], mx);
	assert_int_equal(ports[PORTS_SUBMISSION], submission);
}

static void assert_patterns_of_all(const struct config *c)
{
	const struct pattern_rule *pattern = c->policy.pattern;

	assert_int_equal(c->patterns_count, 4);
	assert_int_equal(c->policy.pattern_count, 4);
	assert_pattern(c, 0, "random-helo", PATTERN_HELO, CLASS_NAMES, "qwertzuiopas.example");
	assert_int_equal(pattern[0].rule.points, 3);
	assert_false(pattern[0].rule.convicts);
	assert_int_equal(pattern[0].rule.ttl, 0);
	assert_pattern(c, 1, "Sender-1", PATTERN_SENDER, CLASS_ENVELOPE, "");
	assert_int_equal(pattern[1].rule.points, 0);
	assert_int_equal(pattern[1].rule.ttl, 86400);
	assert_pattern(c, 2, "a-name-of-thirty-one-characters", PATTERN_RECIPIENT, CLASS_LISTS,
		       "\"x\"");
	assert_int_equal(pattern[2].rule.points, 10);
	assert_true(pattern[2].rule.convicts);
	assert_int_equal(pattern[2].rule.ttl, 0);
	assert_pattern(c, 3, "h", PATTERN_HELO, CLASS_PROTOCOL, "x");
	assert_false(c->policy.rule[FINDING_PATTERN].enabled);
	assert_ports(pattern[0].rule.ports, true, false);
	assert_ports(pattern[1].rule.ports, true, true);
	assert_ports(pattern[2].rule.ports, false, true);
}

static void every_option_is_read(void **state)
{
	const struct finding_rule *rule;
	struct config c;

	(void)state;
	load_good(&c, FILES "good.all.conf");
	assert_lists_of_all(&c);
	assert_int_equal(c.mode, MODE_ENFORCE);
	assert_int_equal(c.xdp_mode, XDP_ATTACH_GENERIC);
	assert_int_equal(c.heartbeat_limit, 90);
	assert_int_equal(c.courtesy, 0);
	assert_int_equal(c.reset_limit, 0);
	assert_true(c.kill_connections);
	assert_string_equal(c.socket_group, "");
	assert_string_equal(c.metrics_listen, "[2001:db8::25]:9725");
	assert_int_equal(c.ring_bytes, 65536);
	assert_int_equal(c.flows_max, 1024);
	assert_int_equal(c.client_budget, 1024);
	assert_int_equal(c.server_budget, 1048576);
	assert_int_equal(c.sessions_max, 64);
	assert_int_equal(c.verdicts_max, 16777216);
	assert_int_equal(c.blocks_per_minute, 0);
	assert_int_equal(c.trust_accepted, 8);
	assert_int_equal(c.trust_suspend, 1);
	assert_false(c.trust_relays);
	assert_int_equal(c.log.to, LOG_TO_SYSLOG);
	assert_int_equal(c.log.format, LOG_FORMAT_FAIL2BAN);
	assert_int_equal(c.log.facility, LOG_LOCAL7);
	assert_int_equal(c.log.rate, 0);
	assert_int_equal(c.log_knocks, 0);
	assert_int_equal(c.log_knocks_most, 10000);
	assert_int_equal(c.log_daily, 24 * 60);
	assert_int_equal(c.log_events, 100);
	assert_int_equal(c.policy.ttl[TTL_CONVICTING].first, 5400);
	assert_int_equal(c.policy.ttl[TTL_CONVICTING].cap, 604800);
	assert_int_equal(c.policy.ttl[TTL_SCORED].first, 1);
	assert_int_equal(c.policy.ttl[TTL_SCORED].cap, 1);
	rule = &c.policy.rule[FINDING_HELO_OUR_NAME];
	assert_true(rule->enabled && !rule->convicts);
	assert_int_equal(rule->points, finding_types[FINDING_HELO_OUR_NAME].points);
	assert_int_equal(rule->mild_points, 9);
	assert_int_equal(rule->ttl, 7200);
	rule = &c.policy.rule[FINDING_EARLY_TALKER];
	assert_false(rule->enabled);
	assert_int_equal(rule->points, 0);
	rule = &c.policy.rule[FINDING_AUTH_FAILURES];
	assert_int_equal(rule->points, 9);
	assert_int_equal(rule->mild_points, 4);
	assert_int_equal(rule->ttl, 10800);
	assert_ports(rule->ports, true, false);
	assert_ports(c.policy.rule[FINDING_NON_SMTP].ports, true, true);
	assert_ports(c.policy.rule[FINDING_BARE_LF].ports, true, true);
	assert_ports(c.policy.rule[FINDING_NO_HELO].ports, false, true);
	assert_ports(c.policy.rule[FINDING_HELO_OUR_NAME].ports, true, false);
	assert_false(c.policy.rule[FINDING_RCPT_TRAP].convicts);
	assert_true(c.log_recipients);
	assert_patterns_of_all(&c);
	config_free(&c);
}

static void foreign_line_ends_are_read(void **state)
{
	struct config config;

	(void)state;
	load_good(&config, FILES "good.crlf.conf");
	assert_int_equal(config.mode, MODE_ENFORCE);
	assert_int_equal(config.ports[PORTS_MX][0], 26);
	config_free(&config);
}

/* Each option takes its bounds and nothing beyond. */
static void numbers_have_bounds(void **state)
{
	union {
		uint32_t number;
		struct prefix prefix;
	} out;
	char text[32], why[WHY_TEXT];
	size_t bounded = 0;

	(void)state;
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct config_option *o = &options[i];
		const long long edge[] = {o->min - 1LL, o->min, o->max, o->max + 1LL};

		bounded += o->max != 0;
		for (size_t j = 0; o->max && j < 4; j++) {
			bool good = j == 1 || j == 2;

			snprintf(text, sizeof(text), "%lld", edge[j]);
			if (o->parse(&out, o, text, why) != good)
				fail_msg("%s = %s: %s", o->name, text, good ? why : "taken");
		}
	}
	assert_int_equal(bounded, 47);
}

static char *read_all(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 65536);
	size_t len;

	assert_non_null(file);
	assert_non_null(text);
	len = fread(text, 1, 65535, file);
	fclose(file);
	while (len && text[len - 1] == '\n')
		text[--len] = '\0';
	return text;
}

static void mistakes_are_told(void **state)
{
	struct config config;
	glob_t files;

	(void)state;
	assert_int_equal(chdir(FILES), 0);
	assert_int_equal(glob("bad.*.conf", 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= 20);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		const char *path = files.gl_pathv[i];
		char *expected, *error, errors[256];

		snprintf(errors, sizeof(errors), "%.*s.errors", (int)strlen(path) - 5, path);
		expected = read_all(errors);
		assert_false(config_load(&config, &error, path));
		assert_string_equal(error, expected);
		free(expected);
		free(error);
	}
	globfree(&files);
	assert_int_equal(chdir("../../.."), 0);
}

static void mistakes_are_bounded(void **state)
{
	char *text = malloc(200000), *error;
	size_t len = 0, lines = 1;
	struct config config;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < 10000; i++)
		len += (size_t)sprintf(text + len, "nonsense%d = 1\n", i);
	assert_false(load_text(&config, &error, text));
	for (const char *at = error; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, 101);
	assert_non_null(strstr(error, ": 9900 more mistakes"));
	free(error);
	free(text);
}

/* Depth costs no stack. */
static void braces_may_be_deep(void **state)
{
	const size_t depth = 400000;
	char *text = malloc(2 * depth + 16), *error;
	struct config config;

	(void)state;
	assert_non_null(text);
	strcpy(text, "a ");
	memset(text + 2, '{', depth);
	memset(text + 2 + depth, '}', depth);
	strcpy(text + 2 + 2 * depth, " b");
	assert_false(load_text(&config, &error, text));
	assert_non_null(strstr(error, ":1: unknown option `a'"));
	assert_non_null(strstr(error, ":1: unknown option `b'"));
	free(error);
	free(text);
}

static void files_that_are_none(void **state)
{
	char dir[] = "/tmp/test_config.XXXXXX", path[64];
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_only_error(dir, ": is a directory: name a configuration file");
	snprintf(path, sizeof(path), "%s/x", dir);
	assert_only_error(path, ": cannot be opened: No such file or directory: check the path and "
				"its permissions");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_only_error(path, ": is no regular file: name a configuration file");
	unlink(path);
	rmdir(dir);
	assert_only_error("/dev/zero", ": is no regular file: name a configuration file");
	fd = text_file(path, "mode = enforce\n\0# more\n", 22);
	assert_only_error(path, ":2: a zero byte: this is no text file; check the path");
	assert_int_equal(ftruncate(fd, 100 << 20), 0);
	assert_only_error(path,
			  ": is larger than 1048576 bytes and cannot be a configuration: check "
			  "the path");
	close(fd);
}

static void helo_names_are_the_configs(void **state)
{
	struct addr own[2] = {{.b = {[15] = 1}}, {.b = {[15] = 2}}};
	struct config config;
	struct helo_names names;

	(void)state;
	load_good(&config, FILES "good.all.conf");
	names = config_helo_names(&config, own, 2);
	assert_ptr_equal(names.our_addresses, own);
	assert_int_equal(names.our_addresses_count, 2);
	assert_int_equal(names.our_names_count, 1);
	assert_string_equal(names.our_names[0], "mx.example.net");
	assert_int_equal(names.known_bots_count, config.known_bots.count);
	assert_string_equal(names.known_bots[0], helo_default_bots[0]);
	assert_int_equal(names.suspect_names_count, 0);
	config_free(&config);
}

static void envelope_names_are_the_configs(void **state)
{
	struct config config;
	struct envelope_names names;

	(void)state;
	load_good(&config, FILES "good.all.conf");
	names = config_envelope_names(&config);
	assert_int_equal(names.our_domains_count, 2);
	assert_string_equal(names.our_domains[0], "example.net");
	assert_int_equal(names.traps_count, 3);
	assert_string_equal(names.traps[1], "@old.example.org");
	config_free(&config);
}

/* Runs the verb; what it wrote on `fd` (1 or 2) stands in `out`. */
static int check_config(char **argv, int fd, char *out, size_t size)
{
	int file = memfd_create("output", 0), saved = dup(fd), argc = 0, code;
	ssize_t len;

	while (argv[argc])
		argc++;
	fflush(fd == 1 ? stdout : stderr);
	assert_true(file >= 0 && saved >= 0 && dup2(file, fd) == fd);
	code = cmd_check_config(argc, argv);
	fflush(fd == 1 ? stdout : stderr);
	dup2(saved, fd);
	len = pread(file, out, size - 1, 0);
	out[len > 0 ? len : 0] = '\0';
	close(file);
	close(saved);
	return code;
}

#define WORDS(...) ((char *[]){"check-config", __VA_ARGS__, NULL})

static void verb_answers(void **state)
{
	char out[4096];

	(void)state;
	assert_int_equal(check_config(WORDS("mxdp.conf"), 1, out, sizeof(out)), 0);
	assert_string_equal(out, "mxdp.conf: good\n");
	assert_int_equal(check_config(WORDS(FILES "bad.no-equal.conf"), 2, out, sizeof(out)), 1);
	assert_string_equal(out, FILES "bad.no-equal.conf:1: option `mode': `=' belongs after its "
				       "name, not `enforce'\n");
	assert_int_equal(check_config(WORDS("a", "b"), 2, out, sizeof(out)), 2);
	assert_non_null(strstr(out, "usage: mxdpctl check-config"));
	assert_int_equal(check_config(WORDS("-"), 2, out, sizeof(out)), 2);
	assert_int_equal(check_config(WORDS("--nonsense"), 2, out, sizeof(out)), 2);
	assert_int_equal(check_config(WORDS("/nowhere/x\n\x1b"), 2, out, sizeof(out)), 1);
	assert_non_null(strstr(out, "/nowhere/x\\x0a\\x1b: cannot be opened"));
}

static void verb_answers_in_json(void **state)
{
	char out[4096];
	json_t *report;

	(void)state;
	assert_int_equal(check_config(WORDS("--json", "mxdp.conf"), 1, out, sizeof(out)), 0);
	report = json_loads(out, 0, NULL);
	assert_true(json_is_true(json_object_get(report, "good")));
	assert_int_equal(json_array_size(json_object_get(report, "errors")), 0);
	json_decref(report);
	assert_int_equal(check_config(WORDS(FILES "bad.open-section.conf", "--json"), 1, out,
				      sizeof(out)),
			 1);
	report = json_loads(out, 0, NULL);
	assert_true(json_is_false(json_object_get(report, "good")));
	assert_string_equal(json_string_value(json_object_get(report, "file")),
			    FILES "bad.open-section.conf");
	assert_int_equal(json_array_size(json_object_get(report, "errors")), 3);
	json_decref(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_the_contract),
		cmocka_unit_test(sample_is_the_defaults),
		cmocka_unit_test(sample_shows_every_option),
		cmocka_unit_test(sample_pattern_is_good),
		cmocka_unit_test(every_option_is_read),
		cmocka_unit_test(patterns_are_counted),
		cmocka_unit_test(foreign_line_ends_are_read),
		cmocka_unit_test(numbers_have_bounds),
		cmocka_unit_test(mistakes_are_told),
		cmocka_unit_test(mistakes_are_bounded),
		cmocka_unit_test(braces_may_be_deep),
		cmocka_unit_test(files_that_are_none),
		cmocka_unit_test(helo_names_are_the_configs),
		cmocka_unit_test(envelope_names_are_the_configs),
		cmocka_unit_test(verb_answers),
		cmocka_unit_test(verb_answers_in_json),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
