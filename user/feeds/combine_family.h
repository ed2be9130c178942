/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many lists of ranges into one, once for both families: combine.c includes it twice, as key.h
 * says. Being included twice is its purpose: there is no guard.
 *
 * The lists are lanes; a heap holds them by where the next edge of each lies. In the union that is
 * where its next range begins; in the sweep, also where the one ends that it is in.
 */

struct SET(lane) {
	const RANGE_TYPE *item, *end;
	uint32_t weight;
	bool inside; /* its range has begun */
};

struct SET(lanes) {
	struct SET(lane) heap[LANES];
	size_t count;
};

static KEY_TYPE SET(edge)(const struct SET(lane) * lane)
{
	return lane->inside ? lane->item->last : lane->item->first;
}

/* Ends are included: at the same address a range begins before another ends. */
static bool SET(is_before)(const struct SET(lane) * a, const struct SET(lane) * b)
{
	KEY_TYPE one = SET(edge)(a), other = SET(edge)(b);

	return KEY(less)(one, other) || (KEY(equal)(one, other) && a->inside < b->inside);
}

static void SET(sink)(struct SET(lanes) * lanes, size_t i)
{
	struct SET(lane) lane = lanes->heap[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= lanes->count)
			break;
		if (child + 1 < lanes->count &&
		    SET(is_before)(&lanes->heap[child + 1], &lanes->heap[child]))
			child++;
		if (!SET(is_before)(&lanes->heap[child], &lane))
			break;
		lanes->heap[i] = lanes->heap[child];
		i = child;
	}
	lanes->heap[i] = lane;
}

static void SET(open_lane)(struct SET(lanes) * lanes, const RANGE_TYPE *item, size_t count,
			   uint32_t weight)
{
	if (count)
		lanes->heap[lanes->count++] =
			(struct SET(lane)){.item = item, .end = item + count, .weight = weight};
}

static void SET(order_lanes)(struct SET(lanes) * lanes)
{
	for (size_t i = lanes->count / 2; i-- > 0;)
		SET(sink)(lanes, i);
}

/* The first lane has moved, perhaps behind its end. */
static void SET(moved)(struct SET(lanes) * lanes)
{
	if (lanes->heap[0].item == lanes->heap[0].end)
		lanes->heap[0] = lanes->heap[--lanes->count];
	SET(sink)(lanes, 0);
}

/* Ranges come in the order of where they begin. */
static int SET(append)(SET_TYPE *out, KEY_TYPE first, KEY_TYPE last)
{
	RANGE_TYPE *before = out->count ? &out->item[out->count - 1] : NULL;

	if (!before ||
	    (KEY(less)(before->last, first) && !KEY(equal)(KEY(next)(before->last), first)))
		return SET(add)(out, first, last);
	if (KEY(less)(before->last, last))
		before->last = last;
	return 0;
}

static int SET(merge)(SET_TYPE *out, struct SET(lanes) * lanes)
{
	int err = 0;

	SET(order_lanes)(lanes);
	while (lanes->count && !err) {
		const RANGE_TYPE *item = lanes->heap[0].item++;

		err = SET(append)(out, item->first, item->last);
		SET(moved)(lanes);
	}
	return err;
}

static int SET(sweep)(SET_TYPE *out, struct SET(lanes) * lanes)
{
	KEY_TYPE since = {0};
	uint32_t sum = 0;
	int err = 0;

	SET(order_lanes)(lanes);
	while (lanes->count && !err) {
		struct SET(lane) *lane = &lanes->heap[0];
		uint32_t before = sum;

		if (!lane->inside) {
			sum += lane->weight;
			if (before < FEED_WEIGHT_FULL && sum >= FEED_WEIGHT_FULL)
				since = lane->item->first;
			lane->inside = true;
		} else {
			sum -= lane->weight;
			if (before >= FEED_WEIGHT_FULL && sum < FEED_WEIGHT_FULL)
				err = SET(append)(out, since, lane->item->last);
			lane->inside = false;
			lane->item++;
		}
		SET(moved)(lanes);
	}
	return err;
}

/* How much of the one list lies outside of the other. */
static uint64_t SET(outside)(const RANGE_TYPE *item, size_t count, const RANGE_TYPE *other,
			     size_t other_count)
{
	uint64_t sum = 0;
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		KEY_TYPE first = item[i].first, last = item[i].last;
		bool is_left = true;

		while (at < other_count && KEY(less)(other[at].last, first))
			at++;
		for (; at < other_count && !KEY(less)(last, other[at].first); at++) {
			if (KEY(less)(first, other[at].first))
				sum += KEY(measure)(first, KEY(prev)(other[at].first));
			is_left = KEY(less)(other[at].last, last);
			if (!is_left)
				break; /* it may reach into the next range too */
			first = KEY(next)(other[at].last);
		}
		if (is_left)
			sum += KEY(measure)(first, last);
	}
	return sum;
}

#undef SET
#undef KEY
#undef SET_TYPE
#undef RANGE_TYPE
#undef KEY_TYPE
#undef KEY_BITS
