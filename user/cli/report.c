// SPDX-License-Identifier: GPL-2.0-or-later
/* report: what an administrator wants to know before enforcing, to be read in a minute. */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "cli.h"
#include "table.h"
#include "text.h"

#define PATIENCE 120

struct report {
	const char *since;
	json_t *summary, *causes, *clients, *networks;
};

static json_int_t number(const json_t *object, const char *key)
{
	return field_number(object, key, 0);
}

static const char *plural(json_int_t count)
{
	return count == 1 ? "" : "s";
}

static json_int_t known_of(const json_t *tally)
{
	return number(tally, "clients") - number(tally, "unknown");
}

/* In force, in monitor mode, or both where the mode has changed meanwhile. */
static void show_how_many(const struct report *r, json_int_t would, json_int_t has)
{
	printf("In the last %s mxdp ", r->since);
	if (has)
		printf("has blocked %lld client%s", (long long)has, plural(has));
	if (has && would)
		printf(",\nand in monitor mode ");
	if (would || !has)
		printf("would have blocked %lld%s client%s", (long long)would, has ? " other" : "",
		       plural(would));
	printf("%s\n\n", would + has ? ". Of these:" : ".");
}

static void show_summary(const struct report *r)
{
	const json_t *blocks = json_object_get(r->summary, "blocks");
	const json_t *others = json_object_get(r->summary, "others");
	json_int_t has = number(blocks, "in_force"), would = number(blocks, "clients") - has;

	show_how_many(r, would, has);
	printf("  had mail accepted    %8lld   possible false positives, see below\n",
	       (long long)number(blocks, "accepted"));
	printf("  were refused anyway  %8lld   by the mail server, without mxdp\n",
	       (long long)number(blocks, "refused"));
	printf("  tried no mail        %8lld\n", (long long)number(blocks, "nothing"));
	printf("  unknown              %8lld   encrypted or seen in part, and nobody told\n",
	       (long long)number(blocks, "unknown"));
	if (would)
		printf("\nEnforcing would have spared the server %lld session%s and %lld bytes.\n",
		       (long long)number(blocks, "sessions"), plural(number(blocks, "sessions")),
		       (long long)number(blocks, "bytes"));
	if (number(others, "clients"))
		printf("\nOnly watched, or spared: %lld client%s, %lld with mail accepted.\n",
		       (long long)number(others, "clients"), plural(number(others, "clients")),
		       (long long)number(others, "accepted"));
}

static void show_causes(const struct report *r)
{
	static const struct column columns[] = {{"CLIENTS", true}, {"ACCEPTED", true},
						{"REFUSED", true}, {"NO MAIL", true},
						{"UNKNOWN", true}, {"FINDING OR LIST", false}};
	static const char *const keys[] = {"clients", "accepted", "refused", "nothing", "unknown"};
	char cell[5][TEXT_SPAN];
	const json_t *cause;
	struct table t;
	size_t i;

	if (!json_array_size(r->causes))
		return;
	puts("\nWhat speaks against them; a client counts under each of its findings:");
	table_begin(&t, columns, 6);
	json_array_foreach(r->causes, i, cause)
	{
		const char *cells[6];

		for (int k = 0; k < 5; k++) {
			snprintf(cell[k], sizeof(cell[k]), "%lld",
				 (long long)number(cause, keys[k]));
			cells[k] = cell[k];
		}
		cells[5] = field_text(cause, "cause");
		table_row(&t, i, number(cause, "accepted") ? PAINT_WARN : PAINT_NONE, cells);
	}
	table_end(&t);
}

/* Two lines or three of at most 80 columns each; words of strangers are cut. */
static void show_client(const json_t *client)
{
	const char *helo = field_text(client, "helo"), *name = field_text(client, "name");
	const char *sender = field_text(client, "sender"), *why = field_text(client, "findings");
	char clean[TEXT_CELL];

	printf("  %s%s%s", paint(PAINT_WARN), field_text(client, "addr"), paint(PAINT_NONE));
	if (name)
		printf("  %.36s", text_clean(clean, sizeof(clean), name));
	putchar('\n');
	printf("    says %.70s\n", text_clean(clean, sizeof(clean), helo ? helo : "no name"));
	if (sender)
		printf("    from %.70s\n", text_clean(clean, sizeof(clean), sender));
	printf("    for  %.70s\n", text_clean(clean, sizeof(clean), why ? why : "?"));
}

static void show_clients(const struct report *r)
{
	json_int_t all = number(json_object_get(r->summary, "blocks"), "accepted");
	const json_t *client;
	size_t i;

	if (!json_array_size(r->clients))
		return;
	puts("\nPossible false positives, the latest first:");
	json_array_foreach(r->clients, i, client) show_client(client);
	if (all > (json_int_t)i)
		printf("  ... and %lld more\n", (long long)all - (json_int_t)i);
}

/* Of the last day whatever `since' says, and never blocked for it. */
static void show_networks(const struct report *r)
{
	const json_t *network;
	size_t i;

	if (!json_array_size(r->networks))
		return;
	puts("\nNetworks of many offenders within a day, not blocked as such (`mxdpctl log\n"
	     "--client NET' shows them, `mxdpctl block NET --for 1d' would block all of one):");
	json_array_foreach(r->networks, i, network)
		printf("  %-28s %6lld\n", field_text(network, "net"),
		       (long long)number(network, "offenders"));
}

static void show_advice(const struct report *r)
{
	const json_t *blocks = json_object_get(r->summary, "blocks");
	json_int_t clients = number(blocks, "clients"), known = known_of(blocks);
	json_int_t accepted = number(blocks, "accepted");

	putchar('\n');
	if (!clients)
		puts("Nobody would have been blocked: there is nothing to judge enforcing by yet.");
	else
		printf("The outcome of %lld of %lld client%s is known.\n", (long long)known,
		       (long long)clients, plural(clients));
	if (accepted)
		puts("Look at the possible false positives first: `mxdpctl explain ADDR', then\n"
		     "`mxdpctl allow ADDR' for whom you want mail from, or `mxdpctl checks off "
		     "ID'.");
	else if (clients && known * 2 < clients)
		puts("That is too little: TLS hides the rest. `mxdpctl outcome -' takes it from "
		     "the\n"
		     "mail server's log (see `mxdpctl help outcome').");
	else if (clients && clients == number(blocks, "in_force"))
		puts("None of them had mail accepted: nothing speaks against these blocks.");
	else if (clients)
		puts("None of them had mail accepted: enforcing looks safe. To try it:\n"
		     "`mxdpctl mode enforce --for 2h'.");
}

static int take(const json_t *data, void *context)
{
	const char *about = field_text(data, "about");
	struct report *r = context;

	if (cli.json)
		return ask_print_json(data, NULL);
	if (about && !strcmp(about, "summary") && !r->summary)
		r->summary = json_incref((json_t *)data);
	else if (about && !strcmp(about, "cause"))
		json_array_append(r->causes, (json_t *)data);
	else if (about && !strcmp(about, "client") && field_text(data, "addr"))
		json_array_append(r->clients, (json_t *)data);
	else if (about && !strcmp(about, "network") && field_text(data, "net"))
		json_array_append(r->networks, (json_t *)data);
	return 0;
}

/* report --daily: paragraphs, for a mail as for a terminal. */
static int take_day(const json_t *data, void *context)
{
	const char *text = field_text(data, "text");

	(void)context;
	if (cli.json)
		return ask_print_json(data, NULL);
	if (text)
		text_wrapped(PAINT_DIM, "* ", text);
	return 0;
}

static void show(const struct report *r)
{
	show_summary(r);
	show_causes(r);
	show_clients(r);
	show_networks(r);
	show_advice(r);
}

static int ask_report(struct report *r, struct question *q, bool daily)
{
	struct ask_field fields[] = {{"since", NULL}, {0}};

	if (!r->since)
		r->since = daily ? "1d" : "7d";
	fields[0].value = r->since;
	q->request = ask_request("report", fields);
	if (daily && q->request) {
		json_object_set_new(q->request, "daily", json_true());
		q->data = take_day;
	}
	return ask(q, NULL);
}

int cmd_report(int argc, char **argv)
{
	static const struct option words[] = {
		{"since", required_argument, NULL, 's'},
		{"daily", no_argument, NULL, 'd'},
		CLI_WORDS,
	};
	struct report r = {
		.since = NULL,
		.causes = json_array(),
		.clients = json_array(),
		.networks = json_array(),
	};
	struct question q = {.data = take, .context = &r, .patience = PATIENCE};
	bool daily = false;
	int c, code = CLI_DONE;

	while (code == CLI_DONE && (c = cli_next(argc, argv, ":", words)) != -1) {
		if (c == 'd')
			daily = true;
		else if (c != 's' || !cli_span_is_good("--since", optarg, false))
			code = CLI_USAGE;
		else
			r.since = optarg;
	}
	if (code == CLI_DONE && optind < argc)
		code = cli_misused("there is nothing to say behind `report' but options");
	if (code == CLI_DONE && daily && r.since)
		code = cli_misused("--daily is of the last day: it takes no --since");
	if (code == CLI_DONE)
		code = ask_report(&r, &q, daily);
	if (code == CLI_DONE && r.summary)
		show(&r);
	json_decref(r.summary);
	json_decref(r.causes);
	json_decref(r.clients);
	json_decref(r.networks);
	return code;
}
