/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The resolver's inside, shared by its files and by nobody else.
 *
 *   dns_ask -> asker of a lookup -> waiting -> libunbound -> done -> every asker's function
 *
 * A lookup is one name and type; it stands in the table from the first question until libunbound
 * has answered, even where nobody waits any more: libunbound's thread cannot be called back (its
 * ub_cancel() only forgets whom to tell), the next asker joins it, and it counts against
 * under_way_max for as long as it holds memory.
 *
 * Files: resolver.c keeps lookups and askers, resolver_unbound.c sets libunbound up,
 * resolver_send.c hands it questions without ever waiting for its thread.
 */
#ifndef MXDP_DNS_RESOLVER_INSIDE_H
#define MXDP_DNS_RESOLVER_INSIDE_H

#include <unbound.h>
#include <uthash.h>
#include "resolver.h"

/* A name that libunbound answers from its own tables, below RFC 6761's "invalid". */
#define UNBOUND_MARKER "mxdp.invalid."

enum lookup_state {
	LOOKUP_WAITING, /* in resolver.waiting */
	LOOKUP_SENT,    /* libunbound has it, and its callback the pointer */
	LOOKUP_DONE,    /* in resolver.done */
};

struct lookup {
	struct resolver *resolver;
	enum lookup_state state;
	uint64_t sent_at; /* nanoseconds of uv_hrtime() */
	struct dns_question *askers;
	struct lookup *prev, *next; /* in waiting or done */
	struct ub_result *result;   /* of a done one; NULL: `status` says it all */
	enum dns_status status;
	bool refused;
	UT_hash_handle hh;
	char key[]; /* the type, a byte; the name */
};

struct dns_question {
	struct lookup *lookup;
	dns_fn fn;
	void *context;
	uint64_t deadline; /* milliseconds of uv_hrtime() */
	struct dns_question *prev, *next;
	struct dns_question *earlier, *later; /* of all that wait, in order of their deadlines */
};

struct resolver {
	uv_loop_t *loop;
	struct resolver_settings settings; /* without its lists, which the caller keeps */
	struct ub_ctx *ctx;
	struct resolver_counts counts;
	struct lookup *table, *waiting, *done;
	struct dns_question *first, *last; /* by deadline */
	uv_poll_t poll;                    /* answers from libunbound's thread */
	uv_timer_t timer;                  /* the first deadline */
	uv_idle_t work;                    /* something is waiting or done: runs until nothing is */
	unsigned sockets; /* of libunbound: it gets no more questions than that at a time */
	unsigned sent;    /* lookups that it has */
	unsigned open;    /* handles that are not closed yet */
	bool broken;      /* libunbound's thread is gone: all fails from here on */
	bool closing;
	struct {
		uint64_t written, read; /* messages: handed over, and known to be read */
		uint64_t marker;        /* the marker's own number */
		bool marker_under_way;
	} pipe;
};

/* resolver_unbound.c: a context with everything set; NULL with `error` filled in. */
struct ub_ctx *unbound_new(const struct resolver_settings *settings, unsigned sockets, char *error,
			   size_t error_size);

/* How many it may have open at a time; raises the soft limit of open files where it must. */
unsigned unbound_sockets(void);

/* resolver_send.c: whether the next can be sent without waiting for the thread. */
bool send_has_room(struct resolver *r);
/* Gives it to libunbound, which calls `done` from within ub_process(); false: it did not take it.
 */
bool send_lookup(struct lookup *lookup, ub_callback_type done);

#endif
