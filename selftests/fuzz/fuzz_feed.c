// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lists of any bytes in any format. The first byte chooses the format, the second how many bytes a
 * read gives. The set must be sorted, with gaps between its ranges; what is told must be short and
 * printable; and the networks of the set, read again as a plain list, must make the same set.
 */
#include <errno.h>
#include <stdbool.h>

#include "../unit/feeds.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void listen(void *context, size_t line, const char *why)
{
	(void)context;
	(void)line;
	require(*why && strlen(why) < FEED_WHY);
	for (; *why; why++)
		require(*why >= 0x20 && *why < 0x7f);
}

static void check_set(const struct feed_set *set)
{
	for (size_t i = 0; i < set->v4.count; i++) {
		const struct range4 *range = &set->v4.item[i];

		require(range->first <= range->last);
		require(!i || range[-1].last + 1ULL < range->first);
	}
	for (size_t i = 0; i < set->v6.count; i++) {
		const struct range6 *range = &set->v6.item[i];

		require(!wide_less(range->last, range->first));
		require(!i || (wide_less(range[-1].last, range->first) &&
			       wide_less(wide_next(range[-1].last), range->first)));
	}
}

static int read_list(struct feed *feed, enum feed_format format, struct memory memory,
		     struct feed_set *set)
{
	const struct feed_events events = {listen, NULL};
	int err;

	feed_init(feed, format, FEEDS_NOW, &events);
	err = feed_read(feed, memory_read, &memory, set);
	require(!err || err == -EBADMSG);
	require(!err || feed_set_is_empty(set));
	require(feed->format != FEED_AUTO || err);
	check_set(set);
	return err;
}

struct printed {
	FILE *file;
	bool wide; /* neighbours have become a network that no list may hold */
};

static int print(const struct prefix *prefix, void *context)
{
	struct printed *printed = context;
	struct prefix again;
	char text[ADDR_TEXT];

	fprintf(printed->file, "%s\n", prefix_format(text, prefix));
	require(prefix_parse(&again, text) && prefix_equal(&again, prefix));
	printed->wide |= prefix->plen < (addr_is_v4(&prefix->addr) && prefix->plen >= ADDR_V4_BITS
						 ? ADDR_V4_BITS + FEED_V4_SHORTEST
						 : FEED_V6_SHORTEST);
	return 0;
}

static bool same(const struct feed_set *a, const struct feed_set *b)
{
	return a->v4.count == b->v4.count && a->v6.count == b->v6.count &&
	       (!a->v4.count ||
		!memcmp(a->v4.item, b->v4.item, a->v4.count * sizeof(*a->v4.item))) &&
	       (!a->v6.count || !memcmp(a->v6.item, b->v6.item, a->v6.count * sizeof(*a->v6.item)));
}

/* IPv4-mapped pieces of an IPv6 network come back as IPv4. */
static bool meets_mapped(const struct feed_set *set)
{
	for (size_t i = 0; i < set->v6.count; i++)
		if (!wide_less(wide_of_v4(UINT32_MAX), set->v6.item[i].first) &&
		    !wide_less(set->v6.item[i].last, wide_of_v4(0)))
			return true;
	return false;
}

static void read_again(const struct feed_set *set)
{
	struct printed printed = {0};
	struct feed_set again;
	struct feed feed;
	size_t len = 0;
	char *list = NULL;

	printed.file = open_memstream(&list, &len);
	require(printed.file && !feed_set_walk(set, print, &printed) && !fclose(printed.file));
	if (!printed.wide && len && !meets_mapped(set)) {
		require(!read_list(&feed, FEED_CIDR, (struct memory){list, len, 0}, &again));
		require(!feed.unusable && same(set, &again));
		feed_set_free(&again);
		feed_free(&feed);
	}
	free(list);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct feed_set set;
	struct feed feed;
	char *list;

	if (size < 2)
		return 0;
	/* An exact copy on the heap, so that a read beyond its end is seen. */
	list = malloc(size - 2 ? size - 2 : 1);
	require(list != NULL);
	memcpy(list, data + 2, size - 2);
	read_list(&feed, (enum feed_format)(data[0] % FEED_FORMAT_COUNT),
		  (struct memory){list, size - 2, data[1]}, &set);
	require(feed.used + feed.unusable <= feed.lines);
	read_again(&set);
	feed_set_free(&set);
	feed_free(&feed);
	free(list);
	return 0;
}
