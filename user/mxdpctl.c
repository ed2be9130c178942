// SPDX-License-Identifier: GPL-2.0-or-later
/* mxdpctl: shows and steers mxdpd. The verbs are in cli/, one file a group. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/version.h"
#include "cli/cli.h"
#include "cli/text.h"
#include "config/suggest.h"

static int cmd_help(int argc, char **argv);

static const struct verb verbs[] = {
	{"status", cmd_status, "",
	 "how it stands, and what is wrong\n"
	 "Works from the pinned maps too, when the agent is not running."},
	{"top", cmd_top, "[--interval SECONDS] | --json [--count N]",
	 "a live view: SYNs, who is blocked, decisions, lists, the agent\n"
	 "Anew every second where --interval is left out. Keys explain, unblock or allow the "
	 "chosen\n"
	 "line; h shows them. With --json one snapshot, or so many, one a line."},
	{"list", cmd_list, "[--cause CAUSE] [--ports mx|submission]",
	 "the verdicts in force\n"
	 "CAUSE is a finding (see `mxdpctl checks'), `manual' or `score'. The newest come first.\n"
	 "Works from the pinned maps too, when the agent is not running."},
	{"block", cmd_block,
	 "ADDR|CIDR...|- [--for 1h|forever] [--reason TEXT]\n"
	 "           [--action drop|reset|watch|limit] [--ports mx|submission|all]",
	 "drop the connections of addresses or networks\n"
	 "For one hour, on the mx port, silently, where nothing else is said. `-' takes one entry "
	 "a line from standard input,\n"
	 "where blank lines and # comments are skipped; if one is bad, nothing is changed."},
	{"unblock", cmd_unblock, "ADDR|CIDR...|- | --by CAUSE|ZONE [--since 2h]",
	 "take verdicts back, and leave the client in peace for a day\n"
	 "--by takes back all that one finding caused (see `mxdpctl checks'), or `manual' or\n"
	 "`score', or one DNS list (see `mxdpctl dnsbl'); --since only those of the last hours. "
	 "`-' is as in `mxdpctl help block'."},
	{"allow", cmd_allow, "[ADDR|CIDR...|- [--for 30d|forever] [--reason TEXT]]",
	 "never block these, whatever they do; or show who is allowed\n"
	 "For ever where --for is left out. `-' is as in `mxdpctl help block'."},
	{"unallow", cmd_unallow, "ADDR|CIDR...|-",
	 "take back what allow did\n"
	 "What the configuration allows is changed there."},
	{"mode", cmd_mode, "[monitor|enforce] [--for 2h]",
	 "count only, or drop; without words: which it is\n"
	 "With --for it goes back by itself."},
	{"checks", cmd_checks, "[on|off ID]",
	 "the findings, their points and how often they came\n"
	 "`checks off ID' switches one off until mxdpd starts again."},
	{"dnsbl", cmd_dnsbl, "[--presets]",
	 "the DNS lists: how they are, what they say\n"
	 "A list that fails its test entries is not believed. LISTED counts believed or not; MS "
	 "is\n"
	 "the median of its answers. --presets shows the lists that are known, with their terms."},
	{"feeds", cmd_feeds, "[NAME | --presets | sync [NAME... | NAME -] [--force]]",
	 "the feeds: how they are, what they stop; `sync' fetches now\n"
	 "HITS and STOPPED are SYNs of addresses that a feed lists; ~ where they are too many to "
	 "be\n"
	 "told apart one by one. `sync' ends with 0 only where all that it asked for are current;\n"
	 "with `-' it takes the list from standard input, for a feed of url = stdin.\n"
	 "--force takes what the guard holds back. --presets shows the feeds that are known."},
	{"explain", cmd_explain, "[--text] ADDR|CIDR|DOMAIN",
	 "what stands against an address, a network or a domain, and why\n"
	 "Whether a SYN from it passes now, its history, and what each list says, past its "
	 "health.\n"
	 "Of a domain its own addresses, those of its mail servers, and what its SPF record "
	 "names.\n"
	 "--text prints only what can be told to the partner who is blocked."},
	{"log", cmd_log,
	 "[-f] [-n LINES] [--client ADDR|CIDR] [--event NAME]\n"
	 "           [--finding ID] [--since 2h] [--format text|json|fail2ban]\n"
	 "           | --audit [-n LINES] [--client ADDR|CIDR] [--since 2h]",
	 "what was decided, about whom, on what evidence\n"
	 "-f (--follow) goes on until interrupted. -n (--lines) is 50 where left out, and "
	 "counts those that are wanted.\n"
	 "NAME is verdict, session, unblock, block, allow, unallow, mode, flush, feed, attached,\n"
	 "detached, knock, daily or note.\n"
	 "A knock is a source under a block that still tries, at most one an hour (log.knocks).\n"
	 "--format fail2ban shows verdicts alone, without what a client said, for log readers.\n"
	 "--audit shows who changed what by hand, from the journal on disk."},
	{"report", cmd_report, "[--since 7d | --daily]",
	 "what became of those that mxdp would have blocked\n"
	 "Which checks and lists, how many of their clients had mail accepted all the same, and\n"
	 "whether enforcing looks safe. Of the last week where --since is left out.\n"
	 "--daily is the last day in a few lines, as the log gets them at log.daily."},
	{"outcome", cmd_outcome, "-",
	 "tell what the mail server's log says of its clients\n"
	 "Lines on standard input: [TIME] ADDRESS accepted|refused [TEXT], as they come. What TLS\n"
	 "hides is known by that: for `report', for trust, for the end of a block. From logs of\n"
	 "your own alone: what stands there is believed. Bad lines are told and skipped.\n"
	 "outcome-postfix.awk and outcome-exim.awk make such lines of those servers' logs."},
	{"export", cmd_export,
	 "--format cidr|ipset|nft|rbldnsd\n           [--ports mx|submission] [--all]",
	 "the blocks in force, for other programs\n"
	 "For `ipset restore', `nft -f' (both with the time that is left), rbldnsd (a zone of "
	 "type\n"
	 "combined), or a plain list. What is only watched or limited is left out. So is what "
	 "rests "
	 "on\n"
	 "the lists of others: their terms may forbid to pass it on; --all has it, too."},
	{"flush", cmd_flush, "[--yes]",
	 "remove all verdicts\n"
	 "Asks first; where there is no terminal, --yes (-y) must be written."},
	{"detach", cmd_detach, "",
	 "take everything off and end the agent\n"
	 "Without an agent it removes what one has left: programs, links, pins."},
	{"judge", cmd_judge, "[--dns] --client ADDR [--server ADDR] [--helo NAME] | -",
	 "what the HELO checks think of a name; needs no agent\n"
	 "`-' takes lines of CLIENT, a tab, HELO from standard input. --dns asks the DNS too: the\n"
	 "configuration's lists about the client and its HELO, and for their names."},
	{"replay", cmd_replay, "[--dns] [--ignore-never-block] PCAP...",
	 "run captures through the real programs; needs no agent\n"
	 "One line a session. With --dns lists and names are asked about too, as they are now;\n"
	 "without it no question leaves."},
	{"parse-feed", cmd_parse_feed, "[--format FORMAT] [--effective] FILE|-",
	 "what a list of addresses says, as networks; needs no agent\n"
	 "FORMAT is cidr, spamhaus-json, spamhaus-drop, rbldnsd-ip4set, rbldnsd-ip4trie,\n"
	 "rbldnsd-ip4tset, rbldnsd-ip6trie, rbldnsd-ip6tset, spamd, or auto, which looks at the\n"
	 "beginning. Lines that cannot be used are told, and do not stop the rest.\n"
	 "--effective takes out what is never blocked: special networks, and those that the\n"
	 "configuration allows."},
	{"setup", cmd_setup, "[--write [FILE] [--force]]",
	 "look at this host and propose a configuration; needs no agent\n"
	 "The configuration goes to standard output, what to know and to do next to standard "
	 "error.\n"
	 "--write puts it into FILE, or where --config says; over one that is there only with "
	 "--force.\n"
	 "Nothing is changed but that file. --json: what was found."},
	{"check-config", cmd_check_config, "[FILE]",
	 "every mistake of a configuration file\n"
	 "The file is the one of --config where none is named."},
	{"import-postfix", cmd_import_postfix, "MAIN.CF",
	 "a configuration made of Postfix's, on standard output\n"
	 "Lists, networks, names; on standard error what could not be carried over, and why."},
	{"help", cmd_help, "[VERB]", "this, or more about one verb"},
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void print_options(void)
{
	puts("\noptions, before or behind the verb:\n"
	     "  --socket PATH              the agent's control socket\n"
	     "  --pin-dir DIR              where its maps are pinned\n"
	     "  --config FILE              the configuration, where no agent is asked\n"
	     "  --json                     objects, one a line\n"
	     "  --color auto|always|never\n"
	     "  --help, --version\n"
	     "\nexit: 0 done, 1 failed, 2 wrong words");
}

#define HELP_WIDTH 79

/* The overview is longer than the smallest terminal. */
static void print_hint(void)
{
	unsigned height = text_height();

	if (height && height < VERBS + 13)
		puts("this is longer than the terminal: `mxdpctl help | less'");
}

static int print_verbs(void)
{
	puts("usage: mxdpctl [OPTIONS] [VERB ...]        no verb: status\n");
	for (size_t i = 0; i < VERBS; i++)
		printf("  %-14s %.*s\n", verbs[i].name, (int)strcspn(verbs[i].help, "\n"),
		       verbs[i].help);
	print_options();
	print_hint();
	return CLI_DONE;
}

/* The first line of a help alone, the rest as one paragraph. */
static void print_help(const char *help)
{
	size_t summary = strcspn(help, "\n");
	char text[2048];
	const char *at = text;

	printf("%.*s\n", (int)summary, help);
	snprintf(text, sizeof(text), "%s", help[summary] ? help + summary + 1 : "");
	for (char *c = text; *c; c++)
		if (*c == '\n')
			*c = ' ';
	while (*at) {
		const char *line = at;
		size_t len = text_fold(&at, HELP_WIDTH);

		printf("%.*s\n", (int)len, line);
	}
}

static int print_verb(const struct verb *verb)
{
	printf("usage: mxdpctl %s%s%s\n\n", verb->name, *verb->usage ? " " : "", verb->usage);
	print_help(verb->help);
	print_options();
	return CLI_DONE;
}

/* NULL, and it has said so, where there is none of this name. */
static const struct verb *find_verb(const char *name)
{
	struct suggestion suggestion = suggest_for(name, strlen(name));
	char quoted[TEXT_QUOTE];

	for (size_t i = 0; i < VERBS; i++) {
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
		suggest_try(&suggestion, verbs[i].name);
	}
	fprintf(stderr, "mxdpctl: %s is no verb", text_quote(quoted, name));
	if (suggestion.nearest)
		fprintf(stderr, ": did you mean `%s'?\n", suggestion.nearest);
	else
		fputs(": see `mxdpctl help'\n", stderr);
	return NULL;
}

static int cmd_help(int argc, char **argv)
{
	const struct verb *verb;

	if (argc > 2)
		return cli_misused("one verb at a time");
	if (argc < 2)
		return print_verbs();
	verb = find_verb(argv[1]);
	return verb ? print_verb(verb) : CLI_USAGE;
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strcmp(argv[i], "--help"))
			return true;
	return false;
}

static int run(int argc, char **argv)
{
	static char status[] = "status";
	static char *no_words[] = {status, NULL};
	const struct verb *verb = find_verb(argc ? argv[0] : status);

	if (!verb)
		return CLI_USAGE;
	if (asks_for_help(argc, argv))
		return print_verb(verb);
	cli.verb = verb;
	optind = 0; /* getopt begins anew with the verb's own words */
	return verb->run(argc ? argc : 1, argc ? argv : no_words);
}

int main(int argc, char **argv)
{
	static const struct option words[] = {
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		CLI_WORDS,
	};
	int c, code;

	log_setup(LOG_LEVEL_WARNING, false);
	while ((c = cli_next(argc, argv, "+:h", words)) != -1) {
		if (c == 'h')
			return print_verbs();
		if (c == 'V')
			return puts("mxdpctl " MXDP_VERSION) == EOF;
		fputs("see `mxdpctl help'\n", stderr);
		return CLI_USAGE;
	}
	code = run(argc - optind, argv + optind);
	if (fflush(stdout) || ferror(stdout)) {
		perror("mxdpctl: standard output");
		return CLI_FAILED;
	}
	return code;
}
