// SPDX-License-Identifier: GPL-2.0-or-later
/* allow, unallow */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "cli.h"
#include "entries.h"
#include "table.h"
#include "../base/names.h"
#include "../../maps/nets_user.h"

static const struct column columns[] = {
	{"NETWORK", false},
	{"BY", false},
	{"LEFT", true},
	{"REASON", false},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct listing {
	struct table table;
	unsigned special;
};

/* Networks that no client has are told by their number: they are not what was asked about. */
static int show_net(const json_t *data, void *listing)
{
	struct listing *l = listing;
	const char *kind = field_text(data, "kind");
	json_int_t left = field_number(data, "expires_in", -1);
	json_int_t age = field_number(data, "read_ago", -1);
	char span[TEXT_SPAN], ago[TEXT_SPAN], why[TEXT_CELL];
	const char *reason = field_text(data, "reason");
	const char *cells[COLUMNS] = {
		field_text(data, "net"),
		kind,
		left < 0 ? "forever" : text_span(span, left),
		age < 0 ? reason : why,
	};

	if (age >= 0)
		snprintf(why, sizeof(why), "%s, read %s ago", reason, text_span(ago, age));

	if (kind && !strcmp(kind, net_kind_name(NET_SPECIAL))) {
		l->special++;
		return 0;
	}
	if (table_row(&l->table, l->table.total, PAINT_NONE, cells))
		return 0;
	cli_failed("out of memory");
	return -1;
}

static int list_allowed(void)
{
	struct listing listing = {0};
	struct question question = {.context = &listing};
	int code;

	question.data = cli.json ? ask_print_json : show_net;
	question.request = ask_request("allowed", NULL);
	table_begin(&listing.table, columns, COLUMNS);
	code = ask(&question, NULL);
	table_end(&listing.table);
	if (code == CLI_DONE && !cli.json && !listing.table.total)
		puts("nobody is allowed in particular");
	if (code == CLI_DONE && listing.special)
		printf("and %u networks that no client has: loopback, private and so on (--json "
		       "names them)\n",
		       listing.special);
	return code;
}

static int change(int argc, char **argv, json_t *request, const char *told)
{
	struct entries entries;
	json_int_t done;
	int code = entries_read(&entries, argc, argv, stdin);

	if (code == CLI_DONE && entries.count) {
		code = entries_send(&entries, json_incref(request), &done);
		if (code == CLI_DONE && !cli.json)
			printf("%s: %lld %s\n", told, (long long)done,
			       entries_word((uint64_t)done));
	}
	json_decref(request);
	entries_free(&entries);
	return code;
}

int cmd_allow(int argc, char **argv)
{
	static const struct option words[] = {
		{"for", required_argument, NULL, 'f'},
		{"reason", required_argument, NULL, 'r'},
		CLI_WORDS,
	};
	const char *span = NULL, *reason = NULL;
	int c;

	while ((c = cli_next(argc, argv, ":", words)) != -1) {
		if (c == 'f' && cli_span_is_good("--for", optarg, true))
			span = optarg;
		else if (c == 'r' && cli_reason_is_good(optarg))
			reason = optarg;
		else
			return CLI_USAGE;
	}
	if (optind < argc) {
		const struct ask_field fields[] = {{"for", span}, {"reason", reason}, {0}};

		return change(argc, argv, ask_request("allow", fields), "allowed");
	}
	if (span || reason)
		return cli_misused("name an address or a network, or `-' for standard input");
	return list_allowed();
}

int cmd_unallow(int argc, char **argv)
{
	static const struct option words[] = {CLI_WORDS};

	if (cli_next(argc, argv, ":", words) != -1)
		return CLI_USAGE;
	if (optind == argc)
		return cli_misused("name an address or a network, or `-' for standard input");
	return change(argc, argv, ask_request("unallow", NULL), "no longer allowed");
}
