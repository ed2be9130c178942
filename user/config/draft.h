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
};

struct draft {
	struct config *config; /* holds the defaults at first */
	struct problems *problems;
	bool cut; /* not all of the text was read: what is missing contradicts nothing */
	struct source option[OPTION_TITLED];
	struct source finding[FINDING_COUNT][FINDING_OPTIONS];
	size_t pattern_count;
	struct pattern_draft pattern[PATTERNS_MAX];
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

/* Reports what is wrong between options rather than within one. */
void draft_check(const struct draft *draft);

void names_free(struct name_list *names);

#endif
