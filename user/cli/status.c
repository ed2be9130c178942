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
#include "../../maps/maps.h"

__attribute__((format(printf, 2, 3))) static void line(const char *label, const char *format, ...)
{
	char text[TEXT_CELL * 2], front[TEXT_SPAN];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(front, sizeof(front), "%-10s  ", label);
	text_wrapped(PAINT_DIM, front, text);
}

static void show_notes(const json_t *status)
{
	const json_t *notes = json_object_get(status, "notes");
	const json_t *note;
	size_t i;

	json_array_foreach(notes, i, note)
	{
		if (json_is_string(note))
			text_wrapped(PAINT_BAD, "! ", json_string_value(note));
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
	json_int_t ago = field_number(mail, "last_ago", -1);
	char last[TEXT_SPAN] = "none yet", span[TEXT_SPAN];

	if (lately < 0)
		return;
	if (ago >= 0)
		snprintf(last, sizeof(last), "%s ago", text_span(span, ago ? ago : 1));
	if (usual > 0)
		line("mail",
		     "last accepted: %s; %lld in the last hour, usual are %lld, as of %lld day%s",
		     last, (long long)lately, (long long)usual, (long long)days,
		     days == 1 ? "" : "s");
	else
		line("mail",
		     "last accepted: %s; %lld in the last hour, what is usual is not known yet",
		     last, (long long)lately);
}

static void show_tap(const json_t *status)
{
	const json_t *tap = json_object_get(status, "tap");
	json_int_t blind = field_number(tap, "blind_for", -1);
	char span[TEXT_SPAN];

	if (!json_is_object(tap))
		return;
	if (blind >= 0)
		line("tap", "NO REPLY of the mail server was seen for %s, though SYNs passed",
		     text_span(span, blind ? blind : 1));
	else if (field_number(tap, "replies", 0))
		line("tap", "sees the mail server's replies");
	else
		line("tap", "saw nobody connect yet");
}

/* "bl.lab.example (open), wl.lab.example (new)" */
static void unwell_words(char *text, size_t size, const json_t *of)
{
	const json_t *unwell = json_object_get(of, "unwell");
	const char *name;
	size_t n = 0;
	json_t *state;

	*text = '\0';
	json_object_foreach((json_t *)unwell, name, state)
	{
		const char *words = json_string_value(state);

		if (n < size)
			n += (size_t)snprintf(text + n, size - n, "%s%s (%s)",
					      n ? ", " : "; not so ", name, words ? words : "?");
	}
}

static void show_lists(const json_t *status)
{
	const json_t *lists = json_object_get(status, "lists");
	char unwell[TEXT_CELL];

	unwell_words(unwell, sizeof(unwell), lists);
	if (field_number(lists, "count", 0))
		line("lists", "%lld of %lld are believed%s",
		     (long long)field_number(lists, "believed", 0),
		     (long long)field_number(lists, "count", 0), unwell);
}

/* Of what was lost since the start; what was lost lately is a note as well. */
static void show_losses(const json_t *status)
{
	const json_t *fates = json_object_get(status, "fates");
	json_int_t records = field_number(fates, fate_name(FATE_RECORD_LOST), 0);
	json_int_t verdicts = field_number(json_object_get(status, "counts"), "no_room", 0);
	json_int_t journal = field_number(json_object_get(status, "journal"), "lost", 0);
	json_int_t log = field_number(json_object_get(status, "log"), "lost", 0);

	if (!json_is_object(json_object_get(status, "log")))
		return;
	if (records || verdicts || journal || log)
		line("lost",
		     "%lld records, %lld verdicts for want of room, %lld entries of the journal, "
		     "%lld lines of the log",
		     (long long)records, (long long)verdicts, (long long)journal, (long long)log);
	else
		line("lost", "nothing");
}

static void show_suspended(const json_t *status)
{
	const json_t *list = json_object_get(status, "suspended"), *one;
	char span[TEXT_SPAN];
	size_t i;

	json_array_foreach(list, i, one)
	{
		const char *id = field_text(one, "id");

		line(i ? "" : "suspended",
		     "%s, for another %s; %lld blocks withdrawn; `mxdpctl checks on %s' ends it",
		     id ? id : "?", text_span(span, field_number(one, "until_in", 0)),
		     (long long)field_number(one, "withdrawn", 0), id ? id : "?");
	}
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
	char unwell[TEXT_CELL];

	unwell_words(unwell, sizeof(unwell), feeds);
	if (field_number(feeds, "count", 0))
		line("feeds", "%lld of %lld count, with %lld entries%s",
		     (long long)field_number(feeds, "in_force", 0),
		     (long long)field_number(feeds, "count", 0),
		     (long long)field_number(feeds, "entries", 0), unwell);
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

/* What somebody wants to know first stands first. */
static void show(const json_t *status)
{
	show_notes(status);
	show_mode(status);
	show_mail(status);
	show_interfaces(status);
	show_tap(status);
	show_lists(status);
	show_feeds(status);
	show_senders(status);
	show_words(status, "relays", "relays", "relay_reasons");
	show_words(status, "checks off", "checks_off", "");
	show_suspended(status);
	show_losses(status);
	show_agent(status);
	show_filled(status, "verdicts", "verdicts", "verdicts_max");
	show_filled(status, "sessions", "sessions", "sessions_max");
	show_counts(status);
	show_loop(status);
	show_resolver(status);
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
