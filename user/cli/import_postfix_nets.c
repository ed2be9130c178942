// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mynetworks, and what postscreen_access_list permits: who is never blocked. Postfix takes the
 * first entry that fits; mxdp's allowed networks have no exceptions, which is told where it
 * matters.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "import_postfix.h"
#include "../config/option.h"
#include "../config/problems.h"

#define BLANKS " \t\r\n\v\f"

/* Where something stands: main.cf, or a table that it names. */
struct place {
	const char *path;
	unsigned line;
};

static const char *quoted(char text[QUOTE_TEXT], const char *bytes)
{
	return quote_zone(text, bytes, strlen(bytes));
}

static bool keep_prefix(struct prefix **list, size_t *count, size_t *room,
			const struct prefix *prefix)
{
	if (*count == *room) {
		size_t more = *room ? 2 * *room : 64;
		struct prefix *grown = realloc(*list, more * sizeof(**list));

		if (!grown)
			return false;
		*list = grown;
		*room = more;
	}
	(*list)[(*count)++] = *prefix;
	return true;
}

static const struct prefix *holding(const struct prefix *list, size_t count,
				    const struct prefix *prefix)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].plen <= prefix->plen && prefix_contains(&list[i], &prefix->addr))
			return &list[i];
	return NULL;
}

/* mynetworks has IPv6 in brackets: [2001:db8::]/32. */
static bool without_brackets(char out[ADDR_TEXT], const char *text)
{
	size_t n = 0;

	for (; *text && n < ADDR_TEXT - 1; text++)
		if (*text != '[' && *text != ']')
			out[n++] = *text;
	out[n] = '\0';
	return !*text;
}

/* False with a message: it is no network, or one that cannot be allowed. */
static bool network_parse(struct import *import, const struct place *at, struct prefix *out,
			  const char *text)
{
	const struct config_option *option = &options[OPTION_ALLOW];
	char plain[ADDR_TEXT], why[WHY_TEXT], shown[QUOTE_TEXT];

	if (!without_brackets(plain, text)) {
		import_say_of(import, at->path, at->line, "`%s' is no network: not carried over",
			      quoted(shown, text));
		return false;
	}
	if (option->parse(out, option, plain, why))
		return true;
	import_say_of(import, at->path, at->line, "not carried over: %s", why);
	return false;
}

static void allow(struct import *import, const struct place *at, const char *text)
{
	struct prefix prefix;

	if (!network_parse(import, at, &prefix, text) ||
	    holding(import->allow, import->allow_count, &prefix))
		return;
	import->out_of_memory |=
		!keep_prefix(&import->allow, &import->allow_count, &import->allow_room, &prefix);
}

/* Tables */

/* What a table says besides "permit": told once for each, with its first line. */
struct tally {
	size_t rejects, dunnos, conditions;
	unsigned reject_line, dunno_line, condition_line;
};

static void count(size_t *number, unsigned *first, unsigned line)
{
	if (!(*number)++)
		*first = line;
}

static void tell_tally(struct import *import, const char *path, const struct tally *tally)
{
	if (tally->rejects)
		import_say_of(import, path, tally->reject_line,
			      "%zu entries from here on say reject: mxdp's configuration holds no "
			      "blocks (`mxdpctl block -' takes them), and where a network around "
			      "them is allowed, so are they",
			      tally->rejects);
	if (tally->dunnos)
		import_say_of(import, path, tally->dunno_line,
			      "%zu entries from here on say dunno: mxdp's allowed networks have no "
			      "exceptions; if a network around them is allowed, so are they",
			      tally->dunnos);
	if (tally->conditions)
		import_say_of(import, path, tally->condition_line,
			      "%zu entries from here on have conditions (if, endif, !): neither "
			      "they nor what stands between if and endif is carried over",
			      tally->conditions);
}

static void denied(struct import *import, const struct place *at, const char *text)
{
	char plain[ADDR_TEXT], shown[QUOTE_TEXT];
	struct prefix prefix;

	if (!without_brackets(plain, text) || !prefix_parse(&prefix, plain)) {
		import_say_of(import, at->path, at->line, "`%s' is no network: skipped",
			      quoted(shown, text));
		return;
	}
	import->out_of_memory |=
		!keep_prefix(&import->denied, &import->denied_count, &import->denied_room, &prefix);
}

static void permitted(struct import *import, const struct place *at, const char *text)
{
	char net[ADDR_TEXT], plain[ADDR_TEXT];
	const struct prefix *before;
	struct prefix prefix;

	if (without_brackets(plain, text) && prefix_parse(&prefix, plain)) {
		before = holding(import->denied, import->denied_count, &prefix);
		if (before) {
			import_say_of(import, at->path, at->line,
				      "%s is not allowed: the entry before it for %s decides",
				      plain, prefix_format(net, before));
			return;
		}
	}
	allow(import, at, text);
}

/* "NETWORK ACTION"; of a table for mynetworks any action means that it is in. */
static void take_entry(struct import *import, const struct place *at, char *entry, bool any,
		       struct tally *tally)
{
	char *action = entry + strcspn(entry, BLANKS), shown[QUOTE_TEXT];

	if (*action)
		*action++ = '\0';
	action = text_trim(action);
	if (any || !strcasecmp(action, "permit")) {
		permitted(import, at, entry);
	} else if (!strcasecmp(action, "reject")) {
		count(&tally->rejects, &tally->reject_line, at->line);
		denied(import, at, entry);
	} else if (!strcasecmp(action, "dunno")) {
		count(&tally->dunnos, &tally->dunno_line, at->line);
		denied(import, at, entry);
	} else {
		import_say_of(import, at->path, at->line,
			      "`%s' is none of permit, reject, dunno: skipped",
			      quoted(shown, action));
	}
}

static bool is_word(const char *line, const char *word)
{
	size_t len = strlen(word);

	return !strncasecmp(line, word, len) && (!line[len] || strchr(BLANKS, line[len]));
}

/* cidr_table(5) */
static void take_table(struct import *import, const char *path, char *text, bool any)
{
	struct logical lines = {.at = text};
	struct tally tally = {0};
	size_t depth = 0;
	char *line;

	while ((line = logical_next(&lines))) {
		struct place at = {path, lines.began};

		line = text_trim(line);
		if (is_word(line, "endif")) {
			depth -= depth > 0;
		} else if (is_word(line, "if") || *line == '!') {
			count(&tally.conditions, &tally.condition_line, at.line);
			depth += *line != '!';
		} else if (depth) {
			count(&tally.conditions, &tally.condition_line, at.line);
		} else {
			take_entry(import, &at, line, any, &tally);
		}
	}
	tell_tally(import, path, &tally);
}

/* "{ {NETWORK ACTION}, {...} }": the table stands in main.cf itself. */
static void take_inline_table(struct import *import, unsigned line, char *text, bool any)
{
	struct place at = {import->cf.path, line};
	struct tally tally = {0};
	size_t len = strlen(text);
	const char *words, *word;

	if (len && text[len - 1] == '}')
		text[len - 1] = '\0';
	words = text + 1;
	while ((word = postfix_word(&words, &len))) {
		char *entry = strndup(word, len), *inside = entry;

		if (!entry) {
			import->out_of_memory = true;
			return;
		}
		if (*inside == '{' && inside[len - 1] == '}') {
			inside[len - 1] = '\0';
			inside++;
		}
		take_entry(import, &at, text_trim(inside), any, &tally);
		free(entry);
	}
	tell_tally(import, import->cf.path, &tally);
}

static void take_cidr(struct import *import, unsigned line, char *source, bool any)
{
	char *place, *text;

	if (*source == '{') {
		take_inline_table(import, line, source, any);
		return;
	}
	place = postfix_place(import, source);
	text = place ? postfix_file(import, line, place) : NULL;
	if (text)
		take_table(import, place, text, any);
	free(text);
	free(place);
}

/* Words of parameters */

/* A file of networks, as mynetworks may name one. */
static void take_networks_file(struct import *import, unsigned line, const char *named)
{
	char *path = postfix_place(import, named), *entry, shown[QUOTE_TEXT];
	char *text = path ? postfix_file(import, line, path) : NULL;
	struct logical lines = {.at = text};

	while ((entry = logical_next(&lines))) {
		struct place at = {path, lines.began};
		const char *words = entry, *word;
		size_t len;

		while ((word = postfix_word(&words, &len))) {
			char *one = strndup(word, len);

			if (one && strchr("!/", *one))
				import_say_of(import, path, at.line, "`%s' is not carried over",
					      quoted(shown, one));
			else if (one)
				allow(import, &at, one);
			import->out_of_memory |= !one;
			free(one);
		}
	}
	free(text);
	free(path);
}

static void take_network(struct import *import, unsigned line, char *word)
{
	struct place at = {import->cf.path, line};
	char shown[QUOTE_TEXT];

	if (*word == '!')
		import_say(import, line,
			   "mynetworks: `%s' is not carried over: mxdp's allowed networks have no "
			   "exceptions; if a network around it is allowed, so is it",
			   quoted(shown, word));
	else if (*word == '/')
		take_networks_file(import, line, word);
	else if (!strncmp(word, "cidr:", 5))
		take_cidr(import, line, word + 5, true);
	else if (strchr(word, ':') && *word != '[')
		import_say(import, line,
			   "mynetworks: `%s' is not carried over: of tables only cidr: is read; "
			   "write its networks into allow",
			   quoted(shown, word));
	else
		allow(import, &at, word);
}

static void take_access(struct import *import, unsigned line, char *word)
{
	char shown[QUOTE_TEXT];

	/* permit_mynetworks is carried over by mynetworks itself; what follows is behind it. */
	if (!strcasecmp(word, "permit_mynetworks") || !strcasecmp(word, "dunno"))
		return;
	if (!strncmp(word, "cidr:", 5))
		take_cidr(import, line, word + 5, false);
	else
		import_say(import, line,
			   "postscreen_access_list: `%s' is not carried over: of tables only cidr: "
			   "is read; what it permits belongs into allow",
			   quoted(shown, word));
}

static void each_word(struct import *import, const char *name,
		      void (*take)(struct import *import, unsigned line, char *word))
{
	const struct postfix_parameter *parameter = postfix_find(&import->cf, name);
	char *value = parameter ? postfix_value(import, name) : NULL;
	const char *words = value, *word;
	size_t len;

	while (value && (word = postfix_word(&words, &len))) {
		char *one = strndup(word, len);

		if (one)
			take(import, parameter->line, one);
		import->out_of_memory |= !one;
		free(one);
	}
	free(value);
}

static void tell_style(struct import *import)
{
	const struct postfix_parameter *style = postfix_find(&import->cf, "mynetworks_style");

	if (!postfix_find(&import->cf, "mynetworks"))
		import_say(
			import, style ? style->line : 0,
			"mynetworks is not set: Postfix makes it of the machine's own interfaces "
			"(mynetworks_style), which this file does not tell; write your networks "
			"into allow");
}

void import_nets(struct import *import)
{
	each_word(import, "mynetworks", take_network);
	tell_style(import);
	each_word(import, "postscreen_access_list", take_access);
}
