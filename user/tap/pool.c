// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pool.h"

#define CHUNK 512 /* things */
#define LINE  64  /* bytes that caches move at a time */

/* What was given back is out of bounds, as with free(). */
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define FORBID(at, size) ASAN_POISON_MEMORY_REGION(at, size)
#define PERMIT(at, size) ASAN_UNPOISON_MEMORY_REGION(at, size)
#else
#define FORBID(at, size) ((void)(at), (void)(size))
#define PERMIT(at, size) ((void)(at), (void)(size))
#endif

struct pool_chunk {
	struct pool_chunk *next;
	char *things;
};

void pool_init(struct pool *p, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	*p = (struct pool){.size = size, .stride = (size + page - 1) / page * page};
}

/*
 * Things that begin at the same place of a page compete for the same few lines of a cache: each
 * begins a line further on than the last, as far as its own pages leave room for that.
 */
static void *place_of(const struct pool *p, size_t i)
{
	return p->chunks->things + p->stride * i + i % ((p->stride - p->size) / LINE + 1) * LINE;
}

static void *grow(struct pool *p)
{
	struct pool_chunk *chunk = malloc(sizeof(*chunk));
	void *things;

	if (!chunk)
		return NULL;
	things = mmap(NULL, p->stride * CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	if (things == MAP_FAILED) {
		free(chunk);
		return NULL;
	}
	/* A huge page would take what is never written too. */
	madvise(things, p->stride * CHUNK, MADV_NOHUGEPAGE);
	*chunk = (struct pool_chunk){p->chunks, things};
	p->chunks = chunk;
	p->unused = CHUNK;
	return things;
}

void *pool_take(struct pool *p)
{
	void *thing = p->free;

	if (!thing && !p->unused && !grow(p))
		return NULL;
	if (!thing)
		return place_of(p, --p->unused);
	PERMIT(thing, p->size);
	memcpy(&p->free, thing, sizeof(p->free));
	return thing;
}

void pool_give(struct pool *p, void *thing)
{
	memcpy(thing, &p->free, sizeof(p->free));
	p->free = thing;
	FORBID(thing, p->size);
}

void pool_free(struct pool *p)
{
	struct pool_chunk *chunk;

	while ((chunk = p->chunks)) {
		p->chunks = chunk->next;
		PERMIT(chunk->things, p->stride * CHUNK);
		munmap(chunk->things, p->stride * CHUNK);
		free(chunk);
	}
	*p = (struct pool){.size = p->size, .stride = p->stride};
}
