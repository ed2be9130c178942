// SPDX-License-Identifier: GPL-2.0-or-later
/* log: what was decided, about whom; --audit: who changed what by hand. */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ask.h"
#include "cli.h"
#include "entries.h"
#include "event.h"
#include "../base/duration.h"
#include "../journal/filter.h"
#include "../log/fail2ban.h"
#include "../log/settings.h"

#define LINES_DEFAULT 50
#define LINES_MOST    10000000

struct log {
	unsigned lines;
	bool follow, audit, fail2ban;
	const char *client, *event, *finding, *since; /* as they were said; NULL: any */
	struct event_filter filter;
};

/* An event that waits in a buffer is no news. */
static int flushed(void)
{
	if (!fflush(stdout))
		return 0;
	cli_failed("cannot write to standard output");
	return -1;
}

/* As mxdpd writes it itself where log.format is fail2ban. */
static void put_fail2ban(const json_t *event)
{
	const char *when = field_text(event, "time");
	char words[FAIL2BAN_TEXT], line[TEXT_CELL];

	if (!fail2ban_text(words, event))
		return;
	printf("%s ", text_clean(line, sizeof(line), when ? when : "-"));
	printf("mxdpd: %s\n", text_clean(line, sizeof(line), words));
}

/* Who follows is told of everything: what is not wanted is left out here. */
static int take(const json_t *event, void *context)
{
	const struct log *log = context;
	enum paint color = event_paint(event);
	char line[EVENT_TEXT];

	if (!filter_wants(&log->filter, event))
		return 0;
	if (cli.json)
		text_json(stdout, event);
	else if (log->fail2ban)
		put_fail2ban(event);
	else if (color == PAINT_NONE)
		puts(event_line(line, event));
	else
		printf("%s%s%s\n", paint(color), event_line(line, event), paint(PAINT_NONE));
	return log->follow ? flushed() : 0;
}

/* Changes by hand */

static bool concerns(const struct prefix *wanted, const json_t *request)
{
	const json_t *entry;
	struct prefix prefix;
	size_t i;

	json_array_foreach(json_object_get(request, "entries"), i, entry)
	{
		const char *text = json_string_value(entry);

		if (text && prefix_parse(&prefix, text) && filter_meets(wanted, &prefix))
			return true;
	}
	return false;
}

static const char *user_name(char out[TEXT_SPAN], const json_t *change)
{
	json_int_t uid = field_number(change, "uid", -1);
	const struct passwd *user = uid >= 0 ? getpwuid((uid_t)uid) : NULL;

	if (user)
		snprintf(out, TEXT_SPAN, "%s", user->pw_name);
	else if (uid >= 0)
		snprintf(out, TEXT_SPAN, "uid %lld", (long long)uid);
	else
		snprintf(out, TEXT_SPAN, "unknown");
	return out;
}

/* " 192.0.2.1 192.0.2.2 ... (100000 in all) for=1h reason=..." */
static void print_request(const json_t *request)
{
	const json_t *entries = json_object_get(request, "entries"), *value;
	char text[TEXT_CELL];
	const char *key;
	size_t i;

	json_array_foreach(entries, i, value) printf(
		" %s", text_clean(text, sizeof(text),
				  json_string_value(value) ? json_string_value(value) : "?"));
	if (field_number(request, "of", 0))
		printf(" ... (%lld in all)", (long long)field_number(request, "of", 0));
	json_object_foreach((json_t *)request, key, value)
	{
		if (!json_is_string(value))
			continue;
		printf(" %s", text_clean(text, sizeof(text), key));
		printf("=%s", text_clean(text, sizeof(text), json_string_value(value)));
	}
}

static int take_change(const json_t *change, void *context)
{
	const struct log *log = context;
	time_t at = (time_t)field_number(change, "at", 0);
	const json_t *request = json_object_get(change, "request");
	char user[TEXT_SPAN], day[32] = "?", text[TEXT_CELL];
	struct tm tm;
	json_t *whole;

	if (log->filter.has_client && !concerns(&log->filter.client, request))
		return 0;
	user_name(user, change);
	if (cli.json) {
		whole = json_copy((json_t *)change);
		json_object_set_new(whole, "user", json_string(user));
		text_json(stdout, whole);
		json_decref(whole);
		return 0;
	}
	if (localtime_r(&at, &tm))
		strftime(day, sizeof(day), "%F %T", &tm);
	printf("%s  %-12s ", day, text_clean(text, sizeof(text), user));
	printf("%s", text_clean(text, sizeof(text),
				field_text(change, "verb") ? field_text(change, "verb") : "?"));
	print_request(request);
	putchar('\n');
	return 0;
}

/* The words */

static bool read_client(struct log *log, const char *text)
{
	char why[ENTRY_WHY];

	log->client = text;
	log->filter.has_client = prefix_parse(&log->filter.client, text);
	if (!log->filter.has_client)
		cli_misused("--client: %s", entry_why(why, text));
	return log->filter.has_client;
}

static bool read_since(struct log *log, const char *text)
{
	uint32_t span = 0;

	log->since = text;
	if (!cli_span_is_good("--since", text, false) || !duration_parse(&span, text))
		return false;
	log->filter.since = time(NULL) - (time_t)span;
	return true;
}

static bool read_lines(struct log *log, const char *text)
{
	char quoted[TEXT_QUOTE];

	if (cli_number(&log->lines, text, LINES_MOST))
		return true;
	cli_misused("-n: %s is no number of lines from 0 to %d", text_quote(quoted, text),
		    LINES_MOST);
	return false;
}

/* --format json is --json. */
static bool read_format(struct log *log, const char *text)
{
	if (!cli_word_is_one_of("--format", text, log_format_names, LOG_FORMAT_COUNT))
		return false;
	cli.json = !strcmp(text, log_format_names[LOG_FORMAT_JSON]);
	log->fail2ban = !strcmp(text, log_format_names[LOG_FORMAT_FAIL2BAN]);
	return true;
}

static bool read_word(struct log *log, int c)
{
	switch (c) {
	case 'f':
		log->follow = true;
		return true;
	case 'a':
		log->audit = true;
		return true;
	case 'n':
		return read_lines(log, optarg);
	case 'c':
		return read_client(log, optarg);
	case 's':
		return read_since(log, optarg);
	case 'e':
		log->event = log->filter.event = optarg;
		return cli_word_is_one_of("--event", optarg, filter_events, FILTER_EVENTS);
	case 'F':
		return read_format(log, optarg);
	case 'i':
		log->finding = log->filter.finding = optarg;
		return cli_source_is_good("--finding", optarg);
	default:
		return false;
	}
}

static json_t *request_of(const struct log *log)
{
	const struct ask_field fields[] = {{"client", log->client},
					   {"event", log->event},
					   {"finding", log->finding},
					   {"since", log->since},
					   {0}};
	json_t *request = ask_request("log", fields);

	if (request)
		json_object_update_new(
			request, json_pack("{s:I, s:b, s:b}", "lines", (json_int_t)log->lines,
					   "follow", (int)log->follow, "audit", (int)log->audit));
	return request;
}

int cmd_log(int argc, char **argv)
{
	static const struct option words[] = {
		{"follow", no_argument, NULL, 'f'},
		{"lines", required_argument, NULL, 'n'},
		{"client", required_argument, NULL, 'c'},
		{"event", required_argument, NULL, 'e'},
		{"finding", required_argument, NULL, 'i'},
		{"since", required_argument, NULL, 's'},
		{"audit", no_argument, NULL, 'a'},
		{"format", required_argument, NULL, 'F'},
		CLI_WORDS,
	};
	struct log log = {.lines = LINES_DEFAULT};
	struct question question = {.context = &log};
	int c;

	while ((c = cli_next(argc, argv, ":fn:", words)) != -1)
		if (!read_word(&log, c))
			return CLI_USAGE;
	if (optind < argc)
		return cli_misused("there is nothing to say behind `log' but options");
	if (log.audit && (log.follow || log.event || log.finding || log.fail2ban))
		return cli_misused("--audit takes -n, --client and --since only");
	question.data = log.audit ? take_change : take;
	question.follow = log.follow;
	question.request = request_of(&log);
	return ask(&question, NULL);
}
