// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "../base/escape.h"
#include "dialogue.h"

#define JUNK_LIMIT 5

static void keep(struct kept *kept, const uint8_t *bytes, size_t len)
{
	if (kept->seen < DIALOGUE_KEPT)
		escape_bytes(kept->text[kept->seen], DIALOGUE_TEXT, bytes, len);
	kept->seen++;
}

static bool is_mx(const struct dialogue *d)
{
	return d->ports == PORTS_MX;
}

/* The verb and nothing more: lines may hold credentials and recipients. */
static const char *verb_text(const struct line *line)
{
	size_t len = line->len < sizeof(line->bytes) ? line->len : sizeof(line->bytes);

	return smtp_verb_name(smtp_command_parse(line->bytes, len).verb);
}

/* A relay speaks for others: nothing it says is held against it. */
static void accuse(struct dialogue *d, enum finding_id id, const char *what, const uint8_t *bytes,
		   size_t len)
{
	char text[FINDING_DETAIL / 2];

	if (!d->relay)
		findings_add(&d->findings, id, false, "%s \"%s\"", what,
			     escape_bytes(text, sizeof(text), bytes, len));
}

/*
 * Early talk, believed once the server acknowledged it (only then do bytes come here), and only
 * where the server is known not to invite it: Exim's PIPE_CONNECT does.
 */
static void settle_early_talk(struct dialogue *d)
{
	if (d->spoke_early && d->opening_done && d->profile->pipe_connect == PIPE_CONNECT_NO &&
	    is_mx(d))
		accuse(d, FINDING_EARLY_TALKER, "before the banner:", d->opening, d->opening_len);
}

static void note_early_talk(struct dialogue *d, uint32_t ack)
{
	bool early = d->state == DIALOGUE_BANNER || seq_diff(ack, d->banner_end) < 0;

	if (d->midway || d->spoke_early || !early)
		return;
	d->spoke_early = true;
}

/* HELO and EHLO */

static void release_our_name(struct dialogue *d, bool mild)
{
	if (d->our_name_held)
		findings_add(&d->findings, FINDING_HELO_OUR_NAME, mild, "%s", d->our_name_detail);
	d->our_name_held = false;
}

/* Every HELO of the session and every reading of it is judged, not the first. */
static void judge_helo(struct dialogue *d, const struct smtp_command *command)
{
	struct helo_facts facts = {
		.name = (const char *)command->argument,
		.len = command->argument_len,
		.client = d->client,
		.server = d->server,
		.banner_name = d->banner_name[0] ? d->banner_name : NULL,
	};
	struct findings found = {0};

	if (!is_mx(d) || d->relay)
		return;
	helo_check(&found, &facts, d->names);
	for (size_t i = 0; i < found.count; i++) {
		const struct finding *f = &found.list[i];

		if (f->id == FINDING_HELO_OUR_NAME && !f->mild) {
			/* Strong only where no STARTTLS or AUTH follows: wait for what does. */
			d->our_name_held = true;
			snprintf(d->our_name_detail, sizeof(d->our_name_detail), "%s", f->detail);
		} else {
			findings_add(&d->findings, f->id, f->mild, "%s", f->detail);
		}
	}
}

/* What the next command says about a HELO with our own name. */
static void settle_our_name(struct dialogue *d, enum smtp_verb verb)
{
	switch (verb) {
	case SMTP_STARTTLS:
	case SMTP_AUTH:
		release_our_name(d, true);
		break;
	case SMTP_HELO:
	case SMTP_EHLO:
	case SMTP_NOOP:
	case SMTP_RSET:
		break;
	default:
		release_our_name(d, false);
	}
}

/* Commands */

/* RFC 2920: without PIPELINING every command waits; with it, those that end a group do. */
static void check_pipelining(struct dialogue *d, const struct line *line)
{
	bool waited = !d->sync_open && (!d->sync_known || seq_diff(line->ack, d->sync_end) >= 0);

	if (!waited && !d->midway && !d->spoke_early && !d->relay)
		findings_add(&d->findings, FINDING_ILLEGAL_PIPELINING, false,
			     "%s sent without waiting for a reply", verb_text(line));
}

static void push_pending(struct dialogue *d, enum smtp_verb verb, bool data_last)
{
	if (d->pending_count < DIALOGUE_PENDING)
		d->pending[d->pending_count++] = (struct pending){verb, data_last};
	if (!d->pipelining || smtp_verb_ends_group(verb))
		d->sync_open = true;
}

static uint64_t number_of(const uint8_t *text, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len && text[i] >= '0' && text[i] <= '9' && n < 1ULL << 40; i++)
		n = n * 10 + (uint64_t)(text[i] - '0');
	return n;
}

static bool bdat_is_last(const struct smtp_command *c)
{
	return c->argument_len > 5 && smtp_word(c->argument + c->argument_len - 4, 4, "LAST");
}

static void keep_path(struct kept *kept, const struct smtp_command *command, const char *keyword)
{
	const uint8_t *path;
	size_t len;

	if (smtp_path(&path, &len, command, keyword))
		keep(kept, path, len);
}

static void take_command(struct dialogue *d, const struct line *line)
{
	size_t len = line->len < sizeof(line->bytes) ? line->len : sizeof(line->bytes);
	struct smtp_command command = smtp_command_parse(line->bytes, len);

	settle_our_name(d, command.verb);
	check_pipelining(d, line);
	switch (command.verb) {
	case SMTP_HELO:
	case SMTP_EHLO:
		keep(&d->helo, line->bytes, len);
		judge_helo(d, &command);
		d->greeted = true;
		d->ehlo_reply = false;
		break;
	case SMTP_LHLO:
		d->state = DIALOGUE_FOREIGN;
		break;
	case SMTP_MAIL:
		if (!d->greeted && !d->midway && is_mx(d))
			accuse(d, FINDING_NO_HELO, "without HELO:", line->bytes, len);
		keep_path(&d->mail_from, &command, "FROM");
		break;
	case SMTP_RCPT:
		keep_path(&d->rcpt_to, &command, "TO");
		break;
	case SMTP_BDAT:
		d->bdat_left = number_of(command.argument, command.argument_len);
		break;
	case SMTP_QUIT:
		d->quit = true;
		break;
	case SMTP_XCLIENT:
		d->relay = true;
		break;
	default:
		break;
	}
	push_pending(d, command.verb, command.verb == SMTP_BDAT && bdat_is_last(&command));
}

/* The first bytes: foreign protocols show themselves before any line is complete. */
static void check_opening(struct dialogue *d, const uint8_t *data, size_t len)
{
	enum smtp_opening what;

	while (len && d->opening_len < sizeof(d->opening)) {
		d->opening[d->opening_len++] = *data++;
		len--;
	}
	what = smtp_opening_of(d->opening, d->opening_len);
	if (what == OPENING_UNDECIDED && d->opening_len < sizeof(d->opening))
		return;
	d->opening_done = true;
	if (what == OPENING_PROXY) {
		d->relay = true;
		d->state = DIALOGUE_FOREIGN;
	} else if (what == OPENING_TLS && is_mx(d)) {
		accuse(d, FINDING_TLS_ON_25, "opened with", d->opening, d->opening_len);
		d->state = DIALOGUE_FOREIGN;
	} else if (what > OPENING_SMTP && what != OPENING_TLS && is_mx(d)) {
		accuse(d, FINDING_NON_SMTP, smtp_opening_name(what), d->opening, d->opening_len);
		d->state = DIALOGUE_FOREIGN;
	}
}

static bool listens_to_commands(const struct dialogue *d)
{
	return d->state == DIALOGUE_BANNER || d->state == DIALOGUE_COMMAND;
}

static void end_client_line(struct dialogue *d)
{
	struct line *line = &d->from_client;

	if (d->state == DIALOGUE_AUTH) {
		/* Credentials: what was buffered of them is wiped, not parsed. */
		memset(line->bytes, 0, sizeof(line->bytes));
	} else if (listens_to_commands(d)) {
		if (!line->had_cr && is_mx(d) && !d->relay)
			findings_add(&d->findings, FINDING_BARE_LF, false, "%s ended by LF alone",
				     verb_text(line));
		else if (line->had_cr)
			line->len--;
		take_command(d, line);
	}
	line->len = 0;
	line->had_cr = false;
}

static void client_byte(struct dialogue *d, uint8_t byte, uint32_t ack)
{
	struct line *line = &d->from_client;

	if (d->bdat_left) {
		d->bdat_left--;
		return;
	}
	if (!line->len)
		line->ack = ack;
	if (byte == '\n') {
		end_client_line(d);
		return;
	}
	if (line->len < sizeof(line->bytes) && d->state != DIALOGUE_AUTH)
		line->bytes[line->len] = byte;
	line->len++;
	line->had_cr = byte == '\r';
}

/* Another reading of bytes just seen: only what convicts by itself is looked for. */
static void judge_alternative(struct dialogue *d, const struct chunk *chunk)
{
	const uint8_t *at = chunk->data, *end = at + chunk->len;

	while (at < end && listens_to_commands(d)) {
		const uint8_t *lf = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((lf ? lf : end) - at);
		struct smtp_command command;

		if (len && at[len - 1] == '\r')
			len--;
		command = smtp_command_parse(at, len);
		if (command.verb == SMTP_HELO || command.verb == SMTP_EHLO) {
			keep(&d->helo, at, len);
			judge_helo(d, &command);
		}
		at = lf ? lf + 1 : end;
	}
}

static void client_hole(struct dialogue *d, size_t len)
{
	if (d->bdat_left) {
		d->bdat_left -= len < d->bdat_left ? len : d->bdat_left;
		return;
	}
	d->from_client.len = 0;
	if (listens_to_commands(d))
		d->partial = true;
}

void dialogue_client(struct dialogue *d, const struct chunk *chunk)
{
	if (d->state == DIALOGUE_TLS || d->state == DIALOGUE_FOREIGN)
		return;
	if (chunk->kind == CHUNK_HOLE) {
		client_hole(d, chunk->len);
		return;
	}
	if (chunk->kind == CHUNK_ALTERNATIVE) {
		judge_alternative(d, chunk);
		return;
	}
	note_early_talk(d, chunk->ack);
	if (!d->opening_done && !d->midway)
		check_opening(d, chunk->data, chunk->len);
	settle_early_talk(d);
	if (d->state == DIALOGUE_BODY)
		return;
	for (size_t i = 0; i < chunk->len && d->state != DIALOGUE_FOREIGN; i++)
		client_byte(d, chunk->data[i], chunk->ack);
}

/* Replies */

static void take_banner_line(struct dialogue *d, const struct smtp_reply *reply, uint32_t end)
{
	size_t len = 0;

	while (len < reply->text_len && len < sizeof(d->banner_name) - 1 &&
	       reply->text[len] > ' ' && reply->text[len] < 0x7f)
		len++;
	if (!d->banner_name[0] && reply->code == 220)
		memcpy(d->banner_name, reply->text, len);
	if (!reply->last)
		return;
	d->banner_end = d->sync_end = end;
	d->sync_known = true;
	d->state = DIALOGUE_COMMAND;
	if (reply->code >= 400) {
		/* A refusal as the first line may as well come from the middle of a session. */
		d->refused = reply->code;
		d->midway = true;
	}
}

/* Keywords count only from the reply to an EHLO; the first line is the server's name. */
static void take_ehlo_line(struct dialogue *d, const struct smtp_reply *reply)
{
	const uint8_t *t = reply->text;
	size_t n = reply->text_len;

	if (!d->ehlo_reply) {
		d->pipelining = d->pipe_connect = d->auth_offered = false;
		d->ehlo_reply = true;
	} else if (smtp_word(t, n, "PIPELINING")) {
		d->pipelining = true;
	} else if (smtp_word(t, n, "PIPE_CONNECT") || smtp_word(t, n, "X_PIPE_CONNECT") ||
		   smtp_word(t, n, "PIPECONNECT")) {
		d->pipe_connect = true;
	} else if (smtp_word(t, n, "AUTH")) {
		d->auth_offered = true;
	}
	if (!reply->last)
		return;
	d->ehlo_reply = false;
	d->profile->pipe_connect = d->pipe_connect ? PIPE_CONNECT_YES : PIPE_CONNECT_NO;
	settle_early_talk(d);
}

static void pop_pending(struct dialogue *d, uint32_t end)
{
	bool ends_group = !d->pipelining || smtp_verb_ends_group(d->pending[0].verb);

	d->pending_count--;
	memmove(d->pending, d->pending + 1, d->pending_count * sizeof(d->pending[0]));
	if (!ends_group)
		return;
	d->sync_end = end;
	d->sync_known = true;
	d->sync_open = false;
	for (size_t i = 0; i < d->pending_count; i++)
		if (!d->pipelining || smtp_verb_ends_group(d->pending[i].verb))
			d->sync_open = true;
}

static void count_junk(struct dialogue *d, const struct smtp_reply *reply)
{
	if ((reply->code == 500 || reply->code == 502) && ++d->junk >= JUNK_LIMIT && is_mx(d) &&
	    !d->relay)
		findings_add(&d->findings, FINDING_JUNK_COMMANDS, false,
			     "%u commands answered 500 or 502", d->junk);
}

static void take_outcome(struct dialogue *d, struct pending asked, int code)
{
	bool message = asked.verb == SMTP_DATA || (asked.verb == SMTP_BDAT && asked.data_last);

	if (message && code >= 200 && code < 300)
		d->accepted++;
	else if (code >= 400 && (message || asked.verb == SMTP_MAIL || asked.verb == SMTP_RCPT ||
				 asked.verb == SMTP_HELO || asked.verb == SMTP_EHLO))
		d->refused = code;
}

/* The last line of a reply to the oldest command that waits for one. */
static void take_reply(struct dialogue *d, const struct smtp_reply *reply, uint32_t end)
{
	struct pending asked = d->pending[0];

	if (!d->pending_count) {
		if (reply->code == 421)
			d->refused = reply->code;
		return;
	}
	if (reply->code == 354 && asked.verb == SMTP_DATA) {
		d->state = DIALOGUE_BODY; /* the same command waits for the final reply */
		d->sync_end = end;
		return;
	}
	if (reply->code == 334) {
		d->state = DIALOGUE_AUTH;
		return;
	}
	if (asked.verb == SMTP_STARTTLS && reply->code == 220) {
		d->state = DIALOGUE_TLS;
		d->starttls = true;
		d->from_client.len = 0;
	} else {
		d->state = DIALOGUE_COMMAND;
	}
	count_junk(d, reply);
	take_outcome(d, asked, reply->code);
	pop_pending(d, end);
}

static void end_server_line(struct dialogue *d, uint32_t end)
{
	struct line *line = &d->from_server;
	size_t len = line->len < sizeof(line->bytes) ? line->len : sizeof(line->bytes);
	struct smtp_reply reply;

	if (len && line->bytes[len - 1] == '\r')
		len--;
	if (!smtp_reply_parse(&reply, line->bytes, len)) {
		d->partial = true;
		return;
	}
	if (d->state == DIALOGUE_BANNER) {
		if (reply.code == 220 || reply.code == 421 || reply.code == 554) {
			take_banner_line(d, &reply, end);
			return;
		}
		d->midway = d->partial = true; /* no banner opens like this */
		d->state = DIALOGUE_COMMAND;
	}
	if (d->pending_count && d->pending[0].verb == SMTP_EHLO && reply.code == 250)
		take_ehlo_line(d, &reply);
	if (reply.last)
		take_reply(d, &reply, end);
}

void dialogue_server(struct dialogue *d, const struct chunk *chunk)
{
	struct line *line = &d->from_server;

	if (d->state == DIALOGUE_TLS || d->state == DIALOGUE_FOREIGN)
		return;
	if (chunk->kind == CHUNK_HOLE) {
		line->len = 0;
		d->partial = true;
		return;
	}
	if (chunk->kind == CHUNK_ALTERNATIVE)
		return;
	for (size_t i = 0; i < chunk->len; i++) {
		uint8_t byte = chunk->data[i];

		if (byte == '\n') {
			end_server_line(d, chunk->seq + (uint32_t)i + 1);
			line->len = 0;
			continue;
		}
		if (line->len < sizeof(line->bytes))
			line->bytes[line->len] = byte;
		line->len++;
	}
}

void dialogue_end(struct dialogue *d)
{
	release_our_name(d, false);
}

const char *dialogue_outcome(char *text, size_t size, const struct dialogue *d)
{
	if (d->accepted)
		snprintf(text, size, "accepted %u message%s", d->accepted,
			 d->accepted == 1 ? "" : "s");
	else if (d->starttls)
		snprintf(text, size, "unknown: encrypted");
	else if (d->refused)
		snprintf(text, size, "refused with %d", d->refused);
	else if (d->partial)
		snprintf(text, size, "unknown: seen in part");
	else
		snprintf(text, size, "no mail");
	return text;
}
