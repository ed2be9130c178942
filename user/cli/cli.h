/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs of mxdpctl. Each is a function over its own words: argv[0] is the verb. Exit codes:
 * 0 done, 1 failed (said why on standard error), 2 the words were wrong (usage shown).
 *
 * What every verb shares stands in `cli`: set from the words before the verb, and by cli_next()
 * from those after it. A verb that reads its words without cli_next() starts from cli.json and
 * cli_config() all the same.
 */
#ifndef MXDP_CLI_CLI_H
#define MXDP_CLI_CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

enum cli_code {
	CLI_DONE,
	CLI_FAILED,
	CLI_USAGE,
};

struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage; /* what follows "mxdpctl VERB" */
	const char *help;  /* the first line is for the table of verbs */
};

enum cli_color {
	COLOR_AUTO, /* on a terminal */
	COLOR_ALWAYS,
	COLOR_NEVER,
};

struct cli {
	const char *socket;
	const char *pin_dir;
	const char *config; /* NULL where none was named */
	bool json;
	enum cli_color color;
	const struct verb *verb; /* that runs; NULL outside of mxdpctl's main() */
};

extern struct cli cli;

/* The words that every verb understands; they stand at the end of its own table. */
enum cli_word {
	WORD_SOCKET = 256,
	WORD_PIN_DIR,
	WORD_CONFIG,
	WORD_JSON,
	WORD_COLOR,
};

/* clang-format off */
#define CLI_WORDS                                               \
	{"socket", required_argument, NULL, WORD_SOCKET},       \
	{"pin-dir", required_argument, NULL, WORD_PIN_DIR},     \
	{"config", required_argument, NULL, WORD_CONFIG},       \
	{"json", no_argument, NULL, WORD_JSON},                 \
	{"color", required_argument, NULL, WORD_COLOR},         \
	{NULL, 0, NULL, 0}
/* clang-format on */

/*
 * The next of the verb's own options, -1 behind the last, '?' for a wrong word, which has been said
 * then. `letters` begins with ":" as in getopt(3). The caller of the verb has set optind to 0.
 */
int cli_next(int argc, char **argv, const char *letters, const struct option *words);

/* The configuration file: the one that was named, or the default. */
const char *cli_config(void);

/* One line on standard error; cli_misused() adds the verb's usage. Return the exit code. */
int cli_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
int cli_misused(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Strict: digits only, from 0 to `max`. */
bool cli_number(unsigned *out, const char *text, unsigned max);

/* For --for and --since: a span as base/duration.h reads it; "forever" where `forever` is true. */
bool cli_span_is_good(const char *option, const char *text, bool forever);

/* The values of --ports, --action, --cause: said what is wrong with them where false. */
bool cli_word_is_one_of(const char *option, const char *text, const char *const *words,
			size_t count);
bool cli_cause_is_good(const char *option, const char *text);
/* The same, or the zone of a DNS list, or feed:NAME: the agent knows which there are. */
bool cli_source_is_good(const char *option, const char *text);
/* For --reason: it must be UTF-8, or it cannot be sent. */
bool cli_reason_is_good(const char *text);

int cmd_status(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_block(int argc, char **argv);
int cmd_unblock(int argc, char **argv);
int cmd_allow(int argc, char **argv);
int cmd_unallow(int argc, char **argv);
int cmd_mode(int argc, char **argv);
int cmd_checks(int argc, char **argv);
int cmd_setup(int argc, char **argv);
int cmd_check_config(int argc, char **argv);
int cmd_import_postfix(int argc, char **argv);
int cmd_log(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_flush(int argc, char **argv);
int cmd_feeds(int argc, char **argv);
int cmd_dnsbl(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_outcome(int argc, char **argv);
int cmd_detach(int argc, char **argv);
int cmd_judge(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_parse_feed(int argc, char **argv);

#endif
