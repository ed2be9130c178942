/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chance that a test can repeat: what it draws depends on the seed alone. */
#ifndef MXDP_SELFTESTS_RANDOM_H
#define MXDP_SELFTESTS_RANDOM_H

#include <stdint.h>

static uint32_t seed = 1;

static inline uint32_t below(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)(seed >> 4) * n >> 28);
}

#endif
