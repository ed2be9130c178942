// SPDX-License-Identifier: GPL-2.0-or-later
/* What stands on the page of feeds and DNS lists: as many samples as the configuration names. */
#include <time.h>

#include "../base/clock.h"
#include "feeds_inner.h"
#include "metrics.h"

typedef double (*list_value)(const struct lists_figures *list);

static double list_believed(const struct lists_figures *list)
{
	return list->believed;
}

static double list_since(const struct lists_figures *list)
{
	return (double)list->since;
}

static double list_questions(const struct lists_figures *list)
{
	return (double)list->questions;
}

static double list_hits(const struct lists_figures *list)
{
	return (double)list->hits;
}

static double list_untold(const struct lists_figures *list)
{
	return (double)list->untold;
}

static double list_failures(const struct lists_figures *list)
{
	return (double)list->failures;
}

static double list_skipped(const struct lists_figures *list)
{
	return (double)(list->skipped_daily + list->skipped_rate);
}

static const struct {
	const char *name, *help;
	enum page_type type;
	list_value value;
} list_families[] = {
	{"mxdp_list_believed", "Whether the DNS list is in order, so that its listings count.",
	 PAGE_GAUGE, list_believed},
	{"mxdp_list_state_age_seconds", "How long the DNS list has been in its state.", PAGE_GAUGE,
	 list_since},
	{"mxdp_list_questions_total", "Questions to the DNS list about clients, probes apart.",
	 PAGE_COUNTER, list_questions},
	{"mxdp_list_hits_total", "Listings of the DNS list, believed or not.", PAGE_COUNTER,
	 list_hits},
	{"mxdp_list_unbelieved_hits_total", "Of these, not believed.", PAGE_COUNTER, list_untold},
	{"mxdp_list_failures_total", "Questions that the DNS list did not answer well.",
	 PAGE_COUNTER, list_failures},
	{"mxdp_list_skipped_total",
	 "Questions that were not asked, for the list's rate or its daily budget.", PAGE_COUNTER,
	 list_skipped},
};

static void lists_states(struct page *p, const struct lists *lists)
{
	struct lists_figures list;

	page_family(p, "mxdp_list_state", PAGE_GAUGE,
		    "The state of the DNS list, by name: untested, healthy, degraded, open.");
	for (size_t i = 0; lists && lists_figures(lists, i, &list); i++)
		page_sample(p, 1, "list", list.name, "kind", list.kind, "state", list.state, NULL);
}

void metrics_lists(struct page *p, const struct agent *a)
{
	struct lists_figures list;

	lists_states(p, a->lists);
	for (size_t f = 0; f < sizeof(list_families) / sizeof(list_families[0]); f++) {
		page_family(p, list_families[f].name, list_families[f].type, list_families[f].help);
		for (size_t i = 0; a->lists && lists_figures(a->lists, i, &list); i++)
			page_sample(p, list_families[f].value(&list), "list", list.name, "kind",
				    list.kind, NULL);
	}
}

/* Feeds. What a feed that was never fetched has no value for is left out. */

typedef bool (*feed_value)(double *out, const struct feed_one *one);

static bool feed_entries(double *out, const struct feed_one *one)
{
	*out = (double)stock_entries(one->stock);
	return true;
}

static bool feed_in_force(double *out, const struct feed_one *one)
{
	*out = one->fresh;
	return true;
}

static bool feed_held(double *out, const struct feed_one *one)
{
	*out = one->held_why[0] != '\0';
	return true;
}

static bool feed_age(double *out, const struct feed_one *one)
{
	*out = (double)(boot_seconds() - one->checked);
	return one->stock;
}

static bool feed_success(double *out, const struct feed_one *one)
{
	*out = (double)((int64_t)time(NULL) - (boot_seconds() - one->checked));
	return one->stock;
}

static bool feed_max_age(double *out, const struct feed_one *one)
{
	*out = one->settings->max_age;
	return true;
}

static bool feed_fetches(double *out, const struct feed_one *one)
{
	*out = (double)one->fetches;
	return true;
}

static bool feed_failures(double *out, const struct feed_one *one)
{
	*out = (double)one->failed;
	return true;
}

static bool feed_hits(double *out, const struct feed_one *one)
{
	*out = (double)one->hits;
	return true;
}

static bool feed_stopped(double *out, const struct feed_one *one)
{
	*out = (double)one->stopped;
	return true;
}

static const struct {
	const char *name, *help;
	enum page_type type;
	feed_value value;
} feed_families[] = {
	{"mxdp_feed_entries", "Networks that the feed lists, each as long as it can be.",
	 PAGE_GAUGE, feed_entries},
	{"mxdp_feed_in_force", "Whether the feed is young enough to count.", PAGE_GAUGE,
	 feed_in_force},
	{"mxdp_feed_held", "Whether an update waits for somebody to say that it is right.",
	 PAGE_GAUGE, feed_held},
	{"mxdp_feed_age_seconds", "Since the feed was last known to be current.", PAGE_GAUGE,
	 feed_age},
	{"mxdp_feed_last_success_timestamp_seconds",
	 "When the feed was last known to be current, as a time of day.", PAGE_GAUGE, feed_success},
	{"mxdp_feed_max_age_seconds", "The age from which on the feed counts for nothing.",
	 PAGE_GAUGE, feed_max_age},
	{"mxdp_feed_fetches_total", "Attempts to fetch the feed, well or not.", PAGE_COUNTER,
	 feed_fetches},
	{"mxdp_feed_failures_total", "Of these, failed.", PAGE_COUNTER, feed_failures},
	{"mxdp_feed_hits_total", "SYNs from sources that the feed lists.", PAGE_COUNTER, feed_hits},
	{"mxdp_feed_stopped_total", "Of these, dropped or answered with a reset.", PAGE_COUNTER,
	 feed_stopped},
};

void metrics_feeds(struct page *p, const struct agent *a)
{
	const struct feeds *f = a->feeds;
	double value;

	page_gauge(p, "mxdp_feed_fetcher_up", "Whether the process that fetches feeds lives.",
		   f && f->child);
	for (size_t k = 0; k < sizeof(feed_families) / sizeof(feed_families[0]); k++) {
		page_family(p, feed_families[k].name, feed_families[k].type, feed_families[k].help);
		for (size_t i = 0; f && i < f->count; i++)
			if (feed_families[k].value(&value, f->one[i]))
				page_sample(p, value, "feed", f->one[i]->settings->name, "action",
					    feed_action_name(f->one[i]->settings->action), NULL);
	}
}
