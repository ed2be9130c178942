// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "text.h"
#include "../base/duration.h"
#include "../checks/finding.h"
#include "../config/config.h"
#include "../config/suggest.h"
#include "../control/protocol.h"

struct cli cli = {
	.socket = CONTROL_DEFAULT_SOCKET,
	.pin_dir = CONTROL_DEFAULT_PINS,
};

const char *cli_config(void)
{
	return cli.config ? cli.config : CONFIG_DEFAULT_PATH;
}

static void say(const char *format, va_list args)
{
	fflush(stdout);
	fprintf(stderr, "mxdpctl%s%s: ", cli.verb ? " " : "", cli.verb ? cli.verb->name : "");
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

int cli_failed(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	return CLI_FAILED;
}

int cli_misused(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	if (cli.verb)
		fprintf(stderr, "usage: mxdpctl %s%s%s\n", cli.verb->name,
			*cli.verb->usage ? " " : "", cli.verb->usage);
	return CLI_USAGE;
}

static bool take_color(const char *text)
{
	static const char *const words[] = {"auto", "always", "never"};

	if (!cli_word_is_one_of("--color", text, words, 3))
		return false;
	cli.color = !strcmp(text, "always")  ? COLOR_ALWAYS
		    : !strcmp(text, "never") ? COLOR_NEVER
					     : COLOR_AUTO;
	return true;
}

/* False where it is none of the shared words; *good tells what became of one that is. */
static bool take_shared(int c, bool *good)
{
	*good = true;
	switch (c) {
	case WORD_SOCKET:
		cli.socket = optarg;
		return true;
	case WORD_PIN_DIR:
		cli.pin_dir = optarg;
		return true;
	case WORD_CONFIG:
		cli.config = optarg;
		return true;
	case WORD_JSON:
		cli.json = true;
		return true;
	case WORD_COLOR:
		*good = take_color(optarg);
		return true;
	}
	return false;
}

/* `word' begins with two hyphens. */
static void say_no_option(const char *word, const char *quoted, const struct option *words)
{
	size_t len = strcspn(word + 2, "=");
	struct suggestion near = suggest_for(word + 2, len);

	for (; words->name; words++)
		suggest_try(&near, words->name);
	if (near.nearest)
		cli_misused("there is no option %s: did you mean `--%s'?", quoted, near.nearest);
	else
		cli_misused("there is no option %s", quoted);
}

static void say_wrong(int c, char **argv, const struct option *words)
{
	char letter[8], quoted[TEXT_QUOTE];
	const char *word = argv[optind - 1];

	/* A word such as -fn holds several: getopt tells which. */
	if (strncmp(word, "--", 2) != 0) {
		snprintf(letter, sizeof(letter), "-%c", optopt);
		word = letter;
	}
	text_quote(quoted, word);
	if (c == ':')
		cli_misused("%s wants a value", quoted);
	else if (optopt && strchr(word, '='))
		cli_misused("%s: this option takes no value", quoted);
	else if (word != letter)
		say_no_option(word, quoted, words);
	else
		cli_misused("there is no option %s", quoted);
}

int cli_next(int argc, char **argv, const char *letters, const struct option *words)
{
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, letters, words, NULL)) != -1) {
		bool good;

		if (c == '?' || c == ':') {
			say_wrong(c, argv, words);
			return '?';
		}
		if (!take_shared(c, &good))
			return c;
		if (!good)
			return '?';
	}
	return -1;
}

bool cli_number(unsigned *out, const char *text, unsigned max)
{
	unsigned long long n = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (unsigned)(*text - '0');
		if (n > max)
			return false;
	}
	*out = (unsigned)n;
	return true;
}

bool cli_span_is_good(const char *option, const char *text, bool forever)
{
	char quoted[TEXT_QUOTE];
	uint32_t seconds;

	if (duration_parse(&seconds, text) || (forever && !strcmp(text, CONTROL_FOREVER)))
		return true;
	cli_misused("%s: %s is no span of time: write 90s, 30m, 1h30m, 7d%s (ten years at most)",
		    option, text_quote(quoted, text), forever ? " or forever" : "");
	return false;
}

static void say_unknown(const char *option, const char *text, const char *const *words,
			size_t count)
{
	struct suggestion suggestion = suggest_for(text, strlen(text));
	char quoted[TEXT_QUOTE], known[768] = "";
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		suggest_try(&suggestion, words[i]);
		if (n < sizeof(known))
			n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s", i ? ", " : "",
					      words[i]);
	}
	text_quote(quoted, text);
	if (suggestion.nearest)
		cli_misused("%s: %s is unknown: did you mean `%s'?", option, quoted,
			    suggestion.nearest);
	else
		cli_misused("%s: %s is unknown: write one of %s", option, quoted, known);
}

bool cli_word_is_one_of(const char *option, const char *text, const char *const *words,
			size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(text, words[i]))
			return true;
	say_unknown(option, text, words, count);
	return false;
}

bool cli_cause_is_good(const char *option, const char *text)
{
	const char *words[FINDING_COUNT + CAUSE_COUNT - CAUSE_MANUAL];
	size_t count = 0;

	for (unsigned id = 0; id < FINDING_COUNT; id++)
		words[count++] = cause_name(id);
	for (unsigned cause = CAUSE_MANUAL; cause < CAUSE_COUNT; cause++)
		words[count++] = cause_name(cause);
	return cli_word_is_one_of(option, text, words, count);
}

bool cli_reason_is_good(const char *text)
{
	json_t *reason = json_string(text);
	char quoted[TEXT_QUOTE];

	json_decref(reason);
	if (!reason)
		cli_misused("--reason: %s is no UTF-8 text", text_quote(quoted, text));
	return reason;
}

bool cli_source_is_good(const char *option, const char *text)
{
	return strpbrk(text, ".:") || cli_cause_is_good(option, text);
}
