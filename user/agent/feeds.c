// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/duration.h"
#include "../base/log.h"
#include "events.h"
#include "feeds_inner.h"
#include "lookups.h"

struct feed_one *feeds_by_serial(const struct feeds *f, uint32_t serial)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->one[i]->serial == serial)
			return f->one[i];
	return NULL;
}

struct feed_one *feeds_by_name(const struct feeds *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (!strcmp(f->one[i]->settings->name, name))
			return f->one[i];
	return NULL;
}

bool feed_is_in_kernel(const struct feed_one *one)
{
	return one->settings->action <= FEED_WATCH;
}

bool feed_fills(const struct feed_one *one, unsigned slot)
{
	return feed_is_in_kernel(one) && one->settings->ports[FEEDS_SLOT_PORTS(slot)] &&
	       (unsigned)one->settings->action == FEEDS_SLOT_ACTION(slot);
}

bool feed_backs(const struct feed_one *one, unsigned slot, const struct addr *addr)
{
	return feed_fills(one, slot) && one->stock && feed_blob_contains(&one->stock->blob, addr);
}

int64_t feed_end(const struct feed_one *one)
{
	return feed_blocks_until(one->settings, one->checked,
				 one->stock ? one->stock->memory.expires : 0, (int64_t)time(NULL),
				 boot_seconds());
}

void feed_has_news(struct feeds *f, struct feed_one *one)
{
	one->news++;
	watches_wake(f);
}

void feed_changed(struct feeds *f, struct feed_one *one)
{
	if (one->settings->action == FEED_ALLOW) {
		slots_touch_all(f);
		if (one->fresh)
			withdraw_allowed(f->agent, one->settings->name);
	} else {
		slots_touch(f, one);
	}
	feed_has_news(f, one);
}

static void became_stale(struct feeds *f, struct feed_one *one)
{
	char age[DURATION_TEXT], why[FEED_NAME + 64];

	duration_format(age, one->settings->max_age);
	events_note(f->agent, "feed",
		    "%s is too old and counts no more: its source was last heard more than %s ago, "
		    "or it says itself that it has expired",
		    one->settings->name, age);
	if (one->settings->action != FEED_SCORE)
		return;
	snprintf(why, sizeof(why), "feed %s is too old", one->settings->name);
	for (unsigned i = 0; i < f->count; i++)
		if (f->one[i] == one)
			withdraw_feed(f->agent, i, why);
}

void feed_look_at_age(struct feeds *f, struct feed_one *one, int64_t now)
{
	uint32_t lead = feed_is_in_kernel(one) ? feed_lead(one->settings->max_age) : 0;
	bool fresh = one->stock && now + lead < feed_end(one);

	if (fresh == one->fresh)
		return;
	one->fresh = fresh;
	if (!fresh && one->stock)
		became_stale(f, one);
	feed_changed(f, one);
}

/* Birth and death of one */

static struct feed_one *one_new(struct feeds *f, const struct feed_settings *settings)
{
	struct feed_one *one = calloc(1, sizeof(*one));

	if (!one)
		return NULL;
	one->settings = settings;
	one->serial = ++f->serials;
	one->source = one->brought.fd = -1;
	return one;
}

/* What a thread or the feed process still does for it finds nobody, by its serial. */
static void one_free(struct feeds *f, struct feed_one *one)
{
	fetch_cancel(f, one);
	f->loading -= one->phase == PHASE_LOADING;
	if (one->source >= 0)
		close(one->source);
	bring_forget(one);
	stock_drop(f->agent, one->stock);
	free(one->remark);
	free(one);
}

int feeds_fork(struct agent *a)
{
	struct feeds *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	a->feeds = f;
	f->agent = a;
	snprintf(f->directory, sizeof(f->directory), "%s/feeds", a->options.state_dir);
	f->child = feed_child_start(f->no_child, sizeof(f->no_child));
	if (!f->child)
		log_error("feeds: %s", f->no_child);
	return 0;
}

static void open_ones(struct feeds *f)
{
	const struct config *config = &f->agent->config;

	for (size_t i = 0; i < config->feeds_count && f->count < FEEDS_MAX; i++) {
		struct feed_one *one = one_new(f, &config->feeds[i]);

		if (!one) {
			log_error("feeds: out of memory: only %zu of %zu are used", f->count,
				  config->feeds_count);
			return;
		}
		f->one[f->count++] = one;
	}
}

void feeds_begin(struct agent *a)
{
	struct feeds *f = a->feeds;

	f->begun = true;
	uv_mutex_init(&f->disk);
	open_ones(f);
	fetch_poll(f);
	hits_open(f);
	for (size_t i = 0; i < f->count; i++)
		take_load(f, f->one[i]);
	take_sweep(f);
	slots_touch_all(f);
}

void feeds_end(struct agent *a)
{
	struct feeds *f = a->feeds;

	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++)
		one_free(f, f->one[i]);
	feed_child_stop(f->child);
	if (f->begun)
		uv_mutex_destroy(&f->disk);
	slots_close(f);
	hits_close(f);
	free(f);
	a->feeds = NULL;
}

void feeds_tick(struct agent *a, uint32_t now)
{
	struct feeds *f = a->feeds;

	if (!f || !f->begun)
		return;
	for (size_t i = 0; i < f->count; i++)
		feed_look_at_age(f, f->one[i], now);
	bring_tick(f, now);
	fetch_due(f, now);
	slots_tick(f, now);
	hits_tick(f);
}

/* A new configuration */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Whether what the source says would be read as the same list. */
static bool same_list(const struct feed_settings *a, const struct feed_settings *b)
{
	return same_text(a->url, b->url) && a->format == b->format;
}

static struct feed_one *take_over(struct feed_one **old, size_t count,
				  const struct feed_settings *wanted)
{
	for (size_t i = 0; i < count; i++) {
		struct feed_one *one = old[i];

		if (!one || strcmp(one->settings->name, wanted->name) != 0 ||
		    !same_list(one->settings, wanted))
			continue;
		old[i] = NULL;
		return one;
	}
	return NULL;
}

/* It may have failed for want of the right password. */
static void renew(struct feeds *f, struct feed_one *one, const struct feed_settings *settings)
{
	bool allows = settings->action == FEED_ALLOW && one->settings->action != FEED_ALLOW;

	if (allows && one->fresh)
		withdraw_allowed(f->agent, settings->name);
	one->settings = settings;
	if (one->plan.failures || one->phase == PHASE_FETCHING)
		one->plan.due = 0;
	fetch_cancel(f, one);
}

void feeds_reload(struct agent *a)
{
	struct feeds *f = a->feeds;
	const struct config *config = &a->config;
	struct feed_one *old[FEEDS_MAX];
	size_t count = f ? f->count : 0;
	uint32_t last = f ? f->serials : 0;

	if (!f || !f->begun)
		return;
	memcpy(old, f->one, sizeof(old));
	f->count = 0;
	for (size_t i = 0; i < config->feeds_count && f->count < FEEDS_MAX; i++) {
		struct feed_one *one = take_over(old, count, &config->feeds[i]);

		if (one)
			renew(f, one, &config->feeds[i]);
		else
			one = one_new(f, &config->feeds[i]);
		if (one)
			f->one[f->count++] = one;
	}
	for (size_t i = 0; i < count; i++)
		if (old[i])
			one_free(f, old[i]);
	for (size_t i = 0; i < f->count; i++)
		if (f->one[i]->serial > last)
			take_load(f, f->one[i]);
	take_sweep(f);
	slots_touch_all(f);
	watches_wake(f);
}
