// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands on the page. What has a label has a sample for each fate, finding, cause, interface,
 * list or feed: a number that the code or the configuration bounds, never what came over the wire.
 */
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

#include "../base/clock.h"
#include "../base/names.h"
#include "../base/version.h"
#include "metrics.h"
#include "outcomes.h"
#include "remember.h"
#include "trust.h"

static double seconds_of(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void put_process(struct page *p, const struct agent *a, uint32_t now)
{
	struct rusage usage = {0};

	getrusage(RUSAGE_SELF, &usage);
	page_family(p, "mxdp_build_info", PAGE_GAUGE, "Always 1; which version runs.");
	page_sample(p, 1, "version", MXDP_VERSION, NULL);
	page_gauge(p, "process_start_time_seconds", "When mxdpd was started, as a time of day.",
		   (double)(time(NULL) - (time_t)(now - a->started)));
	page_counter(p, "process_cpu_seconds_total", "CPU time of mxdpd, its threads included.",
		     seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime));
}

static void put_mode(struct page *p, const struct agent *a, uint32_t now)
{
	page_family(p, "mxdp_mode", PAGE_GAUGE, "1 for the mode that is in force.");
	for (int mode = MODE_MONITOR; mode <= MODE_ENFORCE; mode++)
		page_sample(p, (int)a->mode.mode == mode, "mode", mode_name((enum mode)mode), NULL);
	page_gauge(p, "mxdp_heartbeat_age_seconds", "Since mxdpd last told the kernel it is alive.",
		   now - a->maps.live_values->heartbeat);
	page_gauge(p, "mxdp_heartbeat_limit_seconds",
		   "The age from which on the kernel counts, but drops nothing.",
		   a->config.heartbeat_limit);
	page_family(p, "mxdp_interface_attached", PAGE_GAUGE, "Whether the interface is guarded.");
	for (size_t i = 0; i < a->interface_count; i++)
		page_sample(p, a->interface[i].attached, "interface", a->interface[i].name, NULL);
	page_gauge(p, "mxdp_config_refused",
		   "Whether the configuration file has mistakes, and an older one is in force.",
		   a->reload_refused);
}

static bool is_packet(int fate)
{
#define PASS true
#define DROP true
#define TX   true
#define TAP  false
	static const bool packet[FATE_COUNT] = {
#define X(name, text, verdict) [FATE_##name] = verdict,
		FATES(X)
#undef X
	};
#undef PASS
#undef DROP
#undef TX
#undef TAP

	return packet[fate];
}

/* Each packet has one fate; what is counted besides has families of its own. */
static void put_fates(struct page *p, const struct agent *a)
{
	unsigned long long fates[FATE_COUNT];

	if (fates_read(&a->maps, fates))
		return;
	page_family(p, "mxdp_packets_total", PAGE_COUNTER,
		    "Packets seen by the programs in the kernel, by what became of them.");
	for (int fate = 1; fate < FATE_COUNT; fate++)
		if (is_packet(fate))
			page_sample(p, (double)fates[fate], "fate", fate_name((enum fate)fate),
				    NULL);
	page_counter(p, "mxdp_flows_proven_total", "Connections that the server has answered in.",
		     (double)fates[FATE_FLOW_BORN]);
	page_counter(p, "mxdp_records_lost_total", "Records lost because the ring was full.",
		     (double)fates[FATE_RECORD_LOST]);
	page_counter(p, "mxdp_records_cut_total",
		     "Records that hold less than their segment carried.",
		     (double)fates[FATE_RECORD_CUT]);
	page_counter(p, "mxdp_resets_limited_total",
		     "Resets that became drops, over the limit or for their frame.",
		     (double)fates[FATE_RESET_LIMITED]);
}

static void put_by_cause(struct page *p, const struct by_cause *b)
{
	for (unsigned i = 0; i < BY_CAUSE_COUNT; i++)
		for (unsigned action = 0; action < ACTION_COUNT; action++)
			if (b->of[i][action])
				page_sample(p, (double)b->of[i][action], "cause",
					    cause_name(by_cause_at(i)), "action",
					    action_name(action), NULL);
}

static void put_verdicts(struct page *p, const struct agent *a)
{
	page_family(p, "mxdp_findings_total", PAGE_COUNTER, "Findings in sessions.");
	for (int id = 0; id < FINDING_COUNT; id++)
		page_sample(p, (double)a->found[id], "finding", finding_types[id].id, NULL);
	page_family(p, "mxdp_verdicts", PAGE_GAUGE,
		    "Verdicts in force, feeds apart, as of some seconds ago; causes without any "
		    "have no sample.");
	put_by_cause(p, &a->standing);
	page_family(p, "mxdp_verdicts_put_total", PAGE_COUNTER,
		    "Verdicts put or renewed since the start; causes without any have no sample.");
	put_by_cause(p, &a->put);
	page_family(p, "mxdp_decisions_total", PAGE_COUNTER,
		    "What was decided on sessions; spared: would have been blocked, but for who "
		    "is never blocked.");
	page_sample(p, (double)a->counts.blocked, "decision", "block", NULL);
	page_sample(p, (double)a->counts.watched, "decision", "watch", NULL);
	page_sample(p, (double)a->counts.spared, "decision", "spared", NULL);
	page_counter(p, "mxdp_blocks_beyond_ceiling_total",
		     "Blocks that only watch, because verdicts.per_minute was reached.",
		     (double)a->ceiling.beyond);
	page_counter(p, "mxdp_verdicts_without_room_total", "Verdicts that found no room.",
		     (double)a->counts.map_full);
	page_histogram(p, "mxdp_verdict_latency_seconds",
		       "From the record that completed the proof to the entry in the map.",
		       &a->latency.ever);
}

static void put_suspended(struct page *p, const struct agent *a)
{
	page_family(p, "mxdp_check_suspended", PAGE_GAUGE,
		    "1 for each check that is suspended, because it convicted clients known for "
		    "good.");
	for (size_t key = 0; key < SUSPEND_KEYS; key++)
		if (a->suspend.of[key] && a->suspend.of[key]->until)
			page_sample(p, 1, "check", a->suspend.of[key]->name, NULL);
}

static void put_sessions(struct page *p, struct agent *a)
{
	json_t *notes = json_array(), *mail = outcomes_status(a, notes);

	page_gauge(p, "mxdp_sessions", "SMTP sessions that are followed now.",
		   (double)sessions_count(a->sessions));
	page_gauge(p, "mxdp_sessions_max", "SMTP sessions that can be.", a->config.sessions_max);
	page_counter(p, "mxdp_sessions_total", "SMTP sessions that have ended.",
		     (double)a->counts.sessions);
	page_counter(p, "mxdp_sessions_accepted_total",
		     "Of these, with mail that the server was seen to accept.",
		     (double)a->counts.accepted);
	page_gauge(p, "mxdp_accepted_mail_last_hour",
		   "Messages accepted within the last hour, seen or told by `mxdpctl outcome'.",
		   (double)json_integer_value(json_object_get(mail, "last_hour")));
	page_gauge(p, "mxdp_accepted_mail_usual",
		   "The same as it is usual at this time; 0 where that is not known yet.",
		   (double)json_integer_value(json_object_get(mail, "usual")));
	/* The words about it are there only where there is something to say. */
	page_gauge(p, "mxdp_accepted_mail_fell",
		   "Whether it is less than a third of what is usual.", json_array_size(notes) > 0);
	json_decref(mail);
	json_decref(notes);
}

struct room {
	const char *map;
	double entries;
	uint32_t max;
};

static void put_rooms(struct page *p, const struct agent *a)
{
	const struct tables *t = &a->tables;
	uint32_t prefixes = a->maps.live_values->prefixes, allow = 0, local = 0;
	double single = a->verdicts > prefixes ? (double)(a->verdicts - prefixes) : 0;
	const struct room rooms[] = {
		{"verdicts", single, a->config.verdicts_max},
		{"prefixes", prefixes, VERDICT_PREFIXES},
		{"allow", (double)a->allow.count, fill_room(&allow, a->maps.allow) ? 0 : allow},
		{"local", (double)a->local.count, fill_room(&local, a->maps.local) ? 0 : local},
		{"flows", t->flows.entries, t->known ? t->flows.max : 0},
		{"early", t->early.entries, t->known ? t->early.max : 0},
	};

	page_family(p, "mxdp_map_entries", PAGE_GAUGE,
		    "Entries of a map in the kernel, as of some seconds ago. Flows and early "
		    "make room by themselves.");
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++)
		if (rooms[i].max)
			page_sample(p, rooms[i].entries, "map", rooms[i].map, NULL);
	page_family(p, "mxdp_map_max_entries", PAGE_GAUGE, "How many it can hold.");
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++)
		if (rooms[i].max)
			page_sample(p, rooms[i].max, "map", rooms[i].map, NULL);
}

static void put_dns(struct page *p, const struct agent *a)
{
	static const struct resolver_counts none;
	const struct resolver_counts *c = a->resolver ? resolver_counts(a->resolver) : &none;

	page_counter(p, "mxdp_dns_questions_total", "Questions that checks and lists had.",
		     (double)c->asked);
	page_counter(p, "mxdp_dns_coalesced_total", "Of these, joined to one under way.",
		     (double)c->coalesced);
	page_counter(p, "mxdp_dns_lookups_total", "Of these, given to the resolver.",
		     (double)c->sent);
	page_family(p, "mxdp_dns_answers_total", PAGE_COUNTER,
		    "Questions that have ended, by how; refused: too many were under way.");
	page_sample(p, (double)c->answered, "outcome", "answered", NULL);
	page_sample(p, (double)c->failed, "outcome", "failed", NULL);
	page_sample(p, (double)c->timed_out, "outcome", "timed-out", NULL);
	page_sample(p, (double)c->refused, "outcome", "refused", NULL);
	page_gauge(p, "mxdp_dns_lookups_under_way", "Lookups that the resolver is at.",
		   c->under_way);
	page_histogram(p, "mxdp_dns_lookup_seconds",
		       "What the resolver took for a lookup, its cache included.", &c->took);
	page_gauge(p, "mxdp_resolver_suspect",
		   "Whether so many clients seem to have no name that the resolver is at fault.",
		   a->suspect.active);
}

static void put_loop(struct page *p, struct agent *a)
{
	uint32_t now = (uint32_t)(uv_now(&a->loop) / 1000);
	struct stall_longest longest = stall_last_minute(&a->stall, now);

	page_counter(p, "mxdp_loop_turns_total", "Turns of the event loop.",
		     (double)a->stall.turns);
	page_gauge(p, "mxdp_loop_longest_turn_seconds",
		   "How long one turn kept all others waiting, at most, within the last minute.",
		   longest.wall_ms / 1e3);
	page_gauge(p, "mxdp_loop_longest_turn_cpu_seconds",
		   "The same in CPU time of the loop's own work.", longest.cpu_us / 1e6);
	page_gauge(p, "mxdp_tap_blind",
		   "Whether SYNs pass while no reply of the mail server is seen.",
		   a->blind.since != 0);
	page_gauge(p, "mxdp_syncookies_active",
		   "Whether the kernel validates SYN cookies, so that new verdicts only watch.",
		   a->cookies);
}

static void put_journal(struct page *p, const struct agent *a)
{
	struct store_state state = {.problem = "none"};

	if (a->remember)
		store_state(remember_store(a), &state);
	page_gauge(p, "mxdp_journal_problem",
		   "Whether the journal is not kept; `mxdpctl status' says why.",
		   state.problem[0] != '\0');
	page_counter(p, "mxdp_journal_written_total", "Things written to the journal.",
		     (double)state.written);
	page_counter(p, "mxdp_journal_lost_total", "Things that it could not be told.",
		     (double)state.lost);
	page_gauge(p, "mxdp_journal_waiting", "Things that wait to be written.",
		   (double)state.waiting);
}

void metrics_page(struct page *p, struct agent *a)
{
	uint32_t now = boot_seconds();

	put_process(p, a, now);
	put_mode(p, a, now);
	put_fates(p, a);
	put_verdicts(p, a);
	put_suspended(p, a);
	put_sessions(p, a);
	put_rooms(p, a);
	put_dns(p, a);
	metrics_lists(p, a);
	metrics_feeds(p, a);
	put_loop(p, a);
	put_journal(p, a);
}
