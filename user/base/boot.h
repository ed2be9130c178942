/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which boot this is. What holds until a moment is kept with it: within one boot the seconds since
 * its begin tell, and a clock that is set changes nothing; in another one only the time of day
 * does.
 */
#ifndef MXDP_BASE_BOOT_H
#define MXDP_BASE_BOOT_H

#include <stdbool.h>
#include <stdint.h>

#define BOOT_ID 40

/* The kernel's name of it (random(4)); "" and false where it cannot be read. */
bool boot_id(char id[BOOT_ID]);

/* The time of day at its begin, as the clock is now: seconds since 1970. */
int64_t boot_began(void);

#endif
