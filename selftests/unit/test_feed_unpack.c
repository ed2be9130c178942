// SPDX-License-Identifier: GPL-2.0-or-later
/* gzip whole, in pieces, joined, padded, cut, damaged, and far larger than it seems. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "feeds.h"
#include "../../user/feeds/unpack.h"

#define ROOM 65536

static unsigned char packed[2 * ROOM];
static char out[ROOM * 4];

/* Behind what is there already: a member more. */
static size_t pack(size_t at, const void *bytes, size_t len)
{
	z_stream z = {.next_in = (Bytef *)bytes,
		      .avail_in = (uInt)len,
		      .next_out = packed + at,
		      .avail_out = (uInt)(sizeof(packed) - at)};

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY),
			 Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return at + z.total_out;
}

/* How many bytes come out, or -errno. */
static ssize_t unpack_all(const void *bytes, size_t len, size_t piece, uint64_t max)
{
	static struct unpack u;
	struct memory memory = {bytes, len, piece};
	size_t n = 0;
	ssize_t got;

	unpack_init(&u, memory_read, &memory, max);
	do {
		got = unpack_read(&u, out + n, piece ? piece : sizeof(out) - n);
		n += got > 0 ? (size_t)got : 0;
	} while (got > 0 && n < sizeof(out));
	if (got == -EBADMSG || got == -EFBIG)
		assert_non_null(u.why);
	unpack_end(&u);
	return got < 0 ? got : (ssize_t)n;
}

static void plain_passes(void **state)
{
	(void)state;
	for (size_t piece = 0; piece < 4; piece++) {
		assert_int_equal(unpack_all("", 0, piece, 10), 0);
		assert_int_equal(unpack_all("1", 1, piece, 10), 1);
		assert_int_equal(unpack_all("\x1f", 1, piece, 10), 1);
		assert_int_equal(unpack_all("192.0.2.1\n", 10, piece, 10), 10);
		assert_memory_equal(out, "192.0.2.1\n", 10);
		assert_int_equal(unpack_all("192.0.2.11\n", 11, piece, 10), -EFBIG);
	}
}

static void members_and_padding(void **state)
{
	size_t len = pack(pack(0, "192.0.2.1\n", 10), "192.0.2.2\n", 10);

	(void)state;
	memset(packed + len, 0, 512);
	for (size_t piece = 0; piece < 4; piece++) {
		assert_int_equal(unpack_all(packed, len, piece, 20), 20);
		assert_memory_equal(out, "192.0.2.1\n192.0.2.2\n", 20);
		assert_int_equal(unpack_all(packed, len + 512, piece, 20), 20);
	}
	packed[len] = 'x';
	packed[len + 1] = 'y';
	assert_int_equal(unpack_all(packed, len + 2, 0, 100), -EBADMSG);
}

/* Cut anywhere behind its first two bytes, it is never half a list. */
static void cut_anywhere(void **state)
{
	size_t len = pack(0, "192.0.2.1\n198.51.100.0/24\n", 26);

	(void)state;
	for (size_t n = 2; n < len; n++)
		for (size_t piece = 0; piece < 3; piece++)
			assert_int_equal(unpack_all(packed, n, piece, 100), -EBADMSG);
	assert_int_equal(unpack_all(packed, len, 0, 100), 26);
}

static void damaged_anywhere(void **state)
{
	size_t len = pack(0, "192.0.2.1\n198.51.100.0/24\n", 26);

	(void)state;
	/* Behind the header, where a name, a time or a system may be anything. */
	for (size_t i = 10; i < len; i++) {
		packed[i] ^= 0x41;
		assert_int_equal(unpack_all(packed, len, 0, 100), -EBADMSG);
		packed[i] ^= 0x41;
	}
}

static void bombs(void **state)
{
	static char zeros[16 << 20];
	size_t len = pack(0, zeros, sizeof(zeros));

	(void)state;
	assert_true(len < sizeof(zeros) / 500);
	assert_int_equal(unpack_all(packed, len, 0, 100000), -EFBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_passes), cmocka_unit_test(members_and_padding),
		cmocka_unit_test(cut_anywhere), cmocka_unit_test(damaged_anywhere),
		cmocka_unit_test(bombs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
