/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of dnsbl_sites: postscreen's syntax (dns/list.h reads it) with what mxdp knows of the
 * zone. A site whose points are 10 or more convicts alone; the codes of a site that names none are
 * those of the zone's preset, where there is one.
 */
#ifndef MXDP_CONFIG_SITES_H
#define MXDP_CONFIG_SITES_H

#include "../dns/list.h"

/* One site as a list of one group; false with `why`, which quotes the text without a key. */
bool site_parse(struct list *out, const char *text, char *why, size_t why_size);

/*
 * Adds a site to the `count` lists, which have room for one more: a zone with the same kind that is
 * there already gets one more group. False with `why`, and nothing is changed.
 */
bool site_add(struct list *lists, size_t *count, size_t room, const struct list *site, char *why,
	      size_t why_size);

/* The list of that kind that asks the same zone, as people see it; NULL where there is none. */
const struct list *lists_find(const struct list *lists, size_t count, const char *shown,
			      enum list_kind kind);

#endif
