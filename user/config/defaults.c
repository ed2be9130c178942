// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "config.h"
#include "dns.h"
#include "draft.h"

static bool copy_names(struct name_list *out, const char *const *names, size_t count)
{
	out->item = calloc(count + 1, sizeof(char *));
	if (!out->item)
		return false;
	for (; out->count < count; out->count++) {
		out->item[out->count] = strdup(names[out->count]);
		if (!out->item[out->count])
			return false;
	}
	return true;
}

bool config_defaults(struct config *out)
{
	*out = (struct config){
		.mode = MODE_MONITOR,
		.xdp_mode = XDP_ATTACH_AUTO,
		.ports = {[PORTS_MX] = {25}, [PORTS_SUBMISSION] = {587, 465}},
		.heartbeat_limit = 10 * 60,
		.courtesy = 60 * 60,
		.reset_limit = 1000,
		.kill_connections = false,
		.verdicts_max = 1U << 20,
		/*
		 * Twice what an attack of 100,000 bots a minute needs, and still five minutes until
		 * the default table of blocks is full.
		 */
		.blocks_per_minute = 200000,
		.limit = {.rate = 0, .burst = 5, .v4_prefix = 32, .v6_prefix = 64},
		.trust_accepted = 3,
		.trust_suspend = 3,
		.trust_relays = true,
		.flows_max = 1U << 16,
		.ring_bytes = 16U << 20,
		.client_budget = 8U << 10,
		.server_budget = 32U << 10,
		.sessions_max = 1U << 14,
		.log =
			{
				.to = LOG_TO_AUTO,
				.format = LOG_FORMAT_TEXT,
				.facility = LOG_MAIL,
				.rate = 30,
			},
		.log_knocks = 60 * 60,
		.log_knocks_most = 100,
		.log_events = 10000,
		.log_recipients = false,
		.socket_group = strdup("mxdp"),
		.metrics_listen = strdup(""),
		.dns =
			{
				.timeout = 5,
				.ttl_min = 60,
				.ttl_max = 60 * 60,
				.cache_bytes = 16U << 20,
				.suspect_share = 50,
				.checks = DNS_CHECKS_AUTO,
			},
	};
	policy_defaults(&out->policy);
	if (out->socket_group && out->metrics_listen &&
	    copy_names(&out->known_bots, helo_default_bots, helo_default_bots_count) &&
	    copy_names(&out->suspect_names, helo_default_suspects, helo_default_suspects_count) &&
	    config_build_dns(&out->dns) && config_build_brands(out))
		return true;
	config_free(out);
	return false;
}
