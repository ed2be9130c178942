// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "../base/file.h"
#include "../base/large.h"
#include "blob.h"

_Static_assert(sizeof(struct feed_blob_head) == 32, "what follows is aligned to eight");
_Static_assert(sizeof(struct range4) == 8 && sizeof(struct range6) == 32, "no padding");

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* New kernels grumble where nobody says whether it may be executed; old ones know no such flag. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

static size_t padded(size_t len)
{
	return (len + 7) & ~(size_t)7;
}

/* The ranges of one family, told apart by which pointer is there. */
struct row {
	const struct range4 *v4;
	const struct range6 *v6;
	size_t count;
};

static struct range6 range_at(const struct row *row, size_t i)
{
	if (row->v4)
		return (struct range6){wide_of_v4(row->v4[i].first), wide_of_v4(row->v4[i].last)};
	return row->v6[i];
}

static struct row row_of(const struct feed_blob *blob, bool is_v4)
{
	return is_v4 ? (struct row){blob->v4, NULL, blob->v4_count}
		     : (struct row){NULL, blob->v6, blob->v6_count};
}

/* Out. */

struct piece {
	const void *bytes;
	size_t len;
};

#define PIECES 4 /* words, their padding, both families */

static uint32_t checksum(const struct feed_blob_head *head, const struct piece *piece, size_t count)
{
	size_t from = offsetof(struct feed_blob_head, words);
	uLong crc = crc32_z(0, (const Bytef *)head + from, sizeof(*head) - from);

	for (size_t i = 0; i < count; i++)
		if (piece[i].len)
			crc = crc32_z(crc, piece[i].bytes, piece[i].len);
	return (uint32_t)crc;
}

int feed_blob_write(int fd, const struct range4 *v4, size_t v4_count, const struct range6 *v6,
		    size_t v6_count, const char *words)
{
	static const char zero[8];
	size_t len = strlen(words);
	struct feed_blob_head head = {
		.words = (uint32_t)len,
		.v4_count = v4_count,
		.v6_count = v6_count,
	};
	const struct piece piece[PIECES] = {
		{words, len},
		{zero, padded(len) - len},
		{v4, v4_count * sizeof(*v4)},
		{v6, v6_count * sizeof(*v6)},
	};
	int err;

	if (len > FEED_BLOB_WORDS || v4_count > FEED_BLOB_MAX / sizeof(*v4) ||
	    v6_count > FEED_BLOB_MAX / sizeof(*v6) ||
	    sizeof(head) + padded(len) + piece[2].len + piece[3].len > FEED_BLOB_MAX)
		return -E2BIG;
	memcpy(head.magic, FEED_BLOB_MAGIC, sizeof(head.magic));
	head.crc = checksum(&head, piece, PIECES);
	err = file_write(fd, &head, sizeof(head));
	for (size_t i = 0; !err && i < PIECES; i++)
		err = file_write(fd, piece[i].bytes, piece[i].len);
	return err;
}

static int new_memory(void)
{
	int fd = memfd_create("mxdp-feed", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("mxdp-feed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

int feed_blob_memory(const struct feed_set *set, const char *words)
{
	int fd = new_memory(), err;

	if (fd < 0)
		return fd;
	err = feed_blob_write(fd, set->v4.item, set->v4.count, set->v6.item, set->v6.count, words);
	if (!err && fcntl(fd, F_ADD_SEALS, SEALS))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* In. */

static int say(char *why, size_t size, const char *words)
{
	snprintf(why, size, "%s", words);
	return -EBADMSG;
}

/* Sizes that add up to what is there; the counts are bounded first, so that no sum can wrap. */
static bool lay_out(struct feed_blob *blob)
{
	const struct feed_blob_head *head = blob->bytes;
	size_t words = padded(head->words);
	const char *at = (const char *)(head + 1);

	if (head->words > FEED_BLOB_WORDS || head->v4_count > blob->size / sizeof(*blob->v4) ||
	    head->v6_count > blob->size / sizeof(*blob->v6) ||
	    sizeof(*head) + words + head->v4_count * sizeof(*blob->v4) +
			    head->v6_count * sizeof(*blob->v6) !=
		    blob->size)
		return false;
	blob->words = at;
	blob->words_len = head->words;
	blob->v4 = (const void *)(at + words);
	blob->v4_count = head->v4_count;
	blob->v6 = (const void *)(blob->v4 + blob->v4_count);
	blob->v6_count = head->v6_count;
	return true;
}

static bool is_settled(const struct row *row)
{
	struct wide before = {0, 0};

	for (size_t i = 0; i < row->count; i++) {
		struct range6 range = range_at(row, i);

		if (wide_less(range.last, range.first) ||
		    (i && (!wide_less(before, range.first) ||
			   wide_equal(wide_next(before), range.first))))
			return false;
		before = range.last;
	}
	return true;
}

/* `most' of one family in addresses, of the other in /64s: no sum can wrap. */
static bool is_too_much(const struct row *row, uint64_t most)
{
	for (size_t i = 0; i < row->count; i++) {
		struct range6 range = range_at(row, i);
		uint64_t more =
			row->v4 ? range.last.lo - range.first.lo : range.last.hi - range.first.hi;

		if (more >= most)
			return true;
		most -= more + 1;
	}
	return false;
}

static int check_ranges(const struct feed_blob *blob, char *why, size_t size)
{
	struct row v4 = row_of(blob, true), v6 = row_of(blob, false);

	if (!is_settled(&v4) || !is_settled(&v6))
		return say(why, size, "its ranges are not in order");
	if (is_too_much(&v4, FEED_BLOB_V4_MOST))
		return say(why, size,
			   "it lists more than a quarter of all IPv4 addresses; no list that can "
			   "be used does that");
	if (is_too_much(&v6, FEED_BLOB_V6_MOST))
		return say(why, size,
			   "it lists more than a quarter of global IPv6; no list that can be used "
			   "does that");
	return 0;
}

static int check(struct feed_blob *blob, char *why, size_t size)
{
	const struct feed_blob_head *head = blob->bytes;
	struct piece rest = {head + 1, blob->size - sizeof(*head)};

	if (memcmp(head->magic, FEED_BLOB_MAGIC, sizeof(head->magic)))
		return say(why, size, "it is no set of addresses as this version of mxdp keeps it");
	if (!lay_out(blob))
		return say(why, size, "it is longer or shorter than it says");
	if (checksum(head, &rest, 1) != head->crc)
		return say(why, size, "its checksum does not hold: it has been damaged");
	return check_ranges(blob, why, size);
}

static int check_size(const struct stat *st, char *why, size_t size)
{
	if (!S_ISREG(st->st_mode))
		return say(why, size, "it is no file");
	if (st->st_size < (off_t)sizeof(struct feed_blob_head))
		return say(why, size, "it is too short to be a set of addresses");
	if ((uint64_t)st->st_size <= FEED_BLOB_MAX)
		return 0;
	snprintf(why, size, "it is longer than a set may be: %lld of %llu bytes",
		 (long long)st->st_size, FEED_BLOB_MAX);
	return -EBADMSG;
}

/*
 * A private mapping: kernels before 6.7 refuse a shared one of what is sealed. A hole would be
 * filled, with our memory, where it is read; a seal against writing also keeps holes out.
 */
static int map(struct feed_blob *blob, int fd, char *why, size_t size)
{
	struct stat st;
	int seals, err;

	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || (seals & SEALS) != SEALS)
		return say(why, size, "it could still be changed: it is not sealed");
	if (fstat(fd, &st))
		return -errno;
	err = check_size(&st, why, size);
	if (err)
		return err;
	if ((uint64_t)st.st_blocks * 512 < (uint64_t)st.st_size)
		return say(why, size, "it has holes");
	blob->size = (size_t)st.st_size;
	blob->bytes = mmap(NULL, blob->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (blob->bytes == MAP_FAILED) {
		blob->bytes = NULL;
		return -errno;
	}
	blob->mapped = true;
	return 0;
}

static int read_whole(int fd, char *bytes, size_t len)
{
	size_t n = 0;

	while (n < len) {
		ssize_t got = pread(fd, bytes + n, len - n, (off_t)n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			return -EBADMSG;
		n += (size_t)got;
	}
	return 0;
}

static int read_in(struct feed_blob *blob, int fd, char *why, size_t size)
{
	struct stat st;
	char *bytes;
	int err;

	if (fstat(fd, &st))
		return -errno;
	err = check_size(&st, why, size);
	if (err)
		return err;
	blob->size = (size_t)st.st_size;
	bytes = malloc(blob->size);
	if (!bytes)
		return -ENOMEM;
	large_pages(bytes, blob->size);
	blob->bytes = bytes;
	err = read_whole(fd, bytes, blob->size);
	return err == -EBADMSG ? say(why, size, "it was cut short while it was read") : err;
}

static int finish(struct feed_blob *out, int err, char *why, size_t size)
{
	if (!err)
		err = check(out, why, size);
	if (err)
		feed_blob_close(out);
	return err;
}

int feed_blob_open_memory(struct feed_blob *out, int fd, char *why, size_t size)
{
	*out = (struct feed_blob){0};
	return finish(out, map(out, fd, why, size), why, size);
}

int feed_blob_open_file(struct feed_blob *out, int fd, char *why, size_t size)
{
	*out = (struct feed_blob){0};
	return finish(out, read_in(out, fd, why, size), why, size);
}

void feed_blob_close(struct feed_blob *blob)
{
	if (blob->mapped)
		munmap((void *)blob->bytes, blob->size);
	else
		free((void *)blob->bytes);
	*blob = (struct feed_blob){0};
}

/* Questions. */

/* The first range that does not end before `key'; false where all do. */
static bool reach(struct range6 *out, const struct row *row, struct wide key)
{
	size_t low = 0, high = row->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		*out = range_at(row, middle);
		if (wide_less(out->last, key))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == row->count)
		return false;
	*out = range_at(row, low);
	return true;
}

static bool row_meets(const struct row *row, struct wide first, struct wide last)
{
	struct range6 range;

	return reach(&range, row, first) && !wide_less(last, range.first);
}

bool feed_blob_contains(const struct feed_blob *blob, const struct addr *addr)
{
	struct row row = row_of(blob, addr_is_v4(addr));
	struct wide key = wide_of(addr);

	return row_meets(&row, key, key);
}

static bool is_inside(const struct prefix *prefix, const struct range6 *range)
{
	struct wide first = wide_of(&prefix->addr);

	return !wide_less(first, range->first) &&
	       !wide_less(range->last, wide_end(first, prefix->plen));
}

bool feed_blob_find(struct prefix *out, const struct feed_blob *blob, const struct addr *addr)
{
	bool is_v4 = addr_is_v4(addr);
	struct row row = row_of(blob, is_v4);
	struct wide key = wide_of(addr);
	struct range6 range;

	if (!reach(&range, &row, key) || wide_less(key, range.first))
		return false;
	*out = prefix_of(addr, ADDR_BITS);
	for (unsigned plen = ADDR_BITS; plen-- > (is_v4 ? ADDR_V4_BITS : 0);) {
		struct prefix wider = prefix_of(addr, plen);

		if (!is_inside(&wider, &range))
			break;
		*out = wider;
	}
	return true;
}

bool feed_blob_meets(const struct feed_blob *blob, const struct prefix *prefix)
{
	struct row v4 = row_of(blob, true), v6 = row_of(blob, false);
	struct wide first = wide_of(&prefix->addr), last = wide_end(first, prefix->plen);

	/* An IPv4 prefix is met by IPv4 only; one of IPv6 may be so wide that IPv4 lies inside. */
	if (addr_is_v4(&prefix->addr) && prefix->plen >= ADDR_V4_BITS)
		return row_meets(&v4, first, last);
	return row_meets(&v6, first, last) || row_meets(&v4, first, last);
}
