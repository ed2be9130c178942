// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "event.h"

/* A line that grows; what does not fit is cut. */
struct line {
	size_t len;
	char text[EVENT_TEXT * 2];
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
	size_t room = sizeof(line->text) - line->len;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line->text + line->len, room, format, args);
	va_end(args);
	if (n > 0)
		line->len += (size_t)n < room ? (size_t)n : room - 1;
}

/* "2026-01-31T12:00:00Z" as local time; anything else as it is. */
static void add_time(struct line *line, const json_t *event)
{
	const char *time = field_text(event, "time"), *end;
	struct tm utc = {0}, local;
	char text[32];
	time_t when;

	end = time ? strptime(time, "%Y-%m-%dT%H:%M:%SZ", &utc) : NULL;
	if (!end || *end) {
		add(line, "%-19s", time ? time : "-");
		return;
	}
	when = timegm(&utc);
	localtime_r(&when, &local);
	strftime(text, sizeof(text), "%F %T", &local);
	add(line, "%s", text);
}

static const char *text_or(const json_t *event, const char *key, const char *none)
{
	const char *text = field_text(event, key);

	return text && *text ? text : none;
}

static void add_findings(struct line *line, const json_t *event)
{
	const json_t *findings = json_object_get(event, "findings"), *finding;
	size_t i;

	json_array_foreach(findings, i, finding)
	{
		const char *detail = text_or(finding, "detail", "");

		add(line, "%s%s (%lld)%s%s", i ? "; " : ": ", text_or(finding, "id", "?"),
		    (long long)field_number(finding, "points", 0), *detail ? " " : "", detail);
	}
}

static bool is_block(const json_t *event)
{
	return !strcmp(text_or(event, "verdict", ""), "block");
}

static void add_verdict(struct line *line, const json_t *event)
{
	char span[TEXT_SPAN];

	if (!is_block(event)) {
		add(line, "watch, %lld points", (long long)field_number(event, "score", 0));
		add_findings(line, event);
		return;
	}
	if (field_is_true(event, "enforced"))
		add(line, "block");
	else
		add(line, "would block (%s)", text_or(event, "why_not", "not enforced"));
	add(line, " %s on %s for %s, %s", text_or(event, "blocked", "?"),
	    text_or(event, "ports", "?"), text_span(span, field_number(event, "ttl", 0)),
	    text_or(event, "action", "?"));
	add_findings(line, event);
}

static void add_list(struct line *line, const json_t *event, const char *key, const char *front)
{
	const json_t *list = json_object_get(event, key), *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *text = json_string_value(item);

		add(line, "%s%s", i ? ", " : front, text ? text : "?");
	}
}

static void add_session(struct line *line, const json_t *event)
{
	json_int_t recipients = field_number(event, "rcpt", 0);
	const json_t *seconds = json_object_get(event, "seconds");

	add(line, "session");
	add_list(line, event, "helo", " ");
	add_list(line, event, "mail_from", " from ");
	if (recipients > 0)
		add(line, " to %lld recipient%s", (long long)recipients,
		    recipients == 1 ? "" : "s");
	add(line, "%s, %s, score %lld", field_is_true(event, "starttls") ? ", TLS" : "",
	    text_or(event, "outcome", "outcome unknown"),
	    (long long)field_number(event, "score", 0));
	if (json_is_number(seconds))
		add(line, ", %.1f s", json_number_value(seconds));
	if (field_is_true(event, "partial"))
		add(line, ", not all of it was seen");
	add_findings(line, event);
}

/* "unblock 198.51.100.7 on mx: expired (was dnsbl, 3 hits)" */
static void add_unblock(struct line *line, const json_t *event)
{
	json_int_t hits = field_number(event, "hits", 0);

	add(line, "unblock %s on %s: %s (was %s, %lld hit%s)", text_or(event, "blocked", "?"),
	    text_or(event, "ports", "?"), text_or(event, "why", "?"), text_or(event, "cause", "?"),
	    (long long)hits, hits == 1 ? "" : "s");
}

static void add_knock(struct line *line, const json_t *event)
{
	json_int_t syns = field_number(event, "syns", 0), left = field_number(event, "ttl", -1);
	const char *reason = field_text(event, "text");
	char span[TEXT_SPAN], ttl[TEXT_SPAN];

	add(line, "knock %s on %s: %lld SYN%s in %s %s (%s): %s%s%s",
	    text_or(event, "blocked", "?"), text_or(event, "ports", "?"), (long long)syns,
	    syns == 1 ? "" : "s", text_span(span, field_number(event, "span", 0)),
	    field_is_true(event, "enforced") ? "met its block" : "would have met its block",
	    text_or(event, "action", "?"), text_or(event, "cause", "?"), reason ? ", " : "",
	    reason ? reason : "");
	if (left >= 0)
		add(line, "; it ends in %s", text_span(ttl, left));
}

static void add_value(struct line *line, const char *key, const json_t *value)
{
	char *dumped;

	if (json_is_string(value)) {
		add(line, " %s=%s", key, json_string_value(value));
		return;
	}
	dumped = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	add(line, " %s=%s", key, dumped ? dumped : "?");
	free(dumped);
}

static void add_fields(struct line *line, const json_t *event)
{
	static const char *const shown[] = {"time", "event", "client", "text"};
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)event, key, value)
	{
		bool known = false;

		for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
			known |= !strcmp(key, shown[i]);
		if (!known)
			add_value(line, key, value);
	}
}

static void add_other(struct line *line, const json_t *event, const char *name)
{
	const char *text = field_text(event, "text");

	add(line, "%s%s%s", name, text ? ": " : "", text ? text : "");
	add_fields(line, event);
}

const char *event_line(char out[EVENT_TEXT], const json_t *event)
{
	const char *name = text_or(event, "event", "event without a name");
	struct line line = {0};

	add_time(&line, event);
	add(&line, "  %-24s ", text_or(event, "client", "-"));
	if (!strcmp(name, "verdict"))
		add_verdict(&line, event);
	else if (!strcmp(name, "session"))
		add_session(&line, event);
	else if (!strcmp(name, "unblock"))
		add_unblock(&line, event);
	else if (!strcmp(name, "knock") && field_text(event, "blocked"))
		add_knock(&line, event);
	else
		add_other(&line, event, name);
	return text_clean(out, EVENT_TEXT, line.text);
}

enum paint event_paint(const json_t *event)
{
	const char *name = text_or(event, "event", "");

	if (!strcmp(name, "session"))
		return PAINT_DIM;
	if (strcmp(name, "verdict") != 0)
		return PAINT_NONE;
	return is_block(event) && field_is_true(event, "enforced") ? PAINT_BAD : PAINT_WARN;
}
