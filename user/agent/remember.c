// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/escape.h"
#include "../base/fault.h"
#include "../base/log.h"
#include "lookups.h"
#include "remember.h"

#define LOOK_MS      1000
#define STEP         256  /* verdicts in a step of a census... */
#define STEP_MS      2    /* and between them: the loop breathes */
#define CENSUS_EVERY 3600 /* seconds: hits are kept that often, should power fail */
#define FLUSH_WHOLE  (STORE_QUEUE / 4)
#define FLUSH        "mxdpctl flush"
#define CLOSE_MS     15000 /* that the end waits for room, in all */
#define LISTS_TEXT   (LISTS_MAX * (LIST_SHOWN + 16) + FEEDS_MAX * (FEED_NAME + 8))
#define SHOWN        8 /* of a request's entries */

struct remember {
	struct store *store;
	struct writer evidence;
	uv_timer_t timer;
	unsigned flushing; /* requests that flush, where all is told at once */
	uint32_t flushed;  /* boot seconds: what began before is told of */
	bool unread;       /* this start could not read it: the next one shall */
	bool taking;       /* a census is under way */
	uint32_t taken;    /* boot seconds of the last one */
	struct verdict_walk walk;
	int at, count; /* in the batch */
	struct verdict_entry batch[VERDICT_WALK_BATCH];
};

struct store *remember_store(const struct agent *a)
{
	return a->remember ? a->remember->store : NULL;
}

/* Lists and feeds by their names: their numbers are another configuration's. */

#define LIST_NAME_TEXT (LIST_SHOWN + 32)

/* Of a feed that scores, or a list; else NULL. */
static const char *name_of_list(char text[LIST_NAME_TEXT], const struct config *config,
				unsigned bit)
{
	const struct feed_settings *feed = NULL;

	if (bit >= FEED_BIT && bit - FEED_BIT < config->feeds_count)
		feed = &config->feeds[bit - FEED_BIT];
	if (feed && feed->action == FEED_SCORE)
		snprintf(text, LIST_NAME_TEXT, "feed:%s", feed->name);
	else if (bit < config->lists_count)
		snprintf(text, LIST_NAME_TEXT, "%s:%s", list_kind_name(config->lists[bit].kind),
			 config->lists[bit].shown);
	else
		return NULL;
	return text;
}

static const char *names_of_lists(const struct agent *a, uint64_t lists, char *text, size_t size)
{
	char one[LIST_NAME_TEXT];
	size_t len = 0;

	if (lists == LISTS_UNKNOWN)
		return NULL;
	*text = '\0';
	for (unsigned bit = 0; bit < LIST_BITS; bit++) {
		const char *name = name_of_list(one, &a->config, bit);

		if (lists & 1ULL << bit && len < size)
			len += (size_t)snprintf(text + len, size - len, "%s%s", len ? " " : "",
						name ? name : "gone");
	}
	return text;
}

static bool find_list(const struct agent *a, const char *name, size_t len, unsigned *found)
{
	char text[LIST_NAME_TEXT];

	for (unsigned bit = 0; bit < LIST_BITS; bit++) {
		*found = bit;
		if (name_of_list(text, &a->config, bit) && strlen(text) == len &&
		    !strncmp(text, name, len))
			return true;
	}
	return false;
}

/* False where one of them is configured no more. */
static bool lists_of_names(const struct agent *a, const char *names, uint64_t *lists)
{
	*lists = names ? 0 : LISTS_UNKNOWN;
	for (const char *at = names; at && *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		unsigned found;

		if (!find_list(a, at, len, &found))
			return false;
		*lists |= 1ULL << found;
		at += len;
	}
	return true;
}

/* What is told */

static void tell(struct agent *a, const struct verdict_entry *entry,
		 void (*fn)(struct store *, const struct store_verdict *), struct store_verdict v)
{
	const struct reasons *r = &a->reasons;
	char lists[LISTS_TEXT];

	v.entry = *entry;
	v.reason = reasons_get(r, &entry->prefix, entry->ports);
	v.lists = names_of_lists(a, reasons_lists(r, &entry->prefix, entry->ports), lists,
				 sizeof(lists));
	fn(a->remember->store, &v);
}

/* As many findings as there is room for, each of them whole. */
static const char *evidence_of(struct agent *a, const struct findings *f, char text[STORE_EVIDENCE])
{
	const struct policy *policy = &a->config.policy;
	struct writer *w = &a->remember->evidence;
	char name[POLICY_FINDING_NAME];
	size_t fits = 0;

	writer_reset(w);
	writer_open(w, NULL, '[');
	for (size_t i = 0; i < f->count && w->len < STORE_EVIDENCE - 1; i++) {
		fits = w->len;
		writer_open(w, NULL, '{');
		writer_string(w, "id", policy_finding_name(name, policy, &f->list[i]));
		writer_integer(w, "points", policy_points(policy, &f->list[i]));
		writer_string(w, "detail", f->list[i].detail);
		writer_close(w, '}');
	}
	if (w->len >= STORE_EVIDENCE - 1)
		w->len = fits;
	writer_close(w, ']');
	if (w->failed)
		return NULL;
	memcpy(text, w->text, w->len);
	text[w->len] = '\0';
	return text;
}

void remember_blocked(struct agent *a, const struct verdict_event *event, const struct verdict *v)
{
	const struct dialogue *d = &event->session->dialogue;
	const struct verdict_entry entry = {event->prefix, d->ports, *v, {0}};
	char evidence[STORE_EVIDENCE];

	if (a->remember)
		tell(a, &entry, store_put,
		     (struct store_verdict){.score = event->decision.score,
					    .repeats = a->mode.mode == MODE_ENFORCE &&
						       action_blocks(v->action),
					    .evidence = evidence_of(a, &d->findings, evidence)});
}

void remember_by_hand(struct agent *a, const struct prefix *prefix, enum port_class ports,
		      const struct verdict *v)
{
	const struct verdict_entry entry = {*prefix, ports, *v, {0}};

	if (a->remember)
		tell(a, &entry, store_put, (struct store_verdict){0});
}

void remember_undone(struct agent *a, const struct prefix *prefix, enum port_class ports)
{
	if (a->remember)
		store_undo(a->remember->store, prefix, ports);
}

void remember_ended(struct agent *a, const struct verdict_entry *entry, const char *why)
{
	static const struct {
		const char *why;
		enum store_ending ending;
	} endings[] = {
		{"expired", STORE_EXPIRED},
		{"mail accepted", STORE_ACCEPTED},
		{FLUSH, STORE_FLUSHED},
		{"mxdpctl", STORE_UNBLOCKED},
		{"mxdpctl unblock --by", STORE_UNBLOCKED},
	};
	enum store_ending ending = STORE_WITHDRAWN;

	if (!a->remember)
		return;
	if (a->remember->flushing && entry->verdict.since < a->remember->flushed &&
	    !strcmp(why, FLUSH))
		return; /* all of them were told at once */
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (!strcmp(endings[i].why, why))
			ending = endings[i].ending;
	if (ending != STORE_UNBLOCKED && ending != STORE_WITHDRAWN)
		why = NULL; /* that says it already */
	store_end(a->remember->store, entry, ending, why);
}

/* Of a hundred thousand entries the first few, and how many there were. */
static json_t *shorten(const json_t *request)
{
	json_t *copy = json_copy((json_t *)request), *few;
	const json_t *entries = json_object_get(request, "entries");

	json_object_del(copy, "verb");
	if (json_array_size(entries) <= SHOWN)
		return copy;
	few = json_array();
	for (size_t i = 0; i < SHOWN; i++)
		json_array_append(few, json_array_get(entries, i));
	json_object_set_new(copy, "entries", few);
	json_object_set_new(copy, "of", json_integer((json_int_t)json_array_size(entries)));
	return copy;
}

/* Verbs that change something; some of them only where the request has that word. */
static bool changes(const char *verb, const json_t *request)
{
	static const struct {
		const char *verb, *word;
	} changing[] = {
		{"block", NULL},   {"unblock", NULL}, {"flush", NULL},  {"allow", NULL},
		{"unallow", NULL}, {"detach", NULL},  {"mode", "mode"}, {"checks", "set"},
	};

	for (size_t i = 0; i < sizeof(changing) / sizeof(changing[0]); i++)
		if (!strcmp(changing[i].verb, verb))
			return !changing[i].word || json_object_get(request, changing[i].word);
	return false;
}

void remember_request(void *agent, uid_t uid, const char *verb, const json_t *request)
{
	struct agent *a = agent;
	json_t *shortened;
	char *text;

	if (!a->remember || !changes(verb, request))
		return;
	shortened = shorten(request);
	text = json_dumps(shortened, JSON_COMPACT | JSON_SORT_KEYS);
	store_change(a->remember->store, uid, verb, text);
	free(text);
	json_decref(shortened);
}

/* The census */

/* Whoever lost the evidence knows still whether the block was one to remember. */
static void tell_standing(struct agent *a, const struct verdict_entry *e)
{
	tell(a, e, store_census,
	     (struct store_verdict){.repeats = e->verdict.cause != CAUSE_MANUAL &&
					       action_blocks(e->verdict.action) &&
					       a->mode.mode == MODE_ENFORCE});
}

/* As it stands now: since it was walked over it may have ended, or begun anew. */
static void tell_walked(struct agent *a, const struct verdict_entry *walked)
{
	struct verdict_entry e;

	if (!verdict_get(&a->maps, &walked->prefix, walked->ports, &e))
		tell_standing(a, &e);
}

/*
 * Where the maps cannot be read it does not count, and is not asked for again at once. What this
 * start could not put into them is not missing there.
 */
static void census_over(struct remember *r, bool whole)
{
	if (whole && !r->unread)
		store_census_end(r->store);
	r->taking = false;
	r->taken = boot_seconds();
}

static void census_step(struct agent *a)
{
	struct remember *r = a->remember;

	if (r->at == r->count) {
		r->at = 0;
		r->count =
			verdict_walk_next(&a->maps, &r->walk, r->batch, VERDICT_WALK_BATCH, false);
	}
	if (r->count <= 0) {
		census_over(r, !r->count);
		r->at = r->count = 0;
		return;
	}
	for (int n = 0; n < STEP && r->at < r->count; n++)
		tell_walked(a, &r->batch[r->at++]);
}

static void census_begin(struct agent *a)
{
	struct remember *r = a->remember;

	remember_suspensions(a);
	store_census_begin(r->store);
	r->walk = (struct verdict_walk){0};
	r->at = r->count = 0;
	r->taking = true;
}

static bool is_census_due(struct remember *r)
{
	struct store_state state;

	if (store_wants_census(r->store))
		return true;
	store_state(r->store, &state);
	return !state.problem[0] && boot_seconds() - r->taken >= CENSUS_EVERY;
}

/* While all is flushed there is nothing to count. */
static void look(uv_timer_t *timer)
{
	struct agent *a = timer->data;
	struct remember *r = a->remember;

	if (!r->flushing && store_has_room(r->store, STEP)) {
		if (!r->taking && is_census_due(r))
			census_begin(a);
		if (r->taking)
			census_step(a);
	}
	uv_timer_start(timer, look, r->taking ? STEP_MS : LOOK_MS, 0);
}

void remember_flush(struct agent *a)
{
	struct remember *r = a->remember;

	if (!r || (!r->flushing && !r->unread && a->verdicts < FLUSH_WHOLE))
		return;
	r->taking = r->unread = false;
	r->flushing++;
	r->flushed = boot_seconds();
	store_flush(r->store);
}

/* Who broke it off has left some standing. */
void remember_flushed(struct agent *a)
{
	struct remember *r = a->remember;

	if (!r || !r->flushing || --r->flushing)
		return;
	store_ask_census(r->store);
}

/* The start */

struct restoring {
	struct agent *agent;
	size_t count, back, spared, gone, no_room;
	struct verdict_entry batch[VERDICT_WALK_BATCH];
};

static void put_batch(struct restoring *w)
{
	size_t done;

	verdict_put_batch(&w->agent->maps, w->batch, w->count, &done);
	w->back += done;
	w->no_room += w->count - done;
	w->count = 0;
	fault(restoring);
}

/* JSON takes no half characters, and what stands in a file may be anything. */
static void set_words(struct agent *a, const struct store_verdict *v, uint64_t lists)
{
	const char *words = v->reason ? v->reason : "";
	json_t *probe = json_string(words);
	char safe[REASON_TEXT];

	if (!probe)
		words = escape_bytes(safe, sizeof(safe), words, strlen(words));
	json_decref(probe);
	reasons_set(&a->reasons, &v->entry.prefix, v->entry.ports, words, lists);
}

/* As at insert: whoever is allowed, and no network around our own addresses or the allowed ones. */
static bool is_spared(const struct agent *a, const struct verdict_entry *e)
{
	const struct net_reason *r;

	if (e->prefix.plen == ADDR_BITS)
		return nets_covering(&a->allow, &e->prefix.addr, boot_seconds());
	r = nets_meeting(&a->allow, &e->prefix, boot_seconds());
	return r && (e->verdict.cause != CAUSE_MANUAL || r->prefix.plen <= e->prefix.plen ||
		     r->kind == NET_OWN);
}

static void restore_one(const struct store_verdict *v, bool newest, void *context)
{
	struct restoring *w = context;
	struct store *store = w->agent->remember->store;
	uint64_t lists;

	if (!lists_of_names(w->agent, v->lists, &lists)) {
		store_end(store, &v->entry, STORE_WITHDRAWN, "its list is configured no more");
		w->gone++;
		return;
	}
	if (is_spared(w->agent, &v->entry)) {
		store_end(store, &v->entry, STORE_SPARED, "never blocked");
		w->spared++;
		return;
	}
	w->batch[w->count++] = v->entry;
	if (w->count == VERDICT_WALK_BATCH)
		put_batch(w);
	if (newest)
		set_words(w->agent, v, lists);
}

static void restore(struct agent *a)
{
	struct restoring *w = calloc(1, sizeof(*w));
	uint64_t began = clock_ns(CLOCK_MONOTONIC);
	long count;

	if (!w)
		return;
	w->agent = a;
	count = store_load(a->remember->store, REASONS_MAX, restore_one, w);
	a->remember->unread = count < 0 && count != -EBADMSG; /* that one was moved aside */
	put_batch(w);
	a->verdicts = w->back;
	a->counts.map_full += w->no_room;
	if (w->no_room)
		log_error("%zu verdicts of the journal found no room: raise verdicts.max",
			  w->no_room);
	if (w->back || w->gone || w->spared)
		log_info("%zu verdicts are in force again, %zu are not because their list is "
			 "configured no more, %zu because they are never blocked now (%llu ms)",
			 w->back, w->gone, w->spared,
			 (unsigned long long)(clock_ns(CLOCK_MONOTONIC) - began) / 1000000);
	free(w);
}

/* Maps that were left: a list that is gone from the configuration takes its verdicts along. */

struct naming {
	struct agent *agent;
	bool gone;
};

static void name_one(const struct store_verdict *v, bool newest, void *context)
{
	struct naming *n = context;
	struct agent *a = n->agent;
	struct verdict_entry standing;
	uint64_t lists;

	if (!newest || verdict_get(&a->maps, &v->entry.prefix, v->entry.ports, &standing) ||
	    standing.verdict.cause != v->entry.verdict.cause)
		return;
	if (!lists_of_names(a, v->lists, &lists)) {
		lists |= 1ULL << LIST_GONE;
		n->gone = true;
	}
	set_words(a, v, lists);
}

static void name_standing(struct agent *a)
{
	struct naming n = {.agent = a};
	long count = store_load(a->remember->store, REASONS_MAX, name_one, &n);

	a->verdicts = count > 0 ? (size_t)count : 0; /* about, until the first sweep */
	if (n.gone)
		withdraw_list(a, LIST_GONE, "its list was taken out of the configuration");
}

/* What history counts in is boot seconds: older offences are as old as this boot. */
static void restore_repeat(const struct store_repeat *r, void *context)
{
	struct agent *a = context;
	uint32_t now = boot_seconds(), last = r->last < 1 ? 1 : (uint32_t)r->last;
	uint32_t until = r->until < (int64_t)last ? last : (uint32_t)r->until;
	unsigned repeats;

	if (r->prefix.plen == ADDR_BITS && now - r->last <= 2 * CROWD_HALF)
		crowd_offended(a->crowd, &r->prefix.addr, last);
	if (!addr_is_v4(&r->prefix.addr) && r->prefix.plen == ADDR_BITS &&
	    now - r->last <= HISTORY_NEIGHBOR)
		history_offence(a->history, &r->prefix.addr, r->ports, last, &repeats);
	for (unsigned i = 1; i < r->blocks; i++)
		history_blocked(a->history, &r->prefix, r->ports, last, last);
	history_blocked(a->history, &r->prefix, r->ports, last, until);
}

/* What could not be read is for the next start to restore, so the maps are not marked as whole. */
static void restore_verdicts(struct agent *a)
{
	if (a->programs.reused)
		name_standing(a);
	else
		restore(a);
	fault(restored);
	if (!a->remember->unread)
		object_mark(&a->programs);
	fault(maps_marked);
}

void remember_open(struct agent *a)
{
	char path[512];
	const struct store_options options = {.path = path};

	a->remember = calloc(1, sizeof(*a->remember));
	if (!a->remember)
		return;
	snprintf(path, sizeof(path), "%s/journal.db", a->options.state_dir);
	a->remember->store = store_open(&options);
	if (!a->remember->store) {
		free(a->remember);
		a->remember = NULL;
		return;
	}
	restore_verdicts(a);
	store_load_repeats(a->remember->store, restore_repeat, a);
	remember_trust(a);
	uv_timer_init(&a->loop, &a->remember->timer);
	a->remember->timer.data = a;
}

void remember_start(struct agent *a)
{
	int err = a->remember ? store_start(a->remember->store) : -ENOMEM;

	if (err) {
		log_error("the journal is not kept: %s", strerror(-err));
		return;
	}
	/* What the maps hold an earlier agent may have left untold. */
	census_begin(a);
	uv_timer_start(&a->remember->timer, look, STEP_MS, 0);
}

static void wait_for_room(struct store *store, unsigned *patience)
{
	for (; !store_has_room(store, VERDICT_WALK_BATCH) && *patience; --*patience)
		usleep(1000);
}

/* Before fresh maps take the place of these: their hits, and whatever was not told. */
static void tell_last(struct agent *a)
{
	struct remember *r = a->remember;
	unsigned patience = CLOSE_MS;
	bool census;
	int count;

	wait_for_room(r->store, &patience);
	census = store_wants_census(r->store);
	if (census)
		census_begin(a);
	r->walk = (struct verdict_walk){0};
	do {
		wait_for_room(r->store, &patience);
		count = verdict_walk_next(&a->maps, &r->walk, r->batch, VERDICT_WALK_BATCH, true);
		for (int i = 0; i < count; i++) {
			if (census)
				tell_standing(a, &r->batch[i]);
			else if (r->batch[i].hits.packets)
				store_hits(r->store, &r->batch[i]);
		}
	} while (count > 0);
	if (census)
		census_over(r, !count);
}

void remember_close(struct agent *a)
{
	struct remember *r = a->remember;

	if (!r)
		return;
	if (a->ready && !a->options.handover)
		tell_last(a);
	fault(journal_told);
	store_close(r->store);
	writer_free(&r->evidence);
	free(r);
	a->remember = NULL;
}

json_t *remember_status(struct agent *a, json_t *notes)
{
	struct store_state state = {.problem = "out of memory"};

	if (a->remember)
		store_state(a->remember->store, &state);
	if (state.problem[0])
		json_array_append_new(notes, json_sprintf("the journal is not kept, and verdicts "
							  "will not outlive a stop: %s",
							  state.problem));
	return json_pack("{s:s, s:I, s:I, s:I}", "problem", state.problem, "written",
			 (json_int_t)state.written, "lost", (json_int_t)state.lost, "waiting",
			 (json_int_t)state.waiting);
}
