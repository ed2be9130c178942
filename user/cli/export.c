// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * export: the blocks in force in the words of other programs. Sorted, and what a network holds
 * already is left out: sets of intervals refuse what overlaps.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "cli.h"
#include "text.h"
#include "../base/addr.h"
#include "../base/names.h"

#define IPSET_TIMEOUT_MAX 2147483 /* seconds, as ipset(8) says */

struct block {
	struct prefix prefix;
	json_int_t left; /* seconds; 0: for ever */
};

struct export
{
	const char *ports;
	bool all;
	struct block *list;
	size_t count, room, kept_back;
};

static bool add(struct export *e, const struct block *block)
{
	if (e->count == e->room) {
		size_t room = e->room ? e->room * 2 : 1024;
		struct block *list = reallocarray(e->list, room, sizeof(*list));

		if (!list)
			return false;
		e->list = list;
		e->room = room;
	}
	e->list[e->count++] = *block;
	return true;
}

static bool stops(const char *action)
{
	return action && (!strcmp(action, "drop") || !strcmp(action, "reset"));
}

static int take(const json_t *data, void *context)
{
	struct export *e = context;
	const char *addr = field_text(data, "addr"), *ports = field_text(data, "ports");
	struct block block = {.left = field_number(data, "expires_in", 0)};

	if (!addr || !ports || strcmp(ports, e->ports) != 0 || !stops(field_text(data, "action")) ||
	    !prefix_parse(&block.prefix, addr))
		return 0;
	if (!e->all && field_is_true(data, "of_others")) {
		e->kept_back++;
		return 0;
	}
	if (add(e, &block))
		return 0;
	cli_failed("out of memory");
	return -1;
}

/* A network before what it holds. */
static int compare(const void *one, const void *other)
{
	const struct block *a = one, *b = other;
	int order = memcmp(&a->prefix.addr, &b->prefix.addr, sizeof(a->prefix.addr));

	return order ? order
		     : (a->prefix.plen > b->prefix.plen) - (a->prefix.plen < b->prefix.plen);
}

static void leave_out_what_is_held(struct export *e)
{
	size_t kept = 0;

	if (e->count)
		qsort(e->list, e->count, sizeof(*e->list), compare);
	for (size_t i = 0; i < e->count; i++)
		if (!kept || !prefix_contains(&e->list[kept - 1].prefix, &e->list[i].prefix.addr))
			e->list[kept++] = e->list[i];
	e->count = kept;
}

static bool is_v4(const struct block *b)
{
	return addr_is_v4(&b->prefix.addr) && b->prefix.plen >= ADDR_V4_BITS;
}

/* The blocks of one family by `print`, `first` for the first of them. */
static size_t each(const struct export *e, bool v4,
		   void (*print)(const struct block *b, bool first))
{
	size_t count = 0;

	for (size_t i = 0; i < e->count; i++)
		if (is_v4(&e->list[i]) == v4)
			print(&e->list[i], !count++);
	return count;
}

static void print_plain(const struct block *b, bool first)
{
	char text[ADDR_TEXT];

	(void)first;
	puts(prefix_format(text, &b->prefix));
}

static void print_cidr(const struct export *e)
{
	each(e, true, print_plain);
	each(e, false, print_plain);
}

static void print_ipset_entry(const struct block *b, bool first)
{
	char text[ADDR_TEXT];

	(void)first;
	printf("add mxdp%s %s timeout %lld\n", is_v4(b) ? "4" : "6",
	       prefix_format(text, &b->prefix),
	       (long long)(b->left < IPSET_TIMEOUT_MAX ? b->left : IPSET_TIMEOUT_MAX));
}

static void print_ipset(const struct export *e)
{
	size_t most = e->count < 65536 ? 65536 : e->count;

	printf("create mxdp4 hash:net family inet maxelem %zu timeout 0\n", most);
	printf("create mxdp6 hash:net family inet6 maxelem %zu timeout 0\n", most);
	each(e, true, print_ipset_entry);
	each(e, false, print_ipset_entry);
}

static void print_nft_entry(const struct block *b, bool first)
{
	char text[ADDR_TEXT];

	printf("%s\t\t\t%s", first ? "\t\telements = {\n" : ",\n", prefix_format(text, &b->prefix));
	if (b->left)
		printf(" timeout %llds", (long long)b->left);
}

static void print_nft(const struct export *e)
{
	puts("table inet mxdp {");
	for (int v4 = 1; v4 >= 0; v4--) {
		printf("\tset mxdp%s {\n\t\ttype %s\n\t\tflags interval, timeout\n", v4 ? "4" : "6",
		       v4 ? "ipv4_addr" : "ipv6_addr");
		if (each(e, v4, print_nft_entry))
			puts("\n\t\t}");
		puts("\t}");
	}
	puts("}");
}

static void print_rbldnsd(const struct export *e)
{
	puts("# a zone of type combined\n$DATASET ip4trie @\n:127.0.0.2:blocked by mxdp");
	each(e, true, print_plain);
	puts("$DATASET ip6trie @\n:127.0.0.2:blocked by mxdp");
	each(e, false, print_plain);
}

static int print_json(const struct export *e)
{
	char text[ADDR_TEXT];

	for (size_t i = 0; i < e->count; i++) {
		json_t *block =
			json_pack("{s:s, s:o}", "net", prefix_format(text, &e->list[i].prefix),
				  "expires_in",
				  e->list[i].left ? json_integer(e->list[i].left) : json_null());
		bool written = block && text_json(stdout, block);

		json_decref(block);
		if (!written)
			return cli_failed("cannot write to standard output");
	}
	return CLI_DONE;
}

static const char *const formats[] = {"cidr", "ipset", "nft", "rbldnsd"};

static int print_as(const char *format, const struct export *e)
{
	static void (*const print[])(const struct export *e) = {print_cidr, print_ipset, print_nft,
								print_rbldnsd};

	if (cli.json)
		return print_json(e);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!strcmp(formats[i], format))
			print[i](e);
	if (e->kept_back)
		fprintf(stderr,
			"%zu that rest on the lists of others are left out: --all has them, "
			"where the lists' terms allow it\n",
			e->kept_back);
	return fflush(stdout) ? cli_failed("cannot write to standard output") : CLI_DONE;
}

int cmd_export(int argc, char **argv)
{
	static const struct option words[] = {
		{"format", required_argument, NULL, 'F'},
		{"ports", required_argument, NULL, 'p'},
		{"all", no_argument, NULL, 'a'},
		CLI_WORDS,
	};
	const char *ports[] = {ports_name(PORTS_MX), ports_name(PORTS_SUBMISSION)};
	struct export e = {.ports = ports_name(PORTS_MX)};
	struct question question = {.data = take, .context = &e};
	const char *format = NULL;
	int c, code;

	while ((c = cli_next(argc, argv, ":", words)) != -1) {
		if (c == 'F' && cli_word_is_one_of("--format", optarg, formats,
						   sizeof(formats) / sizeof(formats[0])))
			format = optarg;
		else if (c == 'p' && cli_word_is_one_of("--ports", optarg, ports, PORTS_COUNT))
			e.ports = optarg;
		else if (c == 'a')
			e.all = true;
		else
			return CLI_USAGE;
	}
	if (optind < argc || (!format && !cli.json))
		return cli_misused("name a format with --format");
	question.request = ask_request("list", NULL);
	code = ask(&question, NULL);
	if (code == CLI_DONE) {
		leave_out_what_is_held(&e);
		code = print_as(format, &e);
	}
	free(e.list);
	return code;
}
