// SPDX-License-Identifier: GPL-2.0-or-later

#include "keyed.h"

/*
 * Clients choose what is hashed here. And few sessions are under way at a time: their buckets
 * should stay in a cache, and where sessions are many the table grows.
 */
#define HASH_FUNCTION(key, len, hash) (hash) = keyed_hash(key, len)
#define HASH_INITIAL_NUM_BUCKETS      8192U
#define HASH_INITIAL_NUM_BUCKETS_LOG2 13U

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "clients.h"
#include "lately.h"
#include "pool.h"
#include "sessions.h"

#define SILENCE_LIMIT  600000 /* RFC 5321 4.5.3.2: clients wait up to ten minutes */
#define CLOSING_LIMIT  2000   /* after a FIN, or a RST of the server */
#define DOUBT_LIMIT    30000  /* after a RST of the client: its server may not believe it */
#define WAITING_LIMIT  35000  /* beyond its patience, for answers: lists queue for 30 s */
#define CLIENTS_MAX    65536  /* counted over their sessions */
#define PROFILES_LIMIT 1024   /* servers behind one host */

struct profile {
	struct addr server;
	struct server_profile facts[PORTS_COUNT];
	UT_hash_handle hh;
};

struct sessions {
	const struct config *config;
	const struct dialogue_rules *rules;
	struct clients *clients;
	struct session_handlers handlers;
	void *context;
	struct session *table;
	struct session *order;
	struct profile *profiles;
	struct lately *lately; /* over, but something of them may still come */
	struct pool pool;
	struct session *spare;         /* ready for the next one: see sessions_prepare() */
	struct server_profile crowded; /* for servers beyond the limit: early talk stands down */
};

struct dialogue_rules sessions_rules(const struct config *config, const struct addr *our_addresses,
				     size_t our_addresses_count)
{
	return (struct dialogue_rules){
		.helo = config_helo_names(config, our_addresses, our_addresses_count),
		.envelope = config_envelope_names(config),
		.patterns = config->patterns,
		.patterns_count = config->patterns_count,
		.policy = &config->policy,
	};
}

struct sessions *sessions_new(const struct config *config, const struct dialogue_rules *rules,
			      const struct session_handlers *handlers, void *context)
{
	struct sessions *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->config = config;
	s->rules = rules;
	s->handlers = *handlers;
	s->context = context;
	pool_init(&s->pool, sizeof(struct session));
	s->clients = clients_new(CLIENTS_MAX);
	s->lately = lately_new(CLOSING_LIMIT);
	if (!s->clients || !s->lately) {
		sessions_free(s);
		return NULL;
	}
	/* So that the first have room already when the start fills memory in. */
	sessions_prepare(s);
	return s;
}

/* Of each class of ports another: behind them may be different programs. */
static struct server_profile *profile_of(struct sessions *s, const struct addr *server,
					 enum port_class ports)
{
	struct profile *p;

	if ((unsigned)ports >= PORTS_COUNT)
		return &s->crowded;
	HASH_FIND(hh, s->profiles, server, sizeof(*server), p);
	if (p)
		return &p->facts[ports];
	if (HASH_COUNT(s->profiles) >= PROFILES_LIMIT)
		return &s->crowded;
	p = calloc(1, sizeof(*p));
	if (!p)
		return &s->crowded;
	p->server = *server;
	HASH_ADD(hh, s->profiles, server, sizeof(p->server), p);
	return &p->facts[ports];
}

static enum port_class ports_of(const struct config *config, uint16_t port)
{
	for (int class = 0; class < PORTS_COUNT; class ++)
		for (int i = 0; i < PORTS_PER_CLASS && config->ports[class][i]; i++)
			if (config->ports[class][i] == port)
				return (enum port_class) class;
	return PORTS_NONE;
}

/* Grows with every finding and with every one that turns from mild to strong. */
static size_t findings_weight(const struct findings *f)
{
	size_t weight = 0;

	for (size_t i = 0; i < f->count; i++)
		weight += f->list[i].mild ? 1 : 2;
	return weight;
}

/* Came and went without a command: a probe, a monitor, a callout. Never where somebody said QUIT.
 */
static void note_hangup(struct sessions *s, struct session *session)
{
	struct dialogue *d = &session->dialogue;

	if (d->commands || d->partial || d->midway || d->starttls || d->relay ||
	    d->state != DIALOGUE_COMMAND)
		return;
	if (clients_hangup(s->clients, &d->client, d->ports, session->touched))
		dialogue_accuse_hangups(d, CLIENTS_HANGUPS);
}

static void note_auth(struct sessions *s, struct session *session, unsigned failures,
		      unsigned successes)
{
	struct dialogue *d = &session->dialogue;

	if (clients_auth(s->clients, &d->client, d->ports, failures, successes, session->touched))
		dialogue_accuse_auth(d, CLIENTS_AUTH_FAILURES);
}

static void session_end(struct sessions *s, struct session *session)
{
	struct dialogue *d = &session->dialogue;
	size_t weight = findings_weight(&d->findings);

	/* Ended by us, not by its two sides: what they did next is not known. */
	if (session->patience == SILENCE_LIMIT && !d->quit && !d->starttls)
		d->partial = true;
	else
		d->dropped = true;
	note_hangup(s, session);
	dialogue_end(d);
	if (findings_weight(&d->findings) != weight)
		s->handlers.changed(session, s->context);
	s->handlers.ended(session, s->context);
	HASH_DEL(s->table, session);
	DL_DELETE(s->order, session);
	stream_free(&session->client);
	stream_free(&session->server);
	pool_give(&s->pool, session);
}

void sessions_prepare(struct sessions *s)
{
	if (s->spare)
		return;
	s->spare = pool_take(&s->pool);
	if (!s->spare)
		return;
	memset(s->spare, 0, offsetof(struct session, client));
	stream_clear(&s->spare->client);
	stream_clear(&s->spare->server);
	dialogue_clear(&s->spare->dialogue);
}

static struct session *session_new(struct sessions *s, const struct record *r, unsigned hash,
				   uint64_t now)
{
	struct session *session;

	if (HASH_COUNT(s->table) >= s->config->sessions_max)
		session_end(s, s->order);
	sessions_prepare(s);
	session = s->spare;
	if (!session)
		return NULL;
	s->spare = NULL;
	session->flow = r->flow;
	session->started = now;
	session->dialogue.client = r->flow.client;
	session->dialogue.server = r->flow.server;
	session->dialogue.ports = ports_of(s->config, ntohs(r->flow.server_port));
	session->dialogue.rules = s->rules;
	session->dialogue.profile = profile_of(s, &r->flow.server, session->dialogue.ports);
	/* Records of a flow that an earlier agent saw being born: joined midway. */
	session->dialogue.midway = !(r->flags & (RECORD_BIRTH | RECORD_EARLY));
	session->dialogue.partial = session->dialogue.midway;
	HASH_ADD_BYHASHVALUE(hh, s->table, flow, sizeof(session->flow), hash, session);
	DL_APPEND(s->order, session);
	return session;
}

/* Which records begin a session of their own. */
static bool begins(const struct sessions *s, const struct record *r, unsigned hash, uint64_t now)
{
	if (r->flags & (RECORD_BIRTH | RECORD_EARLY))
		return true;
	/*
	 * Bare acknowledgements and resets do not. The server sends them long after a session, in
	 * answer to whoever forges segments with its addresses.
	 */
	return r->len && !lately_has(s->lately, &r->flow, hash, now);
}

static struct session *session_of(struct sessions *s, const struct record *r, uint64_t now)
{
	struct session *session;
	unsigned hash;

	HASH_VALUE(&r->flow, sizeof(r->flow), hash);
	HASH_FIND_BYHASHVALUE(hh, s->table, &r->flow, sizeof(r->flow), hash, session);
	/* The same 4-tuple born again is another connection, or one found again: begin anew. */
	if (session && (session->birth_seen || session->dialogue.midway) &&
	    r->flags & (RECORD_BIRTH | RECORD_EARLY)) {
		session_end(s, session);
		session = NULL;
	}
	if (!session && begins(s, r, hash, now))
		session = session_new(s, r, hash, now);
	if (!session)
		return NULL;
	session->touched = now;
	DL_DELETE(s->order, session);
	DL_APPEND(s->order, session);
	return session;
}

static void to_client_side(const struct chunk *chunk, void *context)
{
	dialogue_client(context, chunk);
}

static void to_server_side(const struct chunk *chunk, void *context)
{
	dialogue_server(context, chunk);
}

/* Early segments come before the birth, in any order: the lowest starts the stream. */
static void add_client(struct session *session, const struct record *r)
{
	const struct chunk bytes = {CHUNK_BYTES, r->data, r->cap, r->seq, r->ack};
	struct stream *c = &session->client;

	if (r->flags & RECORD_EARLY && (!c->started || seq_diff(r->seq, c->next) < 0))
		stream_start(c, r->seq);
	stream_add(c, &bytes, to_client_side, &session->dialogue);
	session->dialogue.crowded |= c->dropped > 0;
	if (r->flags & RECORD_FIN)
		stream_end(c, r->seq + r->len);
	/* The client has what it acknowledges: holes before that are ours, not its. */
	if (!(r->flags & RECORD_RST))
		stream_deliver(&session->server, r->ack, true, to_server_side, &session->dialogue);
}

static void add_server(struct session *session, const struct record *r)
{
	const struct chunk bytes = {CHUNK_BYTES, r->data, r->cap, r->seq, r->ack};

	if (r->flags & RECORD_BIRTH) {
		session->birth_seen = true;
		/* Whoever spoke early did so, but what else was said then is not known. */
		session->dialogue.partial |= !!(r->flags & RECORD_MISSED);
		stream_start(&session->server, r->seq);
		if (!session->client.started)
			stream_start(&session->client, r->ack);
	}
	session->dialogue.crowded |= !!(r->flags & RECORD_MISSED);
	/* The proof: what the server's stack acknowledges, it has received. A reset may lack it. */
	if (!(r->flags & RECORD_RST))
		stream_deliver(&session->client, r->ack, true, to_client_side, &session->dialogue);
	if (!stream_pass(&session->server, &bytes, to_server_side, &session->dialogue))
		stream_add(&session->server, &bytes, to_server_side, &session->dialogue);
	if (r->flags & RECORD_FIN)
		stream_end(&session->server, r->seq + r->len);
	stream_deliver(&session->server, stream_ready(&session->server), false, to_server_side,
		       &session->dialogue);
}

static bool is_sound(const struct record *r, size_t size)
{
	size_t head = offsetof(struct record, data);

	return size >= head && r->cap <= r->len && size - head >= r->cap && r->from <= FROM_SERVER;
}

static bool told_to_its_end(const struct stream *s)
{
	return s->ended && !s->count && (s->next == s->fin || s->next == s->fin + 1);
}

/*
 * Both sides have said all, and it was heard: there is nothing to wait for. Most end like this, at
 * once, so that the next one finds their memory still in the cache.
 */
static bool is_over(const struct session *session)
{
	return told_to_its_end(&session->client) && told_to_its_end(&session->server) &&
	       !session->waiting;
}

/*
 * How long a session may be silent from here on. A client's RST proves little: the server ignores
 * one whose sequence number is not exact (RFC 5961 3), and a bot could hide behind it.
 */
static uint32_t patience_after(const struct session *session, const struct record *r)
{
	/* What comes after both have ended, repeated or late, keeps nothing open. */
	if (session->client.ended && session->server.ended)
		return CLOSING_LIMIT;
	if (r->flags & RECORD_FIN || (r->flags & RECORD_RST && r->from == FROM_SERVER))
		return CLOSING_LIMIT;
	if (!(r->flags & RECORD_RST))
		return SILENCE_LIMIT;
	/* To a FIN it adds nothing: who leaves TLS without reading the server's goodbye sends both.
	 */
	return session->client.ended || session->server.ended ? CLOSING_LIMIT : DOUBT_LIMIT;
}

static size_t names_said(const struct dialogue *d)
{
	return d->helo.seen + d->mail_from.seen;
}

/* What its owner may want to ask others about; after the verdict, which does not wait for that. */
static void tell_names(struct sessions *s, struct session *session, size_t said)
{
	if (!session->begun_told && s->handlers.began)
		s->handlers.began(session, s->context);
	session->begun_told = true;
	if (names_said(&session->dialogue) != said && s->handlers.named)
		s->handlers.named(session, s->context);
}

void sessions_record(struct sessions *s, const struct record *r, size_t size, uint64_t now)
{
	struct session *session;
	size_t weight, said;
	unsigned accepted, failures, successes;

	if (!is_sound(r, size))
		return;
	session = session_of(s, r, now);
	if (!session)
		return;
	weight = findings_weight(&session->dialogue.findings);
	said = names_said(&session->dialogue);
	accepted = session->dialogue.accepted;
	failures = session->dialogue.auth_failures;
	successes = session->dialogue.auth_successes;
	if (r->from == FROM_CLIENT)
		add_client(session, r);
	else
		add_server(session, r);
	session->patience = patience_after(session, r);
	if (session->dialogue.auth_failures != failures ||
	    session->dialogue.auth_successes != successes)
		note_auth(s, session, session->dialogue.auth_failures - failures,
			  session->dialogue.auth_successes - successes);
	if (findings_weight(&session->dialogue.findings) != weight ||
	    session->dialogue.accepted != accepted) {
		session->proof = r->time;
		s->handlers.changed(session, s->context);
	}
	tell_names(s, session, said);
	if (!is_over(session))
		return;
	lately_put(s->lately, &session->flow, session->hh.hashv, now);
	session_end(s, session);
}

void sessions_expire(struct sessions *s, uint64_t now)
{
	struct session *session, *next;

	for (session = s->order; session; session = next) {
		uint64_t silent = now > session->touched ? now - session->touched : 0;

		next = session->next;
		if (silent >= session->patience + (session->waiting ? WAITING_LIMIT : 0U))
			session_end(s, session);
		else if (silent < CLOSING_LIMIT)
			break; /* in order of silence: the rest is younger still */
	}
}

void sessions_each(struct sessions *s, void (*fn)(struct session *session, void *context),
		   void *context)
{
	for (struct session *session = s->order; session; session = session->next)
		fn(session, context);
}

size_t sessions_count(const struct sessions *s)
{
	return HASH_COUNT(s->table);
}

void sessions_free(struct sessions *s)
{
	struct profile *p, *next;

	if (!s)
		return;
	while (s->order)
		session_end(s, s->order);
	clients_free(s->clients);
	lately_free(s->lately);
	pool_free(&s->pool);
	HASH_ITER(hh, s->profiles, p, next)
	{
		HASH_DEL(s->profiles, p);
		free(p);
	}
	free(s);
}
