// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "evidence.h"

static uint32_t clamped(uint32_t ttl)
{
	if (ttl < FEED_TTL_MIN)
		return FEED_TTL_MIN;
	return ttl < FEED_TTL_MAX ? ttl : FEED_TTL_MAX;
}

bool feed_evidence(struct findings *out, const struct feed_settings *feed,
		   const struct prefix *entry, uint32_t ttl)
{
	char detail[FINDING_DETAIL], text[ADDR_TEXT];

	if (feed->action != FEED_SCORE)
		return false;
	/* The words of a verdict are those of one finding, and must say whose they are. */
	snprintf(detail, sizeof(detail), "%s holds %s", feed->name, prefix_format(text, entry));
	return findings_put_list(out, FINDING_FEED, feed->rule, clamped(ttl), detail);
}
