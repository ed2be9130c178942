// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "filter.h"

const char *const filter_events[FILTER_EVENTS] = {
	"verdict", "session", "unblock",  "block",    "allow", "unallow", "mode",
	"flush",   "feed",    "attached", "detached", "knock", "daily",   "note",
};

static const char *text_at(const json_t *event, const char *key)
{
	return json_string_value(json_object_get(event, key));
}

bool filter_meets(const struct prefix *one, const struct prefix *other)
{
	return prefix_contains(one, &other->addr) || prefix_contains(other, &one->addr);
}

/* "198.51.100.7:41234", "[2001:db8::1]:25" */
static bool endpoint_parse(struct prefix *out, const char *text)
{
	const char *end = strrchr(text, ':'), *from = text;
	char addr[ADDR_TEXT];

	if (*text == '[') {
		from++;
		end = strchr(text, ']');
	}
	if (!end || (size_t)(end - from) >= sizeof(addr))
		return false;
	memcpy(addr, from, (size_t)(end - from));
	addr[end - from] = '\0';
	out->plen = ADDR_BITS;
	return addr_parse(&out->addr, addr);
}

static bool is_about(const struct prefix *wanted, const json_t *event)
{
	const char *client = text_at(event, "client"), *blocked = text_at(event, "blocked");
	struct prefix prefix;

	if (client && endpoint_parse(&prefix, client) && filter_meets(wanted, &prefix))
		return true;
	return blocked && prefix_parse(&prefix, blocked) && filter_meets(wanted, &prefix);
}

static bool begins(const char *wanted, const char *name)
{
	size_t len = strlen(wanted);

	return !strncmp(name, wanted, len) && (!name[len] || name[len] == ':');
}

/* "dnsbl:zen.spamhaus.org:policy" is what dnsbl, and what zen.spamhaus.org says. */
static bool is_named(const char *wanted, const char *name)
{
	const char *rest = name ? strchr(name, ':') : NULL;

	return name && (begins(wanted, name) || (rest && begins(wanted, rest + 1)));
}

static bool has_finding(const char *wanted, const json_t *event)
{
	const json_t *findings = json_object_get(event, "findings"), *finding;
	size_t i;

	if (is_named(wanted, text_at(event, "cause")))
		return true;
	json_array_foreach(findings, i,
			   finding) if (is_named(wanted, text_at(finding, "id"))) return true;
	return false;
}

static bool is_since(time_t since, const json_t *event)
{
	const char *time = text_at(event, "time"), *end;
	struct tm tm = {0};

	end = time ? strptime(time, "%Y-%m-%dT%H:%M:%SZ", &tm) : NULL;
	return end && !*end && timegm(&tm) >= since;
}

bool filter_wants(const struct event_filter *f, const json_t *event)
{
	const char *name = text_at(event, "event");

	if (f->event && (!name || strcmp(name, f->event) != 0))
		return false;
	return (!f->has_client || is_about(&f->client, event)) &&
	       (!f->finding || has_finding(f->finding, event)) &&
	       (!f->since || is_since(f->since, event));
}

bool filter_is_set(const struct event_filter *f)
{
	return f->has_client || f->event || f->finding || f->since;
}
