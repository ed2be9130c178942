/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking the agent, for verbs: connects, asks, and says in the operator's words what went wrong.
 */
#ifndef MXDP_CLI_ASK_H
#define MXDP_CLI_ASK_H

#include "../control/client.h"

#define ASK_ERROR  512
#define ASK_CHANGE 60 /* seconds that a change in bulk may take */
#define ASK_ERRORS 20 /* bad entries that are told one by one; the rest is counted */

/* That nobody answers, for verbs that can go on without the agent. */
struct absence {
	bool absent;
	bool hangs; /* somebody listens, and says nothing */
	char why[ASK_ERROR];
};

struct entries;

struct question {
	json_t *request; /* taken over; NULL means that memory ran out */
	client_fn data;  /* NULL: data is not wanted */
	void *context;
	unsigned patience;       /* seconds that the agent may be silent; 0: CLIENT_PATIENCE */
	bool follow;             /* the answer has no end, and may have none for long */
	bool until_gone;         /* wait until the agent has ended */
	struct absence *absence; /* NULL: that nobody answers is an error like others */
	const struct entries *entries; /* NULL, or where refused entries came from */
};

/*
 * Returns the exit code; what went wrong has been said, except for absence. On CLI_DONE the closing
 * object is in *closing, owned by the caller (NULL: not wanted).
 */
int ask(const struct question *question, json_t **closing);

/* The same for verbs that change something: with --json the closing object is printed. */
int ask_to_change(const struct question *question, json_int_t *done);

/* A data function that prints each object as a line of JSON. */
int ask_print_json(const json_t *data, void *unused);

struct ask_field {
	const char *key; /* NULL ends them */
	const char *value;
};

/*
 * {"verb": verb} with text fields (NULL for none). Values that are NULL are left out, so are those
 * that are no UTF-8. NULL where memory ran out.
 */
json_t *ask_request(const char *verb, const struct ask_field *fields);

#endif
