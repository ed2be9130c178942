/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a feed that scores makes of a client: the finding `feed', shown as feed:NAME, with the
 * network that holds it as its proof. It lives until the feed is fetched anew, as the answer of a
 * DNS list does until its time is over; whoever is blocked by its points is then asked about again.
 */
#ifndef MXDP_FEEDS_EVIDENCE_H
#define MXDP_FEEDS_EVIDENCE_H

#include "settings.h"
#include "../base/addr.h"
#include "../checks/finding.h"

#define FEED_TTL_MIN 60
#define FEED_TTL_MAX 3600

/*
 * `entry' of the feed holds the client; `ttl': seconds until the feed is fetched next, or ends.
 * True where that is news. Only of FEED_SCORE: others have no rule.
 */
bool feed_evidence(struct findings *out, const struct feed_settings *feed,
		   const struct prefix *entry, uint32_t ttl);

#endif
