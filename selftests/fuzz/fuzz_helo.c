// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * helo_check() on any bytes. The first byte chooses the facts, the rest is the HELO; what comes out
 * must be few findings, of the names class, in printable words, and a decision that holds.
 */
#include <stdlib.h>
#include <string.h>

#include "../../user/checks/helo.h"
#include "../../user/policy/policy.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void judge(const struct findings *findings)
{
	struct policy policy;
	struct decision decision;

	require(findings->count <= 4);
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->list[i];

		require(finding_types[f->id].class == CLASS_NAMES);
		require(strnlen(f->detail, FINDING_DETAIL) < FINDING_DETAIL);
		for (const char *c = f->detail; *c; c++)
			require(*c >= 0x20 && *c < 0x7f);
	}
	policy_defaults(&policy);
	decision = policy_decide(&policy, findings, (unsigned)findings->count);
	/* The HELO is one class: without a conviction it never blocks. */
	require(decision.kind != DECISION_BLOCK || finding_types[decision.cause].convicts);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const char *const clients[] = {"198.51.100.77", "2001:db8:c::77", "10.0.0.1", "::"};
	static const char *const our_names[] = {"mx.our.example", ""};
	struct helo_names names = {
		.our_names = our_names,
		.our_names_count = 2,
		.known_bots = helo_default_bots,
		.known_bots_count = helo_default_bots_count,
		.suspect_names = helo_default_suspects,
		.suspect_names_count = helo_default_suspects_count,
	};
	struct findings findings = {0};
	struct helo_facts facts = {0};
	char *name;

	if (!size)
		return 0;
	/* An exact copy on the heap, so that a read beyond its end is seen. */
	facts.len = size - 1;
	name = malloc(facts.len ? facts.len : 1);
	require(name != NULL);
	memcpy(name, data + 1, facts.len);
	facts.name = name;
	facts.banner_name = data[0] & 4 ? "mail.local" : NULL;
	addr_parse(&facts.client, clients[data[0] & 3]);
	addr_parse(&facts.server, data[0] & 8 ? "203.0.113.25" : "2001:db8:5::25");
	helo_check(&findings, &facts, &names);
	judge(&findings);
	free(name);
	return 0;
}
