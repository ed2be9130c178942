// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "cli.h"
#include "entries.h"
#include "lines.h"
#include "text.h"
#include "../base/addr.h"
#include "../control/protocol.h"

static const char *why_length(char why[ENTRY_WHY], const char *quoted, const struct addr *addr,
			      bool as_v6, const char *length)
{
	char network[ADDR_TEXT], host[ADDR_TEXT];
	unsigned max = as_v6 ? 128 : 32, plen;
	struct prefix prefix;

	if (!cli_number(&plen, length, max)) {
		snprintf(why, ENTRY_WHY, "%s: the length behind the slash goes from 0 to %u",
			 quoted, max);
		return why;
	}
	prefix = prefix_of(addr, as_v6 ? plen : plen + ADDR_V4_BITS);
	snprintf(why, ENTRY_WHY,
		 "%s has bits set behind its length: write %s for the network, or %s for the one "
		 "address",
		 quoted, prefix_format(network, &prefix), addr_format(host, addr));
	return why;
}

const char *entry_why(char why[ENTRY_WHY], const char *text)
{
	const char *slash = strchr(text, '/');
	char host[ADDR_TEXT] = "", quoted[TEXT_QUOTE];
	struct addr addr;

	text_quote(quoted, text);
	if (slash && (size_t)(slash - text) < sizeof(host)) {
		memcpy(host, text, (size_t)(slash - text));
		host[slash - text] = '\0';
	}
	if (addr_parse(&addr, host))
		return why_length(why, quoted, &addr, strchr(host, ':'), slash + 1);
	snprintf(why, ENTRY_WHY, "%s is neither an IP address nor a network such as 192.0.2.0/24",
		 quoted);
	return why;
}

static void say_bad(struct entries *entries, unsigned line, const char *why)
{
	entries->bad_word |= !line;
	if (entries->bad++ >= ASK_ERRORS)
		return;
	if (line)
		fprintf(stderr, "stdin:%u: %s\n", line, why);
	else
		cli_failed("%s", why);
}

static bool make_room(struct entries *entries)
{
	size_t room = entries->room ? entries->room * 2 : 64;
	unsigned *line;

	if (entries->count < entries->room)
		return true;
	line = realloc(entries->line, room * sizeof(*line));
	if (!line)
		return false;
	entries->line = line;
	entries->room = room;
	return true;
}

static void add(struct entries *entries, const char *text, unsigned line)
{
	char why[ENTRY_WHY], shortest[ADDR_TEXT];
	struct prefix prefix;

	if (!prefix_parse(&prefix, text)) {
		say_bad(entries, line, entry_why(why, text));
		return;
	}
	if (entries->count == CONTROL_ENTRIES_MAX) {
		entries->no_room = true;
		return;
	}
	if (!make_room(entries) ||
	    json_array_append_new(entries->list, json_string(prefix_format(shortest, &prefix)))) {
		entries->no_memory = true;
		return;
	}
	entries->line[entries->count++] = line;
}

/* Cuts a comment and blanks off; where the line begins then. */
static char *trim(char *text)
{
	size_t len;

	text[strcspn(text, "#")] = '\0';
	text += strspn(text, " \t");
	len = strlen(text);
	while (len && strchr(" \t", text[len - 1]))
		text[--len] = '\0';
	return text;
}

static void add_lines(struct entries *entries, FILE *in)
{
	struct lines lines = {.file = in};

	while (!entries->no_memory && !entries->no_room && lines_next(&lines)) {
		char *text;

		if (lines.cut)
			say_bad(entries, lines.number, "the line is too long for an address");
		else if (strlen(lines.text) != lines.len)
			say_bad(entries, lines.number, "the line holds a zero byte");
		else if (*(text = trim(lines.text)))
			add(entries, text, lines.number);
	}
}

static int verdict_on(const struct entries *entries, FILE *in)
{
	if (entries->no_memory)
		return cli_failed("out of memory");
	if (entries->no_room)
		return cli_failed("more than %d entries: split them", CONTROL_ENTRIES_MAX);
	if (ferror(in))
		return cli_failed("cannot read standard input");
	if (!entries->bad && !entries->count)
		fputs("nothing to do: standard input holds no entry\n", stderr);
	if (!entries->bad)
		return CLI_DONE;
	if (entries->bad > ASK_ERRORS)
		fprintf(stderr, "... and %zu more\n", entries->bad - ASK_ERRORS);
	cli_failed("nothing was changed");
	return entries->bad_word ? CLI_USAGE : CLI_FAILED;
}

int entries_read(struct entries *entries, int argc, char **argv, FILE *in)
{
	bool stdin_read = false;

	*entries = (struct entries){.list = json_array()};
	entries->no_memory = !entries->list;
	for (int i = optind; i < argc && !entries->no_memory; i++) {
		if (strcmp(argv[i], "-") != 0) {
			add(entries, argv[i], 0);
		} else if (!stdin_read) {
			add_lines(entries, in);
			stdin_read = true;
		}
	}
	return verdict_on(entries, in);
}

int entries_send(const struct entries *entries, json_t *request, json_int_t *done)
{
	struct question question = {.request = request, .patience = ASK_CHANGE, .entries = entries};

	if (request && json_object_set(request, "entries", entries->list)) {
		json_decref(request);
		question.request = NULL;
	}
	return ask_to_change(&question, done);
}

void entries_free(struct entries *entries)
{
	json_decref(entries->list);
	free(entries->line);
	*entries = (struct entries){0};
}

unsigned entries_line(const struct entries *entries, const char *entry)
{
	for (size_t i = 0; i < entries->count; i++) {
		const char *text = json_string_value(json_array_get(entries->list, i));

		if (text && !strcmp(text, entry))
			return entries->line[i];
	}
	return 0;
}
