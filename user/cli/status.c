// SPDX-License-Identifier: GPL-2.0-or-later
/* How it stands, for people who were woken up: what is wrong first, then the state, then figures.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "cli.h"
#include "fates_show.h"
#include "offline.h"
#include "text.h"

__attribute__((format(printf, 2, 3))) static void line(const char *label, const char *format, ...)
{
	char text[TEXT_CELL * 2], clean[TEXT_CELL * 2];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	printf("%s%-10s%s  %s\n", paint(PAINT_DIM), label, paint(PAINT_NONE),
	       text_clean(clean, sizeof(clean), text));
}

static void show_notes(const json_t *status)
{
	const json_t *notes = json_object_get(status, "notes");
	char clean[TEXT_CELL * 2];
	const json_t *note;
	size_t i;

	json_array_foreach(notes, i, note)
	{
		const char *text = json_string_value(note);

		if (text)
			printf("%s! %s%s\n", paint(PAINT_BAD),
			       text_clean(clean, sizeof(clean), text), paint(PAINT_NONE));
	}
	if (json_array_size(notes))
		putchar('\n');
}

static void show_mode(const json_t *status)
{
	const char *mode = field_text(status, "mode"), *by = field_text(status, "mode_by");
	json_int_t until = field_number(status, "mode_until_in", -1);
	bool enforcing = field_is_true(status, "enforcing");
	char span[TEXT_SPAN], left[64] = "", clean[TEXT_CELL];

	text_clean(clean, sizeof(clean), mode ? mode : "unknown");
	if (until >= 0)
		snprintf(left, sizeof(left), ", for another %s", text_span(span, until));
	printf("%smode%s        %s%s%s", paint(PAINT_DIM), paint(PAINT_NONE),
	       paint(enforcing ? PAINT_GOOD : PAINT_WARN), clean, paint(PAINT_NONE));
	if (by)
		printf(", set by %s", text_clean(clean, sizeof(clean), by));
	printf("%s%s\n", left,
	       enforcing                          ? ""
	       : mode && !strcmp(mode, "enforce") ? ": not in full force, see above"
						  : ": nothing is dropped");
}

static void show_agent(const json_t *status)
{
	json_int_t silent = field_number(status, "heartbeat_age", -1);
	json_int_t pid = field_number(status, "pid", -1);
	const char *version = field_text(status, "version");
	char up[TEXT_SPAN], last[TEXT_SPAN], limit[TEXT_SPAN];

	text_span(up, field_number(status, "uptime", 0));
	text_span(last, silent);
	text_span(limit, field_number(status, "heartbeat_limit", 0));
	if (pid >= 0)
		line("agent", "mxdpd %s, process %lld, up for %s", version ? version : "?",
		     (long long)pid, up);
	else
		line("agent", "does not answer");
	if (silent >= 0)
		line("heartbeat", "%s ago; the gate stops dropping %s after the last one", last,
		     limit);
}

static void show_interfaces(const json_t *status)
{
	const json_t *interfaces = json_object_get(status, "interfaces"), *interface;
	size_t i;

	json_array_foreach(interfaces, i, interface)
	{
		const char *name = field_text(interface, "name");
		const char *how = field_text(interface, "how");
		bool attached = field_is_true(interface, "attached");

		line(i ? "" : "gate", "%s: %s%s", name ? name : "?",
		     attached ? "" : "NOT GUARDED: ", how ? how : "nobody knows how");
	}
	if (!json_array_size(interfaces))
		line("gate", "on no interface");
}

static void show_filled(const json_t *status, const char *label, const char *key,
			const char *most_key)
{
	json_int_t now = field_number(status, key, -1), most = field_number(status, most_key, -1);

	if (now < 0)
		return;
	if (most > 0)
		line(label, "%lld of %lld (%lld %%)", (long long)now, (long long)most,
		     (long long)((double)now * 100 / (double)most));
	else
		line(label, "%lld", (long long)now);
}

static void show_counts(const json_t *status)
{
	const json_t *counts = json_object_get(status, "counts");
	const json_t *latency = json_object_get(status, "latency");

	if (json_is_object(counts))
		line("judged",
		     "%lld sessions since the start: %lld blocked, %lld on watch, %lld messages "
		     "accepted",
		     (long long)field_number(counts, "sessions", 0),
		     (long long)field_number(counts, "blocked", 0),
		     (long long)field_number(counts, "watched", 0),
		     (long long)field_number(counts, "accepted", 0));
	if (field_number(latency, "count", 0) > 0)
		line("latency", "evidence to verdict: median %lld us, 99th percentile %lld us",
		     (long long)field_number(latency, "p50_us", 0),
		     (long long)field_number(latency, "p99_us", 0));
}

/* What came in lately, against what is usual. */
static void show_mail(const json_t *status)
{
	const json_t *mail = json_object_get(status, "accepted_mail");
	json_int_t lately = field_number(mail, "last_hour", -1);
	json_int_t usual = field_number(mail, "usual", 0), days = field_number(mail, "days", 0);

	if (lately < 0)
		return;
	if (usual > 0)
		line("mail", "%lld accepted in the last hour; usual are %lld, as of %lld day%s",
		     (long long)lately, (long long)usual, (long long)days, days == 1 ? "" : "s");
	else
		line("mail", "%lld accepted in the last hour; what is usual is not known yet",
		     (long long)lately);
}

static void show_loop(const json_t *status)
{
	const json_t *loop = json_object_get(status, "loop");
	const json_t *lately = json_object_get(loop, "last_minute");

	if (json_is_object(loop))
		line("loop",
		     "longest turn %lld ms, %lld ms of work; in the last minute %lld ms, %lld ms "
		     "of work",
		     (long long)field_number(loop, "longest_ms", 0),
		     (long long)field_number(loop, "longest_cpu_ms", 0),
		     (long long)field_number(lately, "longest_ms", 0),
		     (long long)field_number(lately, "longest_cpu_ms", 0));
}

static void show_resolver(const json_t *status)
{
	const json_t *resolver = json_object_get(status, "resolver");

	if (json_is_object(resolver))
		line("resolver",
		     "%lld questions, %lld of them asked at the same time as others; %lld failed, "
		     "%lld without an answer in time; %lld under way",
		     (long long)field_number(resolver, "asked", 0),
		     (long long)field_number(resolver, "coalesced", 0),
		     (long long)field_number(resolver, "failed", 0),
		     (long long)field_number(resolver, "timed_out", 0),
		     (long long)field_number(resolver, "under_way", 0));
}

/* Who is allowed by name. */
static void show_senders(const json_t *status)
{
	const json_t *senders = json_object_get(status, "senders");
	json_int_t domains = field_number(senders, "domains", 0);
	json_int_t names = field_number(senders, "names", 0);

	if (domains || names)
		line("senders",
		     "%lld allowed by their SPF records (%lld networks); %lld client%s by name",
		     (long long)domains, (long long)field_number(senders, "networks", 0),
		     (long long)names, names == 1 ? "" : "s");
}

static void show_feeds(const json_t *status)
{
	const json_t *feeds = json_object_get(status, "feeds");

	if (field_number(feeds, "count", 0))
		line("feeds", "%lld of %lld count, with %lld entries; see mxdpctl feeds",
		     (long long)field_number(feeds, "in_force", 0),
		     (long long)field_number(feeds, "count", 0),
		     (long long)field_number(feeds, "entries", 0));
}

/* A list of words on one line; nothing where it is empty. `reasons`: an object that has some. */
static void show_words(const json_t *status, const char *label, const char *key,
		       const char *reasons)
{
	const json_t *why = json_object_get(status, reasons);
	const json_t *list = json_object_get(status, key), *word;
	char text[TEXT_CELL] = "";
	size_t i, n = 0, shown = 0;

	json_array_foreach(list, i, word)
	{
		const char *value = json_string_value(word);
		const char *reason = value ? field_text(why, value) : NULL;

		if (!value || n + strlen(value) + (reason ? strlen(reason) : 0) + 32 > sizeof(text))
			continue;
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s%s%s%s", n ? ", " : "",
				      value, reason ? " (" : "", reason ? reason : "",
				      reason ? ")" : "");
		shown++;
	}
	if (shown < json_array_size(list))
		snprintf(text + n, sizeof(text) - n, " and %zu more",
			 json_array_size(list) - shown);
	if (json_array_size(list))
		line(label, "%s", text);
}

static void show(const json_t *status)
{
	show_notes(status);
	show_mode(status);
	show_agent(status);
	show_interfaces(status);
	show_filled(status, "verdicts", "verdicts", "verdicts_max");
	show_filled(status, "sessions", "sessions", "sessions_max");
	show_counts(status);
	show_mail(status);
	show_loop(status);
	show_resolver(status);
	show_senders(status);
	show_feeds(status);
	show_words(status, "relays", "relays", "relay_reasons");
	show_words(status, "checks off", "checks_off", "");
	fates_show(json_object_get(status, "fates"));
}

static int take(const json_t *data, void *seen)
{
	*(bool *)seen = true;
	if (cli.json)
		return ask_print_json(data, NULL);
	show(data);
	return 0;
}

static int status_from_pins(const struct absence *absence)
{
	struct maps maps;
	json_t *status;
	bool seen;
	int code;

	if (!offline_open(&maps, absence))
		return CLI_FAILED;
	status = offline_status(&maps, absence);
	maps_close(&maps, 1);
	if (!status)
		return CLI_FAILED;
	code = take(status, &seen) ? CLI_FAILED : CLI_DONE;
	json_decref(status);
	return code;
}

int cmd_status(int argc, char **argv)
{
	static const struct option words[] = {CLI_WORDS};
	struct absence absence = {0};
	bool seen = false;
	struct question question = {.data = take, .context = &seen, .absence = &absence};
	int code;

	if (cli_next(argc, argv, ":", words) != -1)
		return CLI_USAGE;
	if (optind < argc)
		return cli_misused("there is nothing to say behind `status' but options");
	question.request = ask_request("status", NULL);
	code = ask(&question, NULL);
	if (absence.absent)
		return status_from_pins(&absence);
	if (code == CLI_DONE && !seen)
		return cli_failed("the agent answered without a word");
	return code;
}
