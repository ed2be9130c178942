/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the configuration says of a feed: a list of addresses that is fetched again and again.
 */
#ifndef MXDP_FEEDS_SETTINGS_H
#define MXDP_FEEDS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../../maps/ports.h"
#include "format.h"

#define FEEDS_MAX        32
#define FEED_NAME        32 /* with the terminating zero: feed_name_is_good() */
#define FEED_URL         1024
#define FEED_WEIGHT_FULL 100

enum feed_action {
	FEED_DROP, /* this and the next two in the kernel, as enum action of maps/verdict.h */
	FEED_RESET,
	FEED_WATCH,
	FEED_SCORE, /* asked by the policy engine, as a DNS list is */
	FEED_ALLOW, /* never blocked, and taken out of all sets */
	FEED_ACTION_COUNT,
};

struct feed_settings {
	char name[FEED_NAME];
	/*
	 * "https://", "http://", "rsync://" or "file:///PATH"; "stdin": only what `mxdpctl feeds
	 * sync NAME -' brings. No user or password in it: those stand below, so that it can be
	 * shown.
	 */
	char *url;
	enum feed_format format;
	enum feed_action action;
	bool ports[PORTS_COUNT];
	int points;        /* of FEED_SCORE */
	uint32_t weight;   /* of the first three: an address is stopped where they add up to
			      FEED_WEIGHT_FULL, so a feed below that needs another one to agree */
	uint32_t interval; /* seconds between fetches; no shorter than the preset's terms allow */
	uint32_t
		max_age; /* seconds since it was last known to be current; then it blocks nothing */
	uint64_t max_bytes;    /* as fetched */
	uint64_t max_unpacked; /* as read */
	uint32_t timeout;      /* seconds for one fetch, all in all */
	uint32_t guard;        /* percent of entries that one update may take away or add; 0: any */
	char *username, *password; /* Basic; NULL none. With headers[]: shown nowhere */
	char **headers;            /* "Name: value" */
	size_t headers_count;
	char *proxy;   /* URL; NULL none. The environment's are not asked */
	unsigned rule; /* of FEED_SCORE: index into policy.list[] */
};

/* Letters, digits, "-", "_" and ".", the first a letter or a digit: it names files, too. */
bool feed_name_is_good(const char *name, size_t len);

const char *feed_action_name(enum feed_action action);
bool feed_action_parse(enum feed_action *out, const char *text);

/* The path of a "file://" one; NULL: it is another. */
const char *feed_settings_path(const struct feed_settings *settings);

/* What they own, not themselves. */
void feed_settings_free(struct feed_settings *settings);

#endif
