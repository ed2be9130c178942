// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "top_model.h"
#include "../../maps/maps.h"

/* Fates by what they say of SYNs. */
enum sort_of_fate { FATE_IS_OTHER, FATE_PASSES, FATE_STOPS };

#define SORT_PASS FATE_PASSES
#define SORT_DROP FATE_STOPS
#define SORT_TX   FATE_STOPS
#define SORT_TAP  FATE_IS_OTHER

static enum sort_of_fate sort_of(enum fate fate)
{
	static const struct {
		const char *name;
		enum sort_of_fate sort;
	} fates[FATE_COUNT] = {
#define X(name, text, verdict) [FATE_##name] = {#name, SORT_##verdict},
		FATES(X)
#undef X
	};

	return strncmp(fates[fate].name, "SYN_", 4) ? FATE_IS_OTHER : fates[fate].sort;
}

static json_int_t count_of(const json_t *snapshot, enum fate fate)
{
	const json_t *status = json_object_get(snapshot, "status");

	return field_number(json_object_get(status, "fates"), fate_name(fate), 0);
}

static json_int_t sum_of(const json_t *snapshot, enum sort_of_fate sort)
{
	json_int_t sum = 0;

	for (int fate = FATE_PENDING + 1; fate < FATE_COUNT; fate++)
		if (sort_of((enum fate)fate) == sort)
			sum += count_of(snapshot, (enum fate)fate);
	return sum;
}

static double clock_of(const json_t *snapshot)
{
	return json_number_value(json_object_get(snapshot, "clock"));
}

/* Counters that went back are those of another start: nothing can be said. */
static double rate_of(json_int_t before, json_int_t now, double seconds)
{
	return seconds > 0 && now >= before ? (double)(now - before) / seconds : TOP_UNKNOWN;
}

static const struct top_rates no_rates = {TOP_UNKNOWN, TOP_UNKNOWN, TOP_UNKNOWN, TOP_UNKNOWN,
					  TOP_UNKNOWN};

static struct top_rates rates_between(const json_t *before, const json_t *now)
{
	double seconds = clock_of(now) - clock_of(before);
	json_int_t replied[2] = {0};

	if (!json_is_object(json_object_get(before, "status")) ||
	    !json_is_object(json_object_get(now, "status")))
		return no_rates;
	for (int fate = FATE_REPLY_BARE; fate <= FATE_REPLY_SEEN; fate++) {
		replied[0] += count_of(before, (enum fate)fate);
		replied[1] += count_of(now, (enum fate)fate);
	}
	return (struct top_rates){
		.passed = rate_of(sum_of(before, FATE_PASSES), sum_of(now, FATE_PASSES), seconds),
		.dropped = rate_of(sum_of(before, FATE_STOPS), sum_of(now, FATE_STOPS), seconds),
		.spared = rate_of(count_of(before, FATE_SYN_MONITORED),
				  count_of(now, FATE_SYN_MONITORED), seconds),
		.replies = rate_of(replied[0], replied[1], seconds),
		.lost = rate_of(count_of(before, FATE_RECORD_LOST), count_of(now, FATE_RECORD_LOST),
				seconds),
	};
}

static void remember_rates(struct top_model *m)
{
	if (m->past == TOP_PAST) {
		memmove(m->passed, m->passed + 1, (TOP_PAST - 1) * sizeof(*m->passed));
		memmove(m->dropped, m->dropped + 1, (TOP_PAST - 1) * sizeof(*m->dropped));
		m->past--;
	}
	m->passed[m->past] = m->rates.passed;
	m->dropped[m->past++] = m->rates.dropped;
}

/* The rows */

static bool is_same(const json_t *one, const json_t *other, const char *key)
{
	const char *a = field_text(one, key), *b = field_text(other, key);

	return a && b && !strcmp(a, b);
}

static const json_t *find_in(const json_t *snapshot, const json_t *verdict)
{
	const json_t *blocked = json_object_get(snapshot, "blocked");

	for (size_t i = 0; i < json_array_size(blocked); i++) {
		const json_t *other = json_array_get(blocked, i);

		if (is_same(verdict, other, "addr") && is_same(verdict, other, "ports"))
			return other;
	}
	return NULL;
}

static double rate_of_row(const struct top_model *m, const json_t *verdict)
{
	const json_t *other = m->agent ? find_in(m->before, verdict) : NULL;

	if (!other)
		return TOP_UNKNOWN;
	return rate_of(field_number(other, "hits", 0), field_number(verdict, "hits", 0),
		       clock_of(m->snapshot) - clock_of(m->before));
}

static int compare(double one, double other)
{
	return (one > other) - (one < other);
}

static double figure(const struct top_row *row, const char *key)
{
	return (double)field_number(row->verdict, key, 0);
}

static int by_address(const struct top_row *x, const struct top_row *y)
{
	const char *a = field_text(x->verdict, "addr"), *b = field_text(y->verdict, "addr");

	return strcmp(a ? a : "", b ? b : "");
}

static int by_hits(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;
	int order = compare(figure(y, "hits"), figure(x, "hits"));

	return order ? order : by_address(x, y);
}

/* What is unknown stands with what rests. */
static int by_rate(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;
	int order = compare(y->rate > 0 ? y->rate : 0, x->rate > 0 ? x->rate : 0);

	return order ? order : by_hits(a, b);
}

static int by_age(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;
	int order = compare(figure(x, "age"), figure(y, "age"));

	return order ? order : by_hits(a, b);
}

void top_model_sort(struct top_model *m, enum top_sort sort)
{
	static int (*const orders[TOP_SORTS])(const void *, const void *) = {
		[TOP_BY_RATE] = by_rate,
		[TOP_BY_HITS] = by_hits,
		[TOP_BY_AGE] = by_age,
	};

	m->sort = sort;
	qsort(m->row, m->rows, sizeof(*m->row), orders[sort]);
}

static void take_rows(struct top_model *m)
{
	const json_t *blocked = json_object_get(m->snapshot, "blocked"), *verdict;
	size_t i;

	m->rows = 0;
	json_array_foreach(blocked, i, verdict)
	{
		if (m->rows == TOP_ROWS)
			break;
		m->row[m->rows++] = (struct top_row){verdict, rate_of_row(m, verdict)};
	}
	top_model_sort(m, m->sort);
}

/* Lists and feeds */

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (word && !strcmp(word, *words))
			return true;
	return false;
}

static struct top_health list_health(const json_t *list)
{
	const char *state = field_text(list, "state");
	const char *why = field_text(json_object_get(list, "last_error"), "words");
	bool believed = field_is_true(list, "believed");
	bool open = state && !strcmp(state, "open");

	return (struct top_health){
		.name = field_text(list, "name"),
		.kind = field_text(list, "kind"),
		.word = state,
		.why = believed ? NULL : why,
		.state = believed ? TOP_WELL
			 : open   ? TOP_BROKEN
				  : TOP_WEAK,
	};
}

static struct top_health feed_health(const json_t *feed)
{
	static const char *const weak[] = {"held", "failing", "never", NULL};
	const char *state = field_text(feed, "state");
	bool stale = state && !strcmp(state, "stale"), ill = stale || is_one_of(state, weak);

	return (struct top_health){
		.name = field_text(feed, "name"),
		.kind = "feed",
		.word = state,
		.why = ill ? field_text(feed, "words") : NULL,
		.state = stale ? TOP_BROKEN
			 : ill ? TOP_WEAK
			       : TOP_WELL,
	};
}

static int by_state(const void *a, const void *b)
{
	const struct top_health *x = a, *y = b;

	if (x->state != y->state)
		return x->state < y->state ? -1 : 1;
	return strcmp(x->name ? x->name : "", y->name ? y->name : "");
}

static void add_health(struct top_model *m, const char *array,
		       struct top_health (*health)(const json_t *of))
{
	const json_t *all = json_object_get(m->snapshot, array);

	for (size_t i = 0; i < json_array_size(all) && m->healths < TOP_HEALTH; i++)
		m->health[m->healths++] = health(json_array_get(all, i));
}

static void take_health(struct top_model *m)
{
	m->healths = 0;
	add_health(m, "lists", list_health);
	add_health(m, "feeds", feed_health);
	qsort(m->health, m->healths, sizeof(*m->health), by_state);
}

/* What only the agent knows stays as it was last known. */
static void keep_last_known(const struct top_model *m, json_t *snapshot)
{
	static const char *const keys[] = {"blocked", "verdicts", "lists", "feeds"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_set(snapshot, keys[i], json_object_get(m->snapshot, keys[i]));
}

void top_model_take(struct top_model *m, json_t *snapshot)
{
	m->agent = field_is_true(snapshot, "agent");
	if (!m->agent && m->snapshot)
		keep_last_known(m, snapshot);
	json_decref(m->before);
	m->before = m->snapshot;
	m->snapshot = snapshot;
	m->rates = m->before ? rates_between(m->before, snapshot) : no_rates;
	if (m->before)
		remember_rates(m);
	take_rows(m);
	take_health(m);
}

void top_model_free(struct top_model *m)
{
	json_decref(m->before);
	json_decref(m->snapshot);
	*m = (struct top_model){0};
}

size_t top_model_verdicts(const struct top_model *m)
{
	return json_array_size(json_object_get(m->snapshot, "verdicts"));
}

const json_t *top_model_verdict(const struct top_model *m, size_t i)
{
	size_t count = top_model_verdicts(m);

	return i < count ? json_array_get(json_object_get(m->snapshot, "verdicts"), count - 1 - i)
			 : NULL;
}
