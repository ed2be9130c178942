// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * explain: what stands against an address, a network or a domain now, what did before, and who says
 * so. An address: what the gate does with its SYNs, its names, what each list says, its history. A
 * network: the verdicts inside and around it, and its history. A domain: the same for each of its
 * own and of its mail servers' addresses, and for the addresses and networks of its SPF record.
 *
 * Lists and names are asked of the DNS, the history of the journal in a worker thread; the answer
 * waits for all of them, the loop for none. What may be much is told a step at a time.
 */
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/escape.h"
#include "../base/names.h"
#include "../checks/hostname.h"
#include "../dns/names.h"
#include "../dns/spf.h"
#include "../journal/reader.h"
#include "feeds.h"
#include "foresee.h"
#include "verbs.h"

#define HISTORY      20   /* verdicts of it, the newest */
#define INSIDE_SHOWN 1000 /* of the verdicts inside networks; the others are counted */
#define HOSTS        32   /* addresses of a domain */
#define EXCHANGERS   8    /* of its mail servers' names */
#define SPF_SHOWN    200  /* of its SPF record's networks; the others are counted */
#define SPF_STEP     8    /* of them told in a turn of the loop, with their histories */
#define ANSWERS_STEP 64   /* sent in a turn */

/*
 * What is asked outlives who asked: `connection` is NULL once he has gone, and the last answer
 * frees it.
 */
struct explaining {
	struct agent *agent;
	struct connection *connection;
	unsigned waiting; /* for answers */
	char about[DNS_NAME];
	bool is_net; /* an address or a network; else a domain */
	struct prefix net;
	json_t *answers; /* data to send, an array */
	size_t sent;
	struct addr host[HOSTS];
	size_t hosts;
	unsigned exchangers;

	/* What its SPF record names, in order; none holds another. */
	struct prefix *spf;
	size_t spf_count, spf_told;

	/* The verdicts inside networks, which stand in order. */
	const struct prefix *within;
	size_t within_count;
	struct verdict_walk walk;
	bool walked;
	size_t inside;
	struct verdict_entry *batch;
};

static void explaining_free(struct explaining *e)
{
	json_decref(e->answers);
	free(e->spf);
	free(e->batch);
	free(e);
}

static void explaining_left(void *state)
{
	struct explaining *e = state;

	e->connection = NULL;
	if (!e->waiting)
		explaining_free(e);
}

static void one_answer_more(struct explaining *e)
{
	e->waiting--;
	if (e->waiting)
		return;
	if (e->connection)
		connection_wake(e->connection);
	else
		explaining_free(e);
}

static void lists_told(json_t *answers, void *context)
{
	struct explaining *e = context;
	json_t *answer;
	size_t i;

	json_array_foreach(answers, i, answer)
	{
		json_object_set_new(answer, "about", json_string("list"));
		json_array_append(e->answers, answer);
	}
	json_decref(answers);
	one_answer_more(e);
}

static const char *fact_word(enum fact fact)
{
	return fact == FACT_YES ? "yes" : fact == FACT_NO ? "no" : "unknown";
}

static void names_told(const struct client_facts *facts, void *context)
{
	struct explaining *e = context;
	json_t *names = json_array();

	for (size_t i = 0; i < facts->count; i++)
		json_array_append_new(names, json_string(facts->name[i]));
	json_array_append_new(e->answers,
			      json_pack("{s:s, s:s, s:s, s:o}", "about", "names", "has_name",
					fact_word(facts->has_name), "confirmed",
					fact_word(facts->confirmed), "names", names));
	one_answer_more(e);
}

static json_t *courtesy_of(const struct agent *a, const struct verdict_entry *e, uint32_t now)
{
	int64_t seconds = foresee_courtesy(a, e, now);

	return seconds < 0 ? json_null() : json_integer(seconds);
}

static json_t *verdict_json(const struct agent *a, const struct verdict_entry *e, uint32_t now)
{
	char text[ADDR_TEXT];

	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:I, s:o, s:o, s:o}", "addr",
		prefix_format(text, &e->prefix), "ports", ports_name(e->ports), "action",
		action_name(e->verdict.action), "cause", cause_name(e->verdict.cause), "reason",
		reasons_get(&a->reasons, &e->prefix, e->ports), "age",
		(json_int_t)now - e->verdict.since, "expires_in",
		e->verdict.expires == VERDICT_NEVER_EXPIRES
			? json_null()
			: json_integer((json_int_t)e->verdict.expires - now),
		"hits", (json_int_t)e->hits.packets, "last_hit",
		e->hits.packets ? json_integer((json_int_t)now - e->hits.last) : json_null(),
		"first_hit",
		e->hits.first ? json_integer((json_int_t)now - e->hits.first) : json_null(),
		"courtesy_in", courtesy_of(a, e, now));
}

static json_t *feed_word_json(const struct agent *a, const struct feed_word *word)
{
	char text[ADDR_TEXT];

	if (word->action == ACTION_COUNT && !word->stale)
		return json_null();
	return json_pack("{s:s, s:s, s:i, s:b}", "name", a->config.feeds[word->feed].name, "entry",
			 prefix_format(text, &word->entry), "others", (int)word->others, "stale",
			 word->stale);
}

/* Who never is blocked, and why; a network is told of any part of it. */
static void tell_allowed(json_t *state, const struct agent *a, const struct prefix *prefix)
{
	bool one = prefix->plen == ADDR_BITS;
	const struct net_reason *allowed =
		one ? nets_covering(&a->allow, &prefix->addr, boot_seconds())
		    : nets_meeting(&a->allow, prefix, boot_seconds());
	const char *feed = allowed || !one ? NULL : feeds_sparing(a, &prefix->addr), *kind;
	char net[ADDR_TEXT];

	if (allowed) {
		kind = net_kind_name(allowed->kind);
		json_object_update_new(state, json_pack("{s:s, s:s, s:s}", "allowed",
							allowed->text[0] ? allowed->text : kind,
							"allowed_as", kind, "allowed_net",
							prefix_format(net, &allowed->prefix)));
	} else if (feed) {
		json_object_update_new(state, json_pack("{s:s, s:s}", "allowed", feed, "allowed_as",
							"feed"));
	}
}

static json_t *state_of(const struct agent *a, const struct prefix *prefix, enum port_class ports,
			const char *via)
{
	struct foresight f;
	char text[ADDR_TEXT];
	json_t *state;

	foresee(&f, a, prefix, ports);
	state = json_pack(
		"{s:s, s:s, s:s, s:s?, s:s, s:s, s:s?, s:s?, s:o, s:n, s:n, s:n, s:o}", "about",
		"state", "addr", prefix_format(text, prefix), "ports", ports_name(ports), "via",
		via, "mode", mode_name(a->mode.mode), "fate", fate_name(f.fate), "action",
		f.action < ACTION_COUNT ? action_name(f.action) : NULL, "by",
		f.by_feed       ? "feed"
		: f.has_verdict ? "verdict"
				: NULL,
		"feed", feed_word_json(a, &f.feed), "allowed", "allowed_as", "allowed_net",
		"verdict",
		f.has_verdict ? verdict_json(a, &f.verdict, boot_seconds()) : json_null());
	tell_allowed(state, a, prefix);
	return state;
}

/* What the gate would do with a SYN of it now, and why. */
static void tell_state(struct explaining *e, const struct prefix *prefix, const char *via)
{
	for (int class = 0; class < PORTS_COUNT; class ++)
		json_array_append_new(e->answers,
				      state_of(e->agent, prefix, (enum port_class) class, via));
}

/* The history, in a worker thread */

struct asking_history {
	uv_work_t work;
	struct explaining *explaining;
	char path[512], words[READER_WORDS];
	struct prefix about;
	json_t *list; /* NULL where it cannot be read */
};

static void read_history(uv_work_t *work)
{
	struct asking_history *h = work->data;

	h->list = reader_history(h->path, &h->about, HISTORY, h->words);
}

static void history_told(uv_work_t *work, int status)
{
	struct asking_history *h = work->data;
	struct explaining *e = h->explaining;
	char text[ADDR_TEXT];

	json_array_append_new(
		e->answers, h->list ? json_pack("{s:s, s:s, s:o}", "about", "history", "addr",
						prefix_format(text, &h->about), "verdicts", h->list)
				    : json_pack("{s:s, s:s, s:s}", "about", "history", "addr",
						prefix_format(text, &h->about), "problem",
						status ? uv_strerror(status) : h->words));
	free(h);
	one_answer_more(e);
}

static void ask_history(struct explaining *e, const struct prefix *about)
{
	struct asking_history *h = calloc(1, sizeof(*h));

	if (!h)
		return;
	h->work.data = h;
	h->explaining = e;
	h->about = *about;
	snprintf(h->path, sizeof(h->path), "%s/journal.db", e->agent->options.state_dir);
	if (uv_queue_work(&e->agent->loop, &h->work, read_history, history_told))
		free(h);
	else
		e->waiting++;
}

/* A domain's addresses */

struct asking_host {
	struct explaining *explaining;
	char via[DNS_NAME + 8]; /* "its address", "mx mail.example.net" */
};

static bool is_host(const struct explaining *e, const struct addr *addr)
{
	for (size_t i = 0; i < e->hosts; i++)
		if (addr_equal(&e->host[i], addr))
			return true;
	return false;
}

static void add_net(struct explaining *e, const struct prefix *net, const char *via)
{
	tell_state(e, net, via);
	ask_history(e, net);
}

static void add_host(struct explaining *e, const struct addr *addr, const char *via)
{
	struct prefix prefix = prefix_of(addr, ADDR_BITS);

	if (is_host(e, addr) || e->hosts == HOSTS)
		return;
	e->host[e->hosts++] = *addr;
	add_net(e, &prefix, via);
}

static void host_told(const struct dns_answer *answer, void *context)
{
	struct asking_host *h = context;
	struct explaining *e = h->explaining;

	for (size_t i = 0; i < answer->count; i++)
		add_host(e, &answer->addr[i], h->via);
	free(h);
	one_answer_more(e);
}

static void ask_host(struct explaining *e, const char *name, const char *via)
{
	static const enum dns_type types[] = {DNS_A, DNS_AAAA};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct asking_host *h = calloc(1, sizeof(*h));

		if (!h)
			return;
		h->explaining = e;
		snprintf(h->via, sizeof(h->via), "%s", via);
		if (dns_ask(e->agent->resolver, name, types[i], host_told, h))
			e->waiting++;
		else
			free(h);
	}
}

static void exchangers_told(const struct dns_answer *answer, void *context)
{
	struct explaining *e = context;

	for (size_t i = 0; i < answer->count && e->exchangers < EXCHANGERS; i++) {
		char via[DNS_NAME + 8];

		if (!answer->name[i][0])
			continue;
		e->exchangers++;
		snprintf(via, sizeof(via), "mx %s", answer->name[i]);
		ask_host(e, answer->name[i], via);
	}
	one_answer_more(e);
}

static const char *spf_outcome_name(enum spf_outcome outcome)
{
	static const char *const names[] = {
		[SPF_EXPANDED] = "expanded",
		[SPF_NO_RECORD] = "none",
		[SPF_BROKEN] = "broken",
		[SPF_UNKNOWN] = "unknown",
	};

	return names[outcome];
}

static void note_spf(struct explaining *e, enum spf_outcome outcome, const char *why)
{
	json_array_append_new(e->answers, json_pack("{s:s, s:s, s:s}", "about", "spf", "outcome",
						    spf_outcome_name(outcome), "why", why));
}

/* Kept until all other addresses are known: who is one of those, too, is told as that. */
static void spf_told(const struct spf_result *r, void *context)
{
	struct explaining *e = context;
	size_t count = r->count < SPF_SHOWN ? r->count : SPF_SHOWN;

	if (r->outcome == SPF_EXPANDED)
		e->spf = calloc(count + 1, sizeof(*e->spf));
	if (r->outcome != SPF_EXPANDED) {
		note_spf(e, r->outcome, r->why);
	} else if (!e->spf) {
		note_spf(e, SPF_UNKNOWN, "out of memory");
	} else {
		for (size_t i = 0; i < count; i++)
			e->spf[e->spf_count++] = r->net[i];
		json_array_append_new(e->answers,
				      json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "about", "spf",
						"outcome", spf_outcome_name(r->outcome), "networks",
						(json_int_t)r->count, "shown", (json_int_t)count,
						"left_out", (json_int_t)r->left_out, "wide",
						(json_int_t)r->wide));
	}
	one_answer_more(e);
}

static void ask_domain(struct explaining *e)
{
	struct agent *a = e->agent;

	if (!a->resolver) {
		json_array_append_new(e->answers,
				      json_pack("{s:s, s:s}", "about", "note", "text",
						"the configuration asks for no DNS (lists, or "
						"dns_checks): its addresses are not known"));
		return;
	}
	e->waiting += !!dns_ask(a->resolver, e->about, DNS_MX, exchangers_told, e);
	ask_host(e, e->about, "its own address");
	if (spf_ask(a->resolver, e->about, spf_told, e))
		e->waiting++;
	else
		note_spf(e, SPF_UNKNOWN, "it cannot be asked for");
}

static void ask_all(struct explaining *e)
{
	struct agent *a = e->agent;
	bool one = e->is_net && e->net.plen == ADDR_BITS;

	/* One more than there are questions, so that none of them is the last before all are asked.
	 */
	e->waiting = 1;
	if (a->lists && (one || !e->is_net))
		e->waiting += lists_explain(a->lists, e->about, lists_told, e);
	if (one) {
		json_t *held = feeds_explain(a, &e->net.addr);

		json_array_extend(e->answers, held);
		json_decref(held);
	}
	if (a->resolver && one)
		e->waiting += !!names_ask_client(a->resolver, &e->net.addr, names_told, e);
	if (e->is_net)
		ask_history(e, &e->net);
	else
		ask_domain(e);
	e->waiting--;
}

/* The answer, a step at a time */

static void spf_step(struct explaining *e)
{
	for (int i = 0; i < SPF_STEP && e->spf_told < e->spf_count; i++) {
		const struct prefix *net = &e->spf[e->spf_told++];

		if (net->plen < ADDR_BITS || !is_host(e, &net->addr))
			add_net(e, net, "spf");
	}
	if (e->spf_told == e->spf_count) {
		e->within = e->spf;
		e->within_count = e->spf_count;
	}
}

/* The network that `prefix' is a smaller part of, or NULL: if any, the last that does not begin
 * behind it. */
static const struct prefix *net_around(const struct explaining *e, const struct prefix *prefix)
{
	size_t low = 0, high = e->within_count;
	const struct prefix *net;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (memcmp(&e->within[middle].addr, &prefix->addr, sizeof(prefix->addr)) > 0)
			high = middle;
		else
			low = middle + 1;
	}
	net = low ? &e->within[low - 1] : NULL;
	return net && prefix->plen > net->plen && prefix_contains(net, &prefix->addr) ? net : NULL;
}

static void tell_inside(struct explaining *e, const struct verdict_entry *v, uint32_t now)
{
	const struct prefix *net = v->verdict.expires > now ? net_around(e, &v->prefix) : NULL;
	char text[ADDR_TEXT];
	json_t *verdict;

	if (!net || e->inside++ >= INSIDE_SHOWN)
		return;
	verdict = verdict_json(e->agent, v, now);
	json_object_set_new(verdict, "about", json_string("inside"));
	json_object_set_new(verdict, "net", json_string(prefix_format(text, net)));
	connection_send(e->connection, verdict);
}

/* A batch of the walk over all verdicts; false where they cannot be read. */
static bool walk_step(struct explaining *e)
{
	uint32_t now = boot_seconds();
	int count;

	if (!e->batch)
		e->batch = malloc(VERDICT_WALK_BATCH * sizeof(*e->batch));
	if (!e->batch)
		return false;
	count = verdict_walk_next(&e->agent->maps, &e->walk, e->batch, VERDICT_WALK_BATCH, true);
	for (int i = 0; i < count; i++)
		tell_inside(e, &e->batch[i], now);
	if (count)
		return count > 0;
	e->walked = true;
	connection_send(
		e->connection,
		json_pack("{s:s, s:I, s:I}", "about", "inside-count", "count",
			  (json_int_t)e->inside, "shown",
			  (json_int_t)(e->inside < INSIDE_SHOWN ? e->inside : INSIDE_SHOWN)));
	return true;
}

static bool has_networks(const struct explaining *e)
{
	for (size_t i = 0; i < e->within_count; i++)
		if (e->within[i].plen < ADDR_BITS)
			return true;
	return false;
}

static json_t *explain_step(struct connection *c, void *state)
{
	struct explaining *e = state;

	if (e->waiting) {
		connection_sleep(c);
		return NULL;
	}
	if (e->spf_told < e->spf_count) {
		spf_step(e);
		return NULL;
	}
	if (!e->walked && has_networks(e))
		return walk_step(e) ? NULL : answer_error("cannot read the verdicts");
	for (int i = 0; i < ANSWERS_STEP && e->sent < json_array_size(e->answers); i++)
		connection_send(c, json_incref(json_array_get(e->answers, e->sent++)));
	return e->sent < json_array_size(e->answers) ? NULL : answer_done();
}

static bool explaining_parse(struct explaining *e, const char *about)
{
	char domain[HOSTNAME_MAX + 1];

	e->is_net = about && prefix_parse(&e->net, about);
	if (!e->is_net && !(about && hostname_parse(domain, about)))
		return false;
	utf8_copy(e->about, sizeof(e->about), e->is_net ? about : domain);
	if (e->is_net) {
		e->within = &e->net;
		e->within_count = 1;
	}
	return true;
}

json_t *verb_explain(void *agent, const json_t *request, struct connection *c)
{
	const char *about = request_text(request, "entry");
	struct explaining *e = calloc(1, sizeof(*e));

	if (e && !explaining_parse(e, about)) {
		free(e);
		return answer_error("`%.60s' is no address, network or domain",
				    about ? about : "?");
	}
	if (!e)
		return answer_error("out of memory");
	e->agent = agent;
	e->connection = c;
	e->answers = json_array();
	if (e->is_net)
		tell_state(e, &e->net, NULL);
	ask_all(e);
	connection_defer(c, explain_step, explaining_left, e);
	return NULL;
}
