/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A configuration in the making: the values so far, and the line each came from, so that a
 * contradiction between two options can be told where it stands.
 */
#ifndef MXDP_CONFIG_DRAFT_H
#define MXDP_CONFIG_DRAFT_H

#include "config.h"
#include "option.h"
#include "problems.h"

/* Where an option was given last. */
struct source {
	unsigned line; /* 0: not given */
	bool bad;      /* reported already; its value is not to be compared with others */
};

struct draft {
	struct config *config; /* holds the defaults at first */
	struct problems *problems;
	bool cut; /* not all of the text was read: what is missing contradicts nothing */
	struct source option[OPTION_COUNT]; /* but those of findings */
	struct source finding[FINDING_COUNT][OPTION_COUNT - OPTION_FINDING_ENABLED];
};

/*
 * Reads the values of a text that outline_walk() has been over, by libConfuse. False only where
 * memory ran out; mistakes go to draft->problems.
 */
bool draft_read(struct draft *draft, const char *text);

/* Reports what is wrong between options rather than within one. */
void draft_check(const struct draft *draft);

void names_free(struct name_list *names);

#endif
