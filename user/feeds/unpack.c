// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "unpack.h"

#define GZIP_ONLY (16 + MAX_WBITS)

void unpack_init(struct unpack *u, feed_read_fn *read, void *context, uint64_t max)
{
	u->read = read;
	u->context = context;
	u->max = max;
	u->unpacked = 0;
	u->why = NULL;
	u->z = (z_stream){0};
	u->state = UNPACK_NEW;
	u->open = u->inside = u->ended = false;
}

void unpack_end(struct unpack *u)
{
	if (u->open)
		inflateEnd(&u->z);
	u->open = false;
}

static ssize_t refuse(struct unpack *u, int err, const char *why)
{
	u->why = why;
	return err;
}

/* More behind what is there; 0 or -errno. */
static int fill(struct unpack *u)
{
	ssize_t got;

	memmove(u->in, u->z.next_in, u->z.avail_in);
	u->z.next_in = u->in;
	got = u->read(u->context, u->in + u->z.avail_in, sizeof(u->in) - u->z.avail_in);
	if (got < 0)
		return (int)got;
	u->ended = !got;
	u->z.avail_in += (uInt)got;
	return 0;
}

static ssize_t begin(struct unpack *u)
{
	int err = 0;

	u->z.next_in = u->in;
	while (!err && !u->ended && u->z.avail_in < 2)
		err = fill(u);
	if (err)
		return err;
	u->state = UNPACK_PLAIN;
	if (u->z.avail_in < 2 || u->in[0] != 0x1f || u->in[1] != 0x8b)
		return 0;
	if (inflateInit2(&u->z, GZIP_ONLY) != Z_OK)
		return -ENOMEM;
	u->open = u->inside = true;
	u->state = UNPACK_GZIP;
	return 0;
}

static ssize_t copy_plain(struct unpack *u, void *buffer, size_t size)
{
	size_t n = u->z.avail_in;

	if (!n)
		return u->ended ? 0 : u->read(u->context, buffer, size);
	if (n > size)
		n = size;
	memcpy(buffer, u->z.next_in, n);
	u->z.next_in += n;
	u->z.avail_in -= (uInt)n;
	return (ssize_t)n;
}

/* Between members: padding is skipped, anything else begins another. */
static bool begins_member(struct unpack *u)
{
	while (u->z.avail_in && !*u->z.next_in) {
		u->z.next_in++;
		u->z.avail_in--;
	}
	if (!u->z.avail_in)
		return false;
	inflateReset(&u->z);
	u->inside = true;
	return true;
}

/* One step: bytes out, 0 where it wants more bytes in, or -errno. */
static ssize_t inflate_some(struct unpack *u, size_t size)
{
	int result;

	if (!u->inside && !begins_member(u))
		return 0;
	result = inflate(&u->z, Z_NO_FLUSH);
	if (result == Z_STREAM_END)
		u->inside = false;
	else if (result == Z_MEM_ERROR)
		return -ENOMEM;
	else if (result != Z_OK && result != Z_BUF_ERROR)
		return refuse(u, -EBADMSG, "its gzip data is damaged");
	return (ssize_t)(size - u->z.avail_out);
}

static ssize_t unpack_gzip(struct unpack *u, void *buffer, size_t size)
{
	ssize_t got = 0;

	u->z.next_out = buffer;
	u->z.avail_out = (uInt)size;
	while (!got) {
		bool was_inside = u->inside;
		int err;

		got = inflate_some(u, size);
		if (got || (was_inside && !u->inside))
			continue;
		if (u->ended)
			return u->inside ? refuse(u, -EBADMSG,
						  "its gzip data ends too early: it was cut")
					 : 0;
		err = fill(u);
		if (err)
			return err;
	}
	return got;
}

ssize_t unpack_read(void *unpack, void *buffer, size_t size)
{
	struct unpack *u = unpack;
	ssize_t got = u->state == UNPACK_NEW ? begin(u) : 0;

	if (got < 0)
		return got;
	if (size > INT_MAX)
		size = INT_MAX;
	got = u->state == UNPACK_GZIP ? unpack_gzip(u, buffer, size) : copy_plain(u, buffer, size);
	if (got <= 0)
		return got;
	u->unpacked += (uint64_t)got;
	if (u->unpacked > u->max)
		return refuse(u, -EFBIG, "it unpacks to more than max_unpacked allows");
	return got;
}
