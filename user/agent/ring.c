// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <bpf/libbpf.h>

#include "agent.h"

/* Records read in one turn of the loop, so that a flood does not keep timers and mxdpctl waiting.
 */
#define RECORDS_A_TURN 4096

static int take_record(void *context, void *data, size_t size)
{
	struct agent *a = context;
	const struct record *record = data;

	sessions_record(a->sessions, record, size, record->time / 1000000);
	return ++a->records_this_turn < RECORDS_A_TURN ? 0 : -EAGAIN;
}

static void take_records(struct agent *a)
{
	a->records_this_turn = 0;
	ring_buffer__consume(a->ring);
	sessions_prepare(a->sessions);
}

/*
 * Being woken costs more than a record does. As long as records are few, each is taken at once;
 * where they come in a stream they are gathered for four milliseconds, as network cards do with
 * interrupts. That also spares the programs in the kernel: they wake nobody who is not waiting.
 */
#define GATHER_MS  4
#define WINDOW_MS  10
#define STREAM     40 /* wakeups in a window, from which on records are gathered */
#define STREAM_END 20 /* records in a window, below which each is taken at once again */

/* Counts `n` more in this window; true where one has just gone by, with its sum in `sum`. */
static bool window_over(struct agent *a, unsigned n, unsigned *sum)
{
	uint64_t now = uv_now(&a->loop);

	a->gather.sum += n;
	*sum = a->gather.sum;
	if (now - a->gather.since < WINDOW_MS)
		return false;
	a->gather.since = now;
	a->gather.sum = 0;
	return true;
}

static void readable(uv_poll_t *poll, int status, int events);

static void gathered(uv_timer_t *timer)
{
	struct agent *a = timer->data;
	unsigned records;

	take_records(a);
	if (!window_over(a, a->records_this_turn, &records) || records >= STREAM_END)
		return;
	uv_timer_stop(timer);
	uv_poll_start(&a->ring_poll, UV_READABLE, readable);
}

/* Level-triggered: what is left over makes the descriptor readable again at once. */
static void readable(uv_poll_t *poll, int status, int events)
{
	struct agent *a = poll->data;
	unsigned wakeups;

	(void)status;
	(void)events;
	take_records(a);
	if (window_over(a, 1, &wakeups) || wakeups < STREAM)
		return;
	uv_poll_stop(poll);
	uv_timer_start(&a->gather.timer, gathered, GATHER_MS, GATHER_MS);
}

int ring_open(struct agent *a, char *error, size_t error_size)
{
	a->ring = ring_buffer__new(a->maps.ring, take_record, a, NULL);
	if (!a->ring) {
		snprintf(error, error_size, "cannot read the ring buffer: %s", strerror(errno));
		return -errno;
	}
	uv_poll_init(&a->loop, &a->ring_poll, ring_buffer__epoll_fd(a->ring));
	uv_timer_init(&a->loop, &a->gather.timer);
	a->ring_poll.data = a->gather.timer.data = a;
	return uv_poll_start(&a->ring_poll, UV_READABLE, readable);
}
