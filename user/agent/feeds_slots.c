// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel holds of the feeds. A slot is built whole, in a thread, from the stocks of its
 * feeds, and takes the place of the one before by a single store: until then that one is in force,
 * also where an earlier agent has left it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/fault.h"
#include "../base/log.h"
#include "../base/names.h"
#include "../feeds/combine.h"
#include "../feeds/image.h"
#include "events.h"
#include "feeds_inner.h"
#include "privileges.h"

#define RETRY 60 /* seconds after a build that failed */
/* Of a core's time at most a tenth goes into taking out who is newly allowed: the gate spares them
 * before they are. */
#define ALLOW_SHARE 10

struct building {
	struct chore chore;
	struct maps *maps;
	unsigned slot;
	struct feed_part part[FEEDS_MAX];
	struct stock *stock[FEEDS_MAX]; /* of the parts */
	uint32_t serial[FEEDS_MAX];
	size_t count;
	struct stock *allow[FEEDS_MAX];
	size_t allow_count;
	struct prefix *minus;
	size_t minus_count;
	uint32_t since, expires;
	struct feeds_image image;
	uint64_t ms;
	int err;
};

/* In the thread */

static int add_stock(struct feed_set *set, const struct stock *stock)
{
	const struct feed_set other = {
		.v4 = {.item = (struct range4 *)stock->blob.v4, .count = stock->blob.v4_count},
		.v6 = {.item = (struct range6 *)stock->blob.v6, .count = stock->blob.v6_count},
	};

	return feed_set_unite(set, &other);
}

static int collect_minus(struct feed_set *out, const struct building *b)
{
	int err = 0;

	for (size_t i = 0; i < b->minus_count && !err; i++)
		err = feed_set_add_prefix(out, &b->minus[i]);
	if (!err)
		err = feed_set_settle(out);
	for (size_t i = 0; i < b->allow_count && !err; i++)
		err = add_stock(out, b->allow[i]);
	return err;
}

static int build_image(struct building *b)
{
	struct feed_set minus = {0}, set = {0};
	int err = collect_minus(&minus, b);

	if (!err)
		err = feed_combine(&set, b->part, b->count, &minus);
	feed_set_free(&minus);
	if (!err && !feed_set_is_empty(&set)) {
		/* Without CAP_PERFMON the kernel takes twice the memory: feeds_user.h. */
		privileges_raise();
		err = feed_set_build(&b->image, &set, b->since, b->expires);
		privileges_lower();
	}
	feed_set_free(&set);
	return err;
}

static void build(struct chore *chore)
{
	struct building *b = (struct building *)chore;
	uint64_t began = clock_ns(CLOCK_MONOTONIC);

	b->err = b->count ? build_image(b) : 0;
	fault(feed_built);
	if (!b->err)
		b->err = feeds_swap(b->maps, b->slot, b->image.terms ? &b->image : NULL);
	fault(feed_swapped);
	if (b->err)
		feeds_free(&b->image);
	b->ms = (clock_ns(CLOCK_MONOTONIC) - began) / 1000000;
}

/* On the loop */

static bool has_member(const struct feed_slot *slot, const struct feed_one *one)
{
	for (size_t i = 0; i < slot->members; i++)
		if (slot->member[i] == one->serial)
			return true;
	return false;
}

static uint32_t earliest_end(const struct feeds *f, const struct feed_slot *slot)
{
	int64_t earliest = UINT32_MAX;

	for (size_t i = 0; i < f->count; i++)
		if (has_member(slot, f->one[i]) && feed_end(f->one[i]) < earliest)
			earliest = feed_end(f->one[i]);
	return earliest > 0 ? (uint32_t)earliest : 0;
}

static void set_end(struct feeds *f, struct feed_slot *slot)
{
	if (slot->image.terms)
		feeds_set_expires(&slot->image, earliest_end(f, slot));
}

static void free_building(struct building *b)
{
	struct agent *a = b->chore.agent;

	for (size_t i = 0; i < b->count; i++)
		stock_drop(a, b->stock[i]);
	for (size_t i = 0; i < b->allow_count; i++)
		stock_drop(a, b->allow[i]);
	free(b->minus);
	free(b);
}

static void build_failed(struct feeds *f, struct feed_slot *slot, int err)
{
	if (slot->error != err)
		log_error("feeds: the set for %s on %s cannot be built (%s): the one before stays",
			  action_name(FEEDS_SLOT_ACTION((unsigned)(slot - f->slot))),
			  ports_name(FEEDS_SLOT_PORTS((unsigned)(slot - f->slot))), strerror(-err));
	slot->error = err;
	slot->retry = (int64_t)boot_seconds() + RETRY;
}

static void built(struct chore *chore)
{
	struct building *b = (struct building *)chore;
	struct feeds *f = b->chore.agent->feeds;
	struct feed_slot *slot = &f->slot[b->slot];

	f->building = slot->building = false;
	f->build_ms = b->ms;
	if (b->err) {
		build_failed(f, slot, b->err);
	} else {
		slot->error = 0;
		feeds_free(&slot->image);
		slot->image = b->image;
		slot->members = b->count;
		memcpy(slot->member, b->serial, sizeof(slot->member));
		set_end(f, slot); /* some may have been refreshed meanwhile */
	}
	free_building(b);
	slots_work(f);
}

static void add_part(struct building *b, const struct feed_one *one)
{
	size_t i = b->count++;
	int64_t end = feed_end(one);

	b->stock[i] = stock_hold(one->stock);
	b->part[i] = (struct feed_part){&one->stock->blob, one->settings->weight};
	b->serial[i] = one->serial;
	if (end < b->expires)
		b->expires = (uint32_t)(end > 0 ? end : 0);
}

static int copy_allowed(struct building *b, const struct agent *a)
{
	uint32_t now = boot_seconds();

	b->minus = calloc(a->allow.count + 1, sizeof(*b->minus));
	if (!b->minus)
		return -ENOMEM;
	for (size_t i = 0; i < a->allow.count; i++)
		if (a->allow.list[i].expires > now)
			b->minus[b->minus_count++] = a->allow.list[i].prefix;
	return 0;
}

static struct building *plan(struct feeds *f, unsigned slot)
{
	struct building *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->chore = (struct chore){.agent = f->agent, .run = build, .done = built};
	b->maps = &f->agent->maps;
	b->slot = slot;
	b->since = boot_seconds();
	b->expires = UINT32_MAX;
	b->image.fd = -1;
	for (size_t i = 0; i < f->count; i++) {
		const struct feed_one *one = f->one[i];

		if (!one->stock || !one->fresh)
			continue;
		if (one->settings->action == FEED_ALLOW)
			b->allow[b->allow_count++] = stock_hold(one->stock);
		else if (feed_fills(one, slot))
			add_part(b, one);
	}
	if (!b->count || !copy_allowed(b, f->agent))
		return b;
	free_building(b);
	return NULL;
}

static void start(struct feeds *f, unsigned number)
{
	struct feed_slot *slot = &f->slot[number];
	struct building *b = plan(f, number);

	slot->dirty = false;
	slot->retry = 0;
	if (b && !b->count && !(f->agent->maps.live_values->feeds >> number & 1)) {
		free_building(b);
		return;
	}
	if (b && !chore_start(f->agent, &b->chore)) {
		f->building = slot->building = true;
		return;
	}
	if (b)
		free_building(b);
	build_failed(f, slot, -ENOMEM);
}

void slots_work(struct feeds *f)
{
	for (unsigned i = 0; i < FEEDS_SLOTS; i++)
		if (f->begun && !f->loading && !f->building && !f->agent->ending &&
		    f->slot[i].dirty)
			start(f, i);
}

void slots_touch_all(struct feeds *f)
{
	for (unsigned i = 0; i < FEEDS_SLOTS; i++)
		f->slot[i].dirty = true;
	f->allow_changes = f->agent->allow.changes;
	slots_work(f);
}

void slots_touch(struct feeds *f, const struct feed_one *one)
{
	for (unsigned i = 0; i < FEEDS_SLOTS; i++)
		if (feed_fills(one, i) || has_member(&f->slot[i], one))
			f->slot[i].dirty = true;
	slots_work(f);
}

bool slots_hold(const struct feeds *f, const struct feed_one *one)
{
	for (unsigned i = 0; i < FEEDS_SLOTS; i++) {
		const struct feed_slot *slot = &f->slot[i];

		if (feed_fills(one, i) && (slot->dirty || slot->building || !has_member(slot, one)))
			return false;
	}
	return true;
}

void slots_renew(struct feeds *f, const struct feed_one *one)
{
	for (unsigned i = 0; i < FEEDS_SLOTS; i++)
		if (has_member(&f->slot[i], one))
			set_end(f, &f->slot[i]);
}

void slots_tick(struct feeds *f, int64_t now)
{
	uint64_t ms = uv_now(&f->agent->loop);

	for (unsigned i = 0; i < FEEDS_SLOTS; i++)
		if (f->slot[i].retry && now >= f->slot[i].retry)
			f->slot[i].dirty = true;
	if (f->allow_changes != f->agent->allow.changes && ms >= f->allow_again) {
		f->allow_again = ms + f->build_ms * ALLOW_SHARE;
		slots_touch_all(f);
	}
	slots_work(f);
}

void slots_close(struct feeds *f)
{
	for (unsigned i = 0; i < FEEDS_SLOTS; i++)
		feeds_free(&f->slot[i].image);
}
