// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as both sides of a dialogue, with holes, other readings and odd acknowledgements:
 * bounds hold, what is kept is safe to print, and nothing is held against a relay or a user's
 * mail program.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/tap/dialogue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

static void check_text(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	check(len < size);
	for (size_t i = 0; i < len; i++)
		check(text[i] >= ' ' && text[i] < 0x7f);
}

static void check_kept(const struct kept *kept)
{
	check(kept->used <= sizeof(kept->text));
	for (size_t i = 0; i < kept_count(kept); i++)
		check_text(kept_text(kept, i), DIALOGUE_TEXT);
}

static void check_dialogue(const struct dialogue *d)
{
	check(d->findings.count <= FINDING_COUNT + FINDINGS_PATTERNS &&
	      d->held.count <= FINDING_COUNT + FINDINGS_PATTERNS);
	for (size_t i = 0; i < d->findings.count; i++)
		check_text(d->findings.list[i].detail, FINDING_DETAIL);
	check(d->pending_count <= DIALOGUE_PENDING);
	for (size_t i = 0; i < d->pending_count; i++)
		check(d->pending[i].count > 0);
	check(d->ports == PORTS_MX || !d->findings.count);
	check(!findings_get(&d->findings, FINDING_EARLY_TALKER) || d->banner_begun);
	check(d->opening_len <= sizeof(d->opening));
	check_kept(&d->helo);
	check_kept(&d->mail_from);
	check_kept(&d->rcpt_to);
}

static void begin(struct dialogue *d, struct server_profile *profile, uint8_t how)
{
	static const char *const ours[] = {"mx.mxdp.example"};
	static struct dialogue_rules rules = {.helo = {.our_names = ours, .our_names_count = 1}};
	static struct policy policy;

	policy_defaults(&policy);
	rules.policy = &policy;
	rules.helo.known_bots = helo_default_bots;
	rules.helo.known_bots_count = helo_default_bots_count;
	memset(d, 0, sizeof(*d));
	check(addr_parse(&d->client, "198.51.100.7") && addr_parse(&d->server, "203.0.113.25"));
	d->rules = &rules;
	d->profile = profile;
	d->ports = how & 1 ? PORTS_SUBMISSION : PORTS_MX;
	d->midway = d->partial = how & 2;
	profile->pipe_connect = how >> 2 & 1 ? PIPE_CONNECT_NO : PIPE_CONNECT_UNKNOWN;
}

/* Each step: who and what, how much of the other side was not read yet, a length, the bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dialogue d;
	struct server_profile profile;
	uint32_t seq[2] = {0xfffffff0U, 0xffffff00U};
	char outcome[64];

	if (!size)
		return 0;
	begin(&d, &profile, *data++);
	size--;
	while (size >= 3) {
		uint8_t what = data[0];
		bool from_client = what & 1, hole = (what & 0xe) == 2;
		struct chunk chunk = {.kind = CHUNK_BYTES, .len = data[2], .seq = seq[from_client]};
		uint8_t *copy;

		chunk.ack = seq[!from_client] - data[1];
		data += 3;
		size -= 3;
		if (chunk.len > size && !hole)
			chunk.len = size;
		if (!chunk.len)
			continue;
		copy = malloc(chunk.len);
		if (!copy)
			break;
		if (hole) {
			chunk.kind = CHUNK_HOLE;
		} else {
			memcpy(copy, data, chunk.len);
			chunk.data = copy;
			data += chunk.len;
			size -= chunk.len;
			if ((what & 0xe) == 4)
				chunk.kind = CHUNK_ALTERNATIVE;
		}
		if (from_client)
			dialogue_client(&d, &chunk);
		else
			dialogue_server(&d, &chunk);
		if (chunk.kind != CHUNK_ALTERNATIVE)
			seq[from_client] += (uint32_t)chunk.len;
		free(copy);
		check_dialogue(&d);
	}
	dialogue_end(&d);
	check_dialogue(&d);
	check_text(dialogue_outcome(outcome, sizeof(outcome), &d), sizeof(outcome));
	return 0;
}
