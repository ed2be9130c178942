// SPDX-License-Identifier: GPL-2.0-or-later
/* judge: what the HELO checks and patterns think of a client's name, and with --dns what DNS lists
 * and the DNS say; no agent. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "lines.h"
#include "offline_dns.h"
#include "read_config.h"
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
	bool asks;          /* --dns */
	struct offline_dns *dns;
	bool failed; /* to print one */
};

struct judgement {
	struct addr client;
	const char *helo;
	size_t helo_len;
	struct findings findings;
	struct decision decision;
	struct dns_item item;
};

static void judge_helo(const struct judge *j, struct judgement *one)
{
	struct helo_facts facts = {.client = one->client, .server = j->server};
	char helo[FINDING_DETAIL];

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
}

static bool is_switched_off(const struct finding *finding, const void *policy)
{
	return !((const struct policy *)policy)->rule[finding->id].enabled;
}

static void decide(const struct judge *j, struct judgement *one)
{
	/* What the configuration has switched off is not told either. */
	findings_forget(&one->findings, is_switched_off, &j->config.policy);
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

static void tell(struct judge *j, struct judgement *one)
{
	decide(j, one);
	if (!cli.json)
		print_text(j, one);
	else if (!print_json(j, one) && !j->failed)
		j->failed = cli_failed("cannot write the judgement");
}

/* The DNS */

static void asked(struct dns_item *item, void *judge)
{
	struct judgement *one =
		(struct judgement *)((char *)item - offsetof(struct judgement, item));

	tell(judge, one);
	free(one);
}

/* What stands on its own: the line that it was made of is read over. */
static struct judgement *copy(const struct judgement *one)
{
	struct judgement *own = malloc(sizeof(*own) + one->helo_len + 1);
	char *helo;

	if (!own)
		return NULL;
	helo = (char *)(own + 1);
	memcpy(helo, one->helo, one->helo_len);
	own->client = one->client;
	own->helo = helo;
	own->helo_len = one->helo_len;
	own->item = (struct dns_item){.findings = &own->findings};
	return own;
}

static void ask(struct judge *j, const struct judgement *from)
{
	struct judgement *one = copy(from);
	char helo[HELO_SHOWN];

	if (one)
		judge_helo(j, one);
	if (!one || !offline_dns_ask(j->dns, &one->item, &one->client, PORTS_MX)) {
		free(one);
		j->failed = cli_failed("out of memory");
		return;
	}
	/* What is escaped there is no name that could be asked about. */
	evidence_helo(one->item.evidence,
		      escape_bytes(helo, sizeof(helo), one->helo, one->helo_len));
	offline_dns_queue(j->dns, &one->item);
}

static void judge_one(struct judge *j, struct judgement *one)
{
	if (j->dns) {
		ask(j, one);
		return;
	}
	judge_helo(j, one);
	tell(j, one);
}

/* One line: CLIENT, a tab, and the HELO as it was sent. False where it has said what is wrong. */
static bool judge_line(struct judge *j, const struct lines *lines)
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
	judge_one(j, &one);
	return true;
}

/* While nobody writes, answers are taken: their deadlines run. */
static bool next_line(struct judge *j, struct lines *lines)
{
	if (j->dns)
		offline_dns_until_readable(j->dns, fileno(lines->file));
	return lines_next(lines);
}

static int judge_lines(struct judge *j)
{
	struct lines lines = {.file = stdin};
	size_t bad = 0;

	/* What stdio has read ahead cannot be waited for. */
	if (j->dns)
		setvbuf(stdin, NULL, _IONBF, 0);
	while (next_line(j, &lines)) {
		if (!lines.len || lines.text[0] == '#')
			continue;
		bad += !judge_line(j, &lines);
	}
	if (ferror(stdin))
		return cli_failed("cannot read standard input");
	return bad ? CLI_FAILED : CLI_DONE;
}

static bool load(struct judge *j)
{
	size_t count;

	if (!cli_read_config(&j->config))
		return false;
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
	case 'd':
		j->asks = true;
		return true;
	}
	return false;
}

static int judge_all(struct judge *j, struct words *w)
{
	char text[ADDR_TEXT];
	int code = CLI_DONE;

	if (j->asks) {
		j->dns = offline_dns_open(&j->config, asked, j);
		if (!j->dns)
			return CLI_FAILED;
	}
	if (j->dns && w->client && addr_special(&w->one.client))
		cli_failed("%s is no public address: nobody is asked about it",
			   addr_format(text, &w->one.client));
	if (w->lines)
		code = judge_lines(j);
	else
		judge_one(j, &w->one);
	if (j->dns)
		offline_dns_finish(j->dns);
	offline_dns_close(j->dns);
	return j->failed ? CLI_FAILED : code;
}

int cmd_judge(int argc, char **argv)
{
	static const struct option words[] = {
		{"client", required_argument, NULL, 'c'},
		{"server", required_argument, NULL, 's'},
		{"helo", required_argument, NULL, 'h'},
		{"dns", no_argument, NULL, 'd'},
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
	code = judge_all(&j, &w);
	config_free(&j.config);
	free(j.our);
	return code;
}
