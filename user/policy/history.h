/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is remembered of offenders between their blocks: how often each was blocked before, so that
 * the next block lasts longer, and what to block where the offender is an IPv6 address.
 *
 * IPv4: always the single address. IPv6: the first offence blocks the /128; a second, different
 * offender of the same /64 within a day blocks the /64, because its owner has 2^64 addresses to
 * come back from - but never a /64 that has delivered accepted mail, where honest hosts live too.
 *
 * Memory is bounded: a table of sets of eight, the longest untouched of a set makes room. What is
 * pushed out is forgotten, which errs on the side of mercy. Sets are chosen by a keyed hash, so
 * that an owner of many addresses cannot choose whom to push out. Nothing depends on history but
 * the length and the width of a block: it never adds points.
 *
 * Times are seconds of CLOCK_BOOTTIME, given by the caller and never running backwards. Port
 * classes are apart, as in the verdicts. Not thread safe.
 */
#ifndef MXDP_POLICY_HISTORY_H
#define MXDP_POLICY_HISTORY_H

#include <stddef.h>
#include <stdint.h>
#include "../base/addr.h"
#include "../../maps/ports.h"

#define HISTORY_FORGET   (7 * 86400U)  /* seconds without an offence */
#define HISTORY_NEIGHBOR 86400U        /* two offenders within this make a guilty /64 */
#define HISTORY_ACCEPTED (30 * 86400U) /* an accepted mail protects its /64 for so long */

struct history;

/*
 * Room for about `entries` offenders and as many /64s that delivered mail, at 64 bytes each. An
 * IPv6 offender takes two entries. NULL with errno set where there is no memory.
 */
struct history *history_new(size_t entries);
void history_free(struct history *history);

/*
 * An offence has been found: returns what to block, and in *repeats how many blocks that covered
 * `addr` came before. Counts nothing yet: history_blocked() does.
 */
struct prefix history_offence(struct history *history, const struct addr *addr,
			      enum port_class ports, uint32_t now, unsigned *repeats);

/*
 * The block of `prefix` (what history_offence() returned) was put and lasts until `until`. Further
 * offences before that come from sessions that were under way already, or from a courtesy pass:
 * they are the same offence, not a repeat.
 */
void history_blocked(struct history *history, const struct prefix *prefix, enum port_class ports,
		     uint32_t now, uint32_t until);

/* The server accepted a mail from `addr`. */
void history_accepted(struct history *history, const struct addr *addr, uint32_t now);

/* Forgets the offences of everybody in `prefix`: an administrator took the block back. */
void history_forget(struct history *history, const struct prefix *prefix);

#endif
