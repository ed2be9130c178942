// SPDX-License-Identifier: GPL-2.0-or-later
#include <time.h>

#include "fields.h"

static const char every[] = "every line";

const struct log_field log_fields[] = {
	{"time", every, "when, in UTC: 2026-01-31T12:00:00Z"},
	{"level", every, "error, warning, info or debug"},
	{"message", every, "the line as it is written for people"},
	{"event", "every event",
	 "what happened: verdict, unblock, block, allow, unallow, mode, "
	 "flush, feed, attached, detached, knock, daily, note"},
	{"address", "verdict, knock, unblock", "whom it is about: an address without a port"},
	{"client", "verdict", "the client's address and port"},
	{"server", "verdict", "the address and port that it connected to"},
	{"ports", "verdict, knock, unblock", "the class of that port: mx or submission"},
	{"verdict", "verdict", "block or watch"},
	{"action", "verdict, knock", "what is done with its SYNs: drop, reset, watch or limit"},
	{"cause", "verdict, knock, unblock", "the finding that decided, or manual"},
	{"score", "verdict", "points of the session"},
	{"ttl", "verdict, knock", "how long it lasts from now on, in seconds"},
	{"blocked", "verdict, knock, unblock", "the address or network that the verdict is on"},
	{"mode", "verdict, knock", "enforce or monitor"},
	{"enforced", "verdict, knock", "whether its SYNs are dropped from now on"},
	{"why_not", "verdict", "why they are not"},
	{"latency_us", "verdict", "from the proof to the verdict, in microseconds"},
	{"findings", "verdict", "what was found: id, points, and the bytes that prove it"},
	{"why", "unblock", "what ended the block: expired, mail accepted, mxdpctl, ..."},
	{"hits", "unblock", "SYNs that it met"},
	{"syns", "knock", "SYNs of a blocked source that met the block since the last such line"},
	{"span", "knock", "how many seconds that was"},
	{"text", "all others, knock", "what happened, in words; of a knock why it is blocked"},
};
const size_t log_fields_count = sizeof(log_fields) / sizeof(log_fields[0]);

static const char *level_name(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error";
	case LOG_LEVEL_WARNING:
		return "warning";
	case LOG_LEVEL_INFO:
		return "info";
	default:
		return "debug";
	}
}

/* What a line has besides its event. */
static json_t *head_of(const struct log_line *line)
{
	time_t now = time(NULL);
	char stamp[32] = "", address[ADDR_TEXT];
	json_t *head;
	struct tm tm;

	if (gmtime_r(&now, &tm))
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	head = json_pack("{s:s, s:s, s:s}", "time", stamp, "level", level_name(line->level),
			 "message", line->text);
	if (head && line->source)
		json_object_set_new(head, "address",
				    json_string(addr_format(address, line->source)));
	return head;
}

json_t *log_fields_of(const struct log_line *line)
{
	json_t *head = head_of(line), *fields = json_object();

	for (size_t i = 0; head && i < log_fields_count; i++) {
		const char *name = log_fields[i].name;
		json_t *value = json_object_get(head, name);

		if (!value)
			value = json_object_get(line->event, name);
		if (value)
			json_object_set(fields, name, value);
	}
	json_decref(head);
	return fields;
}
