// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../base/escape.h"
#include "dialogue.h"

#define JUNK_LIMIT 5

static bool is_mx(const struct dialogue *d)
{
	return d->ports == PORTS_MX;
}

/* A relay speaks for others: nothing it says is held against it. */
static void accuse(struct dialogue *d, enum finding_id id, bool mild, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void accuse(struct dialogue *d, enum finding_id id, bool mild, const char *format, ...)
{
	bool known = d->banner_begun || d->midway;
	char detail[FINDING_DETAIL];
	va_list args;

	if (d->relay || !is_mx(d))
		return;
	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	findings_add(known ? &d->findings : &d->held, id, mild, "%s", detail);
}

static void release_held(struct dialogue *d)
{
	for (size_t i = 0; i < d->held.count; i++)
		accuse(d, d->held.list[i].id, d->held.list[i].mild, "%s", d->held.list[i].detail);
	d->held.count = 0;
}

/* Not the beginning: what looked like a client that does not wait was one in mid-session. */
static void join_midway(struct dialogue *d)
{
	d->midway = d->partial = true;
	d->held.count = 0;
	d->our_name_held = d->spoke_early = false;
	/* What was taken for an opening may be anything, credentials included. */
	memset(d->opening, 0, sizeof(d->opening));
	d->opening_len = 0;
}

/* Commands or replies were missed: which belongs to which is not known any more. */
static void lose_track(struct dialogue *d)
{
	d->partial = true;
	d->pending_count = 0;
	d->sync_known = d->ehlo_reply = false;
}

/* Lines */

static void line_push(struct line *line, uint8_t byte)
{
	if (line->len < sizeof(line->bytes))
		line->bytes[line->len] = byte;
	line->len++;
	line->last = byte;
}

static size_t line_kept(const struct line *line)
{
	return line->len < sizeof(line->bytes) ? line->len : sizeof(line->bytes);
}

/* Wiped, because it may have held credentials. */
static void line_clear(struct line *line)
{
	memset(line->bytes, 0, line_kept(line));
	line->len = 0;
	line->last = 0;
}

/* Servers cut all CRs in front of the LF, not one. */
static size_t line_text(const struct line *line)
{
	size_t len = line_kept(line);

	while (line->len <= sizeof(line->bytes) && len && line->bytes[len - 1] == '\r')
		len--;
	return len;
}

static void keep(struct kept *kept, const uint8_t *bytes, size_t len)
{
	if (kept->seen < DIALOGUE_KEPT)
		escape_bytes(kept->text[kept->seen], DIALOGUE_TEXT, bytes, len);
	kept->seen++;
}

/* The opening */

/*
 * Early talk, believed once the server acknowledged it (only then do bytes come here), and only
 * where the server is known not to invite it: Exim's PIPE_CONNECT does. A TLS client always speaks
 * first; it has a finding of its own, a lesser one.
 */
static void settle_early_talk(struct dialogue *d)
{
	char text[FINDING_DETAIL / 2];

	if (d->spoke_early && d->opening_done && d->opened != OPENING_TLS && d->banner_begun &&
	    !d->midway && d->profile->pipe_connect == PIPE_CONNECT_NO)
		accuse(d, FINDING_EARLY_TALKER, false, "before the banner: \"%s\"",
		       escape_bytes(text, sizeof(text), d->opening, d->opening_len));
}

static void note_early_talk(struct dialogue *d, uint32_t ack)
{
	if (!d->midway && (!d->banner_done || seq_diff(ack, d->banner_end) < 0))
		d->spoke_early = true;
}

/* The opening is quoted in findings: of AUTH nothing but the verb may stay. */
static void trim_opening(struct dialogue *d)
{
	size_t len = 0;

	while (len < d->opening_len && d->opening[len] != '\r' && d->opening[len] != '\n')
		len++;
	if (smtp_word(d->opening, len, "AUTH"))
		len = strlen("AUTH");
	memset(d->opening + len, 0, sizeof(d->opening) - len);
	d->opening_len = len;
}

static void judge_opening(struct dialogue *d)
{
	char text[FINDING_DETAIL / 2];

	escape_bytes(text, sizeof(text), d->opening, d->opening_len);
	switch (d->opened) {
	case OPENING_UNDECIDED:
	case OPENING_SMTP:
		trim_opening(d);
		return;
	case OPENING_PROXY:
		d->relay = true;
		break;
	case OPENING_TLS:
		accuse(d, FINDING_TLS_ON_25, false, "opened with \"%s\"", text);
		break;
	default:
		accuse(d, FINDING_NON_SMTP, false, "%s \"%s\"", smtp_opening_name(d->opened), text);
	}
	d->state = DIALOGUE_FOREIGN;
}

/* The first bytes: foreign protocols show themselves before any line is complete. */
static void take_opening(struct dialogue *d, const uint8_t *data, size_t len)
{
	while (len && d->opening_len < sizeof(d->opening)) {
		d->opening[d->opening_len++] = *data++;
		len--;
	}
	d->opened = smtp_opening_of(d->opening, d->opening_len);
	if (d->opened == OPENING_UNDECIDED && d->opening_len < sizeof(d->opening))
		return;
	d->opening_done = true;
	judge_opening(d);
}

/* HELO and EHLO */

static void release_our_name(struct dialogue *d, bool mild)
{
	if (d->our_name_held)
		accuse(d, FINDING_HELO_OUR_NAME, mild, "%s", d->our_name_detail);
	d->our_name_held = false;
}

static void judge_our_name(struct dialogue *d, const struct finding *f)
{
	if (f->mild || d->asked_for_trust) {
		accuse(d, f->id, true, "%s", f->detail);
		return;
	}
	/* Strong only where no STARTTLS or AUTH follows: wait for what does. */
	d->our_name_held = true;
	memcpy(d->our_name_detail, f->detail, sizeof(d->our_name_detail));
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

	if (!is_mx(d))
		return;
	helo_check(&found, &facts, d->names);
	for (size_t i = 0; i < found.count; i++) {
		const struct finding *f = &found.list[i];

		if (f->id == FINDING_HELO_OUR_NAME)
			judge_our_name(d, f);
		else
			accuse(d, f->id, f->mild, "%s", f->detail);
	}
}

/* What the next command says about a HELO with our own name. */
static void settle_our_name(struct dialogue *d, enum smtp_verb verb)
{
	switch (verb) {
	case SMTP_STARTTLS:
	case SMTP_AUTH:
		d->asked_for_trust = true;
		release_our_name(d, true);
		break;
	case SMTP_HELO:
	case SMTP_EHLO:
	case SMTP_NOOP:
	case SMTP_RSET:
	case SMTP_XCLIENT:
		break;
	default:
		release_our_name(d, false);
	}
}

/* Commands */

static bool must_wait(const struct dialogue *d)
{
	for (size_t i = 0; i < d->pending_count; i++)
		if (d->pending[i].ends_group)
			return true;
	return false;
}

/* RFC 2920: without PIPELINING every command waits; with it, those that end a group do. */
static void check_pipelining(struct dialogue *d, uint32_t ack, enum smtp_verb verb)
{
	bool waited = !must_wait(d) && (!d->sync_known || seq_diff(ack, d->sync_end) >= 0);

	if (!waited && !d->midway && !d->partial && !d->spoke_early)
		accuse(d, FINDING_ILLEGAL_PIPELINING, false, "%s sent without waiting for a reply",
		       smtp_verb_name(verb));
}

static void push_pending(struct dialogue *d, enum smtp_verb verb, bool data_last)
{
	struct pending new = {verb, 1, data_last, !d->pipelining || smtp_verb_ends_group(verb)};
	struct pending *last = d->pending_count ? &d->pending[d->pending_count - 1] : NULL;

	if (last && last->verb == new.verb && last->data_last == new.data_last &&
	    last->ends_group == new.ends_group)
		last->count++;
	else if (d->pending_count < DIALOGUE_PENDING)
		d->pending[d->pending_count++] = new;
	else
		lose_track(d);
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

static void take_mail(struct dialogue *d, const struct smtp_command *command)
{
	char text[FINDING_DETAIL / 2];

	keep_path(&d->mail_from, command, "FROM");
	if (!d->greeted && !d->midway && !d->partial)
		accuse(d, FINDING_NO_HELO, false, "MAIL %s",
		       escape_bytes(text, sizeof(text), command->argument, command->argument_len));
}

static void follow_command(struct dialogue *d, const struct smtp_command *command)
{
	switch (command->verb) {
	case SMTP_HELO:
	case SMTP_EHLO:
		judge_helo(d, command);
		d->greeted = true;
		break;
	case SMTP_LHLO:
		d->state = DIALOGUE_FOREIGN;
		break;
	case SMTP_MAIL:
		take_mail(d, command);
		break;
	case SMTP_RCPT:
		keep_path(&d->rcpt_to, command, "TO");
		break;
	case SMTP_BDAT:
		d->bdat_left = number_of(command->argument, command->argument_len);
		break;
	case SMTP_STARTTLS:
		/* Nobody opens with it; a 220 that follows is its answer, not a banner. */
		if (!d->greeted && d->state == DIALOGUE_BANNER)
			join_midway(d);
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
}

static bool is_helo(const struct smtp_command *command)
{
	return command->verb == SMTP_HELO || command->verb == SMTP_EHLO;
}

static void take_command(struct dialogue *d, const struct line *line)
{
	size_t len = line_text(line);
	struct smtp_command command = smtp_command_parse(line->bytes, len);

	if (line->last != '\r')
		accuse(d, FINDING_BARE_LF, false, "%s ended by LF alone",
		       smtp_verb_name(command.verb));
	settle_our_name(d, command.verb);
	check_pipelining(d, line->ack, command.verb);
	if (is_helo(&command))
		keep(&d->helo, line->bytes, len);
	follow_command(d, &command);
	push_pending(d, command.verb, command.verb == SMTP_BDAT && bdat_is_last(&command));
}

static bool listens_to_commands(const struct dialogue *d)
{
	return d->state == DIALOGUE_BANNER || d->state == DIALOGUE_COMMAND;
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
	if (byte != '\n') {
		if (listens_to_commands(d))
			line_push(line, byte);
		return;
	}
	if (listens_to_commands(d))
		take_command(d, line);
	line_clear(line);
}

/* A client that sent two readings of a line is judged for both. */
static void judge_other_line(struct dialogue *d, const struct line *line)
{
	size_t len = line_text(line);
	struct smtp_command command = smtp_command_parse(line->bytes, len);

	if (!is_helo(&command))
		return;
	keep(&d->helo, line->bytes, len);
	judge_helo(d, &command);
}

/* Another reading of what comes next: it goes on where the last line stopped. */
static void client_alternative(struct dialogue *d, const struct chunk *chunk)
{
	struct line line = d->from_client;

	if (!listens_to_commands(d) || d->bdat_left)
		return;
	for (size_t i = 0; i < chunk->len; i++) {
		if (chunk->data[i] != '\n') {
			line_push(&line, chunk->data[i]);
			continue;
		}
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
	if (chunk->kind == CHUNK_ALTERNATIVE) {
		client_alternative(d, chunk);
		return;
	}
	note_early_talk(d, chunk->ack);
	if (!d->opening_done && !d->midway)
		take_opening(d, chunk->data, chunk->len);
	settle_early_talk(d);
	for (size_t i = 0; i < chunk->len && d->state != DIALOGUE_FOREIGN; i++)
		client_byte(d, chunk->data[i], chunk->ack);
}

/* Replies */

static void take_banner_name(struct dialogue *d, const struct smtp_reply *reply)
{
	size_t len = 0;

	while (len < reply->text_len && len < sizeof(d->banner_name) - 1 &&
	       reply->text[len] > ' ' && reply->text[len] < 0x7f)
		len++;
	memcpy(d->banner_name, reply->text, len);
}

/* False where no server opens like this. */
static bool take_banner_line(struct dialogue *d, const struct smtp_reply *reply, uint32_t end)
{
	if (reply->code != 220 && reply->code < 400)
		return false;
	if (reply->code == 220 && !d->banner_begun && !d->midway) {
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
		d->pipelining = d->pipe_connect = false;
	else if (smtp_word(t, n, "PIPELINING"))
		d->pipelining = true;
	else if (smtp_word(t, n, "PIPE_CONNECT") || smtp_word(t, n, "X_PIPE_CONNECT") ||
		 smtp_word(t, n, "PIPECONNECT"))
		d->pipe_connect = true;
	d->ehlo_reply = !reply->last;
	if (!reply->last || !is_mx(d))
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

static void count_junk(struct dialogue *d, int code)
{
	if ((code == 500 || code == 502) && ++d->junk >= JUNK_LIMIT)
		accuse(d, FINDING_JUNK_COMMANDS, false, "%u commands answered 500 or 502", d->junk);
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

/* The last line of a reply to the oldest command that waits for one. */
static void take_reply(struct dialogue *d, int code, uint32_t end)
{
	struct pending asked;

	if (!d->pending_count) {
		if (code == 421)
			d->refused = code;
		d->state = DIALOGUE_COMMAND;
		return;
	}
	asked = d->pending[0];
	if (take_go_ahead(d, asked.verb, code, end))
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
	count_junk(d, code);
	take_outcome(d, asked, code);
	pop_pending(d, end);
}

/* TLS and message bodies, where a flow was found again in its middle, never look like a banner. */
static bool begins_like_a_reply(const struct line *line)
{
	for (size_t i = 0; i < line->len && i < 3; i++)
		if (line->bytes[i] < '0' || line->bytes[i] > '9')
			return false;
	return true;
}

static void open_foreign(struct dialogue *d)
{
	join_midway(d);
	d->state = DIALOGUE_FOREIGN;
}

static void take_server_line(struct dialogue *d, const struct line *line, uint32_t end)
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
	if (reply.last)
		take_reply(d, reply.code, end);
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

	if (chunk->kind == CHUNK_HOLE)
		server_hole(d);
	if (chunk->kind != CHUNK_BYTES)
		return;
	for (size_t i = 0; i < chunk->len && d->state != DIALOGUE_TLS; i++) {
		if (chunk->data[i] != '\n') {
			line_push(line, chunk->data[i]);
			continue;
		}
		take_server_line(d, line, chunk->seq + (uint32_t)i + 1);
		line_clear(line);
	}
	if (d->state == DIALOGUE_BANNER && !begins_like_a_reply(line))
		open_foreign(d);
}

void dialogue_end(struct dialogue *d)
{
	/* Where something was missed, it may have been the STARTTLS. */
	release_our_name(d, d->partial);
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
