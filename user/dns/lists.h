/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists at work: asks each list that may be asked, probes each for its health, and says when
 * one of them can no longer be believed.
 *
 *   client or domain -> list_question -> resolver -> list_meaning -> health -> hit
 *
 * A list convicts only while it is healthy (health.h). A hit of one that is not is not told at all:
 * it is counted, and `mxdpctl dnsbl` says so. Only A is asked: the reasons (TXT) are fetched when
 * somebody wants them (`explain`).
 *
 * Who owns it tells people what happens to a list. From within a call all but lists_reload() and
 * lists_free() may be used.
 */
#ifndef MXDP_DNS_LISTS_H
#define MXDP_DNS_LISTS_H

#include <jansson.h>
#include <uv.h>
#include "list.h"
#include "resolver.h"

struct list_hit {
	unsigned list;    /* index of its settings */
	unsigned group;   /* of the list: one hit for each group that the answer is in */
	struct addr code; /* 127.0.0.x */
	uint32_t ttl;     /* seconds, of the answer */
};

struct lists_handlers {
	/* A list was opened: what rests on it is to be withdrawn. `why` is for people. */
	void (*opened)(unsigned list, const char *why, void *context);
	/* It may be believed (again). */
	void (*closed)(unsigned list, void *context);
};

struct lists;
struct lists_query;

/* One call for each hit, as answers arrive, then one with NULL: all are answered or given up. The
 * query is gone then. Never called from within lists_ask_*(). */
typedef void (*lists_fn)(const struct list_hit *hit, void *context);

/* `settings` is copied. Probing begins at once. `handlers` may be NULL. NULL: out of memory. */
struct lists *lists_new(uv_loop_t *loop, struct resolver *resolver, const struct list *settings,
			size_t count, const struct lists_handlers *handlers, void *context);
/*
 * Other settings, the same life: a list with the same zone and the same kind keeps its health, its
 * counters and its budget. Queries under way end, without hits of lists that are gone.
 */
bool lists_reload(struct lists *lists, const struct list *settings, size_t count);
void lists_free(struct lists *lists);

/* NULL where no list is to be asked, or memory is short: nobody is called then. */
struct lists_query *lists_ask_addr(struct lists *lists, const struct addr *addr,
				   enum port_class ports, lists_fn fn, void *context);
struct lists_query *lists_ask_domain(struct lists *lists, const char *domain, enum list_kind kind,
				     enum port_class ports, lists_fn fn, void *context);
void lists_cancel(struct lists_query *query);

/*
 * What every list says now about an address or a domain, past health and budget (of DNSBLs and
 * DNSWLs, or of RHSBLs), each with its meaning in words, its TXT, its TTL: a JSON array, owned by
 * the callback. Bounded by the resolver's deadline.
 */
typedef void (*lists_explained_fn)(json_t *answers, void *context);
bool lists_explain(struct lists *lists, const char *addr_or_domain, lists_explained_fn fn,
		   void *context);

/*
 * One object a list: name, kind, state, believed, since (seconds in this state), last_error (words,
 * and their age in seconds; or null), questions, hits, untold (hits that were not believed),
 * latency (median and p99 in milliseconds, or null), budget, overlap (how often another list had
 * the same client). For `mxdpctl dnsbl` and `status`; no key in it.
 */
json_t *lists_json(const struct lists *lists);

/* The same as plain figures, without those that take time to work out. False: no such list. */
struct lists_figures {
	const char *name, *kind, *state; /* the first as long as the list lives */
	bool believed;
	uint64_t since; /* seconds in this state */
	uint64_t questions, hits, untold, failures;
	uint64_t skipped_daily, skipped_rate;
};

bool lists_figures(const struct lists *lists, size_t i, struct lists_figures *out);

#endif
