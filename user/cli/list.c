// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "cli.h"
#include "offline.h"
#include "table.h"
#include "../base/names.h"

static const struct column columns[] = {
	{"ADDRESS", false}, {"PORTS", false}, {"ACTION", false}, {"CAUSE", false},  {"AGE", true},
	{"LEFT", true},     {"HITS", true},   {"LAST", true},    {"REASON", false},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct list {
	const char *cause; /* NULL: any */
	const char *ports;
	struct table table;
};

static bool is_wanted(const struct list *list, const json_t *data)
{
	const char *cause = field_text(data, "cause"), *ports = field_text(data, "ports");

	if (list->cause && (!cause || strcmp(cause, list->cause) != 0))
		return false;
	return !list->ports || (ports && !strcmp(ports, list->ports));
}

static const char *span_or(char out[TEXT_SPAN], const json_t *data, const char *key,
			   const char *none)
{
	json_int_t seconds = field_number(data, key, -1);

	return seconds < 0 ? none : text_span(out, seconds);
}

static int show_row(struct list *list, const json_t *data)
{
	const char *action = field_text(data, "action");
	char age[TEXT_SPAN], left[TEXT_SPAN], last[TEXT_SPAN], hits[TEXT_SPAN];
	const char *cells[COLUMNS] = {
		field_text(data, "addr"),
		field_text(data, "ports"),
		action,
		field_text(data, "cause"),
		span_or(age, data, "age", NULL),
		span_or(left, data, "expires_in", "forever"),
		hits,
		span_or(last, data, "last_hit", "never"),
		field_text(data, "reason"),
	};
	json_int_t since = field_number(data, "age", 0);

	snprintf(hits, sizeof(hits), "%lld", (long long)field_number(data, "hits", 0));
	/* The newest first: that is what was asked about. */
	if (!table_row(&list->table, since > 0 ? (uint64_t)since : 0,
		       action && !strcmp(action, "watch") ? PAINT_DIM : PAINT_NONE, cells)) {
		cli_failed("out of memory");
		return -1;
	}
	return 0;
}

static int take(const json_t *data, void *context)
{
	struct list *list = context;

	if (!is_wanted(list, data))
		return 0;
	return cli.json ? ask_print_json(data, NULL) : show_row(list, data);
}

static int list_from_pins(struct list *list, const struct absence *absence)
{
	struct maps maps;
	char why[TEXT_CELL];
	int code;

	if (!offline_open(&maps, absence))
		return CLI_FAILED;
	fprintf(stderr, "%s: this is what the kernel holds, without the reasons\n",
		text_clean(why, sizeof(why), absence->why));
	code = offline_list(&maps, take, list);
	maps_close(&maps, 1);
	return code;
}

static int list_all(struct list *list)
{
	struct absence absence = {0};
	struct question question = {
		.request = ask_request("list", NULL),
		.data = take,
		.context = list,
		.absence = &absence,
	};
	int code;

	table_begin(&list->table, columns, COLUMNS);
	code = ask(&question, NULL);
	if (absence.absent)
		code = list_from_pins(list, &absence);
	table_end(&list->table);
	if (code == CLI_DONE && !cli.json && !list->table.total)
		puts(list->cause || list->ports ? "no such verdicts" : "no verdicts");
	return code;
}

int cmd_list(int argc, char **argv)
{
	static const struct option words[] = {
		{"cause", required_argument, NULL, 'c'},
		{"ports", required_argument, NULL, 'p'},
		CLI_WORDS,
	};
	const char *ports[] = {ports_name(PORTS_MX), ports_name(PORTS_SUBMISSION)};
	struct list list = {0};
	int c;

	while ((c = cli_next(argc, argv, ":", words)) != -1) {
		switch (c) {
		case 'c':
			if (!cli_cause_is_good("--cause", optarg))
				return CLI_USAGE;
			list.cause = optarg;
			break;
		case 'p':
			if (!cli_word_is_one_of("--ports", optarg, ports, PORTS_COUNT))
				return CLI_USAGE;
			list.ports = optarg;
			break;
		default:
			return CLI_USAGE;
		}
	}
	if (optind < argc)
		return cli_misused("there is nothing to say behind `list' but options");
	return list_all(&list);
}
