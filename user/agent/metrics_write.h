/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page in Prometheus' text format, version 0.0.4 (prometheus.io/docs/instrumenting/
 * exposition_formats): families, each with its help, its type, and samples of any labels.
 *
 *   page_family(&p, "mxdp_map_entries", PAGE_GAUGE, "Entries of a map.");
 *   page_sample(&p, 17, "map", "flows", NULL);
 *
 * Names are ours and end in their unit: seconds, bytes, and _total for what only grows. Values of
 * labels may be anything: quotes and backslashes are escaped, and what is not printable ASCII
 * stands as \xHH. Memory that runs short makes the page fail as a whole, at its end.
 */
#ifndef MXDP_AGENT_METRICS_WRITE_H
#define MXDP_AGENT_METRICS_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include "../base/histogram.h"

enum page_type {
	PAGE_COUNTER,
	PAGE_GAUGE,
	PAGE_HISTOGRAM,
};

struct page {
	char *text; /* allocated; the caller's */
	size_t len, room;
	bool failed;
	const char *name; /* of the family */
};

void page_family(struct page *p, const char *name, enum page_type type, const char *help);
/* Pairs of label and value; NULL ends them. */
#define page_sample(p, value, ...) page_labelled(p, value, (const char *const[]){__VA_ARGS__})
void page_labelled(struct page *p, double value, const char *const *labels);
/* A family of one sample without labels. */
void page_counter(struct page *p, const char *name, const char *help, double value);
void page_gauge(struct page *p, const char *name, const char *help, double value);
void page_histogram(struct page *p, const char *name, const char *help,
		    const struct histogram *histogram);

#endif
