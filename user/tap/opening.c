// SPDX-License-Identifier: GPL-2.0-or-later
/* How a session begins: who speaks first, and whether it is SMTP at all. */
#include <string.h>

#include "../base/escape.h"
#include "dialogue_inside.h"

#define PROXY_V2_LENGTH 14 /* where the length stands in its header */

/*
 * Early talk, believed once the server acknowledged it (only then do bytes come here), and only
 * where the server is known not to invite it: Exim's PIPE_CONNECT does. Clients of TLS, HTTP and
 * their like always speak first; those have a finding of their own, whether or not the banner was
 * quicker.
 */
void settle_early_talk(struct dialogue *d)
{
	bool smtp = d->opened == OPENING_SMTP || d->opened == OPENING_UNDECIDED;
	char text[FINDING_DETAIL / 2];

	if (d->spoke_early && d->opening_done && smtp && d->banner_begun && !d->midway &&
	    d->profile->pipe_connect == PIPE_CONNECT_NO)
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

/*
 * PROXY v1 is a line of its own; v2 is 16 bytes that end in the length of what follows. Anybody can
 * send one: whether this is a relay of ours shows when the server goes on as if nothing had been
 * said, or complains.
 */
static void take_proxy_header(struct dialogue *d)
{
	d->claims_proxy = !d->contested;
	if (d->opening[0] != 'P')
		d->proxy_left = sizeof(d->opening) + ((unsigned)d->opening[PROXY_V2_LENGTH] << 8 |
						      d->opening[PROXY_V2_LENGTH + 1]);
}

void settle_proxy(struct dialogue *d, bool taken)
{
	if (!d->claims_proxy)
		return;
	d->claims_proxy = false;
	if (taken && !d->contested && !d->partial) {
		d->relay = true;
		d->holds = false;
	} else {
		d->opened = OPENING_SMTP;
		release_held(d);
		settle_early_talk(d);
	}
}

static void accuse_foreign(struct dialogue *d, enum smtp_opening what, const uint8_t *data,
			   size_t len)
{
	char text[FINDING_DETAIL / 2];

	escape_bytes(text, sizeof(text), data, len);
	if (what == OPENING_TLS)
		accuse(d, FINDING_TLS_ON_25, false, "opened with \"%s\"", text);
	else
		accuse(d, FINDING_NON_SMTP, false, "%s \"%s\"", smtp_opening_name(what), text);
}

void judge_other_opening(struct dialogue *d, const uint8_t *data, size_t len)
{
	enum smtp_opening what;

	if (len > sizeof(d->opening))
		len = sizeof(d->opening);
	what = smtp_opening_of(data, len);
	if (what > OPENING_SMTP && what != OPENING_PROXY)
		accuse_foreign(d, what, data, len);
}

static void judge_opening(struct dialogue *d)
{
	if (d->opened == OPENING_UNDECIDED || d->opened == OPENING_SMTP) {
		trim_opening(d);
	} else if (d->opened == OPENING_PROXY) {
		take_proxy_header(d);
	} else {
		accuse_foreign(d, d->opened, d->opening, d->opening_len);
		d->state = DIALOGUE_FOREIGN;
	}
}

void take_opening(struct dialogue *d, const uint8_t *data, size_t len)
{
	while (len && d->opening_len < sizeof(d->opening)) {
		d->opening[d->opening_len++] = *data++;
		len--;
	}
	d->opened = smtp_opening_of(d->opening, d->opening_len);
	/* Of PROXY v2 the length is wanted too. */
	if (d->opening_len < sizeof(d->opening) &&
	    (d->opened == OPENING_UNDECIDED ||
	     (d->opened == OPENING_PROXY && d->opening[0] != 'P')))
		return;
	d->opening_done = true;
	judge_opening(d);
}
