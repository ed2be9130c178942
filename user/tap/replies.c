// SPDX-License-Identifier: GPL-2.0-or-later
/* What the server answers: the banner, what EHLO offers, what became of each command. */
#include <string.h>
#include <strings.h>

#include "../base/escape.h"
#include "dialogue_inside.h"

#define JUNK_LIMIT    5
#define PROBING_LIMIT 10 /* distinct unknown recipients */

/* What a reply speaks of, in all its lines. */
#define TOPIC_RELAY   1 /* we do not relay */
#define TOPIC_MAILBOX 2 /* the recipient's address */
#define TOPIC_OTHER   4 /* the sender, the client, a policy */

static void take_banner_name(struct dialogue *d, const struct smtp_reply *reply)
{
	size_t len = 0;

	while (len < reply->text_len && len < sizeof(d->banner_name) - 1 &&
	       reply->text[len] > ' ' && reply->text[len] < 0x7f)
		len++;
	memcpy(d->banner_name, reply->text, len);
}

/*
 * Exim ends the session of a client that spoke before the banner, and says so in the banner's
 * place. It uses the same words later on, for illegal pipelining; but no client that keeps to the
 * rules hears them then either.
 */
static bool complains_of_early_talk(const struct smtp_reply *reply)
{
	return reply->code == 554 && reply->last &&
	       smtp_word(reply->text, reply->text_len, "SMTP synchronization error");
}

/* False where no server opens like this. */
static bool take_banner_line(struct dialogue *d, const struct smtp_reply *reply, uint32_t end)
{
	if (reply->code != 220 && reply->code < 400)
		return false;
	if ((reply->code == 220 || complains_of_early_talk(reply)) && !d->banner_begun &&
	    !d->midway) {
		if (reply->code == 220)
			take_banner_name(d, reply);
		d->banner_begun = true;
		release_held(d);
	}
	if (!reply->last) {
		settle_early_talk(d);
		return true;
	}
	d->banner_end = d->sync_end = end;
	d->banner_done = d->sync_known = true;
	if (d->state == DIALOGUE_BANNER)
		d->state = DIALOGUE_COMMAND;
	if (reply->code >= 400)
		d->refused = reply->code;
	/* A refusal as the first line may as well come from the middle of a session. */
	if (!d->banner_begun)
		d->midway = true;
	settle_early_talk(d);
	return true;
}

/* Keywords count only from the reply to an EHLO; the first line is the server's name. */
static void take_ehlo_line(struct dialogue *d, const struct smtp_reply *reply)
{
	const uint8_t *t = reply->text;
	size_t n = reply->text_len;

	if (!d->ehlo_reply)
		d->pipelining = d->pipe_connect = d->auth_offered = d->chunking = false;
	else if (smtp_word(t, n, "PIPELINING"))
		d->pipelining = true;
	else if (smtp_word(t, n, "PIPE_CONNECT") || smtp_word(t, n, "X_PIPE_CONNECT") ||
		 smtp_word(t, n, "PIPECONNECT"))
		d->pipe_connect = true;
	else if (smtp_word(t, n, "AUTH") || (n > 5 && smtp_word(t, 4, "AUTH") && t[4] == '='))
		d->auth_offered = true; /* "AUTH=LOGIN" is how it was written once */
	else if (smtp_word(t, n, "CHUNKING"))
		d->chunking = true;
	d->ehlo_reply = !reply->last;
	if (!reply->last)
		return;
	if (d->pipe_connect)
		d->profile->pipe_connect = PIPE_CONNECT_YES;
	else if (d->profile->pipe_connect == PIPE_CONNECT_UNKNOWN && !d->partial)
		d->profile->pipe_connect = PIPE_CONNECT_NO;
	settle_early_talk(d);
}

static void pop_pending(struct dialogue *d, uint32_t end)
{
	if (d->pending[0].ends_group) {
		d->sync_end = end;
		d->sync_known = true;
	}
	if (--d->pending[0].count)
		return;
	d->pending_count--;
	memmove(d->pending, d->pending + 1, d->pending_count * sizeof(d->pending[0]));
}

/* Replies quote the recipient: "<user@example.com>: Relay access denied". */
static const char *redacted_reply(char *text, size_t size, const struct smtp_reply *reply)
{
	const uint8_t *close = memrchr(reply->text, '>', reply->text_len);
	const uint8_t *from = close ? close + 1 : reply->text;
	size_t len = reply->text_len - (size_t)(from - reply->text);

	if (!close && memchr(from, '@', len))
		len = 0;
	return escape_bytes(text, size, from, len);
}

static void count_junk(struct dialogue *d, int code)
{
	if ((code == 500 || code == 502) && ++d->junk >= JUNK_LIMIT)
		accuse(d, FINDING_JUNK_COMMANDS, false, "%u commands answered 500 or 502", d->junk);
}

/* Addresses are left out: there are mailboxes called relay@, and they may be unknown. */
static bool text_says(const struct smtp_reply *reply, const char *word)
{
	const char *at = (const char *)reply->text, *end = at + reply->text_len;
	size_t n = strlen(word);

	while (at < end) {
		const char *blank = memchr(at, ' ', (size_t)(end - at));
		const char *stop = blank ? blank : end;

		if (!memchr(at, '@', (size_t)(stop - at)))
			for (; at + n <= stop; at++)
				if (!strncasecmp(at, word, n))
					return true;
		at = stop + 1;
	}
	return false;
}

/*
 * What a refusal is about, by its enhanced code (RFC 3463) or, without one, by its words: Exim
 * refuses recipients for what it thinks of the sender or the client.
 */
static unsigned topics_of(const struct smtp_reply *reply)
{
	static const char *const others[] = {"sender", "helo",   "spam",   "block",
					     "black",  "listed", "policy", "rbl"};
	const uint8_t *t = reply->text;
	unsigned topics = 0;

	if (text_says(reply, "relay") || text_says(reply, "rcpthosts"))
		topics |= TOPIC_RELAY;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (text_says(reply, others[i]))
			topics |= TOPIC_OTHER;
	if (reply->text_len < 5 || memcmp(t, "5.", 2) || t[3] != '.')
		return topics;
	/* X.1.7 and X.1.8 are about the sender's address. */
	if (t[2] == '1' && t[4] != '7' && t[4] != '8')
		return topics | TOPIC_MAILBOX;
	return topics | TOPIC_OTHER;
}

static void note_topics(struct dialogue *d, const struct smtp_reply *reply)
{
	unsigned topics = topics_of(reply);

	if (topics & TOPIC_RELAY && !(d->reply_topics & TOPIC_RELAY))
		redacted_reply(d->relay_text, sizeof(d->relay_text), reply);
	d->reply_topics |= topics;
}

static bool is_unknown_recipient(const struct dialogue *d, int code)
{
	if (code < 550 || code > 553 || d->reply_topics & TOPIC_RELAY)
		return false;
	return d->reply_topics & TOPIC_MAILBOX || !(d->reply_topics & TOPIC_OTHER);
}

static void note_unknown(struct dialogue *d, uint32_t hash)
{
	d->rcpt.unknown++;
	for (size_t i = 0; i < d->rcpt.distinct; i++)
		if (d->rcpt.unknown_hash[i] == hash)
			return;
	if (hash && d->rcpt.distinct < DIALOGUE_RECIPIENTS)
		d->rcpt.unknown_hash[d->rcpt.distinct++] = hash;
}

/* Lists grow old and hold a few dead addresses; ten, and nothing but, are a search. */
static void take_rcpt_reply(struct dialogue *d, int code)
{
	uint32_t hash = pop_recipient(d);

	d->rcpt.answered++;
	if (is_unknown_recipient(d, code))
		note_unknown(d, hash);
	if (d->rcpt.distinct >= PROBING_LIMIT && d->rcpt.unknown * 10 >= d->rcpt.answered * 9)
		accuse(d, FINDING_RCPT_PROBING, false, "%u of %u recipients unknown",
		       d->rcpt.unknown, d->rcpt.answered);
	if (code >= 550 && code <= 554 && d->reply_topics & TOPIC_RELAY)
		accuse(d, FINDING_RELAY_ATTEMPT, false, "%d %s", code, d->relay_text);
}

static void take_auth_reply(struct dialogue *d, int code)
{
	d->auth_failures += code == 535;
	d->auth_successes += code == 235;
}

static void take_outcome(struct dialogue *d, struct pending asked, int code)
{
	bool message = asked.verb == SMTP_DATA || (asked.verb == SMTP_BDAT && asked.data_last);

	if (message && code < 300)
		d->accepted++;
	else if (code >= 400 && (message || asked.verb == SMTP_MAIL || asked.verb == SMTP_RCPT ||
				 asked.verb == SMTP_HELO || asked.verb == SMTP_EHLO))
		d->refused = code;
}

/* 354 and 334: the same command waits for its final reply. True where it was such a one. */
static bool take_go_ahead(struct dialogue *d, enum smtp_verb asked, int code, uint32_t end)
{
	if (code == 354 && asked == SMTP_DATA) {
		d->state = DIALOGUE_BODY;
		d->sync_end = end;
	} else if (code == 334 && asked == SMTP_AUTH) {
		d->state = DIALOGUE_AUTH;
	} else {
		return false;
	}
	line_clear(&d->from_client);
	return true;
}

/* A reply to nothing that we heard of. */
static void take_unasked(struct dialogue *d, int code)
{
	if (code == 421)
		d->refused = code;
	/* To a PROXY header itself, for which no server that knows it has an answer. */
	if (code != 421)
		settle_proxy(d, false);
	d->state = DIALOGUE_COMMAND;
}

/* What stood behind the dot of the message before was not looked at. */
static void miss_data(struct dialogue *d)
{
	d->partial = true;
	d->pending[d->pending_count++] = (struct pending){.verb = SMTP_DATA, .count = 1};
}

static void take_offers(struct dialogue *d, uint32_t end)
{
	if (!d->offers_known)
		d->offers_end = end;
	d->offers_known = true;
}

/* The last line of a reply to the oldest command that waits for one. */
static void take_reply(struct dialogue *d, int code, uint32_t end)
{
	struct pending asked;

	if (!d->pending_count && code == 354)
		miss_data(d);
	if (!d->pending_count) {
		take_unasked(d, code);
		return;
	}
	asked = d->pending[0];
	if (take_go_ahead(d, (enum smtp_verb)asked.verb, code, end))
		return;
	/* No server accepts a message before it was sent: this answers a command we missed. */
	if (asked.verb == SMTP_DATA && code < 300 && d->state != DIALOGUE_BODY) {
		d->partial = true;
		return;
	}
	d->state = DIALOGUE_COMMAND;
	if (asked.verb == SMTP_STARTTLS && code == 220) {
		d->state = DIALOGUE_TLS;
		d->starttls = true;
		line_clear(&d->from_client);
	}
	if (code < 400 || code == 500 || code == 502 || code == 503)
		settle_proxy(d, code < 400);
	if (asked.verb == SMTP_XCLIENT && code == 220 && !d->contested && !d->partial)
		d->relay = true; /* only clients that the server trusts may say so */
	else if (asked.verb == SMTP_RCPT)
		take_rcpt_reply(d, code);
	else if (asked.verb == SMTP_AUTH)
		take_auth_reply(d, code);
	else if ((asked.verb == SMTP_HELO || asked.verb == SMTP_EHLO) && code < 300)
		take_offers(d, end);
	if (asked.verb == SMTP_HELO && code < 300)
		/* RFC 5321 3.2: it asks for no extensions */
		d->pipelining = d->auth_offered = d->chunking = false;
	count_junk(d, code);
	take_outcome(d, asked, code);
	pop_pending(d, end);
}

void open_foreign(struct dialogue *d)
{
	join_midway(d);
	d->state = DIALOGUE_FOREIGN;
}

void take_server_line(struct dialogue *d, const struct line *line, uint32_t end)
{
	struct smtp_reply reply;

	if (!smtp_reply_parse(&reply, line->bytes, line_text(line))) {
		d->partial = true;
		if (d->state == DIALOGUE_BANNER)
			open_foreign(d);
		return;
	}
	if (!d->banner_done && !d->midway) {
		if (take_banner_line(d, &reply, end))
			return;
		join_midway(d);
	}
	if (d->state == DIALOGUE_FOREIGN)
		return;
	if (d->state == DIALOGUE_BANNER)
		d->state = DIALOGUE_COMMAND;
	if (d->pending_count && d->pending[0].verb == SMTP_EHLO && reply.code == 250)
		take_ehlo_line(d, &reply);
	if (reply.code >= 550 && d->pending_count && d->pending[0].verb == SMTP_RCPT)
		note_topics(d, &reply);
	if (!reply.last)
		return;
	take_reply(d, reply.code, end);
	d->reply_topics = 0;
}
