// SPDX-License-Identifier: GPL-2.0-or-later
/* Bytes of both directions into lines, and who hears them. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../base/escape.h"
#include "dialogue_inside.h"

void dialogue_clear(struct dialogue *d)
{
	memset(d, 0, offsetof(struct dialogue, rcpt.unknown_hash));
	d->from_client.len = d->from_server.len = 0;
	d->from_client.last = d->from_server.last = 0;
	d->helo.seen = d->mail_from.seen = d->rcpt_to.seen = 0;
	d->helo.used = d->mail_from.used = d->rcpt_to.used = 0;
	findings_clear(&d->findings);
}

/* Where a finding goes now. */
static struct findings *list_of(struct dialogue *d)
{
	if ((d->banner_begun || d->midway) && !d->claims_proxy)
		return &d->findings;
	if (!d->holds)
		findings_clear(&d->held);
	d->holds = true;
	return &d->held;
}

/* A relay speaks for others: nothing it says is held against it. */
static bool may_be_accused(const struct dialogue *d, const struct finding *f)
{
	return !d->relay && policy_counts_on(d->rules->policy, f, d->ports);
}

void accuse(struct dialogue *d, enum finding_id id, bool mild, const char *format, ...)
{
	const struct finding finding = {.id = (uint16_t)id};
	char detail[FINDING_DETAIL];
	va_list args;

	if (!may_be_accused(d, &finding))
		return;
	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	findings_put(list_of(d), id, mild, detail);
}

void accuse_of(struct dialogue *d, const struct finding *f)
{
	if (may_be_accused(d, f))
		findings_put_copy(list_of(d), f);
}

void accuse_all(struct dialogue *d, const struct findings *found)
{
	for (size_t i = 0; i < found->count; i++)
		accuse_of(d, &found->list[i]);
}

void release_held(struct dialogue *d)
{
	if (d->holds)
		accuse_all(d, &d->held);
	d->holds = false;
}

/* Not the beginning: what looked like a client that does not wait was one in mid-session. */
void join_midway(struct dialogue *d)
{
	d->midway = d->partial = true;
	d->holds = false;
	d->our_name_held = d->spoke_early = false;
	/* What was taken for an opening may be anything, credentials included. */
	memset(d->opening, 0, sizeof(d->opening));
	d->opening_len = 0;
}

void lose_track(struct dialogue *d)
{
	d->partial = true;
	d->pending_count = d->rcpt.asked = 0;
	d->sync_known = d->ehlo_reply = false;
	d->reply_topics = 0;
}

/* Lines */

static void line_append(struct line *line, const uint8_t *bytes, size_t len)
{
	size_t room = line->len < sizeof(line->bytes) ? sizeof(line->bytes) - line->len : 0;

	if (!len)
		return;
	memcpy(line->bytes + sizeof(line->bytes) - room, bytes, len < room ? len : room);
	line->len += len;
	line->last = bytes[len - 1];
}

static size_t line_kept(const struct line *line)
{
	return line->len < sizeof(line->bytes) ? line->len : sizeof(line->bytes);
}

void line_clear(struct line *line)
{
	memset(line->bytes, 0, line_kept(line));
	line->len = 0;
	line->last = 0;
}

/* Servers cut all CRs in front of the LF, not one. */
size_t line_text(const struct line *line)
{
	size_t len = line_kept(line);

	while (line->len <= sizeof(line->bytes) && len && line->bytes[len - 1] == '\r')
		len--;
	return len;
}

bool listens_to_commands(const struct dialogue *d)
{
	return d->state == DIALOGUE_BANNER || d->state == DIALOGUE_COMMAND;
}

/* How many of the next `len` bytes belong to a PROXY header or a chunk of a message. */
static size_t skip(struct dialogue *d, size_t len)
{
	uint64_t *left = d->proxy_left ? &d->proxy_left : &d->bdat_left;
	size_t skipped = *left < len ? (size_t)*left : len;

	*left -= skipped;
	return skipped;
}

/* Takes as much as belongs together, and returns how much that is: a line, or what there is of it.
 */
static size_t take_client(struct dialogue *d, const uint8_t *data, size_t len, uint32_t ack)
{
	struct line *line = &d->from_client;
	const uint8_t *end;
	size_t n;

	if (d->proxy_left || d->bdat_left)
		return skip(d, len);
	end = memchr(data, '\n', len);
	n = end ? (size_t)(end - data) : len;
	if (!line->len)
		line->ack = ack;
	if (listens_to_commands(d))
		line_append(line, data, n);
	if (!end)
		return n;
	if (listens_to_commands(d))
		take_command(d, line);
	line_clear(line);
	return n + 1;
}

/* Another reading of what comes next: it goes on where the last line stopped, or begins one. */
static void client_alternative(struct dialogue *d, const struct chunk *chunk)
{
	struct line line;
	const uint8_t *at = chunk->data, *stop = at + chunk->len, *end;

	d->contested = true;
	if (!listens_to_commands(d) || d->bdat_left)
		return;
	line.len = line.last = 0;
	if (chunk->kind == CHUNK_ALTERNATIVE)
		line = d->from_client;
	if (chunk->kind == CHUNK_ALTERNATIVE && !d->opening_len && !d->opening_done && !d->midway)
		judge_other_opening(d, chunk->data, chunk->len);
	for (; (end = memchr(at, '\n', (size_t)(stop - at))); at = end + 1) {
		line_append(&line, at, (size_t)(end - at));
		judge_other_line(d, &line);
		line.len = 0;
	}
	memset(&line, 0, sizeof(line));
}

static void client_hole(struct dialogue *d, size_t len)
{
	if (len <= d->bdat_left) {
		d->bdat_left -= len;
		return;
	}
	d->bdat_left = 0;
	line_clear(&d->from_client);
	if (!listens_to_commands(d))
		return;
	/* What is missing may have been the opening, or its end. */
	d->opening_done = true;
	lose_track(d);
}

void dialogue_client(struct dialogue *d, const struct chunk *chunk)
{
	if (d->state == DIALOGUE_TLS || d->state == DIALOGUE_FOREIGN || d->state == DIALOGUE_BODY)
		return;
	if (chunk->kind == CHUNK_HOLE) {
		client_hole(d, chunk->len);
		return;
	}
	if (chunk->kind != CHUNK_BYTES) {
		client_alternative(d, chunk);
		return;
	}
	note_early_talk(d, chunk->ack);
	if (!d->opening_done && !d->midway)
		take_opening(d, chunk->data, chunk->len);
	settle_early_talk(d);
	for (size_t at = 0; at < chunk->len && d->state != DIALOGUE_FOREIGN;)
		at += take_client(d, chunk->data + at, chunk->len - at, chunk->ack);
}

/* The server's side */

/* TLS and message bodies, where a flow was found again in its middle, never look like a banner. */
static bool begins_like_a_reply(const struct line *line)
{
	for (size_t i = 0; i < line->len && i < 3; i++)
		if (line->bytes[i] < '0' || line->bytes[i] > '9')
			return false;
	return true;
}

static void server_hole(struct dialogue *d)
{
	line_clear(&d->from_server);
	if (d->state == DIALOGUE_FOREIGN || d->state == DIALOGUE_TLS)
		return;
	if (d->state == DIALOGUE_BANNER)
		join_midway(d);
	lose_track(d);
	d->state = DIALOGUE_COMMAND;
}

void dialogue_server(struct dialogue *d, const struct chunk *chunk)
{
	struct line *line = &d->from_server;
	const uint8_t *at = chunk->data, *stop, *end;

	if (chunk->kind == CHUNK_HOLE)
		server_hole(d);
	if (chunk->kind != CHUNK_BYTES)
		return;
	stop = at + chunk->len;
	while (d->state != DIALOGUE_TLS && (end = memchr(at, '\n', (size_t)(stop - at)))) {
		line_append(line, at, (size_t)(end - at));
		at = end + 1;
		take_server_line(d, line, chunk->seq + (uint32_t)(at - chunk->data));
		line_clear(line);
	}
	if (d->state != DIALOGUE_TLS)
		line_append(line, at, (size_t)(stop - at));
	if (d->state == DIALOGUE_BANNER && !begins_like_a_reply(line))
		open_foreign(d);
}

void dialogue_end(struct dialogue *d)
{
	/* Where something was missed, it may have been the STARTTLS. */
	release_our_name(d, d->partial);
	d->partial |= d->crowded;
}

void dialogue_accuse_auth(struct dialogue *d, unsigned failures)
{
	const struct finding finding = {.id = FINDING_AUTH_FAILURES};

	if (may_be_accused(d, &finding))
		findings_add(&d->findings, FINDING_AUTH_FAILURES, d->ports != PORTS_MX,
			     "%u or more failed AUTH within an hour, none succeeded", failures);
}

void dialogue_accuse_hangups(struct dialogue *d, unsigned hangups)
{
	accuse(d, FINDING_HANGUPS, false,
	       "%u or more connections within an hour left without a command", hangups);
}

enum outcome dialogue_result(const struct dialogue *d)
{
	if (d->accepted)
		return OUTCOME_ACCEPTED;
	if (d->starttls)
		return OUTCOME_UNKNOWN;
	if (d->refused)
		return OUTCOME_REFUSED;
	return d->partial ? OUTCOME_UNKNOWN : OUTCOME_NOTHING;
}

const char *dialogue_outcome(char *text, size_t size, const struct dialogue *d)
{
	if (d->accepted)
		snprintf(text, size, "accepted %u message%s", d->accepted,
			 d->accepted == 1 ? "" : "s");
	else if (d->starttls)
		utf8_copy(text, size, "unknown: encrypted");
	else if (d->refused)
		snprintf(text, size, "refused with %d", d->refused);
	else if (d->partial)
		utf8_copy(text, size, "unknown: seen in part");
	else if (d->dropped && !d->quit)
		utf8_copy(text, size, "dropped by peer");
	else
		utf8_copy(text, size, "no mail");
	return text;
}
