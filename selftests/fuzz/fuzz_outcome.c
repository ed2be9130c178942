// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as a line of `mxdpctl outcome -'. What is taken means the same when it is written
 * again; what is not has words that say why.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/cli/outcome_line.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* With its address, its word and no time. */
static void check_again(const struct outcome_line *line)
{
	char text[ADDR_TEXT + 16], addr[ADDR_TEXT];
	struct outcome_line again;
	const char *why;

	snprintf(text, sizeof(text), "%s %s", addr_format(addr, &line->client),
		 outcome_name(line->outcome));
	require(outcome_line_parse(&again, text, &why) && !again.timed);
	require(again.outcome == line->outcome);
	require(!memcmp(&again.client, &line->client, sizeof(again.client)));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *text = malloc(size + 1); /* of its own size: one byte too far is found */
	struct outcome_line line;
	const char *why = NULL;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (outcome_line_parse(&line, text, &why)) {
		require(line.outcome == OUTCOME_ACCEPTED || line.outcome == OUTCOME_REFUSED);
		/* Years have four digits. */
		require(line.at > -70000000000 && line.at < 300000000000);
		check_again(&line);
	} else {
		require(why && *why);
	}
	free(text);
	return 0;
}
