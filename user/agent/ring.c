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

/* Level-triggered: what is left over makes the descriptor readable again at once. */
static void readable(uv_poll_t *poll, int status, int events)
{
	struct agent *a = poll->data;

	(void)status;
	(void)events;
	a->records_this_turn = 0;
	ring_buffer__consume(a->ring);
	sessions_prepare(a->sessions);
}

int ring_open(struct agent *a, char *error, size_t error_size)
{
	a->ring = ring_buffer__new(a->maps.ring, take_record, a, NULL);
	if (!a->ring) {
		snprintf(error, error_size, "cannot read the ring buffer: %s", strerror(errno));
		return -errno;
	}
	uv_poll_init(&a->loop, &a->ring_poll, ring_buffer__epoll_fd(a->ring));
	a->ring_poll.data = a;
	return uv_poll_start(&a->ring_poll, UV_READABLE, readable);
}
