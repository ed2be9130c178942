// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The HELO checks against real mail: what each takes of spam and of ham, with bounds around what
 * was measured, so that a check that grows blind fails here as well as one that grows harsh. None
 * of the ham is blocked at defaults, even where the DNS says the worst of every client and HELO;
 * and what harsher settings would have blocked is told.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/checks/helo.h"
#include "../../user/policy/policy.h"

#define SERVER "192.0.2.25"

enum label {
	HAM,
	SPAM,
	LABEL_COUNT,
};

/* What besides the HELO is held against everybody. */
enum besides {
	BESIDES_NOTHING,
	BESIDES_DNS,      /* all that the DNS can say of a client and its HELO */
	BESIDES_SENDER,   /* the client has no name, HELO and sender's domain do not resolve */
	BESIDES_POLICY,   /* a policy list holds the client: 6 points */
	BESIDES_PROTOCOL, /* it did not wait for a reply: 6 points */
	BESIDES_COUNT,
};

static const char *const besides_text[BESIDES_COUNT] = {
	"defaults, the HELO alone", "and the worst of the DNS", "and a sender not in the DNS",
	"and on a policy list",     "and illegal pipelining",
};

static struct tally {
	int lines[LABEL_COUNT];
	int hits[FINDING_COUNT][LABEL_COUNT];
	int decisions[BESIDES_COUNT][DECISION_BLOCK + 1][LABEL_COUNT];
	int convicted[FINDING_COUNT][LABEL_COUNT]; /* lines blocked, were this to convict */
	int highest[LABEL_COUNT];                  /* score of a line */
} tally;

/* Per cent of the lines of each label that a check takes. Checks that are not here take none. */
static const struct bound {
	enum finding_id id;
	double spam_from, spam_to, ham_to;
} bounds[] = {
	/* measured: spam 0.11, 4.22, 0.11, 0.21, 0.21, 6.55, 0.84, 1.27 */
	{FINDING_HELO_KNOWN_BOT, 0.1, 0.4, 0},   {FINDING_HELO_BARE_IP, 4.0, 4.5, 0},
	{FINDING_HELO_NUMERIC_TLD, 0.1, 0.4, 0}, {FINDING_HELO_LOCALHOST, 0.2, 0.5, 0},
	{FINDING_HELO_DYNAMIC, 0.2, 0.6, 0},     {FINDING_HELO_SINGLE_LABEL, 6.2, 6.9, 0.2},
	{FINDING_HELO_LOCAL_TLD, 0.8, 1.1, 0.3}, {FINDING_HELO_UNDERSCORE, 1.2, 1.5, 0},
};

static double percent(int hits, int lines)
{
	return 100.0 * hits / lines;
}

static void take_helo(struct findings *out, const char *client, const char *helo)
{
	static const char *const our_names[] = {"mx.mxdp.example"};
	const struct helo_names names = {
		.our_names = our_names,
		.our_names_count = 1,
		.known_bots = helo_default_bots,
		.known_bots_count = helo_default_bots_count,
		.suspect_names = helo_default_suspects,
		.suspect_names_count = helo_default_suspects_count,
	};
	struct helo_facts facts = {.name = helo, .len = strlen(helo)};

	assert_true(addr_parse(&facts.client, client));
	assert_true(addr_parse(&facts.server, SERVER));
	findings_clear(out);
	helo_check(out, &facts, &names);
}

/* A policy list of 6 points is there, as rule 0. */
static struct policy policy_of_test(void)
{
	struct policy policy;

	policy_defaults(&policy);
	policy.list_count = 1;
	policy.list[0].rule.enabled = true;
	policy.list[0].rule.points = 6;
	return policy;
}

static void hold_against(struct findings *f, enum besides what)
{
	static const enum finding_id none[] = {FINDING_COUNT},
				     protocol[] = {FINDING_ILLEGAL_PIPELINING, FINDING_COUNT};
	/* More than can be at a time: a name that is missing is not wrong, too. */
	static const enum finding_id dns[] = {FINDING_RDNS_MISSING,
					      FINDING_RDNS_MISMATCH,
					      FINDING_HELO_UNRESOLVABLE,
					      FINDING_HELO_DNS_MISMATCH,
					      FINDING_HELO_BRAND_FORGERY,
					      FINDING_HELO_DYNAMIC,
					      FINDING_COUNT};
	static const enum finding_id sender[] = {FINDING_RDNS_MISSING, FINDING_HELO_UNRESOLVABLE,
						 FINDING_SENDER_UNRESOLVABLE, FINDING_COUNT};
	static const enum finding_id *const ids[BESIDES_COUNT] = {none, dns, sender, none,
								  protocol};

	for (const enum finding_id *id = ids[what]; *id != FINDING_COUNT; id++)
		findings_add(f, *id, false, "said of everybody");
	if (what == BESIDES_POLICY)
		findings_put_list(f, FINDING_DNSBL, 0, 300, "says so of everybody");
}

/* Were this finding to convict, as `finding "ID" { convicts = true points = 10 }' has it. */
static bool blocks_if_convicting(const struct findings *f, enum finding_id id)
{
	struct policy policy = policy_of_test();

	policy.rule[id].convicts = true;
	policy.rule[id].points = POLICY_BLOCK_POINTS;
	return policy_decide(&policy, f, 0).kind == DECISION_BLOCK;
}

static void judge(const char *client, const char *helo, enum label label)
{
	const struct policy policy = policy_of_test();
	struct findings findings;
	struct decision d;

	for (int what = 0; what < BESIDES_COUNT; what++) {
		take_helo(&findings, client, helo);
		hold_against(&findings, (enum besides)what);
		d = policy_decide(&policy, &findings, 0);
		tally.decisions[what][d.kind][label]++;
		if (label == HAM && d.kind == DECISION_BLOCK && what <= BESIDES_DNS)
			fail_msg("ham from %s, HELO %s, is blocked: %s", client, helo,
				 besides_text[what]);
	}
	take_helo(&findings, client, helo);
	for (size_t i = 0; i < findings.count; i++) {
		assert_int_equal(finding_types[findings.list[i].id].class, CLASS_NAMES);
		tally.hits[findings.list[i].id][label]++;
	}
	for (int id = 0; id < FINDING_COUNT; id++)
		tally.convicted[id][label] += blocks_if_convicting(&findings, (enum finding_id)id);
	tally.lines[label]++;
	d = policy_decide(&policy, &findings, 0);
	if (d.score > tally.highest[label])
		tally.highest[label] = d.score;
}

static void print_row(const char *what, const int hits[LABEL_COUNT])
{
	printf("%-24s %7.2f %7.2f\n", what, percent(hits[SPAM], tally.lines[SPAM]),
	       percent(hits[HAM], tally.lines[HAM]));
}

static void print_table(void)
{
	printf("%-24s %7s %7s\n", "", "spam %", "ham %");
	for (int id = 0; id < FINDING_COUNT; id++)
		if (finding_types[id].class == CLASS_NAMES)
			print_row(finding_types[id].id, tally.hits[id]);
	print_row("= watched", tally.decisions[BESIDES_NOTHING][DECISION_WATCH]);
	print_row("= blocked", tally.decisions[BESIDES_NOTHING][DECISION_BLOCK]);
	printf("%-24s %7d %7d\n", "lines", tally.lines[SPAM], tally.lines[HAM]);
	printf("%-24s %7d %7d\n", "highest score", tally.highest[SPAM], tally.highest[HAM]);
	fflush(stdout);
}

/* What would have happened to the same mail in a worse world, and by harsher settings. */
static void print_harsher(void)
{
	printf("\n%-36s %13s %13s\n", "", "spam blocked", "ham blocked");
	for (int what = 0; what < BESIDES_COUNT; what++)
		printf("%-36s %6d of %4d %5d of %4d\n", besides_text[what],
		       tally.decisions[what][DECISION_BLOCK][SPAM], tally.lines[SPAM],
		       tally.decisions[what][DECISION_BLOCK][HAM], tally.lines[HAM]);
	for (int id = 0; id < FINDING_COUNT; id++)
		if (tally.hits[id][SPAM] || tally.hits[id][HAM])
			printf("were %-21s to convict %6d of %4d %5d of %4d\n",
			       finding_types[id].id, tally.convicted[id][SPAM], tally.lines[SPAM],
			       tally.convicted[id][HAM], tally.lines[HAM]);
	fflush(stdout);
}

/* At defaults only what convicts blocks by the HELO alone; what is made to adds those it takes. */
static void harsher_settings_agree(void)
{
	int blocked = tally.decisions[BESIDES_NOTHING][DECISION_BLOCK][SPAM];

	for (int id = 0; id < FINDING_COUNT; id++) {
		if (finding_types[id].mild_points)
			continue;
		assert_int_equal(tally.convicted[id][HAM], tally.hits[id][HAM]);
		assert_in_range(tally.convicted[id][SPAM], blocked, blocked + tally.hits[id][SPAM]);
		assert_true(tally.convicted[id][SPAM] >= tally.hits[id][SPAM]);
	}
}

static const struct bound *bound_of(enum finding_id id)
{
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++)
		if (bounds[i].id == id)
			return &bounds[i];
	return NULL;
}

static void within_bounds(void)
{
	for (int id = 0; id < FINDING_COUNT; id++) {
		const struct bound *bound = bound_of((enum finding_id)id);
		double spam = percent(tally.hits[id][SPAM], tally.lines[SPAM]);
		double ham = percent(tally.hits[id][HAM], tally.lines[HAM]);

		if (spam < (bound ? bound->spam_from : 0) || spam > (bound ? bound->spam_to : 0) ||
		    ham > (bound ? bound->ham_to : 0))
			fail_msg("%s takes %.2f %% of spam and %.2f %% of ham",
				 finding_types[id].id, spam, ham);
	}
}

/* Skips loudly where there is none. */
static FILE *open_list(const char *name)
{
	const char *dir = getenv("MXDP_CORPUS");
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/helo/%s", dir ? dir : "../shared/corpus", name);
	file = fopen(path, "r");
	if (!file) {
		fprintf(stderr, "SKIPPED: no %s; set MXDP_CORPUS to the directory of the corpus\n",
			path);
		skip();
	}
	return file;
}

/* Lines: label, client's address, its rDNS, HELO; the first one is the heading. */
static void labelled_mail(void **state)
{
	FILE *file = open_list("labelled.tsv");
	char line[4096];

	(void)state;
	assert_non_null(fgets(line, sizeof(line), file));
	while (fgets(line, sizeof(line), file)) {
		char *rest = line, *field[4];

		line[strcspn(line, "\n")] = '\0';
		for (int i = 0; i < 4; i++) {
			field[i] = strsep(&rest, "\t");
			assert_non_null(field[i]);
		}
		judge(field[1], field[3], strstr(field[0], "ham") ? HAM : SPAM);
	}
	fclose(file);
	print_table();
	print_harsher();
	assert_int_equal(tally.lines[HAM], 1677);
	assert_int_equal(tally.lines[SPAM], 947);
	assert_int_equal(tally.decisions[BESIDES_NOTHING][DECISION_BLOCK][HAM], 0);
	assert_int_equal(tally.decisions[BESIDES_DNS][DECISION_BLOCK][HAM], 0);
	harsher_settings_agree();
	assert_in_range(tally.highest[HAM], 0, POLICY_NAMES_CAP);
	within_bounds();
}

/*
 * What bots were heard to say, in files of other people's logs: a HELO and where it was seen.
 * Behind the remark on those that are benign, nothing may block.
 */
static void names_of_bots(void **state)
{
	const struct policy policy = policy_of_test();
	FILE *file = open_list("bots.tsv");
	int kinds[2][DECISION_BLOCK + 1] = {0};
	char line[4096];
	bool benign = false;

	(void)state;
	while (fgets(line, sizeof(line), file)) {
		struct findings findings;
		enum decision_kind kind;

		benign |= line[0] == '#' && strstr(line, "benign");
		line[strcspn(line, "\t\n")] = '\0';
		if (line[0] == '#' || !line[0])
			continue;
		take_helo(&findings, "198.51.100.7", line);
		kind = policy_decide(&policy, &findings, 0).kind;
		kinds[benign][kind]++;
		if (benign && kind == DECISION_BLOCK)
			fail_msg("HELO %s is benign, and is blocked", line);
	}
	fclose(file);
	for (int b = 0; b < 2; b++)
		printf("%s: %d blocked, %d watched, %d pass, by the HELO alone\n",
		       b ? "benign names" : "names of bots", kinds[b][DECISION_BLOCK],
		       kinds[b][DECISION_WATCH], kinds[b][DECISION_PASS]);
	fflush(stdout);
	assert_true(kinds[0][DECISION_BLOCK] >= 1 && kinds[0][DECISION_WATCH] >= 2);
	assert_true(kinds[1][DECISION_PASS] >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labelled_mail),
		cmocka_unit_test(names_of_bots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
