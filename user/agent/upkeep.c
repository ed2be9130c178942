// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The second hand: heartbeat, what has expired, SYN cookies, the mode's own end, a tap gone blind.
 */
#include "../base/clock.h"
#include "../base/fault.h"
#include "../base/log.h"
#include "../log/out.h"
#include "../base/names.h"
#include "agent.h"
#include "events.h"
#include "daily.h"
#include "feeds.h"
#include "knocks.h"
#include "lookups.h"
#include "metrics.h"
#include "service.h"
#include "outcomes.h"
#include "senders.h"
#include "trust.h"

#define SWEEP_EVERY 5000 /* milliseconds between sweeps of the verdict map */
#define SWEEP_STEP  2    /* between the steps of one: the loop breathes */

#define BLIND_SYNS 20 /* SYNs without a single reply before the tap is called blind */

void upkeep_mode(struct agent *a, enum mode mode, const char *by, uint32_t seconds)
{
	if (seconds && !a->mode.until) {
		a->mode.after = a->mode.mode;
		a->mode.after_by = a->mode.by;
	}
	a->mode.mode = mode;
	a->mode.by = by;
	a->mode.until = seconds ? boot_seconds() + seconds : 0;
	a->maps.live_values->mode = mode;
	events_note(a, "mode", "%s, set by %s", mode_name(mode), by);
	memory_save_soon(a);
}

static void check_cookies(struct agent *a, uint32_t now)
{
	bool active = syncookies_active(&a->syncookies, now);

	if (active != a->cookies)
		events_note(a, "note",
			    active ? "the kernel validates SYN cookies: new verdicts are watch only"
				   : "SYN cookies are no longer in use: verdicts block again");
	a->cookies = active;
	if (active)
		a->cookies_at = clock_ns(CLOCK_MONOTONIC) / 1000000;
}

/*
 * SYNs pass and no server says a word: the replies leave by another way, and nothing is judged. An
 * answer to a SYN is a word: under a flood there may be nothing but those.
 */
static void check_blind(struct agent *a, const unsigned long long *fates, uint32_t now)
{
	unsigned long long replies =
		fates[FATE_REPLY_BARE] + fates[FATE_REPLY_QUIET] + fates[FATE_REPLY_SEEN];

	if (replies != a->blind.replies) {
		a->blind.replies = replies;
		a->blind.syns = fates[FATE_SYN_CLEAN];
		a->blind.since = 0;
	} else if (fates[FATE_SYN_CLEAN] - a->blind.syns >= BLIND_SYNS && !a->blind.since) {
		a->blind.since = now;
		log_warning("SYNs pass, but no reply of the mail server is seen: do the replies "
			    "leave by another interface?");
	}
}

/* When something was last lost; what an earlier agent lost is its own story. */
static void check_losses(struct agent *a, const unsigned long long *fates, uint32_t now)
{
	if (a->lately.primed && fates[FATE_RECORD_LOST] != a->lately.lost)
		a->lately.lost_at = now;
	if (a->counts.map_full != a->lately.full)
		a->lately.full_at = now;
	a->lately.lost = fates[FATE_RECORD_LOST];
	a->lately.full = a->counts.map_full;
	a->lately.primed = true;
}

static void tick(uv_timer_t *timer)
{
	unsigned long long fates[FATE_COUNT];
	struct agent *a = timer->data;
	uint32_t now = boot_seconds();

	a->maps.live_values->heartbeat = now;
	sessions_expire(a->sessions, clock_ns(CLOCK_MONOTONIC) / 1000000);
	nets_expire(&a->allow, now);
	nets_tell_near(&a->allow);
	nets_tell_own(&a->local, a->maps.live_values);
	lookups_tick(a, now);
	senders_tick(a, now);
	trust_tick(a, now);
	outcomes_tick(a, now);
	feeds_tick(a, now);
	metrics_tick(a);
	knocks_tick(a, now);
	daily_tick(a, now);
	log_out_tick();
	check_cookies(a, now);
	if (!fates_read(&a->maps, fates)) {
		check_blind(a, fates, now);
		check_losses(a, fates, now);
	}
	if (a->mode.until && now >= a->mode.until) {
		events_note(a, "note", "%s mode is over: its time has run out",
			    mode_name(a->mode.mode));
		upkeep_mode(a, a->mode.after, a->mode.after_by, 0);
	}
	service_tick(a);
}

static void expired(const struct verdict_entry *entry, void *context)
{
	struct agent *a = context;

	fault(expired_deleted);
	reasons_forget(&a->reasons, &entry->prefix, entry->ports);
	events_unblocked(a, entry, "expired");
}

static void stays(const struct verdict_entry *entry, void *context)
{
	struct agent *a = context;

	by_cause_add(&a->sweeping, entry->verdict.cause, entry->verdict.action, 1);
}

static void sweep(uv_timer_t *timer)
{
	struct agent *a = timer->data;
	const struct verdict_sweep_told told = {expired, stays, a};
	bool done = false;
	int err = verdict_sweep_step(&a->maps, &a->sweep, boot_seconds(), &done, &told);

	if (err)
		verdict_sweep_cancel(&a->maps, &a->sweep);
	if (done) {
		a->verdicts = a->sweep.seen - a->sweep.deleted;
		a->standing = a->sweeping;
	}
	if (err || done)
		a->sweeping = (struct by_cause){0};
	uv_timer_start(timer, sweep, err || done ? SWEEP_EVERY : SWEEP_STEP, 0);
}

void upkeep_open(struct agent *a)
{
	uv_timer_init(&a->loop, &a->second);
	uv_timer_init(&a->loop, &a->sweeper);
	a->second.data = a->sweeper.data = a;
	tick(&a->second);
	uv_timer_start(&a->second, tick, 1000, 1000);
	sweep(&a->sweeper);
}
