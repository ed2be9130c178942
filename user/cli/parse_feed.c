// SPDX-License-Identifier: GPL-2.0-or-later
/* parse-feed: what a list of addresses says, as the minimal list of networks; no agent. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "read_config.h"
#include "text.h"
#include "../feeds/feed.h"

/* So many lines are told one by one; of a page that is no list there may be millions. */
#define TOLD 1000

struct parse {
	const char *path; /* as it is shown */
	enum feed_format format;
	bool effective;
	size_t told;
};

static void tell(void *context, size_t line, const char *why)
{
	struct parse *parse = context;

	if (line && parse->told++ >= TOLD)
		return;
	if (line)
		fprintf(stderr, "%s:%zu: %s\n", parse->path, line, why);
	else
		fprintf(stderr, "%s: %s\n", parse->path, why);
}

static int add_prefixes(struct feed_set *set, const struct prefix_list *list)
{
	int err = 0;

	for (size_t i = 0; !err && i < list->count; i++)
		err = feed_set_add_prefix(set, &list->item[i]);
	return err;
}

static int add_never_blocked(struct feed_set *set, const struct config *config)
{
	int err = 0;

	for (size_t i = 0; !err && i < special_nets_count; i++)
		err = feed_set_add_prefix(set, &special_nets[i].prefix);
	err = err ? err : add_prefixes(set, &config->allow);
	err = err ? err : add_prefixes(set, &config->trusted_relays);
	err = err ? err : add_prefixes(set, &config->protect);
	err = err ? err : add_prefixes(set, &config->our_public_addresses);
	/* As IPv6, the IPv4-mapped addresses are nobody's: an IPv6 entry must not mean them. */
	err = err ? err : set6_add(&set->v6, wide_of_v4(0), wide_of_v4(UINT32_MAX));
	return err ? err : feed_set_settle(set);
}

static int make_effective(const struct parse *parse, struct feed_set *set,
			  const struct config *config)
{
	struct feed_set never = {0};
	int err = add_never_blocked(&never, config);

	err = err ? err : feed_set_subtract(set, &never);
	feed_set_free(&never);
	if (!err && feed_set_is_empty(set))
		fprintf(stderr, "%s: all that it lists is never blocked\n", parse->path);
	return err ? cli_failed("%s: %s", parse->path, strerror(-err)) : CLI_DONE;
}

/* By hand: a list may have ten million lines. */
static char *put_number(char *at, unsigned n)
{
	if (n >= 100)
		*at++ = (char)('0' + n / 100);
	if (n >= 10)
		*at++ = (char)('0' + n / 10 % 10);
	*at++ = (char)('0' + n % 10);
	return at;
}

static const char *format(char text[ADDR_TEXT], const struct prefix *prefix)
{
	const unsigned char *b = prefix->addr.b + 12;
	char *at = text;

	if (!addr_is_v4(&prefix->addr) || prefix->plen < ADDR_V4_BITS)
		return prefix_format(text, prefix);
	for (unsigned i = 0; i < 4; i++) {
		at = put_number(at, b[i]);
		*at++ = i < 3 ? '.' : '/';
	}
	if (prefix->plen == ADDR_BITS)
		at--;
	else
		at = put_number(at, prefix->plen - ADDR_V4_BITS);
	*at = '\0';
	return text;
}

static int print_one(const struct prefix *prefix, void *count)
{
	char text[ADDR_TEXT];

	++*(size_t *)count;
	if (cli.json)
		printf("{\"cidr\":\"%s\"}\n", format(text, prefix));
	else
		puts(format(text, prefix));
	return ferror(stdout) ? -EIO : 0;
}

static int print_set(const struct feed *feed, const struct feed_set *set)
{
	size_t count = 0;

	if (feed_set_walk(set, print_one, &count))
		return cli_failed("cannot write to standard output");
	if (cli.json)
		printf("{\"type\":\"metadata\",\"format\":\"%s\",\"lines\":%zu,\"used\":%zu,"
		       "\"unusable\":%zu,\"expires\":%lld,\"records\":%zu}\n",
		       feed_format_names[feed->format], feed->lines, feed->used, feed->unusable,
		       (long long)feed->expires, count);
	return CLI_DONE;
}

static int show(struct parse *parse, const struct feed *feed, struct feed_set *set,
		const struct config *config)
{
	if (parse->told > TOLD)
		fprintf(stderr, "%s: ... and %zu more\n", parse->path, parse->told - TOLD);
	if (!feed->used && !feed->unusable) {
		fprintf(stderr, "%s: it holds no entry\n", parse->path);
		return CLI_FAILED;
	}
	if (!feed->used) {
		fprintf(stderr, "%s: no line of it can be used as %s\n", parse->path,
			feed_format_names[feed->format]);
		return CLI_FAILED;
	}
	if (feed_set_is_empty(set))
		fprintf(stderr, "%s: it excepts all that it lists\n", parse->path);
	else if (parse->effective && make_effective(parse, set, config))
		return CLI_FAILED;
	return print_set(feed, set);
}

static int parse_fd(struct parse *parse, int fd, const struct config *config)
{
	const struct feed_events events = {tell, parse};
	struct feed_set set;
	struct feed feed;
	int err, code = CLI_FAILED;

	feed_init(&feed, parse->format, time(NULL), &events);
	err = feed_read(&feed, feed_read_fd, &fd, &set);
	if (!err)
		code = show(parse, &feed, &set, config);
	else if (err != -EBADMSG)
		cli_failed("%s: %s", parse->path, strerror(-err));
	feed_set_free(&set);
	feed_free(&feed);
	return code;
}

static int parse_path(struct parse *parse, const char *path, const struct config *config)
{
	char shown[TEXT_CELL];
	int fd, code;

	if (!strcmp(path, "-")) {
		parse->path = "stdin";
		return parse_fd(parse, STDIN_FILENO, config);
	}
	parse->path = text_clean(shown, sizeof(shown), path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cli_failed("%s: %s", parse->path, strerror(errno));
	code = parse_fd(parse, fd, config);
	close(fd);
	return code;
}

int cmd_parse_feed(int argc, char **argv)
{
	static const struct option words[] = {
		{"format", required_argument, NULL, 'f'},
		{"effective", no_argument, NULL, 'e'},
		CLI_WORDS,
	};
	struct parse parse = {.format = FEED_AUTO};
	struct config config = {0};
	int c, code;

	while ((c = cli_next(argc, argv, ":", words)) != -1) {
		if (c == 'e')
			parse.effective = true;
		else if (c != 'f' || !cli_word_is_one_of("--format", optarg, feed_format_names,
							 FEED_FORMAT_COUNT))
			return CLI_USAGE;
		else
			feed_format_parse(&parse.format, optarg);
	}
	if (argc - optind != 1)
		return cli_misused("name one file, or `-' for standard input");
	if (parse.effective && !cli_read_config(&config))
		return CLI_FAILED;
	code = parse_path(&parse, argv[optind], &config);
	if (parse.effective)
		config_free(&config);
	return code;
}
