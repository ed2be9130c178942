// SPDX-License-Identifier: GPL-2.0-or-later
/* What the client says: HELO, the envelope, and whether it waits for its turn. */
#include <string.h>

#include "../base/escape.h"
#include "dialogue_inside.h"

#define KEPT_LEAST 8 /* bytes of each, however long those before it are */

static void keep(struct kept *kept, const uint8_t *bytes, size_t len)
{
	size_t room = sizeof(kept->text) - kept->used;
	char *text = kept->text + kept->used;

	if (kept->seen++ >= DIALOGUE_KEPT)
		return;
	room -= (DIALOGUE_KEPT - kept->seen) * KEPT_LEAST;
	escape_bytes(text, room < DIALOGUE_TEXT ? room : DIALOGUE_TEXT, bytes, len);
	kept->at[kept->seen - 1] = kept->used;
	kept->used += (uint16_t)strlen(text) + 1;
}

/* The administrator's own; of recipients the finding says no more than the domain. */
static void check_patterns(const struct dialogue *d, struct findings *out,
			   enum pattern_subject subject, const uint8_t *text, size_t len)
{
	char detail[FINDING_DETAIL / 2];

	if (!d->rules->patterns_count)
		return;
	if (subject == PATTERN_RECIPIENT)
		envelope_redact(detail, sizeof(detail), text, len);
	else
		escape_bytes(detail, sizeof(detail), text, len);
	patterns_check(out, d->rules->patterns, d->rules->patterns_count, subject, text, len,
		       detail);
}

/* HELO and EHLO */

void release_our_name(struct dialogue *d, bool mild)
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
	utf8_copy(d->our_name_detail, sizeof(d->our_name_detail), f->detail);
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
	struct findings found;

	findings_clear(&found);
	helo_check(&found, &facts, &d->rules->helo);
	check_patterns(d, &found, PATTERN_HELO, command->argument, command->argument_len);
	for (size_t i = 0; i < found.count; i++)
		if (found.list[i].id == FINDING_HELO_OUR_NAME)
			judge_our_name(d, &found.list[i]);
		else
			accuse_of(d, &found.list[i]);
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

/*
 * Where clients are invited to speak with the handshake they need not wait for the reply to EHLO
 * either, whether or not the banner was quicker than what they sent.
 */
static bool is_invited(const struct dialogue *d, uint32_t ack)
{
	return d->profile->pipe_connect == PIPE_CONNECT_YES &&
	       (!d->offers_known || seq_diff(ack, d->offers_end) < 0);
}

/* RFC 2920: without PIPELINING every command waits; with it, those that end a group do. */
static void check_pipelining(struct dialogue *d, uint32_t ack, enum smtp_verb verb)
{
	bool waited = !must_wait(d) && (!d->sync_known || seq_diff(ack, d->sync_end) >= 0);

	if (waited || d->midway || d->partial || d->spoke_early)
		return;
	d->invited |= is_invited(d, ack);
	if (!d->invited)
		accuse(d, FINDING_ILLEGAL_PIPELINING, false, "%s sent without waiting for a reply",
		       smtp_verb_name(verb));
}

static void push_pending(struct dialogue *d, enum smtp_verb verb, bool data_last)
{
	struct pending new = {1, (uint8_t)verb, data_last,
			      !d->pipelining || smtp_verb_ends_group(verb)};
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

/* The envelope */

/* FNV-1a without case: recipients are told apart, not recognised. Never 0. */
static uint32_t hash_of(const uint8_t *bytes, size_t len)
{
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (bytes[i] | 0x20)) * 16777619U;
	return hash | 1;
}

static void push_recipient(struct dialogue *d, uint32_t hash)
{
	/* Beyond the room they are not told apart any more: the oldest answers come first. */
	if (d->rcpt.asked < DIALOGUE_RECIPIENTS)
		d->rcpt.asked_hash[d->rcpt.asked++] = hash;
}

uint32_t pop_recipient(struct dialogue *d)
{
	uint32_t hash = d->rcpt.asked ? d->rcpt.asked_hash[0] : 0;

	if (d->rcpt.asked)
		memmove(d->rcpt.asked_hash, d->rcpt.asked_hash + 1,
			--d->rcpt.asked * sizeof(d->rcpt.asked_hash[0]));
	return hash;
}

static void judge_sender(struct dialogue *d, const uint8_t *path, size_t len)
{
	struct findings found;

	findings_clear(&found);
	envelope_check_sender(&found, path, len, &d->rules->envelope);
	check_patterns(d, &found, PATTERN_SENDER, path, len);
	accuse_all(d, &found);
}

static void judge_recipient(struct dialogue *d, const uint8_t *path, size_t len)
{
	struct findings found;

	findings_clear(&found);
	envelope_check_recipient(&found, path, len, d->rcpt.null_sender, d->rcpt.recipients,
				 &d->rules->envelope);
	check_patterns(d, &found, PATTERN_RECIPIENT, path, len);
	accuse_all(d, &found);
}

static void take_mail(struct dialogue *d, const struct smtp_command *command)
{
	char text[FINDING_DETAIL / 2];
	const uint8_t *path;
	size_t len;

	if (!d->greeted && !d->midway && !d->partial)
		accuse(d, FINDING_NO_HELO, false, "MAIL %s",
		       escape_bytes(text, sizeof(text), command->argument, command->argument_len));
	d->rcpt.recipients = 0;
	d->rcpt.null_sender = false;
	if (!smtp_path(&path, &len, command, "FROM"))
		return;
	keep(&d->mail_from, path, len);
	d->rcpt.null_sender = !len;
	judge_sender(d, path, len);
}

static void take_rcpt(struct dialogue *d, const struct smtp_command *command)
{
	const uint8_t *path;
	size_t len;

	if (!smtp_path(&path, &len, command, "TO")) {
		push_recipient(d, 0);
		return;
	}
	keep(&d->rcpt_to, path, len);
	push_recipient(d, hash_of(path, len));
	d->rcpt.recipients++;
	judge_recipient(d, path, len);
}

/*
 * RFC 3030 2: a chunk's bytes are swallowed whatever the reply, but only where BDAT is known. Else
 * what follows are commands, and must not hide behind the number.
 */
static void take_bdat(struct dialogue *d, const struct smtp_command *command)
{
	if (d->chunking || !d->offers_known)
		d->bdat_left = number_of(command->argument, command->argument_len);
}

/* RFC 4954 4: offered or not; what goes on after STARTTLS is not seen. */
static void take_auth(struct dialogue *d)
{
	if (d->offers_known && !d->auth_offered && !d->partial)
		accuse(d, FINDING_AUTH_UNOFFERED, false, "AUTH, which no reply had offered");
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
		take_rcpt(d, command);
		break;
	case SMTP_AUTH:
		take_auth(d);
		break;
	case SMTP_BDAT:
		take_bdat(d, command);
		break;
	case SMTP_STARTTLS:
		/* Nobody opens with it; a 220 that follows is its answer, not a banner. */
		if (!d->greeted && d->state == DIALOGUE_BANNER)
			join_midway(d);
		break;
	case SMTP_QUIT:
		d->quit = true;
		break;
	default:
		break;
	}
}

static bool is_helo(const struct smtp_command *command)
{
	return command->verb == SMTP_HELO || command->verb == SMTP_EHLO;
}

void take_command(struct dialogue *d, const struct line *line)
{
	size_t len = line_text(line);
	struct smtp_command command = smtp_command_parse(line->bytes, len);

	/* The header's own line: a server that expects it gives no reply. */
	if (d->claims_proxy && !d->commands && smtp_word(line->bytes, len, "PROXY"))
		return;
	if (line->last != '\r')
		accuse(d, FINDING_BARE_LF, false, "%s ended by LF alone",
		       smtp_verb_name(command.verb));
	d->commands++;
	settle_our_name(d, command.verb);
	check_pipelining(d, line->ack, command.verb);
	if (is_helo(&command))
		keep(&d->helo, line->bytes, len);
	follow_command(d, &command);
	push_pending(d, command.verb, command.verb == SMTP_BDAT && bdat_is_last(&command));
}

void judge_other_line(struct dialogue *d, const struct line *line)
{
	size_t len = line_text(line), path_len;
	struct smtp_command command = smtp_command_parse(line->bytes, len);
	const uint8_t *path;

	if (is_helo(&command)) {
		keep(&d->helo, line->bytes, len);
		judge_helo(d, &command);
	} else if (command.verb == SMTP_MAIL && smtp_path(&path, &path_len, &command, "FROM")) {
		judge_sender(d, path, path_len);
	} else if (command.verb == SMTP_RCPT && smtp_path(&path, &path_len, &command, "TO")) {
		judge_recipient(d, path, path_len);
	}
}
