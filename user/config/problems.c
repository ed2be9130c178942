// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/* More than fits into a quotation, so that what is cut shows as cut. */
#define MASKED (4 * QUOTE_TEXT)

static size_t label_len(const char *bytes, size_t len)
{
	size_t i = 0;

	while (i < len && (isalnum((unsigned char)bytes[i]) || bytes[i] == '-' || bytes[i] == '_'))
		i++;
	return i;
}

static bool begins(const char *bytes, size_t len, const char *with)
{
	return len >= strlen(with) && !strncasecmp(bytes, with, strlen(with));
}

/* Whether a first label of `key` bytes stands before a zone that customers have keys for. */
static bool is_keyed(const char *bytes, size_t len, size_t key)
{
	size_t list;

	bytes += key + 1;
	len -= key + 1;
	list = label_len(bytes, len);
	return begins(bytes + list, len - list, ".dq.spamhaus.") ||
	       begins(bytes + list, len - list, ".mail.abusix.");
}

/* What looks like a key, wherever it stands, becomes "KEY"; labels of `least` bytes all do. */
static const char *quote_masked(char text[QUOTE_TEXT], const char *bytes, size_t len, size_t least)
{
	char masked[MASKED];
	size_t at = 0, out = 0;

	while (at < len && out + 4 < sizeof(masked)) {
		size_t label = label_len(bytes + at, len - at);
		bool first = label && (!at || bytes[at - 1] != '.');

		if (first && at + label < len && bytes[at + label] == '.' &&
		    (label >= least || is_keyed(bytes + at, len - at, label))) {
			memcpy(masked + out, "KEY", 3);
			out += 3;
			at += label;
		} else {
			size_t take = label ? label : 1;

			if (take > sizeof(masked) - out)
				take = sizeof(masked) - out;
			memcpy(masked + out, bytes + at, take);
			out += take;
			at += take;
		}
	}
	return escape_bytes(text, QUOTE_TEXT, masked, out);
}

const char *quote(char text[QUOTE_TEXT], const char *bytes, size_t len)
{
	return quote_masked(text, bytes, len, SIZE_MAX);
}

const char *quote_zone(char text[QUOTE_TEXT], const char *bytes, size_t len)
{
	return quote_masked(text, bytes, len, KEY_LEN);
}
