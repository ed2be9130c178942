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

/* Where this finding's detail is to be written; NULL where it stands already, as strong. */
static struct finding *claim(struct findings *f, enum finding_id id, bool mild)
{
	struct finding *finding;

	if ((unsigned)id >= FINDING_COUNT)
		return NULL;
	finding = find(f, id, 0);
	if (finding && (mild || !finding->mild))
		return NULL;
	/* Each id stands at most once, so the list cannot overflow. */
	if (!finding)
		finding = &f->list[f->count++];
	finding->id = id;
	finding->which = 0;
	finding->mild = mild;
	return finding;
}

bool findings_add(struct findings *f, enum finding_id id, bool mild, const char *format, ...)
{
	struct finding *finding = claim(f, id, mild);
	va_list args;

	if (!finding)
		return false;
	va_start(args, format);
	vsnprintf(finding->detail, sizeof(finding->detail), format, args);
	va_end(args);
	return true;
}

bool findings_put(struct findings *f, enum finding_id id, bool mild, const char *detail)
{
	struct finding *finding = claim(f, id, mild);

	if (finding)
		utf8_copy(finding->detail, sizeof(finding->detail), detail);
	return finding;
}

bool findings_add_pattern(struct findings *f, unsigned which, const char *format, ...)
{
	size_t patterns = 0;
	struct finding *finding;
	va_list args;

	for (size_t i = 0; i < f->count; i++)
		patterns += f->list[i].id == FINDING_PATTERN;
	if (patterns >= FINDINGS_PATTERNS || find(f, FINDING_PATTERN, which))
		return false;
	finding = &f->list[f->count++];
	*finding = (struct finding){.id = FINDING_PATTERN, .which = which};
	va_start(args, format);
	vsnprintf(finding->detail, sizeof(finding->detail), format, args);
	va_end(args);
	return true;
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
	for (unsigned cause = 0; cause < CAUSE_COUNT; cause++) {
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
