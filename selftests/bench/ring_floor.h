/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record of the bare loop that verdicts are measured against: see ring_floor.c. */
#ifndef MXDP_BENCH_RING_FLOOR_H
#define MXDP_BENCH_RING_FLOOR_H

#include "../../maps/verdict.h"

struct floor_record {
	__u64 time; /* CLOCK_MONOTONIC nanoseconds */
	__u32 proves;
	struct verdict_key client;
};

#endif
