// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "ask.h"
#include "cli.h"
#include "text.h"
#include "../base/names.h"

/* The closing object of `mode` is what it shows. */
static int show(const json_t *closing)
{
	const char *mode = field_text(closing, "mode"), *by = field_text(closing, "by");
	json_int_t until = field_number(closing, "until_in", -1);
	char clean[TEXT_CELL], setter[TEXT_CELL], span[TEXT_SPAN];

	if (cli.json)
		return text_json(stdout, closing) ? CLI_DONE : CLI_FAILED;
	printf("%s, set by %s", text_clean(clean, sizeof(clean), mode ? mode : "unknown"),
	       text_clean(setter, sizeof(setter), by ? by : "nobody knows whom"));
	if (until >= 0)
		printf(", for another %s", text_span(span, until));
	putchar('\n');
	return CLI_DONE;
}

static int set_or_show(const char *mode, const char *span)
{
	const struct ask_field fields[] = {{"mode", mode}, {"for", span}, {0}};
	struct question question = {.request = ask_request("mode", fields)};
	json_t *closing;
	int code = ask(&question, &closing);

	if (code != CLI_DONE)
		return code;
	code = show(closing);
	json_decref(closing);
	return code;
}

int cmd_mode(int argc, char **argv)
{
	static const struct option words[] = {
		{"for", required_argument, NULL, 'f'},
		CLI_WORDS,
	};
	const char *modes[] = {mode_name(MODE_MONITOR), mode_name(MODE_ENFORCE)};
	const char *span = NULL, *mode;
	int c;

	while ((c = cli_next(argc, argv, ":", words)) != -1) {
		if (c != 'f' || !cli_span_is_good("--for", optarg, true))
			return CLI_USAGE;
		span = optarg;
	}
	mode = optind < argc ? argv[optind] : NULL;
	if (argc - optind > 1 || (span && !mode))
		return cli_misused("write monitor or enforce, or nothing to see what it is");
	if (mode && !cli_word_is_one_of("mode", mode, modes, 2))
		return CLI_USAGE;
	return set_or_show(mode, span);
}
