// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <string.h>

#include "busiest.h"

static bool is_before(const struct busiest *b, const struct verdict_entry *one,
		      const struct verdict_entry *other)
{
	bool one_lately = one->hits.last >= b->lately, other_lately = other->hits.last >= b->lately;

	if (one_lately != other_lately)
		return one_lately;
	return one->hits.packets > other->hits.packets;
}

void busiest_offer(struct busiest *b, const struct verdict_entry *entry)
{
	size_t at = b->count;

	while (at && is_before(b, entry, &b->entry[at - 1]))
		at--;
	if (at == BUSIEST)
		return;
	if (b->count < BUSIEST)
		b->count++;
	memmove(&b->entry[at + 1], &b->entry[at], (b->count - at - 1) * sizeof(*entry));
	b->entry[at] = *entry;
}
