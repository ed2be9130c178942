/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has delivered mail that the server accepted, and how often within 30 days: clients that are
 * known for good. One who did so several times (trust.accepted) has earned trust, and is not
 * blocked for points; a check that convicts several of them is the one to doubt (suspend.h).
 *
 * One session counts once, however many messages it brings. What follows STARTTLS is not seen, so
 * who delivers by that alone is not known here. An IPv6 client stands for its /64.
 *
 * Memory is bounded: a table of sets of eight, the longest quiet of a set makes room. Sets are
 * chosen by a keyed hash, and a place costs an accepted mail. What is forgotten is merely no longer
 * known for good. Times are seconds of CLOCK_BOOTTIME, given by the caller and never running
 * backwards; what is remembered of an earlier boot is below zero. Not thread safe.
 */
#ifndef MXDP_POLICY_KNOWN_H
#define MXDP_POLICY_KNOWN_H

#include <stddef.h>
#include <stdint.h>
#include "../base/addr.h"

#define KNOWN_CLIENTS 65536 /* at 48 bytes each */
#define KNOWN_FOR     (30 * 86400U)
#define KNOWN_MOST    8 /* times that are kept of a client */

struct known;

/* Room for about so many; NULL where there is no memory. */
struct known *known_new(size_t clients);
void known_free(struct known *known);

/* A session ended in which the server accepted mail, and nothing speaks against. */
void known_accepted(struct known *known, const struct addr *client, int64_t now);
/* In how many sessions of the 30 days before it did; KNOWN_MOST at most. */
unsigned known_times(const struct known *known, const struct addr *client, uint32_t now);

#endif
