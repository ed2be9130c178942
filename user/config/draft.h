/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A configuration in the making: the values so far, and the line each came from, so that a
 * contradiction between two options can be told where it stands.
 */
#ifndef MXDP_CONFIG_DRAFT_H
#define MXDP_CONFIG_DRAFT_H

#include "config.h"
#include "option.h"
#include "outline.h"
#include "problems.h"

#define DRAFT_SITES_MAX 256

/* Where an option was given last. */
struct source {
	unsigned line; /* 0: not given */
	bool bad;      /* reported already; its value is not to be compared with others */
};

/* A pattern as far as it is written. */
struct pattern_draft {
	struct pattern_rule rule; /* the class is CLASS_COUNT where none is given */
	enum pattern_subject on;
	char *match; /* owned */
	unsigned line;
	struct source option[PATTERN_OPTIONS];
	bool adds[PATTERN_OPTIONS]; /* to what it begins with */
};

/* A list as far as it is written; what is not given is the preset's, or that of list_init(). */
struct list_draft {
	char zone[LIST_SHOWN];
	unsigned line;
	bool enabled, tested;
	enum list_kind kind;
	struct name_list convict, score, ports, families; /* owned, as are the next two */
	char *canary;
	char *key;
	uint32_t rate, daily, probe;
	struct source option[LIST_OPTIONS];
	bool adds[LIST_OPTIONS]; /* to what the preset has */
};

/* A feed as far as it is written; what is not given is the preset's, or that of any feed. */
struct feed_draft {
	char name[FEED_NAME];
	unsigned line;
	bool enabled;
	enum feed_format format;
	enum feed_action action;
	int points;
	uint32_t weight, interval, max_age, max_size, max_unpacked, timeout, guard;
	struct name_list ports, headers; /* owned, as are the next */
	char *url, *username, *password, *proxy;
	struct source option[FEED_OPTIONS];
	bool adds[FEED_OPTIONS]; /* to what it begins with */
};

struct draft {
	struct config *config; /* holds the defaults at first */
	struct problems *problems;
	bool cut; /* not all of the text was read: what is missing contradicts nothing */
	struct source option[OPTION_TITLED];
	struct source finding[FINDING_COUNT][FINDING_OPTIONS];
	bool adds[FINDING_COUNT][FINDING_OPTIONS]; /* of those, to what it begins with */
	size_t pattern_count;
	struct pattern_draft pattern[PATTERNS_MAX];
	size_t list_count;
	struct list_draft list[LIST_SECTIONS];
	size_t feed_count;
	struct feed_draft feed[FEED_SECTIONS];
	size_t site_count;                   /* values of dnsbl_sites whose line is known */
	unsigned site_line[DRAFT_SITES_MAX]; /* at the same index */
};

/* Knows from now on where things stand, and which patterns there are. */
void draft_begin(struct draft *draft, const struct landmarks *marks);

/*
 * Reads the values of a text that outline_walk() has been over, by libConfuse. False only where
 * memory ran out; mistakes go to draft->problems.
 */
bool draft_read(struct draft *draft, const char *text);

/*
 * Puts the patterns into the configuration, both halves at the same index. False only where memory
 * ran out.
 */
bool draft_take_patterns(struct draft *draft);
void draft_free_patterns(struct draft *draft);

/*
 * Makes the lists of dnsbl_sites and of the sections, and their rules; reports what is wrong with
 * them. False only where memory ran out.
 */
bool draft_take_lists(struct draft *draft);
void draft_free_lists(struct draft *draft);

/* The same with the feeds, whose rules stand behind those of the lists. */
bool draft_take_feeds(struct draft *draft);
void draft_free_feeds(struct draft *draft);

/* Reports what is wrong between options rather than within one. */
void draft_check(const struct draft *draft);

void names_free(struct name_list *names);
bool names_have(const struct name_list *names, const char *name);

/* The classes of ports that are named; with `adds' besides those in *out. False: none are. */
bool names_to_ports(bool out[PORTS_COUNT], const struct name_list *names, bool adds);

#endif
