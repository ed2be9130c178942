// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <unistd.h>

#include "ask.h"
#include "cli.h"

/* Standard input is a terminal: somebody is there to be asked. */
static bool is_agreed(void)
{
	char answer[16];

	fputs("Remove all verdicts, automatic ones and those set by hand? [y/N] ", stderr);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

int cmd_flush(int argc, char **argv)
{
	static const struct option words[] = {{"yes", no_argument, NULL, 'y'}, CLI_WORDS};
	struct question question = {.patience = ASK_CHANGE};
	bool yes = false;
	json_int_t done;
	int c, code;

	while ((c = cli_next(argc, argv, ":y", words)) != -1) {
		if (c != 'y')
			return CLI_USAGE;
		yes = true;
	}
	if (optind < argc)
		return cli_misused("`flush' removes all verdicts; for some of them there is "
				   "`unblock'");
	if (!yes && !isatty(STDIN_FILENO))
		return cli_misused("this removes all verdicts: write --yes where nobody can be "
				   "asked");
	if (!yes && !is_agreed())
		return cli_failed("nothing was removed");
	question.request = ask_request("flush", NULL);
	code = ask_to_change(&question, &done);
	if (code == CLI_DONE && !cli.json)
		printf("removed: %lld %s\n", (long long)done, done == 1 ? "verdict" : "verdicts");
	return code;
}
