/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Networks from which one offender comes after the other: the /24 of an IPv4 address, the /48 of an
 * IPv6 address, which is what a site is given (RFC 6177 2) and holds 65,536 times a /64. They are
 * never blocked for it, since honest hosts live there too: they are shown, for the administrator to
 * look at.
 *
 * What is counted are different offenders within a day: IPv4 addresses, exactly; /64s of IPv6, of
 * which each has one place of 256 by a keyed hash, so that it is never said more than there were.
 * A day is two halves of twelve hours, the older of which is forgotten as a new one begins.
 *
 * Memory is bounded: a table of sets of eight, and the network of the fewest offenders in a set
 * makes room, so that strangers who offend once each do not push out a crowd. Sets are chosen by a
 * keyed hash. Times are seconds of CLOCK_BOOTTIME, given by the caller and never running backwards.
 * Not thread safe.
 */
#ifndef MXDP_POLICY_CROWD_H
#define MXDP_POLICY_CROWD_H

#include <stddef.h>
#include <stdint.h>
#include "../base/addr.h"

#define CROWD_NETS  4096 /* at 88 bytes each */
#define CROWD_LEAST 8    /* offenders that are worth a word */
#define CROWD_HALF  43200U

struct crowd;

struct crowd_says {
	struct prefix net;
	unsigned offenders; /* of IPv6: /64s, and there may be more */
};

/* Room for about so many; NULL where there is no memory. */
struct crowd *crowd_new(size_t nets);
void crowd_free(struct crowd *crowd);

void crowd_offended(struct crowd *crowd, const struct addr *addr, uint32_t now);

/* Those of CROWD_LEAST offenders or more, the most first, `room' of them; returns how many in all.
 */
size_t crowd_list(const struct crowd *crowd, uint32_t now, struct crowd_says *out, size_t room);

/* "12 clients of 198.51.100.0/24 have offended within a day" */
#define CROWD_WORDS 128
const char *crowd_words(char text[CROWD_WORDS], const struct crowd_says *says);

#endif
