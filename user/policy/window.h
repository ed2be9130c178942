/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often something happened lately: counts in six slots of equal length, the oldest of which is
 * forgotten as a new one begins. So "within the last hour" is, with slots of ten minutes, the last
 * 50 to 60 of them. The caller says which slot it is: seconds divided by a slot's length; it never
 * runs backwards. All zero is an empty one. Pure.
 */
#ifndef MXDP_POLICY_WINDOW_H
#define MXDP_POLICY_WINDOW_H

#include <stdint.h>

#define WINDOW_SLOTS 6

struct window {
	uint32_t at; /* the newest slot */
	uint32_t slot[WINDOW_SLOTS];
};

/* Forgets what is too old by `at'; returns how many slots have begun, WINDOW_SLOTS at most. */
static inline uint32_t window_turn(struct window *w, uint32_t at)
{
	uint32_t begun = at > w->at ? at - w->at : 0;

	if (begun > WINDOW_SLOTS)
		begun = WINDOW_SLOTS;
	for (uint32_t i = 0; i < begun; i++)
		w->slot[(at - i) % WINDOW_SLOTS] = 0;
	if (at > w->at)
		w->at = at;
	return begun;
}

static inline void window_add(struct window *w, uint32_t at)
{
	window_turn(w, at);
	w->slot[w->at % WINDOW_SLOTS]++;
}

static inline uint32_t window_sum(struct window *w, uint32_t at)
{
	uint32_t sum = 0;

	window_turn(w, at);
	for (int i = 0; i < WINDOW_SLOTS; i++)
		sum += w->slot[i];
	return sum;
}

#endif
