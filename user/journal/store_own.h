/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store itself: what its thread (store.c) and those who tell it things (store_tell.c) share. */
#ifndef MXDP_JOURNAL_STORE_OWN_H
#define MXDP_JOURNAL_STORE_OWN_H

#include <pthread.h>
#include "../base/boot.h"
#include "store_db.h"

struct store {
	char path[512], boot_id[BOOT_ID];
	struct store_options options;
	struct store_db *db; /* the thread's, once there is one; NULL while there is a problem */
	int error;           /* why: -errno of the last failure */
	uint32_t aside_at;   /* boot seconds: when a damaged file was last moved aside; 0: never */
	uint64_t retry_at, prune_at; /* milliseconds of CLOCK_MONOTONIC */

	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t wake;

	/* Below `lock`. */
	struct store_op *first, **last;
	size_t waiting, bytes;
	bool ending;
	bool wants_census;
	uint64_t written, lost;
	char problem[STORE_WORDS];
};

/* Time of day when this boot's clock was 0, by the clock as it is set now. */
int64_t store_booted(const struct store *s);

/* Below the lock: whether what waits should be written without waiting for more. */
bool store_is_pressing(const struct store *s);

/* Those that had run out by then. */
void store_expire(struct store *s, uint32_t at);

#endif
