// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * explain: what stands against an address, a network or a domain, what did, and who says so. The
 * first line is the answer; the rest is why.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ask.h"
#include "cli.h"
#include "explain.h"
#include "text.h"

/* Each list may take its whole time. */
#define EXPLAIN_PATIENCE 60

static const char *clean(char out[TEXT_CELL], const char *text)
{
	return text_clean(out, TEXT_CELL, text ? text : "?");
}

static bool is_text(const json_t *data, const char *key, const char *wanted)
{
	const char *text = field_text(data, key);

	return text && wanted && !strcmp(text, wanted);
}

static bool is_about(const json_t *data, const char *about)
{
	return is_text(data, "about", about);
}

static const char *ports_words(const json_t *data)
{
	return is_text(data, "ports", "mx") ? "port 25" : "ports 587 and 465";
}

static const char *fate_words(const json_t *state)
{
	return is_text(state, "action", "reset")   ? "refused with a reset"
	       : is_text(state, "action", "limit") ? "dropped where there are too many of them"
						   : "dropped";
}

static void say_verdict(const json_t *verdict)
{
	json_int_t left = field_number(verdict, "expires_in", -1);
	char text[TEXT_CELL], span[TEXT_SPAN];

	printf("verdict %s, ", clean(text, field_text(verdict, "cause")));
	if (left < 0)
		fputs("for ever", stdout);
	else
		printf("%s left", text_span(span, left));
}

static void say_feed(const json_t *feed)
{
	json_int_t others = field_number(feed, "others", 0);
	char text[TEXT_CELL];

	printf("feed %s ", clean(text, field_text(feed, "name")));
	printf("lists %s", clean(text, field_text(feed, "entry")));
	if (others > 0)
		printf(", and so %s %lld other%s", others == 1 ? "does" : "do", (long long)others,
		       others == 1 ? "" : "s");
}

/* Who decides. */
static void say_why(const json_t *state)
{
	if (is_text(state, "by", "feed"))
		say_feed(json_object_get(state, "feed"));
	else
		say_verdict(json_object_get(state, "verdict"));
}

static void say_passes(const char *why)
{
	printf("%spasses%s: %s", paint(PAINT_GOOD), paint(PAINT_NONE), why);
}

static void say_allowed(const json_t *state)
{
	char text[TEXT_CELL];

	say_passes("never blocked, ");
	printf("%s ", clean(text, field_text(state, "allowed_as")));
	if (is_text(state, "allowed_as", "feed")) {
		printf("%s", clean(text, field_text(state, "allowed")));
		return;
	}
	printf("%s", clean(text, field_text(state, "allowed_net")));
	if (!is_text(state, "allowed", field_text(state, "allowed_as")))
		printf(" (%s)", clean(text, field_text(state, "allowed")));
}

/* Neither a verdict nor a feed stands against it. */
static void say_nothing(const json_t *state, bool whole)
{
	const json_t *feed = json_object_get(state, "feed");

	if (field_text(state, "allowed") && !whole) {
		say_allowed(state);
		return;
	}
	say_passes(whole ? "no verdict on the network as a whole" : "no verdict");
	if (!field_is_true(feed, "stale"))
		return;
	fputs("; ", stdout);
	say_feed(feed);
	fputs(", and is too old to count", stdout);
}

static void say_fate(const json_t *state, bool whole)
{
	if (is_text(state, "fate", "syn-clean") || is_text(state, "fate", "syn-expired")) {
		say_nothing(state, whole);
		return;
	}
	if (is_text(state, "fate", "syn-allowed")) {
		say_allowed(state);
		return;
	}
	if (is_text(state, "fate", "syn-watched")) {
		say_passes(is_text(state, "action", "limit") ? "no limit is set; "
							     : "it is only watched; ");
	} else if (is_text(state, "fate", "syn-monitored")) {
		say_passes("monitor mode; ");
		printf("would be %s: ", fate_words(state));
	} else if (is_text(state, "fate", "syn-stale")) {
		say_passes("the agent is late, and nothing is dropped meanwhile; ");
	} else if (is_text(state, "fate", "syn-courtesy")) {
		say_passes("the next one, as a courtesy; those after it would be ");
		printf("%s: ", fate_words(state));
	} else {
		printf("would be %s%s%s: ", paint(PAINT_BAD),
		       is_text(state, "fate", "syn-dropped") ? "dropped" : fate_words(state),
		       paint(PAINT_NONE));
	}
	say_why(state);
}

/* "a SYN to port 25 would be dropped: verdict helo-our-address, 23m left" */
static void show_state(const json_t *state)
{
	const char *addr = field_text(state, "addr") ? field_text(state, "addr") : "?";
	char text[TEXT_CELL];

	printf("%s: a SYN to %s ", clean(text, addr), ports_words(state));
	say_fate(state, strchr(addr, '/'));
	if (field_text(state, "via"))
		printf("   (%s)", clean(text, field_text(state, "via")));
	putchar('\n');
}

static void show_hits(const json_t *verdict)
{
	json_int_t hits = field_number(verdict, "hits", 0);
	json_int_t first = field_number(verdict, "first_hit", -1);
	char span[TEXT_SPAN], last[TEXT_SPAN];

	printf("             set %s ago; met %lld time%s",
	       text_span(span, field_number(verdict, "age", 0)), (long long)hits,
	       hits == 1 ? "" : "s");
	if (hits)
		fputs(" since", stdout);
	if (hits > 1 && first >= 0)
		printf(", first %s ago", text_span(span, first));
	if (hits)
		printf(", last %s ago", text_span(last, field_number(verdict, "last_hit", 0)));
	putchar('\n');
}

/* What would take it off. */
static void show_ends(const json_t *verdict)
{
	json_int_t left = field_number(verdict, "expires_in", -1);
	json_int_t courtesy = field_number(verdict, "courtesy_in", -1);
	char text[TEXT_CELL], span[TEXT_SPAN];

	fputs("it ends      ", stdout);
	if (left >= 0)
		printf("in %s; ", text_span(span, left));
	if (courtesy >= 0)
		printf("when mail is accepted in a courtesy session (one SYN passes %s%s); ",
		       courtesy ? "in " : "now", courtesy ? text_span(span, courtesy) : "");
	printf("by `mxdpctl unblock %s'\n", clean(text, field_text(verdict, "addr")));
}

static void show_verdict(const json_t *state)
{
	const json_t *verdict = json_object_get(state, "verdict");
	char text[TEXT_CELL];

	if (!json_is_object(verdict))
		return;
	printf("%-12s on %s", is_text(state, "ports", "mx") ? "mx" : "submission",
	       clean(text, field_text(verdict, "addr")));
	printf(", %s", clean(text, field_text(verdict, "cause")));
	if (field_text(verdict, "reason") && *field_text(verdict, "reason"))
		printf(": %s", clean(text, field_text(verdict, "reason")));
	putchar('\n');
	show_hits(verdict);
	show_ends(verdict);
}

static void show_inside(const json_t *verdict, bool domain)
{
	char text[TEXT_CELL];

	printf("%-12s ", clean(text, field_text(verdict, "addr")));
	printf("%s on %s: ", clean(text, field_text(verdict, "action")), ports_words(verdict));
	say_verdict(verdict);
	if (domain)
		printf("   (in %s)", clean(text, field_text(verdict, "net")));
	putchar('\n');
}

static void show_inside_count(const json_t *data)
{
	long long count = (long long)field_number(data, "count", 0);
	long long shown = (long long)field_number(data, "shown", 0);

	if (!count)
		puts("inside       no verdicts");
	else if (count > shown)
		printf("inside       %lld verdicts; the first %lld are shown\n", count, shown);
	else
		printf("inside       %lld verdict%s\n", count, count == 1 ? "" : "s");
}

/* What a domain's SPF record names; what stands against that is told with the other addresses. */
static void show_spf(const json_t *data)
{
	long long networks = (long long)field_number(data, "networks", 0);
	long long shown = (long long)field_number(data, "shown", 0);
	long long left_out = (long long)field_number(data, "left_out", 0);
	long long wide = (long long)field_number(data, "wide", 0);
	char text[TEXT_CELL];

	if (!is_text(data, "outcome", "expanded")) {
		printf("spf          %s: ", clean(text, field_text(data, "outcome")));
		puts(clean(text, field_text(data, "why")));
		return;
	}
	printf("spf          %lld address%s", networks,
	       networks == 1 ? " or network" : "es and networks");
	if (networks > shown)
		printf("; the first %lld are shown", shown);
	if (left_out)
		printf("; %lld term%s cannot be known beforehand (ptr, exists, macros)", left_out,
		       left_out == 1 ? "" : "s");
	if (wide)
		printf("; %lld too wide: left out", wide);
	putchar('\n');
}

/* The history */

static const char *day_of(char out[32], json_int_t wall)
{
	time_t when = (time_t)wall;
	struct tm tm;

	if (!localtime_r(&when, &tm) || !strftime(out, 32, "%F %T", &tm))
		snprintf(out, 32, "?");
	return out;
}

static void show_findings(const json_t *verdict)
{
	const json_t *findings = json_object_get(verdict, "findings"), *finding;
	const char *reason = field_text(verdict, "reason");
	char text[TEXT_CELL];
	size_t i;

	json_array_foreach(findings, i, finding)
	{
		printf("             %s (%lld) ", clean(text, field_text(finding, "id")),
		       (long long)field_number(finding, "points", 0));
		puts(clean(text, field_text(finding, "detail")));
	}
	if (!json_array_size(findings) && reason && *reason)
		printf("             %s\n", clean(text, reason));
}

static void show_past(const json_t *verdict)
{
	json_int_t since = field_number(verdict, "since", 0);
	json_int_t ended = field_number(verdict, "ended", -1);
	json_int_t hits = field_number(verdict, "hits", 0);
	char text[TEXT_CELL], day[32], span[TEXT_SPAN];

	printf("history      %s  %s ", day_of(day, since),
	       clean(text, field_text(verdict, "action")));
	printf("%s on ", clean(text, field_text(verdict, "addr")));
	printf("%s, ", clean(text, field_text(verdict, "ports")));
	printf("%s", clean(text, field_text(verdict, "cause")));
	if (ended < 0)
		fputs(", in force", stdout);
	else
		printf(", %s after %s", clean(text, field_text(verdict, "ending")),
		       text_span(span, ended > since ? ended - since : 0));
	if (field_text(verdict, "by"))
		printf(" (%s)", clean(text, field_text(verdict, "by")));
	/* Those of a verdict in force are told above, as the kernel counts them. */
	if (ended >= 0)
		printf(", met %lld time%s", (long long)hits, hits == 1 ? "" : "s");
	if (hits > 1 && field_number(verdict, "hit_first", 0) && ended >= 0)
		printf(", first %s", day_of(day, field_number(verdict, "hit_first", 0)));
	if (field_number(verdict, "hit_last", 0) && ended >= 0)
		printf(", last %s", day_of(day, field_number(verdict, "hit_last", 0)));
	putchar('\n');
	show_findings(verdict);
}

static void show_history(const json_t *data, bool domain)
{
	const json_t *verdicts = json_object_get(data, "verdicts"), *verdict;
	char text[TEXT_CELL];
	size_t i;

	if (field_text(data, "problem"))
		printf("history      unknown: the journal cannot be read: %s\n",
		       clean(text, field_text(data, "problem")));
	else if (!json_array_size(verdicts) && !domain)
		puts("history      none: the journal has no verdict on it");
	json_array_foreach(verdicts, i, verdict) show_past(verdict);
}

/* Names and lists */

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

static void show_feed(const json_t *feed)
{
	json_int_t since = field_number(feed, "since", 0);
	char text[TEXT_CELL], span[TEXT_SPAN];

	printf("%-12s %s: ", "feed", clean(text, field_text(feed, "feed")));
	printf("%slisted%s as ", paint(PAINT_WARN), paint(PAINT_NONE));
	printf("%s, ", clean(text, field_text(feed, "entry")));
	if (since)
		printf("its entries are of %s ago; ", text_span(span, since));
	else
		printf("its entries came just now; ");
	printf("%s", clean(text, field_text(feed, "action")));
	if (is_text(feed, "action", "score"))
		printf(" %lld points", (long long)field_number(feed, "points", 0));
	if (field_number(feed, "weight", 100) < 100)
		printf(", with %lld of 100 of the weight that it takes",
		       (long long)field_number(feed, "weight", 0));
	if (!field_is_true(feed, "counts"))
		printf("; it is too old and counts for nothing");
	putchar('\n');
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

/* All of an answer, for it does not come in the order of a page. */
struct page {
	json_t *list;
	bool text;
};

static int keep(const json_t *data, void *context)
{
	struct page *page = context;

	if (cli.json && !page->text)
		return ask_print_json(data, NULL);
	json_array_append(page->list, (json_t *)data);
	return 0;
}

static bool is_domain(const json_t *list)
{
	const json_t *data;
	size_t i;

	json_array_foreach(list, i, data) if (is_about(data, "state")) return field_text(data,
											 "via");
	return true;
}

/* `show` for each object of that kind. */
static void each(const json_t *list, const char *about, void (*show)(const json_t *data))
{
	const json_t *data;
	size_t i;

	json_array_foreach(list, i, data) if (is_about(data, about)) show(data);
}

static void show_note(const json_t *data)
{
	char text[TEXT_CELL];

	printf("             %s\n", clean(text, field_text(data, "text")));
}

static void show_page(const json_t *list)
{
	const json_t *data;
	bool domain = is_domain(list);
	size_t i;

	each(list, "state", show_state);
	if (!domain)
		putchar('\n');
	each(list, "state", show_verdict);
	each(list, "spf", show_spf);
	each(list, "inside-count", show_inside_count);
	json_array_foreach(list, i, data) if (is_about(data, "inside")) show_inside(data, domain);
	each(list, "names", show_names);
	each(list, "feed", show_feed);
	each(list, "list", show_list);
	each(list, "note", show_note);
	json_array_foreach(list, i, data) if (is_about(data, "history")) show_history(data, domain);
	if (explain_has_text(list)) {
		puts("\nto tell whoever asks (`mxdpctl explain --text' prints this alone):\n");
		explain_print_text(list);
	}
}

int cmd_explain(int argc, char **argv)
{
	static const struct option words[] = {{"text", no_argument, NULL, 't'}, CLI_WORDS};
	struct ask_field fields[] = {{"entry", NULL}, {0}};
	struct page page = {.list = json_array()};
	struct question question = {.data = keep, .context = &page, .patience = EXPLAIN_PATIENCE};
	int c, code;

	while ((c = cli_next(argc, argv, ":", words)) != -1) {
		if (c != 't')
			return CLI_USAGE;
		page.text = true;
	}
	if (argc - optind != 1)
		return cli_misused("name one address, network or domain");
	fields[0].value = argv[optind];
	question.request = ask_request("explain", fields);
	code = ask(&question, NULL);
	if (code == CLI_DONE && page.text && !explain_has_text(page.list))
		code = cli_failed("there is no verdict on it, so there is nothing to tell");
	else if (code == CLI_DONE && page.text)
		explain_print_text(page.list);
	else if (code == CLI_DONE && !cli.json && !json_array_size(page.list))
		puts("no list of domains is asked, so nothing is known about it");
	else if (code == CLI_DONE && !cli.json)
		show_page(page.list);
	json_decref(page.list);
	return code;
}
