/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration: read once from a file in libConfuse syntax, checked as a whole, then plain
 * data. Every option stands, with its default and its meaning, in mxdp.conf at the top of the tree.
 */
#ifndef MXDP_CONFIG_CONFIG_H
#define MXDP_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../base/addr.h"
#include "../dns/list.h"
#include "../dns/resolver.h"
#include "../feeds/settings.h"
#include "../log/settings.h"
#include "../policy/policy.h"
#include "../checks/dns.h"
#include "../checks/envelope.h"
#include "../checks/helo.h"
#include "../checks/pattern.h"
#include "../../maps/live.h"
#include "../../maps/ports.h"

#define CONFIG_DEFAULT_PATH "/etc/mxdp/mxdp.conf"

enum xdp_mode {
	XDP_ATTACH_AUTO, /* native, then generic */
	XDP_ATTACH_NATIVE,
	XDP_ATTACH_GENERIC,
};

struct name_list {
	size_t count;
	char **item;
};

struct prefix_list {
	size_t count;
	struct prefix *item;
};

/* Whether the DNS is asked about something. */
enum dns_checks {
	DNS_CHECKS_AUTO, /* where the file names a list or a server to ask */
	DNS_CHECKS_NO,
	DNS_CHECKS_YES,
};

/* How often a source under ACTION_LIMIT may connect. */
struct limit_config {
	uint32_t rate;      /* SYNs a minute; 0: no limit */
	uint32_t burst;     /* SYNs at once */
	uint32_t v4_prefix; /* those of one network share the rate */
	uint32_t v6_prefix;
};

struct dns_config {
	size_t servers_count;
	struct dns_server *servers; /* none: recursive from the root */
	size_t stubs_count;
	struct dns_stub *stubs;
	uint32_t timeout;       /* seconds */
	uint32_t ttl_min;       /* seconds: what a verdict by a list lives, clamped... */
	uint32_t ttl_max;       /* ...to these two */
	uint32_t cache_bytes;   /* of the resolver */
	uint32_t suspect_share; /* percent of clients without a reverse name, beyond which the
				   resolver is */
	/* The client's reverse name, its HELO, the sender's domain; as written: config_dns_checks()
	 * decides. */
	enum dns_checks checks;
	/* As written; what came of them stands above. */
	struct name_list server_texts;
	struct name_list stub_texts;
};

struct config {
	struct name_list interfaces; /* may be empty: then mxdpd wants them as arguments */
	enum mode mode;
	enum xdp_mode xdp_mode;
	uint16_t ports[PORTS_COUNT][PORTS_PER_CLASS]; /* host byte order; 0 ends the list */
	uint32_t heartbeat_limit;                     /* seconds */
	uint32_t courtesy;                            /* seconds; 0 none */
	uint32_t reset_limit;                         /* resets a second */
	bool kill_connections;

	struct prefix_list protect;        /* destinations besides our own addresses */
	struct prefix_list allow;          /* sources never blocked */
	struct name_list allow_names;      /* "mail.example.net", ".example.org": see there */
	struct name_list allow_spf;        /* domains whose SPF networks are never blocked */
	enum dns_checks allow_senders;     /* ours besides; config_allow_senders() decides */
	struct prefix_list trusted_relays; /* the same, and shown as relays */
	struct name_list our_names;
	struct prefix_list our_public_addresses; /* single addresses */
	struct name_list known_bots;
	struct name_list suspect_names;
	struct name_list our_domains;    /* that we receive mail for */
	struct name_list trap_addresses; /* "user@domain", or "@domain" for all of it */

	uint32_t verdicts_max;      /* entries in the verdict map */
	uint32_t blocks_per_minute; /* new ones; 0: as many as come */
	struct limit_config limit;
	uint32_t trust_accepted; /* sessions with accepted mail that earn trust; 0: none do */
	uint32_t
		trust_suspend; /* known-good clients convicted that suspend a finding; 0: none do */
	bool trust_relays;     /* a source of much mail is a relay */
	uint32_t flows_max;
	uint32_t ring_bytes;    /* power of two, a multiple of the page size */
	uint32_t client_budget; /* bytes of one flow that may go to the ring */
	uint32_t server_budget;
	uint32_t sessions_max; /* sessions followed at a time */
	struct log_settings log;
	uint32_t log_knocks;      /* seconds; 0: none are told */
	uint32_t log_knocks_most; /* sources with a line of their own */
	uint32_t log_daily;       /* minutes since midnight, plus 1; 0: no summary */
	uint32_t log_events;      /* events kept for `mxdpctl log` */
	bool log_recipients;      /* whole, instead of their domains only */
	char *metrics_listen;     /* an endpoint (base/endpoint.h) that serves /metrics; "": none */
	char *socket_group;       /* who besides root may use the control socket; "" for nobody */

	struct dns_config dns;
	/*
	 * The lists to ask, each once for its zone and kind. policy.list[] says what their groups
	 * mean (list_group.rule is the index into it); a zone may hold a key, `shown` never does.
	 */
	size_t lists_count;
	struct list *lists;
	struct name_list dnsbl_sites; /* as written, with what keys they hold: for nobody to see */
	/* Those that are switched on. Passwords and headers are for nobody to see. */
	size_t feeds_count;
	struct feed_settings *feeds;
	size_t brands_count;
	struct brand *brands;
	struct name_list brand_texts; /* as written; brands[] points into it */
	const char **brand_domains;

	struct policy policy;
	/* What policy.pattern[] says the meaning of, at the same index; owned. */
	size_t patterns_count;
	struct pattern *patterns[PATTERNS_MAX];
};

/*
 * Reads `path`. On success *out is filled and owned by the caller (config_free). On failure returns
 * false and *error, allocated, is one line a mistake, each "FILE:LINE: what is wrong and what to
 * do" (without LINE where the file itself is the mistake), newline-separated, no newline at the
 * end; NULL where memory ran out. Nothing of *out is to be freed then. Not for several threads at
 * a time: libConfuse is not.
 */
bool config_load(struct config *out, char **error, const char *path);

/* What stands in an empty file. Cannot fail but for memory, in which case it returns false. */
bool config_defaults(struct config *out);

void config_free(struct config *config);

/* The names the HELO checks compare with; points into `config`. */
struct helo_names config_helo_names(const struct config *config, const struct addr *our_addresses,
				    size_t our_addresses_count);

/* How the resolver is to work; points into `config`. */
struct resolver_settings config_resolver_settings(const struct config *config);

/* Whether names are asked about in the DNS, with what `auto` means decided. */
bool config_dns_checks(const struct config *config);
/* The same of the big senders' SPF records. */
bool config_allow_senders(const struct config *config);
/* Whether a client of that name, confirmed forward, is allowed by it. */
bool config_allows_name(const struct config *config, const char *name);
/* Whether the DNS is asked anything at all. */
bool config_needs_dns(const struct config *config);

/* The same as config_helo_names() for the envelope checks. */
struct envelope_names config_envelope_names(const struct config *config);

#endif
