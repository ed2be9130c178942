// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as a finished set: refused with words, or safe to ask and to combine. A checksum keeps
 * nobody out who can compute it, so it is made to hold, unless the first byte says otherwise.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "../../user/base/file.h"
#include "../../user/feeds/combine.h"
#include "../../user/feeds/job.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void ask(const struct feed_blob *blob, struct wide key)
{
	struct addr addr = addr_of_wide(key);
	struct prefix found, one = prefix_of(&addr, ADDR_BITS);
	bool is_in = feed_blob_contains(blob, &addr);

	require(feed_blob_find(&found, blob, &addr) == is_in);
	require(!is_in || (prefix_contains(&found, &addr) && feed_blob_meets(blob, &found)));
	require(feed_blob_meets(blob, &one) == is_in);
}

static void use(const struct feed_blob *blob)
{
	const struct feed_part parts[] = {{blob, 60}, {blob, 40}, {blob, FEED_WEIGHT_FULL}};
	const struct feed_set minus = {0};
	struct feed_change change;
	struct feed_set out;

	for (size_t i = 0; i < blob->v4_count; i++) {
		ask(blob, wide_of_v4(blob->v4[i].first));
		ask(blob, wide_of_v4(blob->v4[i].last + 1));
	}
	for (size_t i = 0; i < blob->v6_count; i++) {
		ask(blob, blob->v6[i].last);
		ask(blob, wide_prev(blob->v6[i].first));
	}
	feed_compare(&change, blob, blob);
	require(!change.v4_added && !change.v4_removed && !change.v6_added && !change.v6_removed);
	/* By agreement and by full weight: the set itself each time. */
	for (size_t from = 0; from < 3; from += 2) {
		require(!feed_combine(&out, parts + from, from ? 1 : 2, &minus));
		require(out.v4.count == blob->v4_count && out.v6.count == blob->v6_count);
		feed_set_free(&out);
	}
}

static void repair(unsigned char *bytes, size_t size)
{
	size_t from = offsetof(struct feed_blob_head, words);
	uint32_t crc = (uint32_t)crc32_z(0, bytes + from, size - from);

	memcpy(bytes, FEED_BLOB_MAGIC, strlen(FEED_BLOB_MAGIC));
	memcpy(bytes + offsetof(struct feed_blob_head, crc), &crc, sizeof(crc));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	char why[FEED_WORDS] = "";
	struct feed_blob blob;
	unsigned char *bytes;
	int err;

	if (fd < 0 || !size) {
		close(fd);
		return 0;
	}
	bytes = malloc(size);
	require(bytes);
	memcpy(bytes, data + 1, size - 1);
	if (size > sizeof(struct feed_blob_head) && data[0] != 'x')
		repair(bytes, size - 1);
	require(!file_write(fd, bytes, size - 1));
	err = feed_blob_open_file(&blob, fd, why, sizeof(why));
	require(!err || (err == -EBADMSG && *why));
	if (!err)
		use(&blob);
	feed_blob_close(&blob);
	close(fd);
	free(bytes);
	return 0;
}
