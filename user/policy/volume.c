// SPDX-License-Identifier: GPL-2.0-or-later

#include "../tap/keyed.h"

/* Clients choose what is hashed here. */
#define HASH_FUNCTION(key, len, hash) (hash) = keyed_hash(key, len)

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "owner.h"
#include "volume.h"
#include "window.h"

#define SLOT     (VOLUME_WINDOW / WINDOW_SLOTS)
#define HELO_MAX 256 /* bytes of a name that are told apart */

struct name {
	uint32_t hash;
	uint32_t last; /* seconds + 1; 0: none */
};

struct source {
	struct prefix prefix;
	struct window brought;
	uint32_t inherited; /* rank of whom it took the place of, halved with each slot */
	struct name name[VOLUME_HELOS];
	UT_hash_handle hh;
};

struct volume {
	size_t room;
	struct window all;
	struct source *table;
};

struct volume *volume_new(size_t sources)
{
	struct volume *volume = calloc(1, sizeof(*volume));

	if (volume)
		volume->room = sources;
	return volume;
}

void volume_free(struct volume *volume)
{
	struct source *source, *next;

	if (!volume)
		return;
	HASH_ITER(hh, volume->table, source, next)
	{
		HASH_DEL(volume->table, source);
		free(source);
	}
	free(volume);
}

void volume_session(struct volume *volume, uint32_t now)
{
	window_add(&volume->all, now / SLOT);
}

/* Brings it up to `slot'; its rank then. */
static uint64_t rank(struct source *source, uint32_t slot)
{
	source->inherited >>= window_turn(&source->brought, slot);
	return (uint64_t)source->inherited + window_sum(&source->brought, slot);
}

static struct source *least(struct volume *volume, uint32_t slot)
{
	struct source *found = NULL;
	uint64_t lowest = UINT64_MAX;

	for (struct source *source = volume->table; source; source = source->hh.next) {
		uint64_t own = rank(source, slot);

		if (own >= lowest)
			continue;
		lowest = own;
		found = source;
	}
	return found;
}

static struct source *source_new(struct volume *volume, const struct prefix *prefix, uint32_t slot)
{
	uint64_t inherited = 0;
	struct source *source;

	if (HASH_COUNT(volume->table) >= volume->room) {
		source = least(volume, slot);
		if (!source)
			return NULL;
		inherited = rank(source, slot);
		HASH_DEL(volume->table, source);
	} else {
		source = malloc(sizeof(*source));
		if (!source)
			return NULL;
	}
	memset(source, 0, sizeof(*source));
	source->prefix = *prefix;
	source->inherited = inherited < UINT32_MAX ? (uint32_t)inherited : UINT32_MAX;
	source->brought.at = slot;
	HASH_ADD(hh, volume->table, prefix, sizeof(source->prefix), source);
	return source;
}

static uint32_t hash_name(const char *helo)
{
	char folded[HELO_MAX];
	size_t len = 0;

	for (; len < sizeof(folded) && helo[len]; len++)
		folded[len] = (char)tolower((unsigned char)helo[len]);
	return keyed_hash(folded, len);
}

/* The name longest unheard makes room: what is left are the latest VOLUME_HELOS different ones. */
static void note_name(struct source *source, const char *helo, uint32_t now)
{
	uint32_t hash = hash_name(helo);
	struct name *place = source->name;

	for (int i = 0; i < VOLUME_HELOS; i++) {
		struct name *name = &source->name[i];

		if (name->last && name->hash == hash) {
			name->last = now + 1;
			return;
		}
		if (name->last < place->last)
			place = name;
	}
	*place = (struct name){hash, now + 1};
}

static bool has_many_names(const struct source *source, uint32_t now)
{
	for (int i = 0; i < VOLUME_HELOS; i++)
		if (!source->name[i].last || now + 1 - source->name[i].last > VOLUME_WINDOW)
			return false;
	return true;
}

struct volume_says volume_served(struct volume *volume, const struct addr *client, const char *helo,
				 uint32_t now)
{
	uint32_t slot = now / SLOT;
	struct volume_says says = {
		.source = owner_of(client),
		.all = window_sum(&volume->all, slot),
	};
	struct source *source;

	HASH_FIND(hh, volume->table, &says.source, sizeof(says.source), source);
	if (!source)
		source = source_new(volume, &says.source, slot);
	if (!source)
		return says;
	rank(source, slot);
	window_add(&source->brought, slot);
	note_name(source, helo, now);
	says.brought = window_sum(&source->brought, slot);
	if (says.all >= VOLUME_FLOOR && (uint64_t)says.brought * VOLUME_SHARE > says.all)
		says.kind = VOLUME_LARGE_SHARE;
	else if (has_many_names(source, now))
		says.kind = VOLUME_MANY_NAMES;
	return says;
}

const char *volume_words(char text[VOLUME_WORDS], const struct volume_says *says)
{
	if (says->kind == VOLUME_LARGE_SHARE)
		snprintf(text, VOLUME_WORDS, "brought mail in %u of %u sessions within an hour",
			 says->brought, says->all);
	else
		snprintf(text, VOLUME_WORDS, "brought mail under %d HELO names within an hour",
			 VOLUME_HELOS);
	return text;
}
