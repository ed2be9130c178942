// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The threads between a set and its use: the last good is read from the disk, what the feed process
 * hands over is looked through, held against what was there before, and written down.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/escape.h"
#include "../base/log.h"
#include "../base/names.h"
#include "../feeds/combine.h"
#include "events.h"
#include "feeds_inner.h"

static void adopt(struct feeds *f, struct feed_one *one, struct stock *stock)
{
	stock_drop(f->agent, one->stock);
	one->stock = stock;
}

/* The last good */

struct loading {
	struct chore chore;
	uint32_t serial;
	struct stock *stock;
	char directory[sizeof(((struct feeds *)0)->directory)], name[FEED_NAME];
	char why[FEED_WORDS];
	int err;
};

static void load(struct chore *chore)
{
	struct loading *l = (struct loading *)chore;

	l->err = feed_cache_read(&l->stock->blob, &l->stock->memory, l->directory, l->name, l->why,
				 sizeof(l->why));
}

static void tell_damage(struct feeds *f, const struct loading *l)
{
	if (l->err == -ENOENT)
		return;
	events_note(f->agent, "feed", "the last good of %s cannot be used (%s): it begins anew",
		    l->name, l->err == -EBADMSG ? l->why : strerror(-l->err));
}

static void adopt_last_good(struct feeds *f, struct feed_one *one, struct stock *stock, int64_t now)
{
	const struct feed_memory *m = &stock->memory;
	int64_t wall = (int64_t)time(NULL);

	one->changed = feed_checked_at(m->changed, wall, now, one->settings);
	one->checked = feed_checked_at(m->checked, wall, now, one->settings);
	adopt(f, one, stock);
	feed_look_at_age(f, one, now);
}

static void loaded(struct chore *chore)
{
	struct loading *l = (struct loading *)chore;
	struct agent *a = l->chore.agent;
	struct feeds *f = a->feeds;
	struct feed_one *one = feeds_by_serial(f, l->serial);
	int64_t now = boot_seconds();

	if (one && one->phase == PHASE_LOADING) {
		f->loading--;
		one->phase = PHASE_IDLE;
		if (l->err) {
			tell_damage(f, l);
		} else if (feed_memory_is_of(&l->stock->memory, one->settings)) {
			adopt_last_good(f, one, l->stock, now);
			l->stock = NULL;
		}
		feed_schedule_start(&one->plan, one->settings, one->stock, one->checked, now,
				    (uint32_t)random());
		if (one->wanted)
			one->plan.due = now;
		feed_has_news(f, one);
		fetch_due(f, now);
	}
	stock_drop(a, l->stock);
	free(l);
	slots_work(f);
}

void take_load(struct feeds *f, struct feed_one *one)
{
	struct loading *l = calloc(1, sizeof(*l));

	if (l) {
		l->chore.run = load;
		l->chore.done = loaded;
		l->serial = one->serial;
		l->stock = stock_new();
		snprintf(l->directory, sizeof(l->directory), "%s", f->directory);
		snprintf(l->name, sizeof(l->name), "%s", one->settings->name);
		if (l->stock && !chore_start(f->agent, &l->chore)) {
			one->phase = PHASE_LOADING;
			f->loading++;
			return;
		}
		stock_drop(f->agent, l->stock);
		free(l);
	}
	log_error("feeds: out of memory: the last good of %s is not read", one->settings->name);
}

/* What came */

struct taking {
	struct chore chore;
	uint32_t serial;
	int fd;
	struct stock *stock, *before; /* what came; what is in force, or NULL */
	struct feed_held held;
	struct feed_update update;
	enum feed_guard decision;
	uint32_t guard;
	int64_t now;
	char directory[sizeof(((struct feeds *)0)->directory)], name[FEED_NAME];
	char why[FEED_WORDS]; /* it is not believed, or not taken */
	int err, unkept;
	size_t remarks_count;
	char (*remark)[FEED_WORDS];
};

static bool is_no_change(const struct feed_change *c)
{
	return !c->v4_added && !c->v4_removed && !c->v6_added && !c->v6_removed;
}

/* A sweep beside it would take what is half written for a leftover. */
static void keep(struct taking *t)
{
	uv_mutex_lock(&t->chore.agent->feeds->disk);
	t->unkept = feed_cache_write(t->directory, t->name, &t->stock->blob, &t->stock->memory);
	uv_mutex_unlock(&t->chore.agent->feeds->disk);
}

static void take(struct chore *chore)
{
	static const struct feed_blob none;
	struct taking *t = (struct taking *)chore;

	t->err = feed_blob_open_memory(&t->stock->blob, t->fd, t->why, sizeof(t->why));
	close(t->fd);
	if (t->err)
		return;
	feed_compare(&t->update.change, t->before ? &t->before->blob : &none, &t->stock->blob);
	t->decision =
		feed_guard_decide(&t->held, &t->update, t->guard, t->now, t->why, sizeof(t->why));
	if (t->before && is_no_change(&t->update.change))
		t->stock->memory.changed = t->before->memory.changed;
	if (t->decision == FEED_ACCEPTED)
		keep(t);
}

static void not_believed(struct feeds *f, struct feed_one *one, const struct taking *t)
{
	char why[FEED_WORDS];

	if (t->err == -EBADMSG)
		snprintf(why, sizeof(why),
			 "what the feed process made of it is not believed: %.200s", t->why);
	else
		snprintf(why, sizeof(why), "it cannot be taken: %s", strerror(-t->err));
	fetch_failed(f, one, why, 0);
}

/* Of the log's interest once, not with each fetch that brings the same. */
static void hold_back(struct feeds *f, struct feed_one *one, struct taking *t)
{
	if (!one->held_why[0])
		events_note(f->agent, "feed", "%s: %s", one->settings->name, t->why);
	utf8_copy(one->held_why, sizeof(one->held_why), t->why);
	fetch_is_held(f, one);
}

static void keep_remarks(struct feed_one *one, struct taking *t)
{
	free(one->remark);
	one->remark = t->remark;
	one->remarks_count = t->remarks_count;
	t->remark = NULL;
}

static void note_unkept(struct feeds *f, struct feed_one *one, int err)
{
	bool news = err && !one->unkept[0];

	one->unkept[0] = '\0';
	if (!err)
		return;
	snprintf(one->unkept, sizeof(one->unkept),
		 "it cannot be kept in %.200s (%s): the next "
		 "start will be without it",
		 f->directory, strerror(-err));
	if (news)
		events_note(f->agent, "feed", "%s: %s", one->settings->name, one->unkept);
}

static void put_in_force(struct feeds *f, struct feed_one *one, struct taking *t)
{
	const struct feed_change *c = &t->update.change;
	int64_t now = boot_seconds();
	bool first = !one->stock, other;
	size_t entries;

	one->added = c->v4_added + c->v6_added;
	one->removed = c->v4_removed + c->v6_removed;
	other = first || !is_no_change(c);
	one->checked = now;
	if (other)
		one->changed = now;
	adopt(f, one, t->stock);
	t->stock = NULL;
	one->held_why[0] = '\0';
	keep_remarks(one, t);
	note_unkept(f, one, t->unkept);
	entries = stock_entries(one->stock);
	if (other)
		events_note(f->agent, "feed",
			    "%s is updated: %zu %s; %" PRIu64 " addresses or IPv6 networks "
			    "came, %" PRIu64 " went",
			    one->settings->name, entries, entries_word(entries), one->added,
			    one->removed);
	if (other && one->fresh)
		feed_changed(f, one);
	fetch_is_current(f, one);
}

static void taken(struct chore *chore)
{
	struct taking *t = (struct taking *)chore;
	struct agent *a = t->chore.agent;
	struct feeds *f = a->feeds;
	struct feed_one *one = feeds_by_serial(f, t->serial);

	if (!one || one->phase != PHASE_TAKING || a->ending)
		goto out;
	one->held = t->held;
	if (t->err)
		not_believed(f, one, t);
	else if (t->decision == FEED_ACCEPTED)
		put_in_force(f, one, t);
	else if (t->decision == FEED_HELD)
		hold_back(f, one, t);
	else
		fetch_failed(f, one, t->why, 0);
	fetch_due(f, boot_seconds());
out:
	stock_drop(a, t->stock);
	stock_drop(a, t->before);
	free(t->remark);
	free(t);
}

static bool copy_remarks(struct taking *t, const struct feed_outcome *o)
{
	size_t count = o->remarks_count < FEED_REMARKS ? o->remarks_count : FEED_REMARKS;

	t->remark = calloc(count + 1, sizeof(*t->remark));
	for (size_t i = 0; t->remark && i < count; i++)
		utf8_copy(t->remark[i], sizeof(t->remark[i]), o->remark[i]);
	t->remarks_count = t->remark ? count : 0;
	return t->remark;
}

static void fill_memory(struct feed_memory *m, const struct feed_one *one,
			const struct feed_outcome *o)
{
	utf8_copy(m->url, sizeof(m->url), one->settings->url);
	m->format = one->settings->format;
	utf8_copy(m->etag, sizeof(m->etag), *one->file ? one->file : o->etag);
	utf8_copy(m->modified, sizeof(m->modified), o->modified);
	m->changed = m->checked = (int64_t)time(NULL);
	m->lines = o->lines;
	m->used = o->used;
	m->unusable = o->unusable;
	m->expires = o->expires;
}

static struct taking *taking_new(struct feeds *f, struct feed_one *one,
				 const struct feed_outcome *o)
{
	struct taking *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->chore.run = take;
	t->chore.done = taken;
	t->serial = one->serial;
	t->fd = o->set;
	t->stock = stock_new();
	if (!t->stock || !copy_remarks(t, o)) {
		free(t->stock);
		free(t);
		return NULL;
	}
	fill_memory(&t->stock->memory, one, o);
	t->before = stock_hold(one->stock);
	t->held = one->held;
	t->update = (struct feed_update){
		.name = t->name,
		.used = o->used,
		.unusable = o->unusable,
		.is_forced = one->forced,
	};
	t->guard = one->settings->guard;
	t->now = boot_seconds();
	snprintf(t->directory, sizeof(t->directory), "%s", f->directory);
	snprintf(t->name, sizeof(t->name), "%s", one->settings->name);
	return t;
}

void take_set(struct feeds *f, struct feed_one *one, const struct feed_outcome *outcome)
{
	struct taking *t = taking_new(f, one, outcome);

	one->phase = PHASE_TAKING;
	feed_has_news(f, one);
	if (t && !chore_start(f->agent, &t->chore))
		return;
	close(outcome->set);
	if (t) {
		stock_drop(f->agent, t->stock);
		stock_drop(f->agent, t->before);
		free(t->remark);
		free(t);
	}
	fetch_failed(f, one, "out of memory", 0);
}

/* Small things on disk */

struct noting {
	struct chore chore;
	char directory[sizeof(((struct feeds *)0)->directory)];
	char name[FEEDS_MAX][FEED_NAME];
	size_t count;
	int64_t checked;
};

static void note_checked(struct chore *chore)
{
	struct noting *n = (struct noting *)chore;

	uv_mutex_lock(&n->chore.agent->feeds->disk);
	feed_cache_checked(n->directory, n->name[0], n->checked);
	uv_mutex_unlock(&n->chore.agent->feeds->disk);
}

static void sweep(struct chore *chore)
{
	struct noting *n = (struct noting *)chore;
	const char *names[FEEDS_MAX];

	for (size_t i = 0; i < n->count; i++)
		names[i] = n->name[i];
	uv_mutex_lock(&n->chore.agent->feeds->disk);
	feed_cache_sweep(n->directory, names, n->count);
	uv_mutex_unlock(&n->chore.agent->feeds->disk);
}

static void noted(struct chore *chore)
{
	free(chore);
}

/* What is not written now is written next time: nobody needs to hear of it. */
static void start_noting(struct feeds *f, struct noting *n, void (*run)(struct chore *chore))
{
	if (!n)
		return;
	n->chore.run = run;
	n->chore.done = noted;
	snprintf(n->directory, sizeof(n->directory), "%s", f->directory);
	if (chore_start(f->agent, &n->chore))
		free(n);
}

void take_checked(struct feeds *f, struct feed_one *one)
{
	struct noting *n = calloc(1, sizeof(*n));

	if (n) {
		n->checked = (int64_t)time(NULL);
		snprintf(n->name[n->count++], FEED_NAME, "%s", one->settings->name);
	}
	start_noting(f, n, note_checked);
}

void take_sweep(struct feeds *f)
{
	struct noting *n = calloc(1, sizeof(*n));

	for (size_t i = 0; n && i < f->count; i++)
		snprintf(n->name[n->count++], FEED_NAME, "%s", f->one[i]->settings->name);
	start_noting(f, n, sweep);
}
