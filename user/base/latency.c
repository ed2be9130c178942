// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "latency.h"

void latency_add(struct latency *l, float us)
{
	l->us[l->count++ % LATENCY_KEPT] = us;
	histogram_add(&l->ever, (double)us);
}

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

float latency_percentile(const struct latency *l, unsigned percent)
{
	size_t n = l->count < LATENCY_KEPT ? (size_t)l->count : LATENCY_KEPT;
	float sorted[LATENCY_KEPT];

	if (!n)
		return 0;
	memcpy(sorted, l->us, n * sizeof(sorted[0]));
	qsort(sorted, n, sizeof(sorted[0]), compare);
	return sorted[(n - 1) * percent / 100];
}
