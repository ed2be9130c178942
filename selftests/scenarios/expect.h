/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a scene expects of the latest connection. */
#ifndef MXDP_SELFTESTS_SCENARIOS_EXPECT_H
#define MXDP_SELFTESTS_SCENARIOS_EXPECT_H

#include "../../user/base/names.h"
#include "stage.h"

/* Expectations */

static inline void compare(const struct stage *st, const char *what, const char *found,
			   const char *wanted)
{
	if (strcmp(found, wanted))
		flunk(st, "%s: \"%s\" instead of \"%s\"", what, found, wanted);
}

/* In the order of the table; "nothing" where there is none. */
static inline void name_findings(const struct stage *st, char *text, size_t size,
				 const struct findings *f)
{
	char name[POLICY_FINDING_NAME];
	size_t len = 0;

	snprintf(text, size, "nothing");
	for (int id = 0; id < FINDING_COUNT; id++)
		for (size_t i = 0; i < f->count; i++)
			if ((int)f->list[i].id == id)
				len += (size_t)snprintf(
					text + len, size - len, "%s%s%s", len ? " " : "",
					policy_finding_name(name, &st->config.policy, &f->list[i]),
					f->list[i].mild ? "~" : "");
}

static inline const struct dialogue *ended(const struct stage *st)
{
	if (!current(st)->ended)
		flunk(st, "this session has not ended");
	return &st->current->d;
}

static inline void expect_findings(const struct stage *st, const struct findings *f,
				   const char *wanted)
{
	char found[1024];

	name_findings(st, found, sizeof(found), f);
	compare(st, "found", found, wanted);
}

static inline void step_found(struct stage *st, const char *at)
{
	expect_findings(st, &current(st)->live, at);
}

static inline void step_expect(struct stage *st, const char *at)
{
	expect_findings(st, &ended(st)->findings, at);
	st->current->expected = true;
}

/* Of what is decided as many words as are expected. */
static inline void step_decision(struct stage *st, const char *at)
{
	static const char *const kinds[] = {"pass", "watch", "block"};
	struct decision d = policy_decide(&st->config.policy, &ended(st)->findings, 0);
	size_t len = strlen(at);
	char found[128];

	snprintf(found, sizeof(found), "%s %d", kinds[d.kind], d.score);
	if (d.kind == DECISION_BLOCK)
		snprintf(found + strlen(found), sizeof(found) - strlen(found), " %s %s",
			 action_name(d.action), cause_name(d.cause));
	if (strncmp(found, at, len) || (found[len] && found[len] != ' '))
		compare(st, "decided", found, at);
}

static inline void step_detail(struct stage *st, const char *at)
{
	const struct dialogue *d = ended(st);
	const char *colon = strchr(at, ':');
	const struct finding *f = NULL;
	enum finding_id id;
	char name[WORD];

	snprintf(name, sizeof(name), "%.*s", colon ? (int)(colon - at) : 0, at);
	if (!colon || !finding_parse(&id, name))
		flunk(st, "\"%s\" is no finding", at);
	f = findings_get(&d->findings, id);
	compare(st, name, f ? f->detail : "not found at all", colon + 1 + (colon[1] == ' '));
}

static inline void step_outcome(struct stage *st, const char *at)
{
	char text[64];

	compare(st, "outcome", dialogue_outcome(text, sizeof(text), ended(st)), at);
}

static inline void expect_flags(const struct stage *st, const struct dialogue *d,
				const char *wanted)
{
	char text[64];

	snprintf(text, sizeof(text), "%s%s%s", d->partial ? " partial" : "",
		 d->relay ? " relay" : "", d->starttls ? " starttls" : "");
	compare(st, "is", text[0] ? text + 1 : "", wanted);
}

static inline void step_is(struct stage *st, const char *at)
{
	expect_flags(st, ended(st), at);
	st->current->flagged = true;
}

static inline const struct kept *kept_of(const struct dialogue *d, enum kept_kind kind)
{
	return kind == KEPT_HELO ? &d->helo : kind == KEPT_MAIL ? &d->mail_from : &d->rcpt_to;
}

static inline void expect_kept(struct stage *st, enum kept_kind kind, const char *wanted)
{
	const struct kept *kept = kept_of(ended(st), kind);
	size_t i = st->current->kept[kind]++;

	if (i >= kept_count(kept))
		flunk(st, "no more than %zu were kept", kept->seen);
	compare(st, "kept", kept_text(kept, i), wanted);
}

static inline void step_helo(struct stage *st, const char *at)
{
	expect_kept(st, KEPT_HELO, at);
}

static inline void step_mail(struct stage *st, const char *at)
{
	expect_kept(st, KEPT_MAIL, at);
}

static inline void step_rcpt(struct stage *st, const char *at)
{
	expect_kept(st, KEPT_RCPT, at);
}

static inline void step_absent(struct stage *st, const char *at)
{
	if (!*at || memmem(ended(st), sizeof(struct dialogue), at, strlen(at)))
		flunk(st, "\"%s\" is still there", at);
}

static inline void step_config(struct stage *st, const char *at)
{
	(void)st;
	(void)at; /* read before all others */
}

#endif
