/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long things took, counted since the start in fixed classes, so that others can add up and
 * compare what they read at different times: what latency.h forgets.
 *
 * Times are in microseconds here; a class holds what took no longer than its bound, and the last
 * one, without a bound, the rest.
 */
#ifndef MXDP_BASE_HISTOGRAM_H
#define MXDP_BASE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BOUNDS 17

extern const uint32_t histogram_bounds[HISTOGRAM_BOUNDS]; /* 50 us to 10 s, rising */

struct histogram {
	uint64_t in[HISTOGRAM_BOUNDS + 1]; /* of each class alone */
	double sum_us;
};

void histogram_add(struct histogram *h, double us);

#endif
