/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The time for the gate: seconds of CLOCK_BOOTTIME.
 *
 * Reading that clock costs some 25 ns and waits for every load before it (the time stamp counter is
 * read in order): a third of what a listed SYN cost. So it is read once a jiffy, for all CPUs: a
 * jiffy is 10 ms at the most, and whoever compares seconds cannot tell. After a suspend, in which
 * jiffies stand still, the first jiffy reads it anew.
 */
#ifndef MXDP_MAPS_CLOCK_BPF_H
#define MXDP_MAPS_CLOCK_BPF_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>

/* Above, the lower half of the jiffies; below, the seconds that were read then. One store. */
static volatile __u64 clock_last;

static __always_inline __u32 clock_seconds(void)
{
	__u64 last = clock_last;
	__u32 jiffy = bpf_jiffies64(), seconds = last;

	if (seconds && last >> 32 == jiffy)
		return seconds;
	seconds = bpf_ktime_get_boot_ns() / 1000000000ULL;
	clock_last = (__u64)jiffy << 32 | seconds;
	return seconds;
}

#endif
