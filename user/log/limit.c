// SPDX-License-Identifier: GPL-2.0-or-later
#include "../policy/owner.h"
#include "../tap/keyed.h"
#include "limit.h"

#define SETS (LOG_LIMIT_SOURCES / LOG_LIMIT_WAYS)

_Static_assert(sizeof(struct log_limited) == 32, "the header says so");

/* Its place, or the one that it gets. */
static struct log_limited *place_of(struct log_limit *l, const struct addr *owner, uint32_t now)
{
	size_t set = keyed_hash(owner, sizeof(*owner)) % SETS;
	struct log_limited *first = &l->source[set * LOG_LIMIT_WAYS], *victim = first;

	for (unsigned i = 0; i < LOG_LIMIT_WAYS; i++) {
		if (first[i].began && addr_equal(&first[i].source, owner))
			return &first[i];
		if (first[i].began < victim->began)
			victim = &first[i];
	}
	l->forgotten += victim->left_out;
	*victim = (struct log_limited){.source = *owner, .began = now + 1};
	return victim;
}

bool log_limit_takes(struct log_limit *l, const struct addr *source, uint32_t rate, uint32_t now)
{
	struct addr owner = owner_of(source).addr;
	struct log_limited *one = place_of(l, &owner, now);

	if (now + 1 - one->began >= LOG_LIMIT_MINUTE) {
		one->began = now + 1;
		one->lines = 0;
	}
	if (one->lines < rate) {
		one->lines++;
		return true;
	}
	if (!one->left_out++)
		one->since = now;
	return false;
}

bool log_limit_over(struct log_limit *l, uint32_t now, struct prefix *source, uint32_t *left_out)
{
	for (size_t i = 0; i < LOG_LIMIT_SOURCES; i++, l->look++) {
		struct log_limited *one = &l->source[l->look % LOG_LIMIT_SOURCES];

		if (!one->left_out || now - one->since < LOG_LIMIT_MINUTE)
			continue;
		*source = owner_of(&one->source);
		*left_out = one->left_out;
		one->left_out = 0;
		return true;
	}
	return false;
}
