/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which events (journal.h) somebody wants to see. All that is asked for must hold; all zero lets
 * everything through. Pure; an event that lacks a field, or has it in another shape, does not have
 * what is asked for.
 */
#ifndef MXDP_JOURNAL_FILTER_H
#define MXDP_JOURNAL_FILTER_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>
#include "../base/addr.h"

struct event_filter {
	bool has_client;
	struct prefix client; /* who it is about, or what was blocked, inside or around */
	const char *event;    /* its kind; NULL: any */
	const char *finding;  /* among its findings, or its cause; "dnsbl" and "ZONE" stand for
				 "dnsbl:ZONE" too */
	time_t since;         /* time of day; 0: any */
};

/* The kinds of event that there are: journal.h says what stands in each. */
#define FILTER_EVENTS 14
extern const char *const filter_events[FILTER_EVENTS];

bool filter_wants(const struct event_filter *filter, const json_t *event);
/* Whether it wants less than everything. */
bool filter_is_set(const struct event_filter *filter);

/* Whether the networks share an address. */
bool filter_meets(const struct prefix *one, const struct prefix *other);

#endif
