// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libunbound takes a question by writing two small pieces into a socket pair, and blocks while that
 * is full: after some 130 questions on a Linux with default buffers, for as long as its thread is
 * busy. It does not say how far its thread has read. So a marker goes along: a question that the
 * thread answers by itself, in order, at once. No more than PIPE_MESSAGES stand behind the last
 * marker that came back.
 *
 * Nor does it get more questions than it has sockets: they would wait inside it, in the order in
 * which they came, for a silent server's to end. Here each waits no longer than its deadline.
 */
#include "resolver_inside.h"

#define PIPE_MESSAGES 64
#define MARKER_EVERY  (PIPE_MESSAGES / 2)
#define CLASS_IN      1

static void marker_read(void *context, int err, struct ub_result *result)
{
	struct resolver *r = context;

	(void)err;
	ub_resolve_free(result);
	r->pipe.marker_under_way = false;
	r->pipe.read = r->pipe.marker;
}

static void send_marker(struct resolver *r)
{
	r->pipe.marker = ++r->pipe.written;
	r->pipe.marker_under_way =
		!ub_resolve_async(r->ctx, UNBOUND_MARKER, DNS_A, CLASS_IN, r, marker_read, NULL);
	/* Without one nothing is known: go on, and wait for the thread where it must be. */
	if (!r->pipe.marker_under_way)
		r->pipe.read = r->pipe.written;
}

bool send_has_room(struct resolver *r)
{
	uint64_t unread = r->pipe.written - r->pipe.read;

	if (r->broken)
		return true;
	if (r->sent >= r->sockets)
		return false;
	if (unread >= MARKER_EVERY && !r->pipe.marker_under_way)
		send_marker(r);
	return r->pipe.written - r->pipe.read < PIPE_MESSAGES;
}

bool send_lookup(struct lookup *lookup, ub_callback_type done)
{
	struct resolver *r = lookup->resolver;

	if (r->broken ||
	    ub_resolve_async(r->ctx, lookup->key + 1, lookup->key[0], CLASS_IN, lookup, done, NULL))
		return false;
	r->pipe.written++;
	r->sent++;
	return true;
}
