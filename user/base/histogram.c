// SPDX-License-Identifier: GPL-2.0-or-later
#include "histogram.h"

const uint32_t histogram_bounds[HISTOGRAM_BOUNDS] = {
	50,    100,    250,    500,    1000,    2500,    5000,    10000,    25000,
	50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000,
};

void histogram_add(struct histogram *h, double us)
{
	unsigned i = 0;

	while (i < HISTOGRAM_BOUNDS && us > histogram_bounds[i])
		i++;
	h->in[i]++;
	h->sum_us += us;
}
