// SPDX-License-Identifier: GPL-2.0-or-later
/* status: how it stands, and in plain words what is wrong and what to do about it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/duration.h"
#include "../base/names.h"
#include "../log/out.h"
#include "outcomes.h"
#include "feeds.h"
#include "remember.h"
#include "senders.h"
#include "trust.h"
#include "verbs.h"
#include "../base/version.h"

static void note(json_t *notes, const char *text)
{
	json_array_append_new(notes, json_string(text));
}

/* How long something lost stays worth a note. */
#define LATELY 3600

static bool was_lately(uint32_t at)
{
	return at && boot_seconds() - at < LATELY;
}

static void losses_of(json_t *notes, const struct agent *a, const unsigned long long *fates)
{
	if (was_lately(a->lately.lost_at))
		json_array_append_new(
			notes, json_sprintf("%llu records were lost because the ring was "
					    "full, some within the last hour: raise tap.ring",
					    fates[FATE_RECORD_LOST]));
	if (was_lately(a->lately.full_at))
		json_array_append_new(notes,
				      json_sprintf("%llu verdicts found no room, some within the "
						   "last hour: raise verdicts.max",
						   (unsigned long long)a->counts.map_full));
	if (a->memory.unreadable)
		json_array_append_new(notes, json_sprintf("what had been allowed by hand could not "
							  "be read at the start and is left out: "
							  "see %s/state.json.bad",
							  a->options.state_dir));
	if (a->memory.error)
		json_array_append_new(
			notes, json_sprintf("what mxdpctl sets is not kept over a restart: cannot "
					    "write to %s: %s",
					    a->options.state_dir, strerror(-a->memory.error)));
}

/* Rooms that are full. */
static void limits_of(json_t *notes, const struct agent *a, const unsigned long long *fates)
{
	if (sessions_count(a->sessions) >= a->config.sessions_max)
		note(notes, "the table of sessions is full: the longest silent ones are no longer "
			    "followed; raise tap.sessions");
	if (protected_without_room(a))
		json_array_append_new(notes,
				      json_sprintf("%zu of our own addresses or gateways found no "
						   "room: they are not guarded; fewer in protect, "
						   "or fewer addresses, make room",
						   protected_without_room(a)));
	if (nets_full(&a->allow))
		note(notes, "no more networks can be allowed, nor graces given: mxdpctl unallow "
			    "what is not needed");
	else if (a->allow.of_kind[NET_GRACE] >= NETS_GRACES)
		note(notes, "no more graces can be given after an unblock, until those of today "
			    "have run out");
	if (a->maps.live_values->prefixes >= VERDICT_PREFIXES)
		note(notes, "no more networks can be blocked: mxdpctl unblock what is not needed");
	if (fates[FATE_RESET_LIMITED] && !a->maps.live_values->reset_ok)
		note(notes, "blocks with a reset are silent: an interface cannot send the answer");
}

/* What others say of clients, and whether it can be believed. */
static json_t *lists_of(const struct agent *a, json_t *notes)
{
	json_t *lists = a->lists ? lists_json(a->lists) : NULL, *list, *unwell = json_object();
	size_t i, count = json_array_size(lists);

	json_array_foreach(lists, i, list)
	{
		const char *name = json_string_value(json_object_get(list, "name"));
		const char *why = json_string_value(
			json_object_get(json_object_get(list, "last_error"), "words"));

		if (json_is_true(json_object_get(list, "believed")))
			continue;
		json_object_set(unwell, name, json_object_get(list, "state"));
		if (why)
			json_array_append_new(
				notes,
				json_sprintf("list %s is not believed: %s; mail flows without "
					     "it, `mxdpctl dnsbl' shows how it goes on",
					     name, why));
	}
	json_decref(lists);
	return json_pack("{s:I, s:I, s:o}", "count", (json_int_t)count, "believed",
			 (json_int_t)(count - json_object_size(unwell)), "unwell", unwell);
}

/* Whether the server's replies are seen: without them nothing can be judged. */
static json_t *tap_of(const struct agent *a, const unsigned long long *fates)
{
	return json_pack("{s:I, s:I, s:o}", "syns", (json_int_t)fates[FATE_SYN_CLEAN], "replies",
			 (json_int_t)(fates[FATE_REPLY_BARE] + fates[FATE_REPLY_QUIET] +
				      fates[FATE_REPLY_SEEN]),
			 "blind_for",
			 a->blind.since ? json_integer((json_int_t)boot_seconds() - a->blind.since)
					: json_null());
}

static json_t *notes_of(struct agent *a, const unsigned long long *fates)
{
	json_t *notes = json_array();
	char words[SUSPECT_WORDS];

	if (!a->interface_count)
		json_array_append_new(notes,
				      json_sprintf("on no interface, so nothing is guarded: set "
						   "interfaces in %s and start mxdpd again",
						   a->options.config_path));
	for (size_t i = 0; i < a->interface_count; i++)
		if (!a->interface[i].attached)
			json_array_append_new(notes, json_sprintf("%s is not guarded: %s",
								  a->interface[i].name,
								  a->interface[i].error));
	for (size_t i = 0; i < a->interface_count; i++)
		if (a->interface[i].called[0])
			json_array_append_new(
				notes, json_sprintf("%s is called %s now: it stays guarded, but "
						    "the next start will look for %s; name it as "
						    "it is",
						    a->interface[i].name, a->interface[i].called,
						    a->interface[i].name));
	if (a->mode.mode == MODE_MONITOR)
		note(notes,
		     "monitor mode: nothing is dropped, only counted; `mxdpctl mode enforce' "
		     "drops");
	if (a->cookies)
		note(notes,
		     "the kernel validates SYN cookies (a SYN flood, or a full backlog): new "
		     "verdicts only watch until a minute after it ends");
	if (a->blind.since)
		note(notes,
		     "SYNs pass but no reply of the mail server is seen: nothing can be judged. "
		     "Do replies leave by another interface? Attach there too");
	if (a->reload_refused)
		note(notes, "the configuration file has mistakes, and the one read before is in "
			    "force: see `mxdpctl check-config'");
	trust_notes(a, notes);
	senders_notes(a, notes);
	if (a->suspect.active)
		note(notes, suspect_words(&a->suspect, words));
	losses_of(notes, a, fates);
	limits_of(notes, a, fates);
	return notes;
}

static json_t *interfaces_of(const struct agent *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->interface_count; i++) {
		const struct interface *it = &a->interface[i];
		char how[256] = "not attached";

		if (it->attached)
			attach_describe(how, sizeof(how), &it->attachment);
		json_array_append_new(list, json_pack("{s:s, s:i, s:b, s:s}", "name", it->name,
						      "ifindex", it->attachment.ifindex, "attached",
						      it->attached, "how", how));
	}
	return list;
}

static json_t *fates_of(const unsigned long long *fates)
{
	json_t *object = json_object();

	for (int fate = 1; fate < FATE_COUNT; fate++)
		json_object_set_new(object, fate_name((enum fate)fate),
				    json_integer((json_int_t)fates[fate]));
	return object;
}

static json_t *relays_of(const struct agent *a)
{
	const struct prefix_list *trusted = &a->config.trusted_relays;
	json_t *list = json_array();
	char text[ADDR_TEXT];

	for (size_t i = 0; i < trusted->count; i++)
		json_array_append_new(list, json_string(prefix_format(text, &trusted->item[i])));
	for (size_t i = 0; i < a->allow.count; i++)
		if (a->allow.list[i].kind == NET_RELAY)
			json_array_append_new(
				list, json_string(prefix_format(text, &a->allow.list[i].prefix)));
	return list;
}

/* Why those that were found by themselves are. */
static json_t *relay_reasons_of(const struct agent *a)
{
	json_t *reasons = json_object();
	char text[ADDR_TEXT];

	for (size_t i = 0; i < a->allow.count; i++)
		if (a->allow.list[i].kind == NET_RELAY)
			json_object_set_new(reasons, prefix_format(text, &a->allow.list[i].prefix),
					    json_string(a->allow.list[i].text));
	return reasons;
}

/* Whatever SYN cookies do to new verdicts: those that stand drop. */
static bool is_enforcing(const struct agent *a)
{
	for (size_t i = 0; i < a->interface_count; i++)
		if (a->interface[i].attached)
			return a->mode.mode == MODE_ENFORCE;
	return false;
}

static json_t *checks_off(const struct agent *a)
{
	json_t *list = json_array();

	for (int id = 0; id < FINDING_COUNT; id++)
		if (!a->config.policy.rule[id].enabled)
			json_array_append_new(list, json_string(finding_types[id].id));
	return list;
}

static json_t *counts_of(const struct agent *a)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "sessions",
			 (json_int_t)a->counts.sessions, "blocked", (json_int_t)a->counts.blocked,
			 "watched", (json_int_t)a->counts.watched, "accepted",
			 (json_int_t)a->counts.accepted, "spared", (json_int_t)a->counts.spared,
			 "beyond_ceiling", (json_int_t)a->ceiling.beyond, "no_room",
			 (json_int_t)a->counts.map_full);
}

static json_t *latency_of(const struct agent *a)
{
	return json_pack("{s:I, s:f, s:f}", "count", (json_int_t)a->latency.count, "p50_us",
			 (double)latency_percentile(&a->latency, 50), "p99_us",
			 (double)latency_percentile(&a->latency, 99));
}

static json_t *stall_of(struct stall_longest longest)
{
	return json_pack("{s:I, s:f}", "longest_ms", (json_int_t)longest.wall_ms, "longest_cpu_ms",
			 longest.cpu_us / 1000.0);
}

static json_t *loop_of(struct agent *a)
{
	json_t *loop = stall_of(a->stall.ever);
	uint32_t now = (uint32_t)(uv_now(&a->loop) / 1000);

	json_object_set_new(loop, "turns", json_integer((json_int_t)a->stall.turns));
	json_object_set_new(loop, "last_minute", stall_of(stall_last_minute(&a->stall, now)));
	return loop;
}

/* What went out to the DNS, and what it was spared. */
static json_t *resolver_of(const struct agent *a)
{
	const struct resolver_counts *counts;

	if (!a->resolver)
		return json_null();
	counts = resolver_counts(a->resolver);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "asked",
			 (json_int_t)counts->asked, "coalesced", (json_int_t)counts->coalesced,
			 "sent", (json_int_t)counts->sent, "answered", (json_int_t)counts->answered,
			 "failed", (json_int_t)counts->failed, "timed_out",
			 (json_int_t)counts->timed_out, "refused", (json_int_t)counts->refused,
			 "under_way", (json_int_t)counts->under_way);
}

/* Exact for small maps; of a large one the last sweep's figure does. */
static size_t count_verdicts(struct agent *a)
{
	static struct verdict_entry batch[VERDICT_WALK_BATCH];
	struct verdict_walk walk = {0};
	uint32_t now = boot_seconds();
	size_t count = 0;
	int n;

	if (a->verdicts > 4 * VERDICT_WALK_BATCH)
		return a->verdicts;
	while ((n = verdict_walk_next(&a->maps, &walk, batch, VERDICT_WALK_BATCH, false)) > 0)
		for (int i = 0; i < n; i++)
			count += batch[i].verdict.expires > now;
	return count;
}

json_t *agent_status(struct agent *a)
{
	unsigned long long fates[FATE_COUNT] = {0};
	uint32_t now = boot_seconds();
	json_t *status;

	fates_read(&a->maps, fates);
	status = json_pack(
		"{s:s, s:i, s:s, s:s, s:o, s:i, s:i, s:i, s:b, s:o, s:o, s:I, s:I, s:I, s:I, s:b}",
		"version", MXDP_VERSION, "pid", (int)getpid(), "mode", mode_name(a->mode.mode),
		"mode_by", a->mode.by, "mode_until_in",
		a->mode.until ? json_integer((json_int_t)a->mode.until - now) : json_null(),
		"uptime", (int)(now - a->started), "heartbeat_age",
		(int)(now - a->maps.live_values->heartbeat), "heartbeat_limit",
		(int)a->config.heartbeat_limit, "enforcing", is_enforcing(a), "interfaces",
		interfaces_of(a), "fates", fates_of(fates), "verdicts",
		(json_int_t)count_verdicts(a), "verdicts_max", (json_int_t)a->config.verdicts_max,
		"sessions", (json_int_t)sessions_count(a->sessions), "sessions_max",
		(json_int_t)a->config.sessions_max, "syncookies", a->cookies);
	if (status) {
		json_t *notes = notes_of(a, fates);

		json_object_set_new(status, "journal", remember_status(a, notes));
		json_object_set_new(status, "accepted_mail", outcomes_status(a, notes));
		json_object_set_new(status, "good_blocked",
				    blamed_status(&a->blamed, is_enforcing(a), now, notes));
		json_object_set_new(status, "lists", lists_of(a, notes));
		json_object_set_new(status, "tap", tap_of(a, fates));
		json_object_set_new(status, "log", log_out_status(notes));
		json_object_set_new(status, "feeds", feeds_status(a, notes));
		json_object_set_new(status, "relays", relays_of(a));
		json_object_set_new(status, "relay_reasons", relay_reasons_of(a));
		json_object_set_new(status, "senders", senders_json(a));
		json_object_set_new(status, "checks_off", checks_off(a));
		json_object_set_new(status, "suspended", trust_suspended(a));
		json_object_set_new(status, "crowds", trust_crowds(a));
		json_object_set_new(status, "notes", notes);
		json_object_set_new(status, "latency", latency_of(a));
		json_object_set_new(status, "counts", counts_of(a));
		json_object_set_new(status, "loop", loop_of(a));
		json_object_set_new(status, "resolver", resolver_of(a));
	}
	return status;
}

json_t *verb_status(void *agent, const json_t *request, struct connection *c)
{
	(void)request;
	connection_send(c, agent_status(agent));
	return answer_done();
}
