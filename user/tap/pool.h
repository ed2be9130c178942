/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Room for many things of one size, each in pages of its own: of a thing whose far end is seldom
 * used, only the pages that were written take memory. What is given back is handed out again first,
 * as it was left: nobody clears it. The pool grows by chunks and never shrinks.
 */
#ifndef MXDP_TAP_POOL_H
#define MXDP_TAP_POOL_H

#include <stddef.h>

struct pool_chunk;

struct pool {
	size_t size, stride; /* of each, without and with the rest of its last page */
	void *free;          /* list, linked through their first bytes */
	struct pool_chunk *chunks;
	size_t unused; /* never handed out yet, in the newest chunk */
};

void pool_init(struct pool *p, size_t size);
/* NULL where memory is short. All zero the first time. */
void *pool_take(struct pool *p);
void pool_give(struct pool *p, void *thing);
/* With all that was taken from it. */
void pool_free(struct pool *p);

#endif
