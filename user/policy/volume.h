/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Relays, told by how much they bring: a source of more than a fifth of all sessions of the last
 * hour, or of 50 different HELO names within an hour, speaks for others - an office behind NAT, a
 * filter in front of us, a forwarder. To block it is to block all of them, so it is not blocked.
 *
 * A bot must not buy that. What counts is only a session in which the server was seen to accept
 * mail, and of which nothing is known that would put it on watch; one session is one name, its last
 * one, however many it tried. So rotating names, or opening connections by the thousand, counts for
 * nothing: fifty names are fifty accepted mails, each from a spotless session. The fifth is one of
 * all sessions, bots' included, so a flood makes no relay either. And of fewer than 200 sessions an
 * hour a fifth says nothing: the only customer of a quiet server is no relay (VOLUME_FLOOR; above
 * it a fifth is more than 40 accepted mails an hour).
 *
 * Behind STARTTLS nothing is seen to be accepted, so nobody becomes a relay by that;
 * `trusted_relays' in the configuration names those.
 *
 * Bounded: the sources that bring the most are kept (space-saving, Metwally et al. 2005). A
 * newcomer takes the place of the least and inherits its rank, so that it is not the next to go;
 * what is inherited never counts as brought. The table's hash is keyed, IPv6 counts by /64. Times
 * are seconds of CLOCK_BOOTTIME, given by the caller and never running backwards. Not thread safe.
 */
#ifndef MXDP_POLICY_VOLUME_H
#define MXDP_POLICY_VOLUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../base/addr.h"

#define VOLUME_SOURCES 1024 /* at about 600 bytes each */
#define VOLUME_HELOS   50
#define VOLUME_SHARE   5 /* more than one in so many of all sessions */
#define VOLUME_FLOOR   200
#define VOLUME_WINDOW  3600

enum volume_kind {
	VOLUME_ORDINARY,
	VOLUME_MANY_NAMES,
	VOLUME_LARGE_SHARE,
};

struct volume_says {
	enum volume_kind kind;
	struct prefix source; /* the address, or the IPv6 /64 */
	uint32_t brought;     /* good sessions of the last hour */
	uint32_t all;         /* of all sources, good or not */
};

struct volume;

/* NULL where there is no memory. */
struct volume *volume_new(size_t sources);
void volume_free(struct volume *volume);

/* A session has ended, whatever became of it. */
void volume_session(struct volume *volume, uint32_t now);

/*
 * It was a good one, see above: mail accepted under the name `helo' (escaped text, case does not
 * matter). What its source is by now; volume_session() has been told of it before.
 */
struct volume_says volume_served(struct volume *volume, const struct addr *client, const char *helo,
				 uint32_t now);

#define VOLUME_WORDS 96
/* "50 HELO names within an hour, ...": why it is a relay. */
const char *volume_words(char text[VOLUME_WORDS], const struct volume_says *says);

#endif
