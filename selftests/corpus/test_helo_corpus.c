// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The HELO checks against real mail: what each takes of spam and of ham, with bounds around what
 * was measured, so that a check that grows blind fails here as well as one that grows harsh.
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

static struct tally {
	int lines[LABEL_COUNT];
	int hits[FINDING_COUNT][LABEL_COUNT];
	int decisions[DECISION_BLOCK + 1][LABEL_COUNT];
	int highest[LABEL_COUNT]; /* score of a line */
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

static void judge(const char *client, const char *helo, enum label label)
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
	struct findings findings = {0};
	struct policy policy;
	struct decision decision;

	policy_defaults(&policy);
	assert_true(addr_parse(&facts.client, client));
	assert_true(addr_parse(&facts.server, SERVER));
	helo_check(&findings, &facts, &names);
	decision = policy_decide(&policy, &findings, 0);
	for (size_t i = 0; i < findings.count; i++) {
		assert_int_equal(finding_types[findings.list[i].id].class, CLASS_NAMES);
		tally.hits[findings.list[i].id][label]++;
	}
	tally.lines[label]++;
	tally.decisions[decision.kind][label]++;
	if (decision.score > tally.highest[label])
		tally.highest[label] = decision.score;
	if (label == HAM && decision.kind == DECISION_BLOCK)
		fail_msg("ham from %s, HELO %s, is blocked", client, helo);
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
	print_row("= watched", tally.decisions[DECISION_WATCH]);
	print_row("= blocked", tally.decisions[DECISION_BLOCK]);
	printf("%-24s %7d %7d\n", "lines", tally.lines[SPAM], tally.lines[HAM]);
	printf("%-24s %7d %7d\n", "highest score", tally.highest[SPAM], tally.highest[HAM]);
	fflush(stdout);
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

/* Lines: label, client's address, its rDNS, HELO; the first one is the heading. */
static void labelled_mail(void **state)
{
	const char *dir = getenv("MXDP_CORPUS");
	char path[4096], line[4096];
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s/helo/labelled.tsv", dir ? dir : "../shared/corpus");
	file = fopen(path, "r");
	if (!file) {
		fprintf(stderr, "SKIPPED: no %s; set MXDP_CORPUS to the directory of the corpus\n",
			path);
		skip();
	}
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
	assert_int_equal(tally.lines[HAM], 1677);
	assert_int_equal(tally.lines[SPAM], 947);
	assert_int_equal(tally.decisions[DECISION_BLOCK][HAM], 0);
	assert_in_range(tally.highest[HAM], 0, POLICY_NAMES_CAP);
	within_bounds();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labelled_mail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
