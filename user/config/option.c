// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "draft.h"
#include "option.h"
#include "value.h"
#include "../policy/known.h"
#include "../policy/suspend.h"

#define DAY 86400U
#define KIB 1024U
#define MIB (1024U * KIB)

#define AT(field) offsetof(struct config, field)
#define IN(field) offsetof(struct finding_rule, field)
#define OF(field) offsetof(struct pattern_draft, field)
#define BY(field) offsetof(struct list_draft, field)
#define UP(field) offsetof(struct feed_draft, field)

const char *const section_names[SECTION_COUNT] = {
	[SECTION_PORTS] = "ports",       [SECTION_ATTACH] = "attach",   [SECTION_TAP] = "tap",
	[SECTION_VERDICTS] = "verdicts", [SECTION_LIMIT] = "limit",     [SECTION_TRUST] = "trust",
	[SECTION_LOG] = "log",           [SECTION_TTL] = "ttl",         [SECTION_DNS] = "dns",
	[SECTION_FINDING] = "finding",   [SECTION_PATTERN] = "pattern", [SECTION_LIST] = "list",
	[SECTION_FEED] = "feed",         [SECTION_METRICS] = "metrics",
};

/* clang-format off */
const struct config_option options[OPTION_COUNT] = {
	[OPTION_MODE] = {SECTION_TOP, "mode", SHAPE_SCALAR, AT(mode), 0, 0, value_mode},
	[OPTION_INTERFACES] = {SECTION_TOP, "interfaces", SHAPE_NAMES, AT(interfaces), 0, 0,
			       value_interface},
	[OPTION_OUR_NAMES] = {SECTION_TOP, "our_names", SHAPE_NAMES, AT(our_names), 0, 0,
			      value_host_name},
	[OPTION_OUR_PUBLIC_ADDRESSES] = {SECTION_TOP, "our_public_addresses", SHAPE_PREFIXES,
					 AT(our_public_addresses), 0, 0, value_public_address},
	[OPTION_PROTECT] = {SECTION_TOP, "protect", SHAPE_PREFIXES, AT(protect), 0, 0,
			    value_network},
	[OPTION_ALLOW] = {SECTION_TOP, "allow", SHAPE_PREFIXES, AT(allow), 0, 0,
			  value_allowed_network},
	[OPTION_ALLOW_NAMES] = {SECTION_TOP, "allow_names", SHAPE_NAMES, AT(allow_names), 0, 0,
				value_allowed_name},
	[OPTION_ALLOW_SPF] = {SECTION_TOP, "allow_spf", SHAPE_NAMES, AT(allow_spf), 0, 0,
			      value_spf_domain},
	[OPTION_ALLOW_SENDERS] = {SECTION_TOP, "allow_senders", SHAPE_SCALAR, AT(allow_senders), 0,
				  0, value_dns_checks},
	[OPTION_TRUSTED_RELAYS] = {SECTION_TOP, "trusted_relays", SHAPE_PREFIXES,
				   AT(trusted_relays), 0, 0, value_allowed_network},
	[OPTION_KNOWN_BOTS] = {SECTION_TOP, "known_bots", SHAPE_NAMES, AT(known_bots), 0, 0,
			       value_helo},
	[OPTION_SUSPECT_NAMES] = {SECTION_TOP, "suspect_names", SHAPE_NAMES, AT(suspect_names), 0,
				  0, value_helo},
	[OPTION_OUR_DOMAINS] = {SECTION_TOP, "our_domains", SHAPE_NAMES, AT(our_domains), 0, 0,
				value_domain},
	[OPTION_TRAP_ADDRESSES] = {SECTION_TOP, "trap_addresses", SHAPE_NAMES, AT(trap_addresses),
				   0, 0, value_trap},
	[OPTION_HEARTBEAT_LIMIT] = {SECTION_TOP, "heartbeat_limit", SHAPE_SCALAR,
				    AT(heartbeat_limit), 5, 7 * DAY, value_duration},
	[OPTION_COURTESY] = {SECTION_TOP, "courtesy", SHAPE_SCALAR, AT(courtesy), 1, 30 * DAY,
			     value_duration_or_off},
	[OPTION_RESET_LIMIT] = {SECTION_TOP, "reset_limit", SHAPE_SCALAR, AT(reset_limit), 0,
				1000000, value_number},
	[OPTION_KILL_CONNECTIONS] = {SECTION_TOP, "kill_connections", SHAPE_SCALAR,
				     AT(kill_connections), 0, 0, value_bool},
	[OPTION_SOCKET_GROUP] = {SECTION_TOP, "socket_group", SHAPE_TEXT, AT(socket_group), 0, 0,
				 value_group},

	[OPTION_MX] = {SECTION_PORTS, "mx", SHAPE_PORTS, AT(ports[PORTS_MX]), 1, 65535,
		       value_port},
	[OPTION_SUBMISSION] = {SECTION_PORTS, "submission", SHAPE_PORTS,
			       AT(ports[PORTS_SUBMISSION]), 1, 65535, value_port},
	[OPTION_XDP] = {SECTION_ATTACH, "xdp", SHAPE_SCALAR, AT(xdp_mode), 0, 0, value_xdp_mode},

	[OPTION_RING] = {SECTION_TAP, "ring", SHAPE_SCALAR, AT(ring_bytes), 64 * KIB, 1024 * MIB,
			 value_ring},
	[OPTION_FLOWS] = {SECTION_TAP, "flows", SHAPE_SCALAR, AT(flows_max), 1024, 4194304,
			  value_number},
	[OPTION_CLIENT_BUDGET] = {SECTION_TAP, "client_budget", SHAPE_SCALAR, AT(client_budget),
				  KIB, MIB, value_bytes},
	[OPTION_SERVER_BUDGET] = {SECTION_TAP, "server_budget", SHAPE_SCALAR, AT(server_budget),
				  KIB, MIB, value_bytes},
	[OPTION_SESSIONS] = {SECTION_TAP, "sessions", SHAPE_SCALAR, AT(sessions_max), 64, 1048576,
			     value_number},
	[OPTION_VERDICTS_MAX] = {SECTION_VERDICTS, "max", SHAPE_SCALAR, AT(verdicts_max), 1024,
				 16777216, value_number},
	[OPTION_VERDICTS_PER_MINUTE] = {SECTION_VERDICTS, "per_minute", SHAPE_SCALAR,
					AT(blocks_per_minute), 0, 100000000, value_number},
	[OPTION_LIMIT_RATE] = {SECTION_LIMIT, "rate", SHAPE_SCALAR, AT(limit.rate), 0, 60000,
			       value_number},
	[OPTION_LIMIT_BURST] = {SECTION_LIMIT, "burst", SHAPE_SCALAR, AT(limit.burst), 1, 1000,
				value_number},
	[OPTION_LIMIT_V4_PREFIX] = {SECTION_LIMIT, "v4_prefix", SHAPE_SCALAR, AT(limit.v4_prefix),
				    8, 32, value_number},
	[OPTION_LIMIT_V6_PREFIX] = {SECTION_LIMIT, "v6_prefix", SHAPE_SCALAR, AT(limit.v6_prefix),
				    19, 128, value_number},
	[OPTION_LIMIT_WATCHED] = {SECTION_LIMIT, "watched", SHAPE_SCALAR,
				  AT(policy.limit_watched), 0, 0, value_bool},
	[OPTION_TRUST_ACCEPTED] = {SECTION_TRUST, "accepted", SHAPE_SCALAR, AT(trust_accepted), 0,
				   KNOWN_MOST, value_number},
	[OPTION_TRUST_SUSPEND] = {SECTION_TRUST, "suspend", SHAPE_SCALAR, AT(trust_suspend), 0,
				  SUSPEND_CLIENTS, value_number},
	[OPTION_TRUST_RELAYS] = {SECTION_TRUST, "relays", SHAPE_SCALAR, AT(trust_relays), 0, 0,
				 value_bool},
	[OPTION_LOG_TO] = {SECTION_LOG, "to", SHAPE_SCALAR, AT(log.to), 0, 0, value_log_to},
	[OPTION_LOG_FORMAT] = {SECTION_LOG, "format", SHAPE_SCALAR, AT(log.format), 0, 0,
			       value_log_format},
	[OPTION_LOG_FACILITY] = {SECTION_LOG, "facility", SHAPE_SCALAR, AT(log.facility), 0, 0,
				 value_log_facility},
	[OPTION_LOG_RATE] = {SECTION_LOG, "rate", SHAPE_SCALAR, AT(log.rate), 0, 100000,
			     value_number},
	[OPTION_LOG_KNOCKS] = {SECTION_LOG, "knocks", SHAPE_SCALAR, AT(log_knocks), 10, 7 * DAY,
			       value_duration_or_off},
	[OPTION_LOG_KNOCKS_MOST] = {SECTION_LOG, "knocks_most", SHAPE_SCALAR, AT(log_knocks_most),
				    1, 10000, value_number},
	[OPTION_LOG_DAILY] = {SECTION_LOG, "daily", SHAPE_SCALAR, AT(log_daily), 0, 0,
			      value_time_of_day},
	[OPTION_LOG_EVENTS] = {SECTION_LOG, "events", SHAPE_SCALAR, AT(log_events), 100, 1000000,
			       value_number},
	[OPTION_LOG_RECIPIENTS] = {SECTION_LOG, "recipients", SHAPE_SCALAR, AT(log_recipients), 0,
				   0, value_recipients},
	[OPTION_METRICS_LISTEN] = {SECTION_METRICS, "listen", SHAPE_TEXT, AT(metrics_listen), 0, 0,
				   value_listen},

	[OPTION_CONVICTING] = {SECTION_TTL, "convicting", SHAPE_SCALAR,
			       AT(policy.ttl[TTL_CONVICTING].first), 1, 30 * DAY, value_duration},
	[OPTION_CONVICTING_CAP] = {SECTION_TTL, "convicting_cap", SHAPE_SCALAR,
				   AT(policy.ttl[TTL_CONVICTING].cap), 1, 30 * DAY, value_duration},
	[OPTION_SCORED] = {SECTION_TTL, "scored", SHAPE_SCALAR, AT(policy.ttl[TTL_SCORED].first), 1,
			   30 * DAY, value_duration},
	[OPTION_SCORED_CAP] = {SECTION_TTL, "scored_cap", SHAPE_SCALAR,
			       AT(policy.ttl[TTL_SCORED].cap), 1, 30 * DAY, value_duration},

	[OPTION_DNS_CHECKS] = {SECTION_TOP, "dns_checks", SHAPE_SCALAR, AT(dns.checks), 0, 0,
			       value_dns_checks},
	[OPTION_DNSBL_SITES] = {SECTION_TOP, "dnsbl_sites", SHAPE_NAMES, AT(dnsbl_sites), 0, 0,
				value_dnsbl_site},
	[OPTION_BRANDS] = {SECTION_TOP, "brands", SHAPE_NAMES, AT(brand_texts), 0, 0, value_brand},
	[OPTION_DNS_SERVERS] = {SECTION_DNS, "servers", SHAPE_NAMES, AT(dns.server_texts), 0, 0,
				value_dns_server},
	[OPTION_DNS_STUBS] = {SECTION_DNS, "stubs", SHAPE_NAMES, AT(dns.stub_texts), 0, 0,
			      value_dns_stub},
	[OPTION_DNS_TIMEOUT] = {SECTION_DNS, "timeout", SHAPE_SCALAR, AT(dns.timeout), 1, 60,
				value_duration},
	[OPTION_DNS_TTL_MIN] = {SECTION_DNS, "ttl_min", SHAPE_SCALAR, AT(dns.ttl_min), 1, DAY,
				value_duration},
	[OPTION_DNS_TTL_MAX] = {SECTION_DNS, "ttl_max", SHAPE_SCALAR, AT(dns.ttl_max), 1, 7 * DAY,
				value_duration},
	[OPTION_DNS_CACHE] = {SECTION_DNS, "cache", SHAPE_SCALAR, AT(dns.cache_bytes), MIB,
			      1024 * MIB, value_bytes},
	[OPTION_DNS_SUSPECT_SHARE] = {SECTION_DNS, "suspect_share", SHAPE_SCALAR,
				      AT(dns.suspect_share), 0, 100, value_number},

	[OPTION_FINDING_ENABLED] = {SECTION_FINDING, "enabled", SHAPE_SCALAR, IN(enabled), 0, 0,
				    value_bool},
	[OPTION_FINDING_POINTS] = {SECTION_FINDING, "points", SHAPE_SCALAR, IN(points), 0,
				   POLICY_BLOCK_POINTS, value_points},
	[OPTION_FINDING_MILD_POINTS] = {SECTION_FINDING, "mild_points", SHAPE_SCALAR,
					IN(mild_points), 0, POLICY_BLOCK_POINTS, value_points},
	[OPTION_FINDING_CONVICTS] = {SECTION_FINDING, "convicts", SHAPE_SCALAR, IN(convicts), 0, 0,
				     value_bool},
	[OPTION_FINDING_TTL] = {SECTION_FINDING, "ttl", SHAPE_SCALAR, IN(ttl), 1, 30 * DAY,
				value_duration_or_class},
	[OPTION_FINDING_PORTS] = {SECTION_FINDING, "ports", SHAPE_CLASSES, IN(ports), 0, 0,
				  value_port_class},

	[OPTION_PATTERN_ON] = {SECTION_PATTERN, "on", SHAPE_SCALAR, OF(on), 0, 0, value_subject},
	[OPTION_PATTERN_MATCH] = {SECTION_PATTERN, "match", SHAPE_TEXT, OF(match), 0, 0,
				  value_expression},
	[OPTION_PATTERN_CLASS] = {SECTION_PATTERN, "class", SHAPE_SCALAR, OF(rule.class), 0, 0,
				  value_class},
	[OPTION_PATTERN_POINTS] = {SECTION_PATTERN, "points", SHAPE_SCALAR, OF(rule.rule.points), 0,
				   POLICY_BLOCK_POINTS, value_points},
	[OPTION_PATTERN_CONVICTS] = {SECTION_PATTERN, "convicts", SHAPE_SCALAR,
				     OF(rule.rule.convicts), 0, 0, value_bool},
	[OPTION_PATTERN_TTL] = {SECTION_PATTERN, "ttl", SHAPE_SCALAR, OF(rule.rule.ttl), 1,
				30 * DAY, value_duration_or_class},
	[OPTION_PATTERN_PORTS] = {SECTION_PATTERN, "ports", SHAPE_CLASSES, OF(rule.rule.ports), 0,
				  0, value_port_class},

	[OPTION_LIST_ENABLED] = {SECTION_LIST, "enabled", SHAPE_SCALAR, BY(enabled), 0, 0,
				 value_bool},
	[OPTION_LIST_KIND] = {SECTION_LIST, "kind", SHAPE_SCALAR, BY(kind), 0, 0, value_list_kind},
	[OPTION_LIST_CONVICT] = {SECTION_LIST, "convict", SHAPE_NAMES, BY(convict), 0, 0,
				 value_convict},
	[OPTION_LIST_SCORE] = {SECTION_LIST, "score", SHAPE_NAMES, BY(score), 0, 0, value_score},
	[OPTION_LIST_PORTS] = {SECTION_LIST, "ports", SHAPE_NAMES, BY(ports), 0, 0,
			       value_port_class},
	[OPTION_LIST_FAMILIES] = {SECTION_LIST, "families", SHAPE_NAMES, BY(families), 0, 0,
				  value_family},
	[OPTION_LIST_TESTED] = {SECTION_LIST, "tested", SHAPE_SCALAR, BY(tested), 0, 0,
				value_bool},
	[OPTION_LIST_CANARY] = {SECTION_LIST, "canary", SHAPE_TEXT, BY(canary), 0, 0,
				value_canary},
	[OPTION_LIST_RATE] = {SECTION_LIST, "rate", SHAPE_SCALAR, BY(rate), 0, 1000000,
			      value_number},
	[OPTION_LIST_DAILY] = {SECTION_LIST, "daily", SHAPE_SCALAR, BY(daily), 0, 1000000000,
			       value_number},
	[OPTION_LIST_PROBE] = {SECTION_LIST, "probe", SHAPE_SCALAR, BY(probe), 10, DAY,
			       value_duration},
	[OPTION_LIST_KEY] = {SECTION_LIST, "key", SHAPE_TEXT, BY(key), 0, 0, value_list_key},

	[OPTION_FEED_ENABLED] = {SECTION_FEED, "enabled", SHAPE_SCALAR, UP(enabled), 0, 0,
				 value_bool},
	[OPTION_FEED_URL] = {SECTION_FEED, "url", SHAPE_TEXT, UP(url), 0, 0, value_feed_url},
	[OPTION_FEED_FORMAT] = {SECTION_FEED, "format", SHAPE_SCALAR, UP(format), 0, 0,
				value_feed_format},
	[OPTION_FEED_ACTION] = {SECTION_FEED, "action", SHAPE_SCALAR, UP(action), 0, 0,
				value_feed_action},
	[OPTION_FEED_POINTS] = {SECTION_FEED, "points", SHAPE_SCALAR, UP(points), 0,
				POLICY_LISTS_CAP, value_points},
	[OPTION_FEED_PORTS] = {SECTION_FEED, "ports", SHAPE_NAMES, UP(ports), 0, 0,
			       value_port_class},
	[OPTION_FEED_WEIGHT] = {SECTION_FEED, "weight", SHAPE_SCALAR, UP(weight), 1,
				FEED_WEIGHT_FULL, value_number},
	[OPTION_FEED_INTERVAL] = {SECTION_FEED, "interval", SHAPE_SCALAR, UP(interval), 60,
				  30 * DAY, value_duration},
	[OPTION_FEED_MAX_AGE] = {SECTION_FEED, "max_age", SHAPE_SCALAR, UP(max_age), 60, 90 * DAY,
				 value_duration},
	[OPTION_FEED_MAX_SIZE] = {SECTION_FEED, "max_size", SHAPE_SCALAR, UP(max_size), KIB,
				  2048 * MIB, value_bytes},
	[OPTION_FEED_MAX_UNPACKED] = {SECTION_FEED, "max_unpacked", SHAPE_SCALAR, UP(max_unpacked),
				      KIB, 2048 * MIB, value_bytes},
	[OPTION_FEED_TIMEOUT] = {SECTION_FEED, "timeout", SHAPE_SCALAR, UP(timeout), 1, 3600,
				 value_duration},
	[OPTION_FEED_GUARD] = {SECTION_FEED, "guard", SHAPE_SCALAR, UP(guard), 0, 1000,
			       value_number},
	[OPTION_FEED_USERNAME] = {SECTION_FEED, "username", SHAPE_TEXT, UP(username), 0, 0,
				  value_feed_username},
	[OPTION_FEED_PASSWORD] = {SECTION_FEED, "password", SHAPE_TEXT, UP(password), 0, 0,
				  value_feed_password},
	[OPTION_FEED_HEADERS] = {SECTION_FEED, "headers", SHAPE_NAMES, UP(headers), 0, 0,
				 value_feed_header},
	[OPTION_FEED_PROXY] = {SECTION_FEED, "proxy", SHAPE_TEXT, UP(proxy), 0, 0,
			       value_feed_proxy},
};
/* clang-format on */

static bool called(const char *known, const char *name, size_t len)
{
	return strlen(known) == len && !memcmp(known, name, len);
}

enum option_id option_find(enum section_id section, const char *name, size_t len)
{
	unsigned i = 0;

	while (i < OPTION_COUNT &&
	       (options[i].section != section || !called(options[i].name, name, len)))
		i++;
	return (enum option_id)i;
}

enum section_id section_find(const char *name, size_t len)
{
	for (unsigned i = SECTION_TOP + 1; i < SECTION_COUNT; i++)
		if (called(section_names[i], name, len))
			return (enum section_id)i;
	return SECTION_TOP;
}

bool option_is_secret(enum option_id id)
{
	switch (id) {
	case OPTION_LIST_KEY:
	case OPTION_FEED_URL:
	case OPTION_FEED_USERNAME:
	case OPTION_FEED_PASSWORD:
	case OPTION_FEED_HEADERS:
	case OPTION_FEED_PROXY:
		return true;
	default:
		return false;
	}
}

const char *option_label(char text[OPTION_LABEL], const struct config_option *option)
{
	const char *section = section_names[option->section];

	snprintf(text, OPTION_LABEL, "%s%s%s", section ? section : "", section ? "." : "",
		 option->name);
	return text;
}
