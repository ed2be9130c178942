/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long the event loop worked at a stretch, because as long as it works nobody else is served:
 * no record is read, no timer runs, no administrator is answered.
 *
 *   ... waiting | what woke it, timers, idle work | waiting ...
 *                <------------ a turn ------------>
 *
 * Two figures for each turn. Wall clock is what others had to wait, to the millisecond; on a busy
 * machine most of it may be other programs' work. CPU time of the thread is what the turn's own
 * work took: that one is ours to keep short.
 */
#ifndef MXDP_AGENT_STALL_H
#define MXDP_AGENT_STALL_H

#include <stdint.h>
#include <uv.h>

#define STALL_SPAN  10 /* seconds that share a figure */
#define STALL_SPANS 7  /* so that at least the last minute stands in them */

struct stall_longest {
	uint32_t wall_ms;
	uint32_t cpu_us;
};

struct stall {
	uint64_t turns;
	struct stall_longest ever;
	struct stall_longest lately[STALL_SPANS]; /* by the number of the span, modulo */
	uint32_t span;                            /* number of the current one */
	uv_prepare_t before;                      /* the loop waits next */
	uv_check_t after;                         /* what woke it has been served */
	uint64_t cpu_ns;                          /* of the thread, at the end of the last turn */
	uint32_t wall_ms;                         /* of this turn, so far */
};

/* The thread that calls runs the loop. The handles keep no loop alive and are closed with it. */
void stall_open(struct stall *s, uv_loop_t *loop);

/* A turn, at `now` seconds of any clock that does not run back. */
void stall_note(struct stall *s, struct stall_longest turn, uint32_t now);
/* The longest of the last sixty to seventy seconds. */
struct stall_longest stall_last_minute(struct stall *s, uint32_t now);

#endif
