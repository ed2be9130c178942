// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "health.h"

#define QUICK_MAX      5000 /* milliseconds to a second look */
#define QUICK_SHARE    4    /* and at most this part of the period */
#define BACKOFF_MAX    4    /* periods between the probes of a list that stays open */
#define GOOD_TO_CLOSE  2    /* probes in a row */
#define SILENT_TO_OPEN 2

#define FAILED_ROW      3 /* answers in a row that degrade */
#define FAILED_ROW_OPEN 10
#define FAILED_SHARE    8 /* of the last 32, in any order, that degrade */

/*
 * A botnet's burst brings mostly listed clients; nearly all of them for long is another thing.
 * Where probes then say that the list is in order, twice as many clients are needed for the next
 * alarm.
 */
#define RATIO_PERCENT    95
#define RATIO_ENOUGH     50
#define RATIO_ENOUGH_MAX 1600

static const char *const states[HEALTH_STATE_COUNT] = {
	[HEALTH_UNTESTED] = "untested",
	[HEALTH_HEALTHY] = "healthy",
	[HEALTH_DEGRADED] = "degraded",
	[HEALTH_OPEN] = "open",
};

const char *health_state_name(enum health_state state)
{
	return state < HEALTH_STATE_COUNT ? states[state] : "unknown";
}

/* Words */

struct refusal {
	const char *code;
	const char *words;
};

/* docs.spamhaus.com, which others follow; dnswl.org; the DBL. */
static const struct refusal refusals[] = {
	{"127.255.255.250", "the operator has switched this key off: renew the subscription"},
	{"127.255.255.251", "the operator does not accept this key: check it with your account"},
	{"127.255.255.252", "there is no list of this name: correct the zone"},
	{"127.255.255.254",
	 "the operator refuses your resolver, which is public or serves many: use "
	 "your own recursive resolver or a key (DQS)"},
	{"127.255.255.255", "too many questions, or not registered: lower its daily budget, or ask "
			    "the operator for a key or a feed"},
	{"127.0.0.255",
	 "the operator refuses your resolver, which asks too often or is public: use "
	 "your own recursive resolver or a subscription"},
	{"127.0.1.255", "it lists domains and was asked about an address: correct its kind"},
};

static const char *refusal_words(const char *code)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (!strcmp(code, refusals[i].code))
			return refusals[i].words;
	if (!strncmp(code, "127.0.10.", 9))
		return "what those who ask too often are told of every client: use your own "
		       "recursive resolver or a subscription";
	return "the operator refuses your questions: see its terms";
}

static const char *broken_words(const char *code)
{
	if (!strcmp(code, "127.0.0.1"))
		return "which no list may answer (RFC 5782 5): it is dead or blocked on the way; "
		       "take "
		       "it out, or use your own recursive resolver";
	return "which is outside of 127.0.0.0/8: its domain is parked, or a resolver on the way "
	       "rewrites answers; take it out, or use your own recursive resolver";
}

void health_describe(char *words, size_t size, const struct health_answer *answer)
{
	char code[ADDR_TEXT];

	addr_format(code, &answer->code);
	switch (answer->meaning) {
	case LIST_MEANS_NOT_LISTED:
		snprintf(words, size, "not listed");
		break;
	case LIST_MEANS_LISTED:
		snprintf(words, size, "listed (%s)", code);
		break;
	case LIST_MEANS_REFUSED:
		snprintf(words, size, "answers %s: %s", code, refusal_words(code));
		break;
	case LIST_MEANS_BROKEN:
		snprintf(words, size, "answers %s, %s", code, broken_words(code));
		break;
	case LIST_MEANS_UNKNOWN_CODE:
		snprintf(words, size, "answers %s, which is none of its configured codes", code);
		break;
	case LIST_MEANS_NOTHING:
		snprintf(words, size, "%s",
			 answer->status == DNS_TIMED_OUT
				 ? "no answer in time"
				 : "the question failed (SERVFAIL or REFUSED)");
		break;
	}
}

static const char *point_name(const struct health *h, enum probe_point point)
{
	switch (point) {
	case PROBE_LISTED:
		return h->domains ? "the test entry TEST" : "the test entry 127.0.0.2";
	case PROBE_NOT_LISTED:
		return h->domains ? "INVALID" : "127.0.0.1";
	case PROBE_LISTED_V6:
		return "the test entry ::ffff:7f00:2";
	case PROBE_NOT_LISTED_V6:
		return "::ffff:7f00:1";
	case PROBE_CANARY:
		return "the canary";
	default:
		return "a name made up on the spot";
	}
}

static bool expects_listing(enum probe_point point)
{
	return point == PROBE_LISTED || point == PROBE_LISTED_V6;
}

static const char *missing_words(enum probe_point point)
{
	if (point == PROBE_LISTED_V6)
		return "its zone has no IPv6 test entry, so it is not asked about IPv6 clients";
	return "it is empty, or hides from your resolver as some do from public ones: use your own "
	       "recursive resolver, or take it out";
}

static void point_words(struct health *h, enum probe_point point, const struct health_answer *a)
{
	char said[HEALTH_WORDS - 48];

	health_describe(said, sizeof(said), a);
	if (a->meaning == LIST_MEANS_NOT_LISTED)
		snprintf(said, sizeof(said), "not listed: %s", missing_words(point));
	else if (a->meaning == LIST_MEANS_LISTED || a->meaning == LIST_MEANS_UNKNOWN_CODE)
		snprintf(said, sizeof(said),
			 "listed, so it lists everything: it is dead; take it out unless its "
			 "operator says otherwise");
	snprintf(h->words, sizeof(h->words), "%s: %s", point_name(h, point), said);
}

/* States */

/* A quarter around `span`: agents that started together part. xorshift64 (Marsaglia 2003). */
static uint64_t jitter(struct health *h, uint64_t span)
{
	h->random ^= h->random << 13;
	h->random ^= h->random >> 7;
	h->random ^= h->random << 17;
	return span - span / 8 + h->random % (span / 4 + 1);
}

static uint64_t quick(const struct health *h)
{
	uint64_t share = h->period / QUICK_SHARE;

	return share < QUICK_MAX ? share : QUICK_MAX;
}

/* The longer it fails, the rarer it is asked. */
static uint64_t backoff(const struct health *h)
{
	uint64_t most = (uint64_t)h->period * BACKOFF_MAX;
	uint64_t span = quick(h);

	for (unsigned i = 1; i < h->bad_probes + h->silent_probes && span < most; i++)
		span *= 2;
	return span < most ? span : most;
}

static void due_soon(struct health *h, uint64_t now)
{
	uint64_t due = now + jitter(h, quick(h));

	if (due < h->due)
		h->due = due;
}

static void enter(struct health *h, enum health_state state, uint64_t now)
{
	if (h->state != state)
		h->since = now;
	h->state = state;
}

static enum health_change open_it(struct health *h, uint64_t now)
{
	bool news = h->state != HEALTH_OPEN;

	enter(h, HEALTH_OPEN, now);
	h->words_at = now;
	h->good_probes = 0;
	return news ? HEALTH_OPENED : HEALTH_NO_CHANGE;
}

static void degrade(struct health *h, uint64_t now)
{
	h->words_at = now;
	if (h->state == HEALTH_HEALTHY)
		enter(h, HEALTH_DEGRADED, now);
}

static void settings(struct health *h, const struct list *list)
{
	h->domains = list->kind == LIST_RHSBL_HELO || list->kind == LIST_RHSBL_SENDER;
	h->period = (list->probe && list->probe < 86400 ? list->probe : 86400) * 1000;
}

void health_init(struct health *h, const struct list *list, uint64_t random, uint64_t now)
{
	memset(h, 0, sizeof(*h));
	settings(h, list);
	h->random = random ? random : 1;
	h->since = now;
	h->due = now;
	h->ratio.enough = RATIO_ENOUGH;
}

void health_renew(struct health *h, const struct list *list, uint64_t now)
{
	settings(h, list);
	due_soon(h, now);
}

bool health_believed(const struct health *h)
{
	return h->state == HEALTH_HEALTHY || (h->state == HEALTH_DEGRADED && h->probed_well);
}

bool health_asked(const struct health *h)
{
	return h->state != HEALTH_OPEN;
}

/* Answers */

static void ratio_restart(struct health *h, unsigned enough)
{
	memset(&h->ratio, 0, sizeof(h->ratio));
	h->ratio.enough = enough < RATIO_ENOUGH       ? RATIO_ENOUGH
			  : enough < RATIO_ENOUGH_MAX ? enough
						      : RATIO_ENOUGH_MAX;
}

/* A client is counted once, or its retries would make the alarm. */
static bool ratio_new(struct health *h, uint64_t subject)
{
	uint64_t *word = &h->ratio.seen[subject % HEALTH_SUBJECTS / 64];
	uint64_t bit = 1ULL << subject % 64;
	bool new = !(*word & bit);

	*word |= bit;
	return new;
}

static enum health_change ratio_count(struct health *h, bool listed, uint64_t subject, uint64_t now)
{
	unsigned asked;

	if (!ratio_new(h, subject))
		return HEALTH_NO_CHANGE;
	h->ratio.listed += listed;
	asked = ++h->ratio.asked;
	if (asked < h->ratio.enough)
		return HEALTH_NO_CHANGE;
	if (h->ratio.listed * 100 <= asked * RATIO_PERCENT) {
		ratio_restart(h, asked / 2);
		return HEALTH_NO_CHANGE;
	}
	snprintf(h->words, sizeof(h->words),
		 "%u of the last %u different clients are listed: it may list everybody; it is "
		 "believed again when its test entries have passed twice",
		 h->ratio.listed, asked);
	ratio_restart(h, asked * 2);
	due_soon(h, now);
	return open_it(h, now);
}

static enum health_change failed(struct health *h, const struct health_answer *answer, uint64_t now)
{
	const uint32_t row = (1U << FAILED_ROW) - 1, row_open = (1U << FAILED_ROW_OPEN) - 1;
	char said[64];

	h->failures++;
	health_describe(said, sizeof(said), answer);
	if ((h->failed & row_open) == row_open) {
		snprintf(h->words, sizeof(h->words),
			 "%d questions in a row without an answer (%s): its servers or the way to "
			 "them are down; it is asked again by itself",
			 FAILED_ROW_OPEN, said);
		due_soon(h, now);
		return open_it(h, now);
	}
	if ((h->failed & row) == row || __builtin_popcount(h->failed) >= FAILED_SHARE) {
		snprintf(h->words, sizeof(h->words),
			 "%d of the last 32 questions without an answer (%s)",
			 __builtin_popcount(h->failed), said);
		if (h->state == HEALTH_HEALTHY)
			due_soon(h, now);
		degrade(h, now);
	}
	return HEALTH_NO_CHANGE;
}

enum health_change health_answered(struct health *h, const struct health_answer *answer,
				   uint64_t subject, uint64_t now)
{
	/* Asked before it was opened. */
	if (h->state == HEALTH_OPEN)
		return HEALTH_NO_CHANGE;
	h->failed = h->failed << 1 | (answer->meaning == LIST_MEANS_NOTHING);
	switch (answer->meaning) {
	case LIST_MEANS_NOTHING:
		return failed(h, answer, now);
	case LIST_MEANS_REFUSED:
	case LIST_MEANS_BROKEN:
		health_describe(h->words, sizeof(h->words), answer);
		due_soon(h, now);
		return open_it(h, now);
	case LIST_MEANS_UNKNOWN_CODE:
		h->unknown_codes++;
		/* A list whose codes have all become others lists everybody just as well. */
		return ratio_count(h, true, subject, now);
	default:
		return ratio_count(h, answer->meaning == LIST_MEANS_LISTED, subject, now);
	}
}

/* Probes */

enum probe_result {
	PROBE_GOOD,
	PROBE_SILENT,
	PROBE_BAD,
};

static enum probe_result point_result(unsigned asked, enum probe_point point,
				      const struct health_answer *a)
{
	switch (a->meaning) {
	case LIST_MEANS_NOTHING:
		return PROBE_SILENT;
	case LIST_MEANS_NOT_LISTED:
		/* Many lists know IPv4 alone, whatever their settings here say. */
		if (point == PROBE_LISTED_V6 && asked >> PROBE_LISTED & 1)
			return PROBE_GOOD;
		return expects_listing(point) ? PROBE_BAD : PROBE_GOOD;
	case LIST_MEANS_LISTED:
	case LIST_MEANS_UNKNOWN_CODE:
		/* The test entry need not be in a group: there is one for each code at most. */
		return expects_listing(point) ? PROBE_GOOD : PROBE_BAD;
	case LIST_MEANS_REFUSED:
		/* dnswl.org's own test entry is 127.0.10.0; that nobody else is, others tell. */
		return expects_listing(point) && a->code.b[13] == 0 && a->code.b[14] == 10
			       ? PROBE_GOOD
			       : PROBE_BAD;
	default:
		return PROBE_BAD;
	}
}

/* The worst of the points; *worst is the first that is as bad. */
static enum probe_result probe_result(unsigned asked, const struct health_answer *answer,
				      enum probe_point *worst)
{
	enum probe_result all = PROBE_GOOD;

	*worst = PROBE_LISTED;
	for (unsigned point = 0; point < PROBE_POINTS; point++) {
		enum probe_result one;

		if (!(asked >> point & 1))
			continue;
		one = point_result(asked, point, &answer[point]);
		if (one > all) {
			all = one;
			*worst = point;
		}
	}
	return all;
}

static void note_v6(struct health *h, unsigned asked, const struct health_answer answer[],
		    uint64_t now)
{
	h->without_v6 = asked >> PROBE_LISTED_V6 & 1 &&
			answer[PROBE_LISTED_V6].meaning == LIST_MEANS_NOT_LISTED;
	if (!h->without_v6)
		return;
	point_words(h, PROBE_LISTED_V6, &answer[PROBE_LISTED_V6]);
	h->words_at = now;
}

/* No fault of the list: its codes have changed, or the configuration has a slip of the pen. */
static void note_codes(struct health *h, unsigned asked, const struct health_answer answer[],
		       uint64_t now)
{
	for (unsigned point = 0; point < PROBE_POINTS; point++) {
		char said[96];

		if (!(asked >> point & 1) || answer[point].meaning != LIST_MEANS_UNKNOWN_CODE)
			continue;
		health_describe(said, sizeof(said), &answer[point]);
		snprintf(h->words, sizeof(h->words), "%s %s: compare them with its operator's",
			 point_name(h, point), said);
		h->words_at = now;
	}
}

static enum health_change probed_well(struct health *h, uint64_t now)
{
	enum health_state before = h->state;

	h->probed_well = true;
	h->good_probes++;
	h->bad_probes = h->silent_probes = 0;
	h->failed = 0;
	if (before == HEALTH_OPEN && h->good_probes < GOOD_TO_CLOSE) {
		h->due = now + jitter(h, quick(h));
		return HEALTH_NO_CHANGE;
	}
	h->due = now + jitter(h, h->period);
	enter(h, HEALTH_HEALTHY, now);
	if (before != HEALTH_OPEN && before != HEALTH_UNTESTED)
		return HEALTH_NO_CHANGE;
	ratio_restart(h, h->ratio.enough);
	return HEALTH_CLOSED;
}

void health_put_off(struct health *h, uint64_t now)
{
	h->due = now + jitter(h, quick(h));
}

static enum health_change probed_silent(struct health *h, uint64_t now)
{
	h->silent_probes++;
	h->due = now + jitter(h, backoff(h));
	if (h->silent_probes >= SILENT_TO_OPEN)
		return open_it(h, now);
	degrade(h, now);
	return HEALTH_NO_CHANGE;
}

enum health_change health_probed(struct health *h, unsigned asked,
				 const struct health_answer answer[PROBE_POINTS], uint64_t now)
{
	enum probe_point worst;
	enum probe_result result = probe_result(asked, answer, &worst);

	if (result == PROBE_GOOD) {
		note_codes(h, asked, answer, now);
		note_v6(h, asked, answer, now);
		return probed_well(h, now);
	}
	h->probed_well = false;
	h->good_probes = 0;
	point_words(h, worst, &answer[worst]);
	if (result == PROBE_SILENT)
		return probed_silent(h, now);
	h->bad_probes++;
	h->due = now + jitter(h, backoff(h));
	return open_it(h, now);
}
