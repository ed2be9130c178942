// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "cli.h"
#include "table.h"
#include "../checks/finding.h"

static const struct column columns[] = {
	{"ID", false},  {"CLASS", false}, {"PORTS", false}, {"STATE", false}, {"POINTS", true},
	{"MILD", true}, {"ALONE", false}, {"BLOCK", true},  {"FOUND", true},  {"WHAT", false},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const char *number(char out[TEXT_SPAN], const json_t *data, const char *key)
{
	json_int_t n = field_number(data, key, 0);

	if (!n)
		return NULL;
	snprintf(out, TEXT_SPAN, "%lld", (long long)n);
	return out;
}

static int show_check(const json_t *data, void *table)
{
	bool enabled = field_is_true(data, "enabled"), convicts = field_is_true(data, "convicts");
	char points[TEXT_SPAN], mild[TEXT_SPAN], ttl[TEXT_SPAN], found[TEXT_SPAN];
	json_int_t seconds = field_number(data, "ttl", 0);
	const char *cells[COLUMNS] = {
		field_text(data, "id"),         field_text(data, "class"),
		field_text(data, "ports"),      enabled ? "on" : "off",
		number(points, data, "points"), number(mild, data, "mild_points"),
		convicts ? "convicts" : NULL,   seconds > 0 ? text_span(ttl, seconds) : NULL,
		number(found, data, "found"),   field_text(data, "text"),
	};
	struct table *t = table;

	if (table_row(t, t->total, enabled ? PAINT_NONE : PAINT_DIM, cells))
		return 0;
	cli_failed("out of memory");
	return -1;
}

static int list_checks(void)
{
	struct table table;
	struct question question = {.context = &table};
	int code;

	question.data = cli.json ? ask_print_json : show_check;
	question.request = ask_request("checks", NULL);
	table_begin(&table, columns, COLUMNS);
	code = ask(&question, NULL);
	table_end(&table);
	return code;
}

static int switch_check(const char *set, const char *id)
{
	const struct ask_field fields[] = {{"set", set}, {"id", id}, {0}};
	struct question question = {.request = ask_request("checks", fields)};
	json_int_t done;
	int code = ask_to_change(&question, &done);

	if (code == CLI_DONE && !cli.json)
		printf("%s is %s until mxdpd starts again; the configuration says it for good\n",
		       id, set);
	return code;
}

int cmd_checks(int argc, char **argv)
{
	static const struct option words[] = {CLI_WORDS};
	static const char *const states[] = {"on", "off"};
	const char *ids[FINDING_COUNT];

	if (cli_next(argc, argv, ":", words) != -1)
		return CLI_USAGE;
	if (optind == argc)
		return list_checks();
	if (argc - optind != 2)
		return cli_misused(
			"write `checks on ID' or `checks off ID', or nothing to see all");
	for (int id = 0; id < FINDING_COUNT; id++)
		ids[id] = finding_types[id].id;
	if (!cli_word_is_one_of("checks", argv[optind], states, 2) ||
	    (!strchr(argv[optind + 1], ':') && /* pattern:NAME, which the agent knows */
	     !cli_word_is_one_of("finding", argv[optind + 1], ids, FINDING_COUNT)))
		return CLI_USAGE;
	return switch_check(argv[optind], argv[optind + 1]);
}
