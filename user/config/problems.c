// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/escape.h"
#include "problems.h"

void problem_addv(struct problems *problems, unsigned line, const char *format, va_list args)
{
	struct problem *problem;

	if (problems->count++ >= PROBLEMS_MAX)
		return;
	problem = &problems->list[problems->count - 1];
	problem->line = line;
	if (vasprintf(&problem->text, format, args) < 0) {
		problem->text = NULL;
		problems->out_of_memory = true;
	}
}

void problem_add(struct problems *problems, unsigned line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	problem_addv(problems, line, format, args);
	va_end(args);
}

static size_t problems_kept(const struct problems *problems)
{
	return problems->count < PROBLEMS_MAX ? problems->count : PROBLEMS_MAX;
}

/* Stable, and short enough for it: what is found first of a line is told first. */
static void sort_by_line(struct problem *list, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct problem one = list[i];
		size_t at = i;

		for (; at && list[at - 1].line > one.line; at--)
			list[at] = list[at - 1];
		list[at] = one;
	}
}

char *problems_text(struct problems *problems, const char *file)
{
	size_t kept = problems_kept(problems);
	char name[512], *text = NULL;
	size_t size = 0;
	FILE *out;

	if (problems->out_of_memory || !(out = open_memstream(&text, &size)))
		return NULL;
	sort_by_line(problems->list, kept);
	escape_bytes(name, sizeof(name), file, strlen(file));
	for (size_t i = 0; i < kept; i++) {
		const struct problem *problem = &problems->list[i];

		fprintf(out, "%s%s", i ? "\n" : "", name);
		if (problem->line)
			fprintf(out, ":%u", problem->line);
		fprintf(out, ": %s", problem->text);
	}
	if (problems->count > kept)
		fprintf(out, "\n%s: %zu more mistakes: mend these first", name,
			problems->count - kept);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

void problems_free(struct problems *problems)
{
	for (size_t i = 0; i < problems_kept(problems); i++)
		free(problems->list[i].text);
}

/* Bytes of what stands before the zone: quotes, and a first label of at least `least`. */
static size_t key_len(const char *bytes, size_t len, size_t least)
{
	size_t start = 0, end;

	while (start < len && (bytes[start] == '"' || bytes[start] == '\''))
		start++;
	for (end = start; end < len && bytes[end] != '.' && bytes[end] != '=';)
		end++;
	return end < len && bytes[end] == '.' && end - start >= least ? end : 0;
}

static bool holds(const char *bytes, size_t len, const char *part)
{
	return memmem(bytes, len, part, strlen(part)) != NULL;
}

static const char *quote_without(char text[QUOTE_TEXT], const char *bytes, size_t len, size_t key)
{
	static const char shown[] = "KEY";

	if (key)
		memcpy(text, shown, sizeof(shown) - 1);
	escape_bytes(text + (key ? sizeof(shown) - 1 : 0),
		     QUOTE_TEXT - (key ? sizeof(shown) - 1 : 0), bytes + key, len - key);
	return text;
}

const char *quote(char text[QUOTE_TEXT], const char *bytes, size_t len)
{
	size_t key = key_len(bytes, len, 1);
	const char *zone = bytes + key + 1;
	bool keyed = key && (holds(zone, len - key - 1, ".dq.spamhaus.") ||
			     holds(zone, len - key - 1, ".mail.abusix."));

	return quote_without(text, bytes, len, keyed ? key : 0);
}

const char *quote_zone(char text[QUOTE_TEXT], const char *bytes, size_t len)
{
	size_t key = key_len(bytes, len, KEY_LEN);

	return key ? quote_without(text, bytes, len, key) : quote(text, bytes, len);
}
