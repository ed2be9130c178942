// SPDX-License-Identifier: GPL-2.0-or-later
/* dnsbl: the DNS lists, how they are, and how much they agree. */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "cli.h"
#include "table.h"
#include "../dns/presets.h"

static const struct column columns[] = {
	{"LIST", false}, {"KIND", false},         {"STATE", false}, {"FOR", true},
	{"ASKED", true}, {"LISTED", true},        {"MS", true},     {"MS P99", true},
	{"TODAY", true}, {"LAST TROUBLE", false},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

#define OVERLAP_TEXT 1024

struct listing {
	struct table table;
	char overlap[LISTS_MAX][OVERLAP_TEXT]; /* a line each, told below the table */
	size_t overlaps;
};

static const char *number(char out[TEXT_SPAN], const json_t *object, const char *key)
{
	snprintf(out, TEXT_SPAN, "%lld", (long long)field_number(object, key, 0));
	return out;
}

static const char *milliseconds(char out[TEXT_SPAN], const json_t *latency, const char *key)
{
	const json_t *ms = json_object_get(latency, key);

	if (!json_is_number(ms))
		return NULL;
	snprintf(out, TEXT_SPAN, "%.1f", json_number_value(ms));
	return out;
}

static const char *budget(char out[TEXT_SPAN], const json_t *list)
{
	const json_t *b = json_object_get(list, "budget");
	long long used = (long long)field_number(b, "used", 0);
	long long daily = (long long)field_number(b, "daily", 0);

	if (daily)
		snprintf(out, TEXT_SPAN, "%lld/%lld", used, daily);
	else
		snprintf(out, TEXT_SPAN, "%lld", used);
	return out;
}

/* "zen.example: 31 of its 40 also in bl.example" */
static void keep_overlap(struct listing *l, const json_t *list)
{
	const json_t *overlap = json_object_get(list, "overlap"), *both;
	const char *other;
	size_t len;
	char *text;

	if (!json_object_size(overlap) || l->overlaps == LISTS_MAX)
		return;
	text = l->overlap[l->overlaps];
	len = (size_t)snprintf(text, OVERLAP_TEXT, "%s: of %lld", field_text(list, "name"),
			       (long long)field_number(list, "hits", 0));
	json_object_foreach((json_t *)overlap, other, both)
	{
		if (len < OVERLAP_TEXT)
			len += (size_t)snprintf(text + len, OVERLAP_TEXT - len, ", %lld also in %s",
						(long long)json_integer_value(both), other);
	}
	l->overlaps++;
}

static enum paint paint_of(const json_t *list)
{
	if (field_is_true(list, "believed"))
		return PAINT_NONE;
	return strcmp(field_text(list, "state") ? field_text(list, "state") : "", "open")
		       ? PAINT_WARN
		       : PAINT_BAD;
}

static int show_list(const json_t *data, void *listing)
{
	struct listing *l = listing;
	const json_t *latency = json_object_get(data, "latency");
	char since[TEXT_SPAN], asked[TEXT_SPAN], hits[TEXT_SPAN], median[TEXT_SPAN], p99[TEXT_SPAN];
	char used[TEXT_SPAN];
	const char *cells[COLUMNS] = {
		field_text(data, "name"),
		field_text(data, "kind"),
		field_text(data, "state"),
		text_span(since, field_number(data, "since", -1)),
		number(asked, data, "questions"),
		number(hits, data, "hits"),
		milliseconds(median, latency, "median"),
		milliseconds(p99, latency, "p99"),
		budget(used, data),
		field_text(json_object_get(data, "last_error"), "words"),
	};

	keep_overlap(l, data);
	if (table_row(&l->table, l->table.total, paint_of(data), cells))
		return 0;
	cli_failed("out of memory");
	return -1;
}

static int show_presets(void)
{
	json_t *known;

	if (!cli.json) {
		presets_show(stdout);
		return CLI_DONE;
	}
	known = presets_json();
	if (!known || !text_json(stdout, known)) {
		json_decref(known);
		return cli_failed("out of memory");
	}
	json_decref(known);
	return CLI_DONE;
}

int cmd_dnsbl(int argc, char **argv)
{
	static const struct option words[] = {{"presets", no_argument, NULL, 'p'}, CLI_WORDS};
	static struct listing listing;
	struct question question = {.context = &listing};
	bool known = false;
	int c, code;

	while ((c = cli_next(argc, argv, ":", words)) != -1) {
		if (c != 'p')
			return CLI_USAGE;
		known = true;
	}
	if (optind < argc)
		return cli_misused("there is nothing to say behind `dnsbl' but --presets");
	if (known)
		return show_presets();
	question.data = cli.json ? ask_print_json : show_list;
	question.request = ask_request("dnsbl", NULL);
	table_begin(&listing.table, columns, COLUMNS);
	code = ask(&question, NULL);
	table_end(&listing.table);
	for (size_t i = 0; i < listing.overlaps; i++)
		printf("%s%s\n", i ? "" : "\n", listing.overlap[i]);
	if (code == CLI_DONE && !cli.json && !listing.table.total)
		puts("no list is asked: name some in dnsbl_sites or list sections; `mxdpctl dnsbl "
		     "--presets' shows those that are known");
	return code;
}
