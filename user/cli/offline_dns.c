// SPDX-License-Identifier: GPL-2.0-or-later
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "cli.h"
#include "offline_dns.h"
#include "text.h"
#include "../base/log.h"
#include "../dns/suspect.h"

#define PROBES_GRACE 1000 /* milliseconds beyond the deadline of a question */

struct offline_dns {
	uv_loop_t loop;
	uv_timer_t patience; /* for the first probes */
	bool impatient;
	bool started; /* they are over */
	const struct config *config;
	struct evidence_sources sources;
	dns_ready_fn ready;
	void *context;
	struct dns_item *queue;
	size_t queued;
	size_t clients, nameless, unknown; /* about whose reverse names was asked */
};

/* Lists */

static void on_opened(unsigned list, const char *why, void *context)
{
	struct offline_dns *d = context;
	const struct evidence_of_list of_list = {&d->config->policy, list};
	struct dns_item *item;
	char text[TEXT_CELL];

	DL_FOREACH(d->queue, item) findings_forget(item->findings, evidence_is_of_list, &of_list);
	if (d->started)
		cli_failed("list %s is not believed any more, what was told before may rest on "
			   "it: %s",
			   d->config->lists[list].shown, text_clean(text, sizeof(text), why));
}

static bool all_probed(const struct offline_dns *d)
{
	json_t *lists = lists_json(d->sources.lists), *list;
	bool all = true;
	size_t i;

	json_array_foreach(lists, i, list) all &= field_number(list, "probes", 0) > 0;
	json_decref(lists);
	return all;
}

static void on_impatient(uv_timer_t *timer)
{
	struct offline_dns *d = timer->data;

	d->impatient = true;
}

static void wait_for_probes(struct offline_dns *d)
{
	uv_timer_start(&d->patience, on_impatient, d->config->dns.timeout * 1000 + PROBES_GRACE, 0);
	while (!d->impatient && !all_probed(d))
		uv_run(&d->loop, UV_RUN_ONCE);
	uv_timer_stop(&d->patience);
	d->started = true;
}

static void tell_unbelieved(const json_t *list)
{
	const char *words = field_text(json_object_get(list, "last_error"), "words");
	char text[TEXT_CELL];

	if (!field_is_true(list, "believed"))
		cli_failed("list %s is %s and not believed: %s", field_text(list, "name"),
			   field_text(list, "state"),
			   words ? text_clean(text, sizeof(text), words)
				 : "its test entries have not been answered yet");
}

static void tell_left_out(const json_t *list)
{
	const json_t *budget = json_object_get(list, "budget");
	const char *name = field_text(list, "name");
	long long skipped = (long long)(field_number(budget, "skipped_rate", 0) +
					field_number(budget, "skipped_daily", 0));
	long long untold = (long long)field_number(list, "untold", 0);
	long long silent =
		(long long)(field_number(list, "failures", 0) + field_number(list, "given_up", 0));

	if (skipped)
		cli_failed("list %s was not asked %lld questions, beyond `rate' or `daily': raise "
			   "them if its terms allow it",
			   name, skipped);
	if (untold)
		cli_failed("list %s: %lld of its listings were not believed", name, untold);
	if (silent)
		cli_failed("list %s: %lld questions without an answer", name, silent);
}

static void each_list(const struct offline_dns *d, void (*fn)(const json_t *list))
{
	json_t *lists = lists_json(d->sources.lists), *list;
	size_t i;

	json_array_foreach(lists, i, list) fn(list);
	json_decref(lists);
}

/* All is told: unlike the agent's, these judgements hurt nobody. */
static void tell_names(const struct offline_dns *d)
{
	uint32_t share = d->config->dns.suspect_share;

	if (d->unknown)
		cli_failed("the DNS did not tell the names of %zu of %zu clients", d->unknown,
			   d->clients);
	if (share && d->clients >= SUSPECT_CLIENTS && d->nameless * 100 > d->clients * share)
		cli_failed("%zu of %zu clients have no name in the DNS: if that is too many, the "
			   "resolver is what fails; see `servers' in the section dns",
			   d->nameless, d->clients);
}

/* Items */

static void on_client(const struct client_facts *facts, void *dns)
{
	struct offline_dns *d = dns;

	d->clients++;
	d->nameless += facts->has_name == FACT_NO;
	d->unknown += facts->has_name == FACT_UNKNOWN;
}

/* Which answer came first is nobody's business: the same words for the same answers. */
static void sort_new(const struct dns_item *item)
{
	struct finding *list = item->findings->list, moved;

	for (size_t i = item->before + 1; i < item->findings->count; i++) {
		size_t at = i;

		moved = list[i];
		for (; at > item->before &&
		       (list[at - 1].id > moved.id ||
			(list[at - 1].id == moved.id && list[at - 1].which > moved.which));
		     at--)
			list[at] = list[at - 1];
		list[at] = moved;
	}
}

static void give_back(struct offline_dns *d)
{
	struct dns_item *item;

	while ((item = d->queue) && !(item->evidence && evidence_waiting(item->evidence))) {
		DL_DELETE(d->queue, item);
		d->queued--;
		evidence_free(item->evidence);
		item->evidence = NULL;
		sort_new(item);
		d->ready(item, d->context);
	}
}

bool offline_dns_ask(struct offline_dns *d, struct dns_item *item, const struct addr *client,
		     enum port_class ports)
{
	static const struct evidence_handlers handlers = {.client = on_client};

	item->evidence = evidence_new(&d->sources, client, ports, item->findings, &handlers, d);
	return item->evidence;
}

void offline_dns_queue(struct offline_dns *d, struct dns_item *item)
{
	item->before = item->findings->count;
	DL_APPEND(d->queue, item);
	d->queued++;
	give_back(d);
	while (d->queued >= OFFLINE_DNS_MOST) {
		uv_run(&d->loop, UV_RUN_ONCE);
		give_back(d);
	}
}

void offline_dns_look(struct offline_dns *d)
{
	uv_run(&d->loop, UV_RUN_NOWAIT);
	give_back(d);
}

void offline_dns_until_readable(struct offline_dns *d, int fd)
{
	struct pollfd wait[] = {{.fd = fd, .events = POLLIN},
				{.fd = uv_backend_fd(&d->loop), .events = POLLIN}};

	do {
		offline_dns_look(d);
		if (!d->queue)
			fflush(stdout);
		wait[0].revents = 0;
		poll(wait, 2, uv_backend_timeout(&d->loop));
	} while (!wait[0].revents);
}

void offline_dns_finish(struct offline_dns *d)
{
	give_back(d);
	while (d->queue) {
		uv_run(&d->loop, UV_RUN_ONCE);
		give_back(d);
	}
}

/* Opening and closing */

static void end_loop(struct offline_dns *d)
{
	uv_close((uv_handle_t *)&d->patience, NULL);
	lists_free(d->sources.lists);
	resolver_free(d->sources.resolver);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	uv_loop_close(&d->loop);
	free(d);
}

static bool is_worth_asking(struct config *config)
{
	if (config->dns.checks == DNS_CHECKS_AUTO)
		config->dns.checks = DNS_CHECKS_YES;
	if (config->lists_count || config_dns_checks(config))
		return true;
	cli_failed("--dns: there is nobody to ask: the configuration names no list, and says "
		   "dns_checks = no");
	return false;
}

struct offline_dns *offline_dns_open(struct config *config, dns_ready_fn ready, void *context)
{
	static const struct lists_handlers handlers = {.opened = on_opened};
	const struct resolver_settings settings = config_resolver_settings(config);
	struct offline_dns *d;
	char error[TEXT_CELL] = "out of memory";

	if (!is_worth_asking(config))
		return NULL;
	/* What a budget leaves out is told at the end, and by mxdpctl. */
	log_setup(LOG_LEVEL_ERROR, false);
	d = calloc(1, sizeof(*d));
	if (!d || uv_loop_init(&d->loop)) {
		free(d);
		cli_failed("out of memory");
		return NULL;
	}
	d->config = config;
	d->ready = ready;
	d->context = context;
	d->sources.config = config;
	uv_timer_init(&d->loop, &d->patience);
	d->patience.data = d;
	d->sources.resolver = resolver_new(&d->loop, &settings, error, sizeof(error));
	if (d->sources.resolver)
		d->sources.lists = lists_new(&d->loop, d->sources.resolver, config->lists,
					     config->lists_count, &handlers, d);
	if (!d->sources.lists) {
		cli_failed("--dns: %s", error);
		end_loop(d);
		return NULL;
	}
	wait_for_probes(d);
	each_list(d, tell_unbelieved);
	return d;
}

void offline_dns_close(struct offline_dns *d)
{
	if (!d)
		return;
	each_list(d, tell_left_out);
	tell_names(d);
	end_loop(d);
}
