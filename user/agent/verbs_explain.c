// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * explain: what stands against an address, a network or a domain now, what did before, and who says
 * so. An address: what the gate does with its SYNs, its names, what each list says, its history. A
 * network: the verdicts inside and around it, and its history. A domain: the same as of an address
 * for each of its own and of its mail servers' addresses.
 *
 * Lists and names are asked of the DNS, the history of the journal in a worker thread; the answer
 * waits for all of them, the loop for none.
 */
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/escape.h"
#include "../base/names.h"
#include "../checks/hostname.h"
#include "../dns/names.h"
#include "../journal/reader.h"
#include "feeds.h"
#include "foresee.h"
#include "verbs.h"

#define HISTORY      20   /* verdicts of it, the newest */
#define INSIDE_SHOWN 1000 /* of the verdicts inside a network; the others are counted */
#define HOSTS        32   /* addresses of a domain */
#define EXCHANGERS   8    /* of its mail servers' names */

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
	struct addr host[HOSTS];
	size_t hosts;
	unsigned exchangers;

	/* A network's verdicts, a step at a time. */
	struct verdict_walk walk;
	bool walked;
	size_t inside;
	struct verdict_entry *batch;
};

static void explaining_free(struct explaining *e)
{
	json_decref(e->answers);
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

static void add_host(struct explaining *e, const struct addr *addr, const char *via)
{
	struct prefix prefix = prefix_of(addr, ADDR_BITS);

	for (size_t i = 0; i < e->hosts; i++)
		if (addr_equal(&e->host[i], addr))
			return;
	if (e->hosts == HOSTS)
		return;
	e->host[e->hosts++] = *addr;
	tell_state(e, &prefix, via);
	ask_history(e, &prefix);
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

/* A batch of the walk over all verdicts; false where they cannot be read. */
static bool walk_step(struct connection *c, struct explaining *e)
{
	const struct agent *a = e->agent;
	uint32_t now = boot_seconds();
	int count = verdict_walk_next(&a->maps, &e->walk, e->batch, VERDICT_WALK_BATCH, true);

	for (int i = 0; i < count; i++) {
		const struct verdict_entry *v = &e->batch[i];
		json_t *verdict;

		if (v->verdict.expires <= now || v->prefix.plen <= e->net.plen ||
		    !prefix_contains(&e->net, &v->prefix.addr))
			continue;
		if (e->inside++ >= INSIDE_SHOWN)
			continue;
		verdict = verdict_json(a, v, now);
		json_object_set_new(verdict, "about", json_string("inside"));
		connection_send(c, verdict);
	}
	if (count)
		return count > 0;
	e->walked = true;
	connection_send(
		c, json_pack("{s:s, s:I, s:I}", "about", "inside-count", "count",
			     (json_int_t)e->inside, "shown",
			     (json_int_t)(e->inside < INSIDE_SHOWN ? e->inside : INSIDE_SHOWN)));
	return true;
}

static json_t *explain_step(struct connection *c, void *state)
{
	struct explaining *e = state;
	json_t *answer;
	size_t i;

	if (!e->walked)
		return walk_step(c, e) ? NULL : answer_error("cannot read the verdicts");
	if (e->waiting) {
		connection_sleep(c);
		return NULL;
	}
	json_array_foreach(e->answers, i, answer) connection_send(c, json_incref(answer));
	return answer_done();
}

static bool explaining_parse(struct explaining *e, const char *about)
{
	char domain[HOSTNAME_MAX + 1];

	e->is_net = about && prefix_parse(&e->net, about);
	if (!e->is_net && !(about && hostname_parse(domain, about)))
		return false;
	utf8_copy(e->about, sizeof(e->about), e->is_net ? about : domain);
	e->walked = !e->is_net || e->net.plen == ADDR_BITS;
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
	if (e && !e->walked)
		e->batch = malloc(VERDICT_WALK_BATCH * sizeof(*e->batch));
	if (!e || (!e->walked && !e->batch)) {
		free(e);
		return answer_error("out of memory");
	}
	e->agent = agent;
	e->connection = c;
	e->answers = json_array();
	if (e->is_net)
		tell_state(e, &e->net, NULL);
	ask_all(e);
	connection_defer(c, explain_step, explaining_left, e);
	return NULL;
}
