// SPDX-License-Identifier: GPL-2.0-or-later
/* block, unblock */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "cli.h"
#include "entries.h"
#include "text.h"
#include "../base/names.h"
#include "../control/protocol.h"

struct block {
	const char *span, *reason, *action, *ports;
};

static bool take_block(struct block *b, int c)
{
	const char *actions[] = {action_name(ACTION_DROP), action_name(ACTION_RESET),
				 action_name(ACTION_WATCH), action_name(ACTION_LIMIT)};
	const char *ports[] = {ports_name(PORTS_MX), ports_name(PORTS_SUBMISSION), "all"};

	switch (c) {
	case 'f':
		b->span = optarg;
		return cli_span_is_good("--for", optarg, true);
	case 'r':
		b->reason = optarg;
		return cli_reason_is_good(optarg);
	case 'a':
		b->action = optarg;
		return cli_word_is_one_of("--action", optarg, actions, 4);
	case 'p':
		b->ports = optarg;
		return cli_word_is_one_of("--ports", optarg, ports, 3);
	}
	return false;
}

static void tell_block(const struct block *b, json_int_t done)
{
	const char *span = b->span ? b->span : CONTROL_BLOCK_DEFAULT;
	enum action action = ACTION_DROP;

	if (b->action)
		action_parse(&action, b->action);
	printf("%s %lld %s, %s%s\n",
	       action == ACTION_WATCH   ? "on watch:"
	       : action == ACTION_LIMIT ? "limited:"
					: "blocked:",
	       (long long)done, entries_word((uint64_t)done),
	       strcmp(span, CONTROL_FOREVER) ? "for " : "", span);
}

int cmd_block(int argc, char **argv)
{
	static const struct option words[] = {
		{"for", required_argument, NULL, 'f'},
		{"reason", required_argument, NULL, 'r'},
		{"action", required_argument, NULL, 'a'},
		{"ports", required_argument, NULL, 'p'},
		CLI_WORDS,
	};
	struct block b = {0};
	struct entries entries;
	json_int_t done;
	int c, code;

	while ((c = cli_next(argc, argv, ":", words)) != -1)
		if (!take_block(&b, c))
			return CLI_USAGE;
	if (optind == argc)
		return cli_misused("name an address or a network, or `-' for standard input");
	code = entries_read(&entries, argc, argv, stdin);
	if (code == CLI_DONE && entries.count) {
		const struct ask_field fields[] = {{"for", b.span},
						   {"reason", b.reason},
						   {"action", b.action},
						   {"ports", b.ports},
						   {0}};

		code = entries_send(&entries, ask_request("block", fields), &done);
		if (code == CLI_DONE && !cli.json)
			tell_block(&b, done);
	}
	entries_free(&entries);
	return code;
}

static void tell_unblock(json_int_t done)
{
	if (done)
		printf("unblocked: %lld %s; a day's grace\n", (long long)done,
		       done == 1 ? "verdict" : "verdicts");
	else
		puts("there was no verdict of exactly that (see `mxdpctl list')");
}

static int unblock_by(const char *by, const char *since)
{
	const struct ask_field fields[] = {{"by", by}, {"since", since}, {0}};
	struct question question = {.patience = ASK_CHANGE};
	json_int_t done;
	int code;

	question.request = ask_request("unblock", fields);
	code = ask_to_change(&question, &done);
	if (code == CLI_DONE && !cli.json)
		tell_unblock(done);
	return code;
}

static int unblock_entries(int argc, char **argv)
{
	struct entries entries;
	json_int_t done;
	int code = entries_read(&entries, argc, argv, stdin);

	if (code == CLI_DONE && entries.count) {
		code = entries_send(&entries, ask_request("unblock", NULL), &done);
		if (code == CLI_DONE && !cli.json)
			tell_unblock(done);
	}
	entries_free(&entries);
	return code;
}

int cmd_unblock(int argc, char **argv)
{
	static const struct option words[] = {
		{"by", required_argument, NULL, 'b'},
		{"since", required_argument, NULL, 's'},
		CLI_WORDS,
	};
	const char *by = NULL, *since = NULL;
	int c;

	while ((c = cli_next(argc, argv, ":", words)) != -1) {
		if (c == 'b' && cli_source_is_good("--by", optarg))
			by = optarg;
		else if (c == 's' && cli_span_is_good("--since", optarg, false))
			since = optarg;
		else
			return CLI_USAGE;
	}
	if (since && !by)
		return cli_misused("--since goes with --by");
	if (by && optind < argc)
		return cli_misused("name addresses, or a finding with --by, not both");
	if (!by && optind == argc)
		return cli_misused("name an address or a network, `-' for standard input, or --by");
	return by ? unblock_by(by, since) : unblock_entries(argc, argv);
}
