// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../base/escape.h"
#include "finding.h"

const struct finding_type finding_types[FINDING_COUNT] = {
#define X(name, id, class, points, convicts, mild, ttl, text) \
	[FINDING_##name] = {id, CLASS_##class, points, convicts, mild, TTL_##ttl, text},
	FINDING_TYPES(X)
#undef X
};

static struct finding *find(struct findings *f, enum finding_id id, unsigned which)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->list[i].id == id && f->list[i].which == which)
			return &f->list[i];
	return NULL;
}

static size_t count_of(const struct findings *f, bool (*is)(const struct finding *))
{
	size_t count = 0;

	for (size_t i = 0; i < f->count; i++)
		count += is(&f->list[i]);
	return count;
}

/* In the place of an earlier one where that is long enough. */
static void set_detail(struct findings *f, struct finding *finding, const char *old,
		       const char *detail)
{
	size_t room = sizeof(f->text) - f->text_used;

	if (old && strlen(detail) <= strlen(old)) {
		finding->detail = strcpy(f->text + (old - f->text), detail);
		return;
	}
	finding->detail = "";
	if (room > FINDING_DETAIL)
		room = FINDING_DETAIL;
	if (room < 2)
		return;
	finding->detail = utf8_copy(f->text + f->text_used, room, detail);
	f->text_used += strlen(finding->detail) + 1;
}

static bool put(struct findings *f, const struct finding *new, const char *detail)
{
	struct finding *finding = find(f, new->id, new->which);
	const char *old = finding && *finding->detail ? finding->detail : NULL;

	if (finding && (new->mild || !finding->mild))
		return false;
	/* Each stands at most once, so the list cannot overflow. */
	if (!finding)
		finding = &f->list[f->count++];
	*finding = *new;
	set_detail(f, finding, old, detail);
	return true;
}

bool findings_put(struct findings *f, enum finding_id id, bool mild, const char *detail)
{
	return (unsigned)id < FINDING_COUNT &&
	       put(f, &(struct finding){.id = (uint16_t)id, .mild = mild}, detail);
}

bool findings_add(struct findings *f, enum finding_id id, bool mild, const char *format, ...)
{
	char detail[FINDING_DETAIL];
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	return findings_put(f, id, mild, detail);
}

static bool is_pattern(const struct finding *finding)
{
	return finding->id == FINDING_PATTERN;
}

bool findings_put_pattern(struct findings *f, unsigned which, const char *detail)
{
	return count_of(f, is_pattern) < FINDINGS_PATTERNS &&
	       put(f, &(struct finding){.id = FINDING_PATTERN, .which = (uint16_t)which}, detail);
}

static bool is_feed(const struct finding *finding)
{
	return finding->id == FINDING_FEED;
}

static bool is_dns_list(const struct finding *finding)
{
	return finding_is_of_list(finding) && !is_feed(finding);
}

bool findings_put_list(struct findings *f, enum finding_id id, unsigned which, uint32_t ttl,
		       const char *detail)
{
	bool room = id == FINDING_FEED ? count_of(f, is_feed) < FINDINGS_FEEDS
				       : count_of(f, is_dns_list) < FINDINGS_LISTS;

	return room &&
	       put(f, &(struct finding){.id = (uint16_t)id, .which = (uint16_t)which, .ttl = ttl},
		   detail);
}

bool findings_put_copy(struct findings *f, const struct finding *from)
{
	if (is_pattern(from))
		return findings_put_pattern(f, from->which, from->detail);
	if (finding_is_of_list(from))
		return findings_put_list(f, from->id, from->which, from->ttl, from->detail);
	return findings_put(f, from->id, from->mild, from->detail);
}

bool finding_is_numbered(const struct finding *f, const void *unused)
{
	(void)unused;
	return is_pattern(f) || finding_is_of_list(f);
}

void findings_forget(struct findings *f, bool (*gone)(const struct finding *f, const void *context),
		     const void *context)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->count; i++)
		if (!gone(&f->list[i], context))
			f->list[kept++] = f->list[i];
	f->count = kept;
}

const struct finding *findings_get(const struct findings *f, enum finding_id id)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->list[i].id == id)
			return &f->list[i];
	return NULL;
}

bool finding_parse(enum finding_id *out, const char *id)
{
	for (unsigned i = 0; i < FINDING_COUNT; i++) {
		if (!strcmp(finding_types[i].id, id)) {
			*out = (enum finding_id)i;
			return true;
		}
	}
	return false;
}

const char *cause_name(unsigned cause)
{
	if (cause < FINDING_COUNT)
		return finding_types[cause].id;
	if (cause == CAUSE_MANUAL)
		return "manual";
	if (cause == CAUSE_SCORE)
		return "score";
	return "unknown";
}

bool cause_parse(unsigned *out, const char *name)
{
	enum finding_id id;

	if (finding_parse(&id, name)) {
		*out = id;
		return true;
	}
	for (unsigned cause = CAUSE_MANUAL; cause < CAUSE_COUNT; cause++) {
		if (!strcmp(cause_name(cause), name)) {
			*out = cause;
			return true;
		}
	}
	return false;
}

const char *finding_class_name(enum finding_class class)
{
	static const char *const names[CLASS_COUNT] = {
		[CLASS_PROTOCOL] = "protocol",
		[CLASS_NAMES] = "names",
		[CLASS_ENVELOPE] = "envelope",
		[CLASS_LISTS] = "lists",
	};

	return (unsigned)class < CLASS_COUNT ? names[class] : "unknown";
}
