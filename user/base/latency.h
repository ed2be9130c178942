/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long the latest verdicts took, from the ring record that completed the proof to the entry in
 * the map: the last LATENCY_KEPT, in microseconds; and all of them by classes.
 */
#ifndef MXDP_BASE_LATENCY_H
#define MXDP_BASE_LATENCY_H

#include <stddef.h>
#include <stdint.h>
#include "histogram.h"

#define LATENCY_KEPT 1024

struct latency {
	uint64_t count;
	float us[LATENCY_KEPT];
	struct histogram ever;
};

void latency_add(struct latency *l, float us);
/* The value below which `percent` of the kept ones lie; 0 where there are none. */
float latency_percentile(const struct latency *l, unsigned percent);

#endif
