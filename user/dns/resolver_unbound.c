// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#include "../base/log.h"
#include "resolver_inside.h"

#define SOCKETS_MAX 8192 /* questions on the wire at a time; each has a socket of its own */

struct option {
	const char *name, *value;
};

/* Where libunbound's defaults do not suit us, or where much rests on them. */
static const struct option options[] = {
	/* No DNSSEC: lists are not signed, a forged "not listed" gains nothing that silence does
	 * not, and validation would double the questions. */
	{"module-config:", "iterator"},
	/* Each octet of an address would be asked about alone; rbldnsd denies the upper ones. */
	{"qname-minimisation:", "no"},
	/* A rbldnsd on this host. */
	{"do-not-query-localhost:", "no"},
	/* 10.in-addr.arpa and the like are the local name server's to answer, and the documentation
	 * networks' reverse zones are a laboratory's; "test." likewise (RFC 6761 6.2). */
	{"unblock-lan-zones:", "yes"},
	{"insecure-lan-zones:", "yes"},
	{"local-zone:", "test. nodefault"},
	{"local-zone:", UNBOUND_MARKER " always_nxdomain"},
	/* Names of mixed case (draft-vixie-dnsext-dns0x20) are lowered by some lists' servers and
	 * then asked again and again; ports and ids are random as it is. */
	{"use-caps-for-id:", "no"},
	/* A verdict must not rest on what a list said yesterday. */
	{"serve-expired:", "no"},
	{"prefetch:", "no"},
	/* A server that is silent for two seconds and a half (0.4, 0.8, 1.5) is given up, so that
	 * its questions hold memory and sockets for seconds, not minutes: they fail at once, until
	 * it is tried anew a quarter of a minute later. */
	{"infra-cache-max-rtt:", "2000"},
	{"outbound-msg-retry:", "3"},
	{"infra-host-ttl:", "15"},
	/* Other servers' names are looked up when they are needed, not in advance. */
	{"target-fetch-policy:", "0 0 0 0 0"},
	{"outgoing-num-tcp:", "16"},
	{"key-cache-size:", "4096"},
	{"neg-cache-size:", "4096"},
};

/* Room for that many sockets beside ours: libunbound asks with 16, and the rest would wait. */
unsigned unbound_sockets(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 256;
	if (limit.rlim_cur < 2 * SOCKETS_MAX && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur =
			limit.rlim_max < 2 * SOCKETS_MAX ? limit.rlim_max : 2 * SOCKETS_MAX;
		if (setrlimit(RLIMIT_NOFILE, &limit))
			getrlimit(RLIMIT_NOFILE, &limit);
	}
	return limit.rlim_cur < 2 * SOCKETS_MAX ? (unsigned)limit.rlim_cur / 2 : SOCKETS_MAX;
}

static int set(struct ub_ctx *ctx, const char *name, const char *value, char *error, size_t size)
{
	int err = ub_ctx_set_option(ctx, name, value);

	if (err)
		snprintf(error, size, "libunbound %s does not take '%s %s' (%s)", ub_version(),
			 name, value, ub_strerror(err));
	return err;
}

static int set_number(struct ub_ctx *ctx, const char *name, uint64_t value, char *error,
		      size_t size)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return set(ctx, name, text, error, size);
}

static int set_options(struct ub_ctx *ctx, const struct resolver_settings *s, unsigned sockets,
		       char *error, size_t size)
{
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{"outgoing-range:", sockets},
		/* Twice as much for the records as for the messages that refer to them. */
		{"msg-cache-size:", s->cache_bytes / 3},
		{"rrset-cache-size:", s->cache_bytes / 3 * 2},
		{"cache-min-ttl:", s->ttl_min},
		{"cache-max-ttl:", s->ttl_max},
		{"cache-max-negative-ttl:", s->negative_ttl_max},
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(options) / sizeof(options[0]); i++)
		err = set(ctx, options[i].name, options[i].value, error, size);
	for (size_t i = 0; !err && i < sizeof(numbers) / sizeof(numbers[0]); i++)
		err = set_number(ctx, numbers[i].name, numbers[i].value, error, size);
	return err;
}

/* `zone` NULL: for everything. */
static int set_server(struct ub_ctx *ctx, const char *zone, const struct dns_server *server,
		      char *error, size_t size)
{
	char addr[ADDR_TEXT], text[ADDR_TEXT + 8];
	int err;

	snprintf(text, sizeof(text), "%s@%u", addr_format(addr, &server->addr), server->port);
	err = zone ? ub_ctx_set_stub(ctx, zone, text, 0) : ub_ctx_set_fwd(ctx, text);
	if (err)
		snprintf(error, size, "libunbound does not take the server %s%s%s (%s)", text,
			 zone ? " for " : "", zone ? zone : "", ub_strerror(err));
	return err;
}

static int set_servers(struct ub_ctx *ctx, const struct resolver_settings *s, char *error,
		       size_t size)
{
	int err = 0;

	for (size_t i = 0; !err && i < s->servers_count; i++)
		err = set_server(ctx, NULL, &s->servers[i], error, size);
	for (size_t i = 0; !err && i < s->stubs_count; i++)
		err = set_server(ctx, s->stubs[i].zone, &s->stubs[i].server, error, size);
	return err;
}

struct ub_ctx *unbound_new(const struct resolver_settings *settings, unsigned sockets, char *error,
			   size_t error_size)
{
	struct ub_ctx *ctx = ub_ctx_create();

	if (!ctx) {
		snprintf(error, error_size, "libunbound cannot start: out of memory or sockets");
		return NULL;
	}
	/* It would tell every unreachable server on standard error. */
	if (!log_wants(LOG_LEVEL_DEBUG))
		ub_ctx_debugout(ctx, NULL);
	if (set_options(ctx, settings, sockets, error, error_size) ||
	    set_servers(ctx, settings, error, error_size) || ub_ctx_async(ctx, 1)) {
		ub_ctx_delete(ctx);
		return NULL;
	}
	return ctx;
}
