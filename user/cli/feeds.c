// SPDX-License-Identifier: GPL-2.0-or-later
/* feeds: the lists of addresses, how they are, and to have them fetched now. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "cli.h"
#include "feeds.h"
#include "table.h"
#include "../config/suggest.h"
#include "../feeds/presets.h"

static const struct column columns[] = {
	{"FEED", false}, {"ACTION", false}, {"ENTRIES", true}, {"CHANGED", true}, {"CHECKED", true},
	{"NEXT", true},  {"HITS", true},    {"STOPPED", true}, {"STATE", false},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const char *number(char out[TEXT_SPAN], const json_t *feed, const char *key, bool sampled)
{
	snprintf(out, TEXT_SPAN, "%s%lld", sampled ? "~" : "",
		 (long long)field_number(feed, key, 0));
	return out;
}

/* "3h ago"; NULL where it never was. */
static const char *ago(char out[TEXT_SPAN + 8], const json_t *feed, const char *key)
{
	json_int_t seconds = field_number(feed, key, -1);
	char span[TEXT_SPAN];

	if (seconds < 0)
		return NULL;
	if (!seconds)
		return "now";
	snprintf(out, TEXT_SPAN + 8, "%s ago", text_span(span, seconds));
	return out;
}

static const char *next(char out[TEXT_SPAN + 8], const json_t *feed)
{
	json_int_t seconds = field_number(feed, "next_in", -1);
	char span[TEXT_SPAN];

	if (seconds <= 0)
		return seconds ? NULL : "now";
	snprintf(out, TEXT_SPAN + 8, "in %s", text_span(span, seconds));
	return out;
}

static const char *action(char out[TEXT_SPAN], const json_t *feed)
{
	const char *name = field_text(feed, "action");
	long long points = (long long)field_number(feed, "points", 0);

	if (!name || strcmp(name, "score") != 0)
		return name;
	snprintf(out, TEXT_SPAN, "score %lld", points);
	return out;
}

static bool is_in_state(const json_t *feed, const char *state)
{
	const char *is = field_text(feed, "state");

	return is && !strcmp(is, state);
}

static enum paint paint_of(const json_t *feed)
{
	if (is_in_state(feed, "stale"))
		return PAINT_BAD;
	return is_in_state(feed, "held") || is_in_state(feed, "failing") ? PAINT_WARN : PAINT_NONE;
}

static int show_row(const json_t *feed, void *context)
{
	struct table *table = context;
	bool sampled = field_is_true(feed, "sampled");
	char entries[TEXT_SPAN], hits[TEXT_SPAN], stopped[TEXT_SPAN], does[TEXT_SPAN];
	char changed[TEXT_SPAN + 8], checked[TEXT_SPAN + 8], due[TEXT_SPAN + 8];
	const char *cells[COLUMNS] = {
		field_text(feed, "name"),
		action(does, feed),
		number(entries, feed, "entries", false),
		ago(changed, feed, "changed"),
		ago(checked, feed, "checked"),
		next(due, feed),
		number(hits, feed, "hits", sampled),
		number(stopped, feed, "stopped", sampled),
		field_text(feed, "words"),
	};

	if (table_row(table, table->total, paint_of(feed), cells))
		return 0;
	cli_failed("out of memory");
	return -1;
}

/* One feed, a line for each thing */

static void say(const char *label, const char *text)
{
	char clean[TEXT_CELL * 2];

	if (text)
		printf("%s%-10s%s  %s\n", paint(PAINT_DIM), label, paint(PAINT_NONE),
		       text_clean(clean, sizeof(clean), text));
}

static void say_spans(const json_t *feed)
{
	char interval[TEXT_SPAN], most[TEXT_SPAN];

	printf("%s%-10s%s  every %s, at most a tenth more; too old after %s\n", paint(PAINT_DIM),
	       "fetched", paint(PAINT_NONE), text_span(interval, field_number(feed, "interval", 0)),
	       text_span(most, field_number(feed, "max_age", 0)));
}

static void say_lines(const json_t *feed)
{
	const json_t *remarks = json_object_get(feed, "remarks"), *remark;
	size_t i;

	printf("%s%-10s%s  %lld, of which %lld could not be used\n", paint(PAINT_DIM), "lines",
	       paint(PAINT_NONE), (long long)field_number(feed, "lines", 0),
	       (long long)field_number(feed, "unusable", 0));
	json_array_foreach(remarks, i, remark) say("", json_string_value(remark));
}

static int show_whole(const json_t *feed, void *unused)
{
	const char *name = field_text(feed, "name");
	const struct feed_preset *preset = feed_preset_find(name ? name : "");
	char changed[TEXT_SPAN + 8], checked[TEXT_SPAN + 8], due[TEXT_SPAN + 8], does[TEXT_SPAN];
	char hits[TEXT_SPAN], stopped[TEXT_SPAN];
	bool sampled = field_is_true(feed, "sampled");

	(void)unused;
	say("feed", name);
	say("state", field_text(feed, "words"));
	say("source", field_text(feed, "url"));
	say("action", action(does, feed));
	printf("%s%-10s%s  %lld\n", paint(PAINT_DIM), "entries", paint(PAINT_NONE),
	       (long long)field_number(feed, "entries", 0));
	say("changed", ago(changed, feed, "changed"));
	say("checked", ago(checked, feed, "checked"));
	say("next", next(due, feed));
	say_spans(feed);
	say("hits", number(hits, feed, "hits", sampled));
	say("stopped", number(stopped, feed, "stopped", sampled));
	say_lines(feed);
	say("terms", preset ? preset->terms : NULL);
	say("", preset ? preset->terms_url : NULL);
	return 0;
}

static int show_presets(void)
{
	json_t *known;
	int code = CLI_DONE;

	if (!cli.json) {
		feed_presets_show(stdout);
		return CLI_DONE;
	}
	known = feed_presets_json();
	if (!known || !text_json(stdout, known))
		code = cli_failed("out of memory");
	json_decref(known);
	return code;
}

static int show_feeds(const char *name)
{
	static struct table table;
	const struct ask_field fields[] = {{"name", name}, {0}};
	struct question question = {
		.data = cli.json ? ask_print_json
			: name   ? show_whole
				 : show_row,
		.context = &table,
		.request = ask_request("feeds", fields),
	};
	int code;

	table_begin(&table, columns, COLUMNS);
	code = ask(&question, NULL);
	if (code == CLI_DONE && !cli.json && !name && !table.total)
		puts("no feed is fetched: name some in feed sections; `mxdpctl feeds --presets' "
		     "shows those that are known");
	table_end(&table);
	return code;
}

static int misused(const char *word, bool force)
{
	struct suggestion near = suggest_for(word, strlen(word));
	char quoted[TEXT_QUOTE];

	suggest_try(&near, "sync");
	if (near.nearest)
		return cli_misused("%s: did you mean `sync'?", text_quote(quoted, word));
	return force ? cli_misused("--force is for `feeds sync'")
		     : cli_misused("one feed at a time");
}

int cmd_feeds(int argc, char **argv)
{
	static const struct option words[] = {
		{"presets", no_argument, NULL, 'p'},
		{"force", no_argument, NULL, 'f'},
		CLI_WORDS,
	};
	bool known = false, force = false;
	int c;

	while ((c = cli_next(argc, argv, ":", words)) != -1) {
		if (c != 'p' && c != 'f')
			return CLI_USAGE;
		known |= c == 'p';
		force |= c == 'f';
	}
	if (known)
		return optind < argc || force ? cli_misused("--presets stands alone")
					      : show_presets();
	if (optind < argc && !strcmp(argv[optind], "sync"))
		return feeds_sync(argc - optind - 1, argv + optind + 1, force);
	if (force || argc - optind > 1)
		return misused(optind < argc ? argv[optind] : "", force);
	return show_feeds(optind < argc ? argv[optind] : NULL);
}
