// SPDX-License-Identifier: GPL-2.0-or-later
/* judge: what the HELO checks and patterns think of a client's name; no agent, no network, no DNS.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "lines.h"
#include "text.h"
#include "../base/addr.h"
#include "../base/escape.h"
#include "../config/config.h"

#define HELO_SHOWN 1100 /* HELO_MAX bytes, each as \xHH, and some */

struct judge {
	struct config config;
	struct addr *our; /* the addresses under which the server is known */
	size_t our_count;
	struct helo_names names;
	struct addr server; /* all zero where none was named */
};

struct judgement {
	struct addr client;
	const char *helo;
	size_t helo_len;
	struct findings findings;
	struct decision decision;
};

static void judge_one(const struct judge *j, struct judgement *one)
{
	struct helo_facts facts = {.client = one->client, .server = j->server};
	char helo[FINDING_DETAIL];
	size_t all;

	while (one->helo_len && strchr(" \t", one->helo[one->helo_len - 1]))
		one->helo_len--;
	facts.name = one->helo;
	facts.len = one->helo_len;
	findings_clear(&one->findings);
	if (one->helo_len) {
		helo_check(&one->findings, &facts, &j->names);
		escape_bytes(helo, sizeof(helo), one->helo, one->helo_len);
		patterns_check(&one->findings, j->config.patterns, j->config.patterns_count,
			       PATTERN_HELO, (const uint8_t *)one->helo, one->helo_len, helo);
	}
	/* What the configuration has switched off is not told either. */
	all = one->findings.count;
	one->findings.count = 0;
	for (size_t i = 0; i < all; i++) {
		const struct finding *f = &one->findings.list[i];

		if (j->config.policy.rule[f->id].enabled)
			one->findings.list[one->findings.count++] = *f;
	}
	one->decision = policy_decide(&j->config.policy, &one->findings, 0);
}

static const char *verdict_word(enum decision_kind kind)
{
	return kind == DECISION_BLOCK ? "block" : kind == DECISION_WATCH ? "watch" : "pass";
}

static json_t *findings_of(const struct judge *j, const struct judgement *one)
{
	const struct policy *policy = &j->config.policy;
	char name[POLICY_FINDING_NAME];
	json_t *list = json_array();

	for (size_t i = 0; i < one->findings.count; i++) {
		const struct finding *f = &one->findings.list[i];

		json_array_append_new(list,
				      json_pack("{s:s, s:i, s:s}", "id",
						policy_finding_name(name, policy, f), "points",
						policy_points(policy, f), "detail", f->detail));
	}
	return list;
}

static bool print_json(const struct judge *j, const struct judgement *one)
{
	char client[ADDR_TEXT], helo[HELO_SHOWN];
	json_t *object =
		json_pack("{s:s, s:s, s:o, s:i, s:s, s:I}", "client",
			  addr_format(client, &one->client), "helo",
			  escape_bytes(helo, sizeof(helo), one->helo, one->helo_len), "findings",
			  findings_of(j, one), "score", one->decision.score, "verdict",
			  verdict_word(one->decision.kind), "ttl", (json_int_t)one->decision.ttl);
	bool good = object && text_json(stdout, object);

	json_decref(object);
	return good;
}

static void print_text(const struct judge *j, const struct judgement *one)
{
	static const enum paint colors[] = {
		[DECISION_PASS] = PAINT_GOOD,
		[DECISION_WATCH] = PAINT_WARN,
		[DECISION_BLOCK] = PAINT_BAD,
	};
	const struct policy *policy = &j->config.policy;
	char client[ADDR_TEXT], helo[HELO_SHOWN], span[TEXT_SPAN], name[POLICY_FINDING_NAME];

	escape_bytes(helo, sizeof(helo), one->helo, one->helo_len);
	printf("%s%-5s%s  %s  %s%s  score %d", paint(colors[one->decision.kind]),
	       verdict_word(one->decision.kind), paint(PAINT_NONE),
	       addr_format(client, &one->client), one->helo_len ? "HELO " : "no HELO", helo,
	       one->decision.score);
	if (one->decision.kind == DECISION_BLOCK)
		printf(", for %s", text_span(span, one->decision.ttl));
	putchar('\n');
	for (size_t i = 0; i < one->findings.count; i++) {
		const struct finding *f = &one->findings.list[i];

		printf("       %-22s %2d%s  %s\n", policy_finding_name(name, policy, f),
		       policy_points(policy, f), policy_convicts(policy, f) ? ", convicts" : "",
		       f->detail);
	}
}

static int tell(const struct judge *j, struct judgement *one)
{
	judge_one(j, one);
	if (!cli.json)
		print_text(j, one);
	else if (!print_json(j, one))
		return cli_failed("cannot write the judgement");
	return CLI_DONE;
}

/* One line: CLIENT, a tab, and the HELO as it was sent. False where it has said what is wrong. */
static bool judge_line(const struct judge *j, const struct lines *lines)
{
	const char *tab = memchr(lines->text, '\t', lines->len);
	size_t len = tab ? (size_t)(tab - lines->text) : lines->len;
	char client[ADDR_TEXT] = "", quoted[TEXT_QUOTE];
	struct judgement one = {.helo = ""};

	if (len < sizeof(client) && !memchr(lines->text, '\0', len))
		memcpy(client, lines->text, len);
	client[len < sizeof(client) ? len : 0] = '\0';
	if (!addr_parse(&one.client, client)) {
		fprintf(stderr,
			"stdin:%u: %s begins with no IP address: write CLIENT, a tab, HELO\n",
			lines->number, text_quote(quoted, lines->text));
		return false;
	}
	if (tab) {
		one.helo = tab + 1;
		one.helo_len = lines->len - len - 1;
	}
	return tell(j, &one) == CLI_DONE;
}

static int judge_lines(const struct judge *j)
{
	struct lines lines = {.file = stdin};
	size_t bad = 0;

	while (lines_next(&lines)) {
		if (!lines.len || lines.text[0] == '#')
			continue;
		bad += !judge_line(j, &lines);
	}
	if (ferror(stdin))
		return cli_failed("cannot read standard input");
	return bad ? CLI_FAILED : CLI_DONE;
}

/* A configuration that nobody named may be missing: the defaults judge then. */
static bool load(struct judge *j)
{
	char *errors = NULL;
	size_t count;

	if (!cli.config && access(cli_config(), F_OK) && errno == ENOENT) {
		if (!config_defaults(&j->config)) {
			cli_failed("out of memory");
			return false;
		}
	} else if (!config_load(&j->config, &errors, cli_config())) {
		/* Lines of their own: FILE:LINE belongs at the front. */
		fprintf(stderr, "%s\n", errors ? errors : "mxdpctl: out of memory");
		free(errors);
		return false;
	}
	count = j->config.our_public_addresses.count;
	j->our = calloc(count + 1, sizeof(*j->our));
	if (!j->our) {
		config_free(&j->config);
		cli_failed("out of memory");
		return false;
	}
	for (j->our_count = 0; j->our_count < count; j->our_count++)
		j->our[j->our_count] = j->config.our_public_addresses.item[j->our_count].addr;
	j->names = config_helo_names(&j->config, j->our, j->our_count);
	return true;
}

static bool take_addr(struct addr *out, const char *option)
{
	char quoted[TEXT_QUOTE];

	if (addr_parse(out, optarg))
		return true;
	cli_misused("%s: %s is no IP address", option, text_quote(quoted, optarg));
	return false;
}

struct words {
	bool client, lines;
	struct judgement one;
};

static bool take(struct words *w, struct judge *j, int c)
{
	switch (c) {
	case 'c':
		w->client = true;
		return take_addr(&w->one.client, "--client");
	case 's':
		return take_addr(&j->server, "--server");
	case 'h':
		w->one.helo = optarg;
		w->one.helo_len = strlen(optarg);
		return true;
	}
	return false;
}

int cmd_judge(int argc, char **argv)
{
	static const struct option words[] = {
		{"client", required_argument, NULL, 'c'},
		{"server", required_argument, NULL, 's'},
		{"helo", required_argument, NULL, 'h'},
		CLI_WORDS,
	};
	struct words w = {.one = {.helo = ""}};
	struct judge j = {0};
	int c, code;

	while ((c = cli_next(argc, argv, ":", words)) != -1)
		if (!take(&w, &j, c))
			return CLI_USAGE;
	w.lines = argc - optind == 1 && !strcmp(argv[optind], "-");
	if (optind < argc && !w.lines)
		return cli_misused("name the client with --client, or `-' for standard input");
	if (w.lines == w.client)
		return cli_misused("write either --client or `-'");
	if (!load(&j))
		return CLI_FAILED;
	code = w.lines ? judge_lines(&j) : tell(&j, &w.one);
	config_free(&j.config);
	free(j.our);
	return code;
}
