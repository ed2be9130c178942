/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A few addresses in a row, over the borders that sets may trip on, for a naive model beside. */
#ifndef MXDP_SELFTESTS_FEED_WINDOW_H
#define MXDP_SELFTESTS_FEED_WINDOW_H

#include "../../user/feeds/set.h"

#define ROOM 128

/* Where the window of ROOM addresses begins: as IPv4, and as IPv6. */
static const struct wide windows[] = {
	{0, 0xffff00000000ULL},                   /* 0.0.0.0 */
	{0, 0xffffffffff80ULL},                   /* ... to 255.255.255.255 */
	{0, 0xffff7fffffc0ULL},                   /* around 128.0.0.0 */
	{0, 0},                                   /* :: */
	{UINT64_MAX, 0ULL - ROOM},                /* ... to ffff:...:ffff */
	{0x20010db800000001ULL, 0ULL - ROOM / 2}, /* a carry into the upper half */
};

#define WINDOWS (sizeof(windows) / sizeof(windows[0]))

static struct wide address[ROOM]; /* of the window */

static inline void open_window(size_t i)
{
	address[0] = windows[i];
	for (unsigned n = 1; n < ROOM; n++)
		address[n] = wide_next(address[n - 1]);
}

#endif
