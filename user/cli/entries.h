/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses and networks as block, unblock, allow and unallow take them: words of the command line,
 * or "-" for one a line on standard input, where blank lines and # comments are skipped. All of
 * them are looked at before any is used; one that is bad spoils the lot.
 */
#ifndef MXDP_CLI_ENTRIES_H
#define MXDP_CLI_ENTRIES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct entries {
	json_t *list;   /* texts in their shortest form */
	unsigned *line; /* of standard input, for each; 0: from the command line */
	size_t count, room;
	size_t bad;
	bool bad_word; /* one of the bad came from the command line */
	bool no_memory, no_room;
};

/*
 * From argv[optind] on; `in` is standard input. Returns the exit code, and has said what is wrong.
 * That standard input held none is no mistake: it has been said, and the count is 0.
 */
int entries_read(struct entries *entries, int argc, char **argv, FILE *in);
void entries_free(struct entries *entries);

/* Asks for a change of all of them; takes over `request`. Returns the exit code. */
int entries_send(const struct entries *entries, json_t *request, json_int_t *done);

/* The line of standard input that holds `entry`; 0 where none does. */
unsigned entries_line(const struct entries *entries, const char *entry);

#define ENTRY_WHY 320
/* Why `text` is no address or network, and what to write instead. */
const char *entry_why(char why[ENTRY_WHY], const char *text);

#endif
