/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The algebra of set.h once, for both families: set.c includes it twice, as key.h says.
 * Being included twice is its purpose: there is no guard.
 */

static int SET(make_room)(SET_TYPE *set, size_t more)
{
	size_t room = set->room ? set->room : 64;
	RANGE_TYPE *item;

	if (set->room - set->count >= more)
		return 0;
	while (room - set->count < more) {
		if (room > SIZE_MAX / 2 / sizeof(*item))
			return -ENOMEM;
		room *= 2;
	}
	item = realloc(set->item, room * sizeof(*item));
	if (!item)
		return -ENOMEM;
	large_pages(item, room * sizeof(*item));
	set->item = item;
	set->room = room;
	return 0;
}

int SET(add)(SET_TYPE *set, KEY_TYPE first, KEY_TYPE last)
{
	int err;

	if (set->count == set->room) {
		err = SET(make_room)(set, 1);
		if (err)
			return err;
	}
	set->item[set->count++] = (RANGE_TYPE){first, last};
	return 0;
}

void SET(free)(SET_TYPE *set)
{
	free(set->item);
	*set = (SET_TYPE){0};
}

/* Most lists come sorted. */
static bool SET(is_sorted)(const SET_TYPE *set)
{
	for (size_t i = 1; i < set->count; i++)
		if (KEY(less)(set->item[i].first, set->item[i - 1].first))
			return false;
	return true;
}

/* Overlaps and neighbours become one. */
static void SET(join)(SET_TYPE *set)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->count; i++) {
		RANGE_TYPE *last = kept ? &set->item[kept - 1] : NULL;
		RANGE_TYPE next = set->item[i];

		if (!last || (KEY(less)(last->last, next.first) &&
			      !KEY(equal)(KEY(next)(last->last), next.first)))
			set->item[kept++] = next;
		else if (KEY(less)(last->last, next.last))
			last->last = next.last;
	}
	set->count = kept;
}

/* What the room is too large for is given back: a set may live long. */
static void SET(shrink)(SET_TYPE *set)
{
	RANGE_TYPE *item;

	if (!set->count) {
		SET(free)(set);
		return;
	}
	item = realloc(set->item, set->count * sizeof(*item));
	if (!item)
		return;
	set->item = item;
	set->room = set->count;
}

/* Least significant digit first, each pass into the other of two rooms. */
static int SET(sort)(SET_TYPE *set)
{
	size_t(*places)[BUCKETS] = calloc(KEY_DIGITS, sizeof(*places));
	RANGE_TYPE *other = malloc(set->room * sizeof(*other));
	int err = places && other ? 0 : -ENOMEM;

	if (!err)
		large_pages(other, set->room * sizeof(*other));
	for (size_t i = 0; !err && i < set->count; i++)
		for (unsigned d = 0; d < KEY_DIGITS; d++)
			places[d][KEY(digit)(set->item[i].first, d)]++;
	for (unsigned d = 0; !err && d < KEY_DIGITS; d++) {
		RANGE_TYPE *from = set->item;

		if (!places_of(places[d], set->count))
			continue;
		for (size_t i = 0; i < set->count; i++)
			other[places[d][KEY(digit)(from[i].first, d)]++] = from[i];
		set->item = other;
		other = from;
	}
	free(places);
	free(other);
	if (!err)
		SET(sort_rest)(set);
	return err;
}

int SET(settle)(SET_TYPE *set)
{
	int err = SET(is_sorted)(set) ? 0 : SET(sort)(set);

	if (err)
		return err;
	SET(join)(set);
	SET(shrink)(set);
	return 0;
}

int SET(unite)(SET_TYPE *set, const SET_TYPE *other)
{
	size_t count = set->count;
	int err;

	if (!other->count)
		return 0;
	err = SET(make_room)(set, other->count);
	if (err)
		return err;
	memcpy(set->item + count, other->item, other->count * sizeof(*set->item));
	set->count += other->count;
	err = SET(settle)(set);
	if (err)
		set->count = count;
	return err;
}

/*
 * What is left of `range` goes to `left`; *from is the first item of `minus` that can meet it, and
 * afterwards the first that can meet the next.
 */
static void SET(cut)(SET_TYPE *left, RANGE_TYPE range, const SET_TYPE *minus, size_t *from)
{
	size_t i = *from;

	while (i < minus->count && KEY(less)(minus->item[i].last, range.first))
		i++;
	for (; i < minus->count && !KEY(less)(range.last, minus->item[i].first); i++) {
		const RANGE_TYPE *hole = &minus->item[i];

		if (KEY(less)(range.first, hole->first))
			left->item[left->count++] =
				(RANGE_TYPE){range.first, KEY(prev)(hole->first)};
		/* It may reach into the next range too. */
		*from = i;
		if (!KEY(less)(hole->last, range.last))
			return;
		range.first = KEY(next)(hole->last);
	}
	*from = i;
	left->item[left->count++] = range;
}

int SET(subtract)(SET_TYPE *set, const SET_TYPE *minus)
{
	SET_TYPE left = {0};
	size_t from = 0;
	int err;

	if (!set->count || !minus->count)
		return 0;
	/* Each hole adds one piece at most. */
	err = SET(make_room)(&left, set->count + minus->count);
	if (err)
		return err;
	for (size_t i = 0; i < set->count; i++)
		SET(cut)(&left, set->item[i], minus, &from);
	SET(free)(set);
	*set = left;
	SET(shrink)(set);
	return 0;
}

/* The largest block that begins with `first` and does not reach beyond `last`. */
static unsigned SET(host_bits)(KEY_TYPE first, KEY_TYPE last)
{
	unsigned bits = 0;

	while (bits < KEY_BITS && KEY(is_aligned)(first, bits + 1) &&
	       !KEY(less)(last, KEY(end)(first, bits + 1)))
		bits++;
	return bits;
}

static int SET(walk)(const SET_TYPE *set, int (*fn)(const struct prefix *prefix, void *context),
		     void *context)
{
	for (size_t i = 0; i < set->count; i++) {
		KEY_TYPE first = set->item[i].first, last;

		for (;;) {
			unsigned bits = SET(host_bits)(first, set->item[i].last);
			struct prefix prefix = {KEY(addr)(first), ADDR_BITS - bits};
			int err = fn(&prefix, context);

			if (err)
				return err;
			last = KEY(end)(first, bits);
			if (KEY(equal)(last, set->item[i].last))
				break;
			first = KEY(next)(last);
		}
	}
	return 0;
}

#undef SET
#undef KEY
#undef SET_TYPE
#undef RANGE_TYPE
#undef KEY_TYPE
#undef KEY_BITS
#undef KEY_DIGITS
