// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A list that mxdpctl brings from its standard input, in pieces of text that JSON can carry: they
 * go into a memory file, and with the last one it is read as any other list. Nothing of an upload
 * that is not whole is ever looked at; one that nobody goes on with is thrown away.
 *
 *   {"verb": "feeds", "bring": NAME}                            closing: "upload": N
 *   {"verb": "feeds", "bring": NAME, "upload": N, "data": HEX}
 *   {"verb": "feeds", "sync": [NAME], "upload": N}              as any sync
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../control/protocol.h"
#include "feeds_inner.h"
#include "verbs.h"

#define PATIENCE 60 /* seconds between two pieces */

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* How many bytes, or -1 where that is no piece. */
static ssize_t unhex(uint8_t bytes[CONTROL_PIECE], const char *text, size_t len)
{
	if (!text || len % 2 || len / 2 > CONTROL_PIECE)
		return -1;
	for (size_t i = 0; i < len; i += 2) {
		int high = digit(text[i]), low = digit(text[i + 1]);

		if (high < 0 || low < 0)
			return -1;
		bytes[i / 2] = (uint8_t)(high << 4 | low);
	}
	return (ssize_t)(len / 2);
}

void bring_forget(struct feed_one *one)
{
	if (one->brought.fd >= 0)
		close(one->brought.fd);
	one->brought.fd = -1;
	one->brought.bytes = 0;
}

void bring_tick(struct feeds *f, int64_t now)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->one[i]->brought.fd >= 0 && now - f->one[i]->brought.at > PATIENCE)
			bring_forget(f->one[i]);
}

static json_t *begin(struct feeds *f, struct feed_one *one)
{
	bring_forget(one);
	one->brought.fd = memfd_create("mxdp-feed", MFD_CLOEXEC);
	if (one->brought.fd < 0)
		return answer_error("%s cannot be brought: %s", one->settings->name,
				    strerror(errno));
	one->brought.id = ++f->uploads;
	one->brought.at = boot_seconds();
	return json_pack("{s:b, s:I}", "ok", 1, "upload", (json_int_t)one->brought.id);
}

static json_t *lost(const struct feed_one *one)
{
	return answer_error("%s: this upload is not known any more: another one has begun, or it "
			    "paused for more than %d seconds; bring it again",
			    one->settings->name, PATIENCE);
}

static bool is_upload(const struct feed_one *one, const json_t *request)
{
	const json_t *id = json_object_get(request, "upload");

	return one->brought.fd >= 0 && json_is_integer(id) &&
	       (uint64_t)json_integer_value(id) == one->brought.id;
}

static json_t *add(struct feed_one *one, const json_t *data)
{
	static uint8_t bytes[CONTROL_PIECE];
	ssize_t len = unhex(bytes, json_string_value(data), json_string_length(data));

	if (len < 0)
		return answer_error("a piece of %s is not what mxdpctl sends: at most %d bytes in "
				    "hexadecimal digits",
				    one->settings->name, CONTROL_PIECE);
	if (one->brought.bytes + (uint64_t)len > one->settings->max_bytes) {
		bring_forget(one);
		return answer_error("%s is larger than its max_size: nothing of it is taken",
				    one->settings->name);
	}
	if (write(one->brought.fd, bytes, (size_t)len) != len) {
		bring_forget(one);
		return answer_error("%s cannot be kept: nothing of it is taken (%s)",
				    one->settings->name, strerror(errno));
	}
	one->brought.bytes += (uint64_t)len;
	one->brought.at = boot_seconds();
	return answer_done();
}

/* The feed, or NULL and in *error why not, in words if there is memory for them. */
static struct feed_one *find(struct feeds *f, const char *name, json_t **error)
{
	struct feed_one *one = name ? feeds_by_name(f, name) : NULL;

	if (one && !strcmp(one->settings->url, "stdin"))
		return one;
	if (one)
		*error = answer_error("%s is fetched by itself: `-' is for a feed of url = stdin",
				      name);
	else
		*error = no_such_feed(f, name ? name : "?");
	return NULL;
}

json_t *bring_piece(struct feeds *f, const json_t *request)
{
	json_t *error = NULL;
	struct feed_one *one = find(f, request_text(request, "bring"), &error);

	if (!one)
		return error;
	if (!json_object_get(request, "upload"))
		return begin(f, one);
	return is_upload(one, request) ? add(one, json_object_get(request, "data")) : lost(one);
}

json_t *bring_end(struct feeds *f, const json_t *request)
{
	const json_t *names = json_object_get(request, "sync");
	json_t *error = NULL;
	struct feed_one *one = find(f, json_string_value(json_array_get(names, 0)), &error);

	if (!one)
		return error;
	if (json_array_size(names) != 1 || !is_upload(one, request))
		return lost(one);
	/* Its end would be taken for that of this one. */
	if (one->phase != PHASE_IDLE || one->source >= 0)
		return answer_error("%s is being read just now: bring it again in a moment",
				    one->settings->name);
	if (lseek(one->brought.fd, 0, SEEK_SET))
		return answer_error("%s cannot be read: %s", one->settings->name, strerror(errno));
	one->source = one->brought.fd;
	one->brought.fd = -1;
	return NULL;
}
