/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every option once: its section and name, how its values read, their bounds, and where they go.
 * The reading of the file, the messages and the tests come from this table; the defaults stand in
 * defaults.c (of patterns: draft.c, of lists and feeds: presets.c of their rooms), the meaning in
 * mxdp.conf.
 */
#ifndef MXDP_CONFIG_OPTION_H
#define MXDP_CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "problems.h"

enum section_id {
	SECTION_TOP,
	SECTION_PORTS,
	SECTION_ATTACH,
	SECTION_TAP,
	SECTION_VERDICTS,
	SECTION_LIMIT,
	SECTION_TRUST,
	SECTION_LOG,
	SECTION_METRICS,
	SECTION_TTL,
	SECTION_DNS,
	SECTION_FINDING, /* repeated, with a finding's id as title */
	SECTION_PATTERN, /* repeated, with a name of the administrator's choice */
	SECTION_LIST,    /* repeated, with a DNS list's zone; a zone may have two of them */
	SECTION_FEED,    /* repeated, with a name: a preset's, or of the administrator's choice */
	SECTION_COUNT,
};

/* What stands at the option's place. All but the first two are lists. */
enum option_shape {
	SHAPE_SCALAR, /* what `parse` writes */
	SHAPE_TEXT,   /* char *, owned */
	SHAPE_NAMES,  /* struct name_list */
	SHAPE_PREFIXES,
	SHAPE_PORTS,   /* uint16_t[PORTS_PER_CLASS] */
	SHAPE_CLASSES, /* bool[PORTS_COUNT]: classes of ports, at least one */
	SHAPE_COUNT,
};

/* Names double as indexes into options[] where a mistake involves several options. */
enum option_id {
	OPTION_MODE,
	OPTION_INTERFACES,
	OPTION_OUR_NAMES,
	OPTION_OUR_PUBLIC_ADDRESSES,
	OPTION_PROTECT,
	OPTION_ALLOW,
	OPTION_ALLOW_NAMES,
	OPTION_ALLOW_SPF,
	OPTION_ALLOW_SENDERS,
	OPTION_TRUSTED_RELAYS,
	OPTION_KNOWN_BOTS,
	OPTION_SUSPECT_NAMES,
	OPTION_OUR_DOMAINS,
	OPTION_TRAP_ADDRESSES,
	OPTION_HEARTBEAT_LIMIT,
	OPTION_COURTESY,
	OPTION_RESET_LIMIT,
	OPTION_KILL_CONNECTIONS,
	OPTION_SOCKET_GROUP,
	OPTION_MX,
	OPTION_SUBMISSION,
	OPTION_XDP,
	OPTION_RING,
	OPTION_FLOWS,
	OPTION_CLIENT_BUDGET,
	OPTION_SERVER_BUDGET,
	OPTION_SESSIONS,
	OPTION_VERDICTS_MAX,
	OPTION_VERDICTS_PER_MINUTE,
	OPTION_LIMIT_RATE,
	OPTION_LIMIT_BURST,
	OPTION_LIMIT_V4_PREFIX,
	OPTION_LIMIT_V6_PREFIX,
	OPTION_LIMIT_WATCHED,
	OPTION_TRUST_ACCEPTED,
	OPTION_TRUST_SUSPEND,
	OPTION_TRUST_RELAYS,
	OPTION_LOG_TO,
	OPTION_LOG_FORMAT,
	OPTION_LOG_FACILITY,
	OPTION_LOG_RATE,
	OPTION_LOG_KNOCKS,
	OPTION_LOG_KNOCKS_MOST,
	OPTION_LOG_DAILY,
	OPTION_LOG_EVENTS,
	OPTION_LOG_RECIPIENTS,
	OPTION_METRICS_LISTEN,
	OPTION_CONVICTING,
	OPTION_CONVICTING_CAP,
	OPTION_SCORED,
	OPTION_SCORED_CAP,
	OPTION_DNS_CHECKS,
	OPTION_DNSBL_SITES,
	OPTION_BRANDS,
	OPTION_DNS_SERVERS,
	OPTION_DNS_STUBS,
	OPTION_DNS_TIMEOUT,
	OPTION_DNS_TTL_MIN,
	OPTION_DNS_TTL_MAX,
	OPTION_DNS_CACHE,
	OPTION_DNS_SUSPECT_SHARE,
	OPTION_FINDING_ENABLED,
	OPTION_FINDING_POINTS,
	OPTION_FINDING_MILD_POINTS,
	OPTION_FINDING_CONVICTS,
	OPTION_FINDING_TTL,
	OPTION_FINDING_PORTS,
	OPTION_PATTERN_ON,
	OPTION_PATTERN_MATCH,
	OPTION_PATTERN_CLASS,
	OPTION_PATTERN_POINTS,
	OPTION_PATTERN_CONVICTS,
	OPTION_PATTERN_TTL,
	OPTION_PATTERN_PORTS,
	OPTION_LIST_ENABLED,
	OPTION_LIST_KIND,
	OPTION_LIST_CONVICT,
	OPTION_LIST_SCORE,
	OPTION_LIST_PORTS,
	OPTION_LIST_FAMILIES,
	OPTION_LIST_TESTED,
	OPTION_LIST_CANARY,
	OPTION_LIST_RATE,
	OPTION_LIST_DAILY,
	OPTION_LIST_PROBE,
	OPTION_LIST_KEY,
	OPTION_FEED_ENABLED,
	OPTION_FEED_URL,
	OPTION_FEED_FORMAT,
	OPTION_FEED_ACTION,
	OPTION_FEED_POINTS,
	OPTION_FEED_PORTS,
	OPTION_FEED_WEIGHT,
	OPTION_FEED_INTERVAL,
	OPTION_FEED_MAX_AGE,
	OPTION_FEED_MAX_SIZE,
	OPTION_FEED_MAX_UNPACKED,
	OPTION_FEED_TIMEOUT,
	OPTION_FEED_GUARD,
	OPTION_FEED_USERNAME,
	OPTION_FEED_PASSWORD,
	OPTION_FEED_HEADERS,
	OPTION_FEED_PROXY,
	OPTION_COUNT,
};

/* Those before are given once; those from here on once in each section that has a title. */
#define OPTION_TITLED   OPTION_FINDING_ENABLED
#define FINDING_OPTIONS (OPTION_FINDING_PORTS + 1 - OPTION_FINDING_ENABLED)
#define PATTERN_OPTIONS (OPTION_PATTERN_PORTS + 1 - OPTION_PATTERN_ON)
#define LIST_OPTIONS    (OPTION_LIST_KEY + 1 - OPTION_LIST_ENABLED)
#define FEED_OPTIONS    (OPTION_FEED_PROXY + 1 - OPTION_FEED_ENABLED)

#define WHY_TEXT 320

struct config_option {
	enum section_id section;
	const char *name;
	enum option_shape shape;
	/*
	 * Into struct config; of findings: struct finding_rule; of patterns: pattern_draft; of
	 * lists: list_draft; of feeds: feed_draft.
	 */
	size_t offset;
	uint32_t min, max;
	/*
	 * One value. Writes to *out what the shape asks for (for SHAPE_NAMES and SHAPE_TEXT
	 * nothing: the text is the value), or `why`: what is wrong with the value and what to do.
	 */
	bool (*parse)(void *out, const struct config_option *option, const char *text,
		      char why[WHY_TEXT]);
};

extern const struct config_option options[OPTION_COUNT];
extern const char *const section_names[SECTION_COUNT]; /* NULL for the top */

/* OPTION_COUNT where the section has no such option. */
enum option_id option_find(enum section_id section, const char *name, size_t len);
/* SECTION_TOP where no section is called so. */
enum section_id section_find(const char *name, size_t len);

static inline bool section_has_title(enum section_id section)
{
	return section >= SECTION_FINDING && section < SECTION_COUNT;
}

/* Its value is, or may hold, what must be shown nowhere. */
bool option_is_secret(enum option_id id);

static inline bool option_is_list(const struct config_option *option)
{
	return option->shape >= SHAPE_NAMES;
}

/* "verdicts.max": an option as messages name it. */
#define OPTION_LABEL 48
const char *option_label(char text[OPTION_LABEL], const struct config_option *option);

#endif
