// SPDX-License-Identifier: GPL-2.0-or-later
#include "rbldnsd.h"
#include "text.h"

/* The default value, which stands alone. */
static bool is_default(struct feed *feed, const char *text)
{
	if (*text != ':')
		return false;
	rbldnsd_value(feed, text, text);
	return true;
}

/* "-LAST" behind `count` octets that made *first. */
static const char *read_last(uint32_t first, unsigned count, uint32_t *last, const char **text)
{
	unsigned given = rbldnsd_octets(last, text);

	if (!given)
		return RBLDNSD_NO_ADDRESS;
	if (given == 1)
		*last = *last >> (8 * (count - 1)) | (first & mask4(8 * (count - 1)));
	else if (given != count)
		return "is a range whose ends have different numbers of octets";
	*last |= ~mask4(8 * count);
	return *last < first ? "ends before it begins" : NULL;
}

struct entry4 {
	uint32_t first, last;
	unsigned plen;
	const char *rest;
};

/* NULL, or what is wrong. */
static const char *read_entry(struct entry4 *entry, const char *text, bool ranges)
{
	unsigned count = rbldnsd_octets(&entry->first, &text);

	if (!count)
		return RBLDNSD_NO_ADDRESS;
	entry->plen = 8 * count;
	if (ranges && *text == '-') {
		const char *why;

		text++;
		why = read_last(entry->first, count, &entry->last, &text);
		entry->rest = text;
		return why ? why : rbldnsd_ends(text) ? NULL : RBLDNSD_NO_ADDRESS;
	}
	if (*text == '/') {
		text++;
		if (!read_number(&entry->plen, &text, 32))
			return "has no length from 0 to 32 behind the slash";
		count = 0;
	}
	entry->rest = text;
	entry->last = entry->first | ~mask4(entry->plen);
	if (!rbldnsd_ends(text) || (ranges && !entry->plen))
		return RBLDNSD_NO_ADDRESS;
	if (count == 1)
		return "is a bare number: write /8 behind it";
	return entry->first & ~mask4(entry->plen) ? RBLDNSD_HOST_BITS : NULL;
}

/* Beyond $MAXRANGE4 not even an exception counts. */
static const char *too_long(const struct feed *feed, const struct entry4 *entry)
{
	if (feed->max_range4 && feed->max_range4 <= entry->last - entry->first)
		return "is longer than $MAXRANGE4 of the list allows";
	return NULL;
}

/* True where *entry and *excepted are to be used; else it was told why not. */
static bool take_entry(struct feed *feed, const char *text, bool ranges, struct entry4 *entry,
		       bool *excepted)
{
	const char *line = text, *why;

	*excepted = rbldnsd_excepts(&text);
	why = read_entry(entry, text, ranges);
	why = why ? why : too_long(feed, entry);
	if (why) {
		rbldnsd_bad(feed, line, why);
		return false;
	}
	if (*excepted)
		return true;
	if (!rbldnsd_value(feed, entry->rest, line))
		return false;
	if (entry->last - entry->first <= UINT32_MAX >> FEED_V4_SHORTEST)
		return true;
	feed_too_wide(feed, line);
	return false;
}

/*
 * What a range does not fill of the next coarser octet at its ends belongs to this level, the rest
 * to the coarser ones. `end` is behind the last address.
 */
static int add_octets(struct set4 *level, uint64_t first, uint64_t end)
{
	int err = 0;

	for (unsigned i = 0; !err && i < FEED_OCTETS - 1 && first < end; i++) {
		uint64_t size = 256ULL << (8 * i);
		uint64_t up = (first + size - 1) & ~(size - 1), down = end & ~(size - 1);

		if (up >= down) {
			/* No whole one is inside. */
			return set4_add(&level[i], (uint32_t)first, (uint32_t)(end - 1));
		}
		if (first < up)
			err = set4_add(&level[i], (uint32_t)first, (uint32_t)(up - 1));
		if (!err && down < end)
			err = set4_add(&level[i], (uint32_t)down, (uint32_t)(end - 1));
		first = up;
		end = down;
	}
	if (err || first >= end)
		return err;
	return set4_add(&level[FEED_OCTETS - 1], (uint32_t)first, (uint32_t)(end - 1));
}

int feed_line_ip4set(struct feed *feed, const struct feed_line *line)
{
	struct entry4 entry;
	bool excepted;
	int err;

	if (rbldnsd_common(feed, line, &err))
		return err;
	if (is_default(feed, line->text) || !take_entry(feed, line->text, true, &entry, &excepted))
		return 0;
	feed->used++;
	return add_octets(excepted ? feed->octets_minus : feed->octets, entry.first,
			  entry.last + 1ULL);
}

/* From the coarsest level to the finest, so that the finest has the last word. */
int feed_end_ip4set(struct feed *feed)
{
	int err = 0;

	for (unsigned i = FEED_OCTETS; !err && i-- > 0;) {
		err = set4_settle(&feed->octets[i]);
		err = err ? err : set4_settle(&feed->octets_minus[i]);
		err = err ? err : set4_unite(&feed->set.v4, &feed->octets[i]);
		err = err ? err : set4_subtract(&feed->set.v4, &feed->octets_minus[i]);
		set4_free(&feed->octets[i]);
		set4_free(&feed->octets_minus[i]);
	}
	return err;
}

int feed_line_ip4trie(struct feed *feed, const struct feed_line *line)
{
	struct entry4 entry;
	bool excepted;
	int err;

	if (rbldnsd_common(feed, line, &err))
		return err;
	if (is_default(feed, line->text) || !take_entry(feed, line->text, false, &entry, &excepted))
		return 0;
	feed->used++;
	return trie_add(&feed->trie, wide_of_v4(entry.first), ADDR_V4_BITS + entry.plen, excepted);
}

int feed_line_ip4tset(struct feed *feed, const struct feed_line *line)
{
	const char *at = line->text;
	uint32_t addr;
	int err;

	if (rbldnsd_common(feed, line, &err))
		return err;
	if (is_default(feed, line->text))
		return 0;
	if (rbldnsd_octets(&addr, &at) != 4 || !rbldnsd_ends(at))
		return rbldnsd_bad(feed, line->text, "is no single IPv4 address, as ip4tset wants");
	return feed_list4(feed, addr, addr, line->text);
}
