// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From blocks of the past to what policy/history.h would remember of them now: a week without an
 * offence forgets, and so does everything that ended in forgiveness. Who is forgiven is forgiven
 * with all of his IPv6 /64: to err is mercy's part.
 */
#include <stdlib.h>
#include <string.h>

#include "../base/addr.h"
#include "../policy/history.h"
#include "store_db.h"

static int compare_neighbors(const struct store_past *a, const struct store_past *b)
{
	bool v4 = addr_is_v4(&a->prefix.addr) || addr_is_v4(&b->prefix.addr);
	int order = memcmp(&a->prefix.addr, &b->prefix.addr, v4 ? sizeof(struct addr) : 8);

	return order ? order : (int)a->ports - (int)b->ports;
}

static int compare(const void *one, const void *other)
{
	const struct store_past *a = one, *b = other;
	int order = compare_neighbors(a, b);

	if (!order)
		order = memcmp(&a->prefix.addr, &b->prefix.addr, sizeof(a->prefix.addr));
	if (!order)
		order = (a->prefix.plen > b->prefix.plen) - (a->prefix.plen < b->prefix.plen);
	return order ? order : (a->last > b->last) - (a->last < b->last);
}

static int compare_repeats(const void *one, const void *other)
{
	const struct store_repeat *a = one, *b = other;

	return (a->last > b->last) - (a->last < b->last);
}

/* A block that began while the last one stood is no other offence. */
static void add(struct store_repeat *r, const struct store_past *past)
{
	if (past->last - r->last > (int64_t)HISTORY_FORGET)
		r->blocks = 0;
	if (!r->blocks || past->last >= r->until)
		r->blocks++;
	r->last = past->last;
	if (past->until > r->until)
		r->until = past->until;
}

/* One neighborhood: the offenders whom one forgiveness covers. */
static size_t add_neighbors(struct store_repeat *out, size_t used, const struct store_past *past,
			    size_t count)
{
	int64_t forgiven = INT64_MIN;

	for (size_t i = 0; i < count; i++)
		if (past[i].forgiven && past[i].until > forgiven)
			forgiven = past[i].until;
	for (size_t i = 0, first = used; i < count; i++) {
		if (past[i].forgiven || past[i].last <= forgiven)
			continue;
		if (used == first || !prefix_equal(&out[used - 1].prefix, &past[i].prefix))
			out[used++] = (struct store_repeat){.prefix = past[i].prefix,
							    .ports = past[i].ports,
							    .last = past[i].last,
							    .until = INT64_MIN};
		add(&out[used - 1], &past[i]);
	}
	return used;
}

size_t store_repeats(struct store_repeat *out, struct store_past *past, size_t count, uint32_t now)
{
	size_t used = 0, kept = 0;

	qsort(past, count, sizeof(*past), compare);
	for (size_t i = 0, next; i < count; i = next) {
		for (next = i + 1; next < count && !compare_neighbors(&past[i], &past[next]);)
			next++;
		used = add_neighbors(out, used, &past[i], next - i);
	}
	for (size_t i = 0; i < used; i++)
		if (now - out[i].last <= (int64_t)HISTORY_FORGET)
			out[kept++] = out[i];
	qsort(out, kept, sizeof(*out), compare_repeats);
	return kept;
}
