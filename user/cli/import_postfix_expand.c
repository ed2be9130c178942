// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * $name, ${name}, $(name), ${name?yes}, ${name:no}, ${name?{yes}:{no}}, ${{a} == {b} ? {yes} :
 * {no}}, $$: as postconf(5) says and mac_expand(3) does it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import_postfix.h"
#include "../config/problems.h"

/* Parameters may name each other in circles, or double with each of them. */
#define DEPTH_MAX 32
#define STEPS_MAX 20000
#define OUT_MAX   (1U << 20)

#define BLANKS " \t\r\n\v\f"

struct expansion {
	const struct postfix *cf;
	FILE *out;
	unsigned depth, steps;
	size_t written;
	char *why, *unset;
};

struct span {
	const char *at;
	size_t len;
};

static bool expand(struct expansion *e, struct span text);

static bool refuse(struct expansion *e, const char *problem, struct span text)
{
	char quoted[QUOTE_TEXT];

	snprintf(e->why, POSTFIX_WHY, "%s at `%s'", problem, quote_zone(quoted, text.at, text.len));
	return false;
}

static struct span skip_blanks(struct span text)
{
	while (text.len && strchr(BLANKS, *text.at)) {
		text.at++;
		text.len--;
	}
	return text;
}

static struct span skip(struct span text, size_t bytes)
{
	return (struct span){text.at + bytes, text.len - bytes};
}

static bool begins(struct span text, const char *with)
{
	size_t len = strlen(with);

	return text.len >= len && !memcmp(text.at, with, len);
}

/* Up to the bracket that belongs to the first byte; false where it is missing. */
static bool take_brackets(struct span *inside, struct span *text, char open, char close)
{
	size_t depth = 0;

	for (size_t i = 0; i < text->len; i++) {
		depth += text->at[i] == open;
		depth -= text->at[i] == close;
		if (depth)
			continue;
		*inside = (struct span){text->at + 1, i - 1};
		*text = skip(*text, i + 1);
		return true;
	}
	return false;
}

static size_t name_len(struct span text)
{
	size_t i = 0;

	for (; i < text.len; i++) {
		char c = text.at[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '_')
			break;
	}
	return i;
}

static bool write_bytes(struct expansion *e, struct span text)
{
	e->written += text.len;
	if (e->written > OUT_MAX)
		return refuse(e, "it becomes too long", text);
	return fwrite(text.at, 1, text.len, e->out) == text.len;
}

/* Into a text of its own, allocated. */
static char *expanded(struct expansion *e, struct span text)
{
	FILE *out = e->out;
	char *bytes = NULL;
	size_t size = 0;
	bool good;

	e->out = open_memstream(&bytes, &size);
	good = e->out && expand(e, text);
	if (e->out && fclose(e->out))
		good = false;
	e->out = out;
	if (good)
		return bytes;
	free(bytes);
	return NULL;
}

/* NULL where it is not set, or where only the machine knows it. */
static const char *lookup(struct expansion *e, struct span name)
{
	char copy[128];

	if (name.len >= sizeof(copy))
		return NULL;
	memcpy(copy, name.at, name.len);
	copy[name.len] = '\0';
	return postfix_raw(e->cf, copy);
}

/*
 * "? yes", "? {yes} : {no}", ": no" behind a condition; *taken is what stands for it, nothing where
 * that side is not given.
 */
static bool choose(struct expansion *e, struct span *taken, struct span rest, bool yes)
{
	struct span side, all = rest;
	bool is_yes = begins(rest, "?");

	*taken = (struct span){"", 0};
	if (!is_yes && !begins(rest, ":"))
		return refuse(e, "a `?' or `:' is missing", all);
	rest = skip(rest, 1);
	if (!begins(skip_blanks(rest), "{")) {
		if (is_yes == yes)
			*taken = rest;
		return true;
	}
	rest = skip_blanks(rest);
	if (!take_brackets(&side, &rest, '{', '}'))
		return refuse(e, "a `}' is missing", all);
	if (is_yes == yes)
		*taken = side;
	rest = skip_blanks(rest);
	if (!rest.len)
		return true;
	if (!is_yes || !begins(rest, ":"))
		return refuse(e, "a `:' is missing", rest);
	return yes || choose(e, taken, rest, false);
}

static bool all_digits(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

static int by_number(const char *a, const char *b)
{
	unsigned long long x = strtoull(a, NULL, 10), y = strtoull(b, NULL, 10);

	return (x > y) - (x < y);
}

/* Compatibility levels: up to three numbers with dots between; what is missing is 0. */
static int by_level(const char *a, const char *b)
{
	for (int i = 0; i < 3; i++) {
		int order = by_number(*a ? a : "0", *b ? b : "0");

		if (order)
			return order;
		a += strcspn(a, ".");
		b += strcspn(b, ".");
		a += *a == '.';
		b += *b == '.';
	}
	return 0;
}

static int compare(const char *a, const char *b, bool levels)
{
	if (levels)
		return by_level(a, b);
	return all_digits(a) && all_digits(b) ? by_number(a, b) : strcmp(a, b);
}

/* Which orders of the operands (before, equal, behind) make it true; longer signs first. */
static const struct {
	const char *sign;
	bool yes[3];
} relations[] = {
	{"==", {false, true, false}}, {"!=", {true, false, true}}, {"<=", {true, true, false}},
	{">=", {false, true, true}},  {"<", {true, false, false}}, {">", {false, false, true}},
};

static bool holds(struct expansion *e, struct span left, struct span right, size_t relation,
		  bool levels, bool *yes)
{
	char *a = expanded(e, left), *b = a ? expanded(e, right) : NULL;
	int order = b ? compare(a, b, levels) : 0;
	bool good = b != NULL;

	*yes = relations[relation].yes[(order > 0) - (order < 0) + 1];
	free(a);
	free(b);
	return good;
}

/* "{a} == {b} ? {yes} : {no}", the inside of ${ }. */
static bool expand_relation(struct expansion *e, struct span text)
{
	struct span left, right, taken, all = text;
	bool levels, yes;
	size_t i;

	if (!take_brackets(&left, &text, '{', '}'))
		return refuse(e, "a `}' is missing", all);
	text = skip_blanks(text);
	for (i = 0; i < sizeof(relations) / sizeof(relations[0]); i++)
		if (begins(text, relations[i].sign))
			break;
	if (i == sizeof(relations) / sizeof(relations[0]))
		return refuse(e, "a comparison is missing", text);
	text = skip(text, strlen(relations[i].sign));
	levels = begins(text, "level");
	text = skip_blanks(skip(text, levels ? strlen("level") : 0));
	if (!begins(text, "{") || !take_brackets(&right, &text, '{', '}'))
		return refuse(e, "what to compare with is missing", all);
	if (!holds(e, left, right, i, levels, &yes))
		return false;
	text = skip_blanks(text);
	if (!text.len)
		return write_bytes(e, yes ? (struct span){"true", 4} : text);
	return choose(e, &taken, text, yes) && expand(e, taken);
}

/* The inside of ${ } or $( ), or a bare name. */
static bool expand_macro(struct expansion *e, struct span text)
{
	struct span name, taken, all = text;
	const char *value;

	text = skip_blanks(text);
	if (begins(text, "{"))
		return expand_relation(e, text);
	name = (struct span){text.at, name_len(text)};
	text = skip_blanks(skip(text, name.len));
	if (!name.len)
		return refuse(e, "a name is missing", all);
	value = lookup(e, name);
	if (text.len)
		return choose(e, &taken, text, value && *value) && expand(e, taken);
	if (!value && !*e->unset)
		snprintf(e->unset, POSTFIX_NAME, "%.*s", (int)name.len, name.at);
	return !value || expand(e, (struct span){value, strlen(value)});
}

static bool expand_dollar(struct expansion *e, struct span *text)
{
	struct span inside, all = *text;

	*text = skip(*text, 1);
	if (begins(*text, "$")) {
		inside = (struct span){text->at, 1};
		*text = skip(*text, 1);
		return write_bytes(e, inside);
	}
	if (begins(*text, "{") || begins(*text, "(")) {
		char open = *text->at;

		if (!take_brackets(&inside, text, open, open == '{' ? '}' : ')'))
			return refuse(e, "a closing bracket is missing", all);
	} else {
		inside = (struct span){text->at, name_len(*text)};
		*text = skip(*text, inside.len);
	}
	return expand_macro(e, inside);
}

static bool expand_parts(struct expansion *e, struct span text)
{
	while (text.len) {
		const char *dollar = memchr(text.at, '$', text.len);
		size_t before = dollar ? (size_t)(dollar - text.at) : text.len;

		if (!write_bytes(e, (struct span){text.at, before}))
			return false;
		text = skip(text, before);
		if (text.len && !expand_dollar(e, &text))
			return false;
	}
	return true;
}

static bool expand(struct expansion *e, struct span text)
{
	bool good;

	if (e->depth == DEPTH_MAX || e->steps++ == STEPS_MAX)
		return refuse(e, "parameters name each other in a circle, or too often,", text);
	e->depth++;
	good = expand_parts(e, text);
	e->depth--;
	return good;
}

char *postfix_expand(const struct postfix *cf, const char *text, char why[POSTFIX_WHY],
		     char unset[POSTFIX_NAME])
{
	struct expansion e = {.cf = cf, .why = why, .unset = unset};

	*unset = '\0';
	snprintf(why, POSTFIX_WHY, "out of memory");
	return expanded(&e, (struct span){text, strlen(text)});
}

char *postfix_value(struct import *import, const char *name)
{
	const struct postfix_parameter *parameter = postfix_find(&import->cf, name);
	const char *raw = postfix_raw(&import->cf, name);
	char why[POSTFIX_WHY], unset[POSTFIX_NAME], *value;

	value = postfix_expand(&import->cf, raw ? raw : "", why, unset);
	if (value && *unset)
		import_say(import, parameter ? parameter->line : 0,
			   "%s names $%s, which is not set in this file: taken as empty", name,
			   unset);
	if (!value)
		import_say(import, parameter ? parameter->line : 0, "%s is not carried over: %s",
			   name, why);
	return value;
}
