/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clocks. Verdicts expire by CLOCK_BOOTTIME, which the programs read too and which goes on during
 * suspend; people are told the time of day.
 */
#ifndef MXDP_BASE_CLOCK_H
#define MXDP_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static inline uint32_t boot_seconds(void)
{
	return (uint32_t)(clock_ns(CLOCK_BOOTTIME) / 1000000000ULL);
}

#endif
