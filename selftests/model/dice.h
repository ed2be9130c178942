/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers that look random and are the same for the same seed everywhere (xorshift64*). */
#ifndef MXDP_SELFTESTS_MODEL_DICE_H
#define MXDP_SELFTESTS_MODEL_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

static inline struct dice dice_of(uint64_t seed)
{
	return (struct dice){seed * 0x9e3779b97f4a7c15ULL | 1};
}

static inline uint64_t roll(struct dice *d)
{
	d->state ^= d->state >> 12;
	d->state ^= d->state << 25;
	d->state ^= d->state >> 27;
	return d->state * 0x2545f4914f6cdd1dULL;
}

static inline uint32_t below(struct dice *d, uint32_t n)
{
	return (uint32_t)((roll(d) >> 32) * n >> 32);
}

static inline bool one_in(struct dice *d, uint32_t n)
{
	return !below(d, n);
}

#define pick(d, array) ((array)[below(d, sizeof(array) / sizeof(*(array)))])

#endif
