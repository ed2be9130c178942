// SPDX-License-Identifier: GPL-2.0-or-later
/* How a session begins: who speaks first, and whether it is SMTP at all. */
#include <string.h>

#include "../base/escape.h"
#include "dialogue_inside.h"

/*
 * Early talk, believed once the server acknowledged it (only then do bytes come here), and only
 * where the server is known not to invite it: Exim's PIPE_CONNECT does. A TLS client always speaks
 * first; it has a finding of its own, a lesser one.
 */
void settle_early_talk(struct dialogue *d)
{
	char text[FINDING_DETAIL / 2];

	if (d->spoke_early && d->opening_done && d->opened != OPENING_TLS && d->banner_begun &&
	    !d->midway && d->profile->pipe_connect == PIPE_CONNECT_NO)
		accuse(d, FINDING_EARLY_TALKER, false, "before the banner: \"%s\"",
		       escape_bytes(text, sizeof(text), d->opening, d->opening_len));
}

void note_early_talk(struct dialogue *d, uint32_t ack)
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

void take_opening(struct dialogue *d, const uint8_t *data, size_t len)
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
