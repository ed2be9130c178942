/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `top' makes of one snapshot (top_gather.h) after the other: rates, rows in order. Pure; what
 * it holds of the agent's words is as they came, to be cleaned where it is shown.
 */
#ifndef MXDP_CLI_TOP_MODEL_H
#define MXDP_CLI_TOP_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define TOP_ROWS    64
#define TOP_HEALTH  64
#define TOP_PAST    512 /* rates that are kept, for the sparkline */
#define TOP_UNKNOWN (-1.0)

enum top_sort {
	TOP_BY_RATE,
	TOP_BY_HITS,
	TOP_BY_AGE, /* the newest first */
	TOP_SORTS,
};

struct top_row {
	const json_t *verdict;
	double rate; /* hits a second, or TOP_UNKNOWN */
};

enum top_state {
	TOP_BROKEN, /* it does not count */
	TOP_WEAK,
	TOP_WELL,
};

/* A DNS list or a feed. */
struct top_health {
	const char *name, *kind, *word;
	const char *why; /* it is not well; NULL where it is */
	enum top_state state;
};

/* A second each, or TOP_UNKNOWN. */
struct top_rates {
	double passed, dropped;
	double spared;  /* of those that passed: enforce mode would have stopped them */
	double replies; /* of the mail server, as the tap sees them */
	double lost;    /* records that the ring had no room for */
};

struct top_model {
	json_t *snapshot; /* the newest; NULL before the first */
	json_t *before;   /* the one before, where the rows are of the same agent */
	bool agent;       /* it answered the newest */
	enum top_sort sort;

	struct top_rates rates;
	double passed[TOP_PAST], dropped[TOP_PAST]; /* the oldest first */
	size_t past;

	struct top_row row[TOP_ROWS];
	size_t rows;
	struct top_health health[TOP_HEALTH]; /* the worst first */
	size_t healths;
};

/* Takes over `snapshot'. */
void top_model_take(struct top_model *m, json_t *snapshot);
void top_model_sort(struct top_model *m, enum top_sort sort);
void top_model_free(struct top_model *m);

/* The i-th newest decision; NULL where there is none. */
const json_t *top_model_verdict(const struct top_model *m, size_t i);
size_t top_model_verdicts(const struct top_model *m);

#endif
