// SPDX-License-Identifier: GPL-2.0-or-later
/* explain: what stands against an address or a domain now, and who says so. */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "cli.h"
#include "text.h"

/* Each list may take its whole time. */
#define EXPLAIN_PATIENCE 60

static const char *clean(char out[TEXT_CELL], const char *text)
{
	return text_clean(out, TEXT_CELL, text ? text : "?");
}

static void show_verdict(const json_t *verdict, bool monitor)
{
	const char *action = field_text(verdict, "action");
	json_int_t left = field_number(verdict, "expires_in", -1);
	json_int_t hits = field_number(verdict, "hits", 0);
	char text[TEXT_CELL], span[TEXT_SPAN];
	bool watch = action && !strcmp(action, "watch");

	printf("%s%s%s", paint(watch || monitor ? PAINT_WARN : PAINT_BAD),
	       watch     ? "passes, and is watched"
	       : monitor ? "would be dropped, but mxdp only counts (monitor mode)"
	       : action && !strcmp(action, "reset") ? "is refused with a reset"
						    : "is dropped",
	       paint(PAINT_NONE));
	printf(": %s", clean(text, field_text(verdict, "cause")));
	if (field_text(verdict, "reason") && *field_text(verdict, "reason"))
		printf(", %s", clean(text, field_text(verdict, "reason")));
	printf("\n             the verdict is on %s, for %s",
	       clean(text, field_text(verdict, "addr")), left < 0 ? "ever" : text_span(span, left));
	printf("; met %lld time%s", (long long)hits, hits == 1 ? "" : "s");
	if (hits)
		printf(", last %s ago", text_span(span, field_number(verdict, "last_hit", 0)));
	putchar('\n');
}

static void show_state(const json_t *data)
{
	const char *allowed = field_text(data, "allowed"), *mode = field_text(data, "mode");
	const json_t *verdict = json_object_get(data, "verdict");
	char text[TEXT_CELL];

	printf("%-12s ", clean(text, field_text(data, "ports")));
	if (allowed)
		printf("%spasses%s: never blocked (%s)\n", paint(PAINT_GOOD), paint(PAINT_NONE),
		       clean(text, allowed));
	else if (json_is_object(verdict))
		show_verdict(verdict, mode && !strcmp(mode, "monitor"));
	else
		printf("%spasses%s: there is no verdict on it\n", paint(PAINT_GOOD),
		       paint(PAINT_NONE));
}

static void show_names(const json_t *data)
{
	const json_t *names = json_object_get(data, "names"), *name;
	const char *confirmed = field_text(data, "confirmed");
	char text[TEXT_CELL];
	size_t i;

	printf("%-12s ", "its names");
	json_array_foreach(names, i, name)
		printf("%s%s", i ? ", " : "", clean(text, json_string_value(name)));
	if (!json_array_size(names))
		printf("%s",
		       !strcmp(field_text(data, "has_name") ? field_text(data, "has_name") : "",
			       "no")
			       ? "none"
			       : "unknown: the DNS does not answer");
	else if (confirmed)
		printf("   (confirmed by their addresses: %s)", clean(text, confirmed));
	putchar('\n');
}

static void show_points(const json_t *data)
{
	const json_t *groups = json_object_get(data, "groups"), *group;
	size_t i;

	json_array_foreach(groups, i, group)
	{
		const char *name = field_text(group, "name");
		char text[TEXT_CELL];

		printf("; %s%s%lld points%s", name && *name ? clean(text, name) : "",
		       name && *name ? ": " : "", (long long)field_number(group, "points", 0),
		       field_is_true(group, "convicts") ? ", blocks alone" : "");
	}
}

static void show_codes(const json_t *data)
{
	const json_t *codes = json_object_get(data, "codes"), *code;
	char text[TEXT_CELL];
	size_t i;

	json_array_foreach(codes, i, code)
		printf("%s%s", i ? ", " : " as ", clean(text, json_string_value(code)));
}

static void show_list(const json_t *data)
{
	bool listed = field_is_true(data, "listed");
	const char *reason = field_text(data, "reason");
	char text[TEXT_CELL];

	printf("%-12s ", clean(text, field_text(data, "kind")));
	printf("%s: ", clean(text, field_text(data, "list")));
	printf("%s%s%s", paint(listed ? PAINT_WARN : PAINT_NONE),
	       clean(text, field_text(data, "meaning")), paint(PAINT_NONE));
	if (listed)
		show_codes(data);
	else if (strcmp(field_text(data, "meaning") ? field_text(data, "meaning") : "",
			"not listed") != 0)
		printf(" (%s)", clean(text, field_text(data, "words")));
	if (listed)
		show_points(data);
	if (!field_is_true(data, "believed"))
		printf("; the list is %s and not believed", clean(text, field_text(data, "state")));
	putchar('\n');
	if (reason)
		printf("             it says: %s\n", clean(text, reason));
}

static int show(const json_t *data, void *told)
{
	const char *about = field_text(data, "about");

	*(size_t *)told += 1;
	if (cli.json)
		return ask_print_json(data, NULL);
	if (about && !strcmp(about, "state"))
		show_state(data);
	else if (about && !strcmp(about, "names"))
		show_names(data);
	else if (about && !strcmp(about, "list"))
		show_list(data);
	return 0;
}

int cmd_explain(int argc, char **argv)
{
	static const struct option words[] = {CLI_WORDS};
	struct ask_field fields[] = {{"entry", NULL}, {0}};
	size_t told = 0;
	struct question question = {.data = show, .context = &told, .patience = EXPLAIN_PATIENCE};
	int code;

	if (cli_next(argc, argv, ":", words) != -1)
		return CLI_USAGE;
	if (argc - optind != 1)
		return cli_misused("name one address or domain");
	fields[0].value = argv[optind];
	question.request = ask_request("explain", fields);
	code = ask(&question, NULL);
	if (code == CLI_DONE && !told && !cli.json)
		puts("no list of domains is asked, so nothing is known about it");
	return code;
}
