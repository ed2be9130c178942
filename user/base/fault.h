/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps of mxdpd's life at which a test has it die, as by kill -9: fault(restored) ends the process
 * there where MXDP_FAULT in its environment is "restored". Each step stands here once, and
 * selftests/lab/test_fault_steps.sh goes through all of them. Only build/mxdpd-faults is built with
 * MXDP_FAULTS; in all else nothing of this is left but that the step exists.
 */
#ifndef MXDP_BASE_FAULT_H
#define MXDP_BASE_FAULT_H

/* In the order of a life: its start, its work, its end. */
#define FAULT_STEPS(X)     \
	X(config_read)     \
	X(locked)          \
	X(server_opened)   \
	X(pins_locked)     \
	X(maps_loaded)     \
	X(gate_put)        \
	X(tap_put)         \
	X(attached)        \
	X(protected_open)  \
	X(state_loaded)    \
	X(restoring)       \
	X(restored)        \
	X(maps_marked)     \
	X(live_filled)     \
	X(fenced)          \
	X(begun)           \
	X(verdict_put)     \
	X(verdict_told)    \
	X(block_put)       \
	X(unblock_deleted) \
	X(expired_deleted) \
	X(journal_written) \
	X(journal_kept)    \
	X(state_written)   \
	X(feed_written)    \
	X(feed_built)      \
	X(feed_swapped)    \
	X(reloading)       \
	X(ending)          \
	X(gate_removed)    \
	X(detached)        \
	X(journal_told)

enum fault_step {
#define X(step) FAULT_##step,
	FAULT_STEPS(X)
#undef X
};

#ifdef MXDP_FAULTS
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static inline void fault_at(const char *step)
{
	const char *wanted = getenv("MXDP_FAULT");

	if (!wanted || strcmp(wanted, step) != 0)
		return;
	raise(SIGKILL);
	__builtin_trap(); /* where a filter of system calls forbids that */
}
#define fault(step) ((void)FAULT_##step, fault_at(#step))
#else
#define fault(step) ((void)FAULT_##step)
#endif

#endif
